-- The source enrols households and has no table of enrolments: one enrolment a household.
-- Everybody in the counties is registered; who is registered and not in the regularly paid group
-- stands by for drought payments (standby).
with source as (
    select * from {{ mirrored('hsnp', 'household') }}
),

members as (
    select {{ clean_text('hh_id') }} as hh_key, {{ clean_text('line_no') }} as line_no,
        min({{ clean_text('person_id') }}) as person_key
    from {{ mirrored('hsnp', 'person') }}
    group by all
),

named as (
    select
        {{ clean_text('hh_id') }} as source_key,
        case
            when lower(status) = 'enrolled' and cast(group_code as varchar) = '2' then 'standby'
            when lower(status) = 'registered' and cast(group_code as varchar) = '1' then 'waiting'
            else {{ code_list('status', {
                'registered': 'standby', 'enrolled': 'active', 'suspended': 'suspended', 'exited': 'exited',
                'rejected': 'rejected'
            }) }}
        end as enrolment_status,
        {{ clean_text('recipient_line') }} as recipient_line_no,
        *
    from source
)

select
    'hsnp' as source,
    'HSNP' as program,
    named.source_key,
    {{ lineage('named') }},
    'hsnp:' || named.source_key as enrolment_id,
    'hsnp:' || named.source_key as household_id,
    cast(null as varchar) as beneficiary_record_id,
    'hsnp:' || members.person_key as caregiver_record_id,
    named.enrolment_status as status,
    {{ iso_date('named.reg_date') }} as applied_date,
    {{ clean_text('named.reg_date') }} as applied_date_given,
    {{ iso_date('named.enrol_date') }} as enrolled_date,
    {{ clean_text('named.enrol_date') }} as enrolled_date_given,
    {{ iso_date('named.exit_date') }} as exit_date,
    {{ clean_text('named.exit_date') }} as exit_date_given,
    {{ clean_text('named.exit_reason') }} as exit_reason,
    {{ clean_text('named.account_no') }} as account_no,
    {{ clean_text('named.provider') }} as account_provider,
    cast(null as timestamp) as updated_at,
    case
        when named.source_key is null then 'no_key'
        when named.enrolment_status is null then 'status_unknown'
    end as reject_reason
from named
left join members on members.hh_key = named.source_key and members.line_no = named.recipient_line_no
