-- The state of each source's data, one figure a row: freshness, where the rows went, values set aside, completeness.
{%- set fields = {
    'persons': ['national_id', 'full_name', 'birth_date', 'sex', 'phone', 'area_code'],
    'households': ['area_code', 'phone', 'interview_date', 'latitude'],
    'enrolments': ['recipient_record_id', 'enrolled_date', 'account_no'],
    'payments': ['recipient_record_id', 'account_no'],
    'grievances': ['received_date', 'stage']
} %}
with freshness as (
    select
        source, 'source' as table_name, 'all' as field, 'days_since_last_good' as measure,
        cast(greatest(date_diff('day', cast(last_good_at as date), cast({{ run_began_at() }} as date)), 0) as double) as value,
        'days' as unit
    from {{ source('ops', 'sources') }}
    where last_good_at is not null
    union all
    select source, 'source', 'all', 'is_stale', case when is_stale then 1 else 0 end, 'yes or no'
    from {{ source('ops', 'sources') }}
    union all
    -- A run that starts some hours later than the last breaks no promise.
    select
        source, 'source', 'all', 'is_older_than_promised',
        case when last_good_at < {{ run_began_at() }} - to_days(freshness_days) - interval 12 hour then 1 else 0 end, 'yes or no'
    from {{ source('ops', 'sources') }}
    where last_good_at is not null and freshness_days is not null
),

row_accounting as (
    select source, table_name, 'all' as field, measure, cast(rows_counted as double) as value, 'rows' as unit
    from {{ ref('int_row_accounting') }}
    unpivot (rows_counted for measure in (received, accepted, out_of_scope, rejected))
),

rejections as (
    select
        source, table_name, coalesce(column_name, 'all') as field, consequence || ':' || reason_code as measure,
        cast(count(*) as double) as value, 'rows' as unit
    from {{ ref('int_rejections') }}
    group by all
),

completeness as (
    {%- for entity, columns in fields.items() %}
    {%- set entity_loop = loop %}
    {%- for column in columns %}
    select source, '{{ entity }}' as table_name, '{{ column }}' as field, 'completeness' as measure,
        round(count({{ column }}) / count(*), 4) as value, 'share' as unit
    from {{ ref('int_' ~ entity) }}
    group by source
    {%- if not (loop.last and entity_loop.last) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}
),

unmapped as (
    select
        source, 'households' as table_name, 'area_code' as field, 'mapped_to:' || mapped_to_level as measure,
        cast(sum(households) as double) as value, 'households' as unit
    from {{ ref('int_unmapped_areas') }}
    group by source, mapped_to_level
),

-- Of the IDs that programs hold, how many a register that is asked by ID has answered for, and what it said.
answers as (
    select
        sources.source, 'answers' as table_name, 'national_id' as field, 'share_answered' as measure,
        round(count(*) filter (answers.outcome <> 'unanswered' and not answers.is_out_of_date) / count(*), 4) as value,
        'share' as unit
    from {{ source('ops', 'sources') }} as sources
    cross join (select distinct national_id from {{ ref('int_persons') }} where national_id is not null) as asked_for
    left join {{ ref('int_register_answers') }} as answers
        on answers.source = sources.source and answers.national_id = asked_for.national_id
    where sources.is_asked_by_id
    group by sources.source
    union all
    select
        source, 'answers', 'national_id',
        'answers:' || case when is_out_of_date then 'out_of_date' else coalesce(reason, outcome) end,
        count(*), 'people'
    from {{ ref('int_register_answers') }}
    group by all
),

figures as (
    select * from freshness
    union all
    select * from answers
    union all
    select * from row_accounting
    union all
    select * from rejections
    union all
    select * from completeness
    union all
    select * from unmapped
)

select
    md5(concat_ws('|', figures.source, table_name, field, measure)) as figure_id,
    figures.source,
    figures.table_name,
    figures.field,
    figures.measure,
    figures.value,
    -- Beside an age what was promised; a run that starts some hours later than the last breaks no promise.
    case when figures.measure = 'days_since_last_good' then cast(sources.freshness_days as double) end as promised_value,
    figures.unit,
    sources.last_good_at,
    coalesce(sources.is_stale, false) as is_source_stale
from figures
left join {{ source('ops', 'sources') }} as sources on sources.source = figures.source
