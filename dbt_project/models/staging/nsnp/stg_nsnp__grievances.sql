with source as (
    select * from {{ mirrored('nsnp', 'Complaint') }}
),

households as (
    select household_id, program from {{ ref('stg_nsnp__households') }} where reject_reason is null
),

named as (
    select
        {{ clean_text('ComplaintId') }} as source_key,
        'nsnp:' || {{ clean_text('HhId') }} as household_id,
        *
    from source
)

select
    'nsnp' as source,
    households.program,
    named.source_key,
    {{ lineage('named') }},
    'nsnp:' || named.source_key as grievance_id,
    named.household_id,
    {{ iso_date('named.ReceivedOn') }} as received_date,
    {{ clean_text('named.ReceivedOn') }} as received_date_given,
    {{ clean_text('named.Category') }} as reason,
    {{ code_list('named.Stage', {
        'received': 'received', 'investigating': 'investigating', 'resolved': 'resolved', 'escalated': 'escalated'
    }) }} as stage,
    {{ clean_text('named.Stage') }} as stage_given,
    {{ iso_date('named.StageDate') }} as stage_date,
    {{ clean_text('named.ActionTaken') }} as action_taken,
    {{ iso_date('named.ResolvedOn') }} as resolved_date,
    case
        when named.source_key is null then 'no_key'
        when households.household_id is null then 'household_missing'
    end as reject_reason
from named
left join households on households.household_id = named.household_id
