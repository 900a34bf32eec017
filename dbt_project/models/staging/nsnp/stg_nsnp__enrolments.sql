with source as (
    select * from {{ mirrored('nsnp', 'Enrolment') }}
),

households as (
    select household_id, program from {{ ref('stg_nsnp__households') }} where reject_reason is null
),

named as (
    select
        {{ clean_text('EnrolmentId') }} as source_key,
        'nsnp:' || {{ clean_text('HhId') }} as household_id,
        {{ code_list('Status', {
            'applied': 'applied', 'rejected': 'rejected', 'waiting': 'waiting',
            'active': 'active', 'suspended': 'suspended', 'exited': 'exited'
        }) }} as enrolment_status,
        *
    from source
)

select
    'nsnp' as source,
    households.program,
    named.source_key,
    {{ lineage('named') }},
    'nsnp:' || named.source_key as enrolment_id,
    named.household_id,
    'nsnp:' || {{ clean_text('named.BeneficiaryMemberId') }} as beneficiary_record_id,
    -- The caregiver stands in the source even when the beneficiary collects: null then.
    case
        when {{ clean_text('named.CaregiverMemberId') }} is distinct from {{ clean_text('named.BeneficiaryMemberId') }}
            then 'nsnp:' || {{ clean_text('named.CaregiverMemberId') }}
    end as caregiver_record_id,
    named.enrolment_status as status,
    {{ iso_date('named.AppliedOn') }} as applied_date,
    {{ clean_text('named.AppliedOn') }} as applied_date_given,
    {{ iso_date('named.EnrolledOn') }} as enrolled_date,
    {{ clean_text('named.EnrolledOn') }} as enrolled_date_given,
    {{ iso_date('named.ExitedOn') }} as exit_date,
    {{ clean_text('named.ExitedOn') }} as exit_date_given,
    {{ clean_text('named.ExitReason') }} as exit_reason,
    {{ clean_text('named.AccountNo') }} as account_no,
    {{ clean_text('named.Provider') }} as account_provider,
    {{ moment('named.UpdatedAt') }} as updated_at,
    case
        when named.source_key is null then 'no_key'
        when households.household_id is null then 'household_missing'
        when named.enrolment_status is null then 'status_unknown'
    end as reject_reason
from named
left join households on households.household_id = named.household_id
