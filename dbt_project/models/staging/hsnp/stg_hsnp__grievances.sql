with source as (
    select * from {{ mirrored('hsnp', 'complaint') }}
),

households as (
    select household_id from {{ ref('stg_hsnp__households') }} where reject_reason is null
),

named as (
    select
        {{ clean_text('complaint_id') }} as source_key,
        'hsnp:' || {{ clean_text('hh_id') }} as household_id,
        *
    from source
)

select
    'hsnp' as source,
    'HSNP' as program,
    named.source_key,
    {{ lineage('named') }},
    'hsnp:' || named.source_key as grievance_id,
    named.household_id,
    {{ iso_date('named.received') }} as received_date,
    {{ clean_text('named.received') }} as received_date_given,
    {{ clean_text('named.reason') }} as reason,
    {{ code_list('named.stage', {
        'received': 'received', 'investigating': 'investigating', 'resolved': 'resolved', 'escalated': 'escalated'
    }) }} as stage,
    {{ clean_text('named.stage') }} as stage_given,
    {{ iso_date('named.stage_date') }} as stage_date,
    {{ clean_text('named.action') }} as action_taken,
    {{ iso_date('named.resolved') }} as resolved_date,
    case
        when named.source_key is null then 'no_key'
        when households.household_id is null then 'household_missing'
    end as reject_reason
from named
left join households on households.household_id = named.household_id
