with source as (
    select * from {{ mirrored('cfa', 'distribution') }}
),

enrolments as (
    select enrolment_id, household_id, account_no from {{ ref('stg_cfa__enrolments') }} where reject_reason is null
),

named as (
    select
        {{ clean_text('distribution_ref') }} as source_key,
        'cfa:' || {{ clean_text('household_ref') }} as enrolment_id,
        {{ iso_date('work_from') }} as period_start,
        {{ iso_date('work_to') }} as period_end,
        {{ amount('entitlement') }} as amount_due,
        {{ amount('transferred') }} as amount_paid,
        {{ code_list('state', {
            'planned': 'scheduled', 'transferred': 'paid', 'failed': 'failed', 'returned': 'returned',
            'unclaimed': 'unclaimed'
        }) }} as status,
        *
    from source
)

select
    'cfa' as source,
    'CFA' as program,
    named.source_key,
    {{ lineage('named') }},
    'cfa:' || named.source_key as payment_id,
    named.enrolment_id,
    enrolments.household_id,
    {{ clean_text('named.season') }} as cycle_given,
    named.period_start,
    named.period_end,
    coalesce(named.amount_due, 0) as amount_due,
    coalesce(named.amount_paid, 0) as amount_paid,
    named.status,
    {{ iso_date('named.transferred_at') }} as paid_date,
    {{ clean_text('named.transferred_at') }} as paid_date_given,
    enrolments.account_no,
    {{ moment('named.modified_at') }} as updated_at,
    {{ payment_reject_reason('named', 'enrolments.enrolment_id', 'entitlement', 'transferred') }} as reject_reason
from named
left join enrolments on enrolments.enrolment_id = named.enrolment_id
