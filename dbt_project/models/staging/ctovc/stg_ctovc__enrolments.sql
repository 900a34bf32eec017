-- The source enrols households and has no table of enrolments: one enrolment a household.
with source as (
    select * from {{ mirrored('ctovc', 'HOUSEHOLDS') }}
),

named as (
    select
        {{ clean_text('HH_NO') }} as source_key,
        {{ code_list('PROG_STATUS', {
            '1': 'applied', '2': 'rejected', '3': 'waiting', '4': 'active', '5': 'suspended', '6': 'exited'
        }) }} as status,
        *
    from source
)

select
    'ctovc' as source,
    'CT-OVC' as program,
    source_key,
    {{ lineage('named') }},
    'ctovc:' || source_key as enrolment_id,
    'ctovc:' || source_key as household_id,
    cast(null as varchar) as beneficiary_record_id,
    'ctovc:' || source_key || '/' || {{ clean_text('CAREGIVER_NO') }} as caregiver_record_id,
    status,
    {{ day_first_date('APPLIED_ON') }} as applied_date,
    {{ clean_text('APPLIED_ON') }} as applied_date_given,
    {{ day_first_date('ENROL_DATE') }} as enrolled_date,
    {{ clean_text('ENROL_DATE') }} as enrolled_date_given,
    {{ day_first_date('EXIT_DATE') }} as exit_date,
    {{ clean_text('EXIT_DATE') }} as exit_date_given,
    {{ clean_text('EXIT_REASON') }} as exit_reason,
    {{ clean_text('ACCOUNT_NO') }} as account_no,
    {{ clean_text('BANK') }} as account_provider,
    cast(null as timestamp) as updated_at,
    case
        when source_key is null then 'no_key'
        when status is null then 'status_unknown'
    end as reject_reason
from named
