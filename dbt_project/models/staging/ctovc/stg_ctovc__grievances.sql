with source as (
    select * from {{ mirrored('ctovc', 'CASES') }}
),

households as (
    select household_id from {{ ref('stg_ctovc__households') }} where reject_reason is null
),

named as (
    select
        {{ clean_text('CASE_NO') }} as source_key,
        'ctovc:' || {{ clean_text('HH_NO') }} as household_id,
        *
    from source
)

select
    'ctovc' as source,
    'CT-OVC' as program,
    named.source_key,
    {{ lineage('named') }},
    'ctovc:' || named.source_key as grievance_id,
    named.household_id,
    {{ day_first_date('named.DATE_IN') }} as received_date,
    {{ clean_text('named.DATE_IN') }} as received_date_given,
    {{ clean_text('named.REASON') }} as reason,
    {{ code_list('named.STAGE', {'1': 'received', '2': 'investigating', '3': 'resolved', '4': 'escalated'}) }} as stage,
    {{ clean_text('named.STAGE') }} as stage_given,
    {{ day_first_date('named.STAGE_DATE') }} as stage_date,
    {{ clean_text('named.ACTION') }} as action_taken,
    {{ day_first_date('named.DATE_OUT') }} as resolved_date,
    case
        when named.source_key is null then 'no_key'
        when households.household_id is null then 'household_missing'
    end as reject_reason
from named
left join households on households.household_id = named.household_id
