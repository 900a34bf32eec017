-- The source enrols households and has no table of enrolments: one enrolment a household.
with source as (
    select * from {{ mirrored('cfa', 'scope_household') }}
),

named as (
    select
        {{ clean_text('household_ref') }} as source_key,
        {{ code_list('status', {
            'applied': 'applied', 'active': 'active', 'suspended': 'suspended', 'closed': 'exited'
        }) }} as enrolment_status,
        *
    from source
)

select
    'cfa' as source,
    'CFA' as program,
    source_key,
    {{ lineage('named') }},
    'cfa:' || source_key as enrolment_id,
    'cfa:' || source_key as household_id,
    cast(null as varchar) as beneficiary_record_id,
    'cfa:' || {{ clean_text('alternate_ref') }} as caregiver_record_id,
    enrolment_status as status,
    {{ iso_date('registered_at') }} as applied_date,
    {{ clean_text('registered_at') }} as applied_date_given,
    -- The source keeps one date for registration and enrolment.
    case when enrolment_status <> 'applied' then {{ iso_date('registered_at') }} end as enrolled_date,
    case when enrolment_status <> 'applied' then {{ clean_text('registered_at') }} end as enrolled_date_given,
    {{ iso_date('closed_at') }} as exit_date,
    {{ clean_text('closed_at') }} as exit_date_given,
    {{ clean_text('close_reason') }} as exit_reason,
    {{ clean_text('wallet_no') }} as account_no,
    {{ clean_text('wallet_provider') }} as account_provider,
    {{ moment('modified_at') }} as updated_at,
    case
        when source_key is null then 'no_key'
        when enrolment_status is null then 'status_unknown'
    end as reject_reason
from named
