with source as (
    select * from {{ mirrored('cfa', 'feedback') }}
),

households as (
    select household_id from {{ ref('stg_cfa__households') }} where reject_reason is null
),

named as (
    select
        {{ clean_text('feedback_ref') }} as source_key,
        'cfa:' || {{ clean_text('household_ref') }} as household_id,
        *
    from source
)

select
    'cfa' as source,
    'CFA' as program,
    named.source_key,
    {{ lineage('named') }},
    'cfa:' || named.source_key as grievance_id,
    named.household_id,
    {{ iso_date('named.opened_at') }} as received_date,
    {{ clean_text('named.opened_at') }} as received_date_given,
    {{ clean_text('named.topic') }} as reason,
    {{ code_list('named.stage', {
        'received': 'received', 'investigating': 'investigating', 'resolved': 'resolved', 'escalated': 'escalated'
    }) }} as stage,
    {{ clean_text('named.stage') }} as stage_given,
    {{ iso_date('named.stage_at') }} as stage_date,
    {{ clean_text('named.response') }} as action_taken,
    {{ iso_date('named.closed_at') }} as resolved_date,
    case
        when named.source_key is null then 'no_key'
        when households.household_id is null then 'household_missing'
    end as reject_reason
from named
left join households on households.household_id = named.household_id
