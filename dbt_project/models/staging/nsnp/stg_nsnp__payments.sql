with source as (
    select * from {{ mirrored('nsnp', 'PaymentLine') }}
),

enrolments as (
    select enrolment_id, household_id, program from {{ ref('stg_nsnp__enrolments') }} where reject_reason is null
),

named as (
    select
        {{ clean_text('PaymentId') }} as source_key,
        'nsnp:' || {{ clean_text('EnrolmentId') }} as enrolment_id,
        {{ iso_date('PeriodFrom') }} as period_start,
        {{ iso_date('PeriodTo') }} as period_end,
        {{ amount('AmountDue') }} as amount_due,
        {{ amount('AmountPaid') }} as amount_paid,
        {{ code_list('PaymentStatus', {
            'scheduled': 'scheduled', 'paid': 'paid', 'failed': 'failed', 'returned': 'returned', 'unclaimed': 'unclaimed'
        }) }} as status,
        *
    from source
)

select
    'nsnp' as source,
    enrolments.program,
    named.source_key,
    {{ lineage('named') }},
    'nsnp:' || named.source_key as payment_id,
    named.enrolment_id,
    enrolments.household_id,
    {{ clean_text('named.CycleCode') }} as cycle_given,
    named.period_start,
    named.period_end,
    coalesce(named.amount_due, 0) as amount_due,
    coalesce(named.amount_paid, 0) as amount_paid,
    named.status,
    {{ iso_date('named.PaidOn') }} as paid_date,
    {{ clean_text('named.PaidOn') }} as paid_date_given,
    {{ clean_text('named.AccountNo') }} as account_no,
    {{ moment('named.UpdatedAt') }} as updated_at,
    {{ payment_reject_reason('named', 'enrolments.enrolment_id', 'AmountDue', 'AmountPaid') }} as reject_reason
from named
left join enrolments on enrolments.enrolment_id = named.enrolment_id
