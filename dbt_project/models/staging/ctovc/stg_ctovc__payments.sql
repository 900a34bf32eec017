with source as (
    select * from {{ mirrored('ctovc', 'PAYMENTS') }}
),

enrolments as (
    select enrolment_id, household_id, account_no from {{ ref('stg_ctovc__enrolments') }} where reject_reason is null
),

named as (
    select
        {{ clean_text('PAY_NO') }} as source_key,
        'ctovc:' || {{ clean_text('HH_NO') }} as enrolment_id,
        {{ month_range_date('PERIOD', 1) }} as period_start,
        {{ month_range_date('PERIOD', 2) }} as period_end,
        {{ amount('AMOUNT') }} as amount_due,
        {{ amount('PAID') }} as amount_paid,
        {{ code_list('STATUS', {
            '1': 'scheduled', '2': 'paid', '3': 'failed', '4': 'returned', '5': 'unclaimed'
        }) }} as payment_status,
        *
    from source
)

select
    'ctovc' as source,
    'CT-OVC' as program,
    named.source_key,
    {{ lineage('named') }},
    'ctovc:' || named.source_key as payment_id,
    named.enrolment_id,
    enrolments.household_id,
    {{ clean_text('named.PERIOD') }} as cycle_given,
    named.period_start,
    named.period_end,
    coalesce(named.amount_due, 0) as amount_due,
    coalesce(named.amount_paid, 0) as amount_paid,
    named.payment_status as status,
    {{ day_first_date('named.PAY_DATE') }} as paid_date,
    {{ clean_text('named.PAY_DATE') }} as paid_date_given,
    enrolments.account_no,
    cast(null as timestamp) as updated_at,
    {{ payment_reject_reason('named', 'enrolments.enrolment_id', 'AMOUNT', 'PAID', 'payment_status') }} as reject_reason
from named
left join enrolments on enrolments.enrolment_id = named.enrolment_id
