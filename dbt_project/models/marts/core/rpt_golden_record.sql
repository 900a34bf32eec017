-- Each value of dim_person with the entry that it comes from, how old it is, and why it survived.
with fields as (
    {%- for field in golden_fields() %}
    select
        person_uid, '{{ field }}' as field, {{ field }}.text as value, {{ field }}.rule as rule, {{ field }}.source as source,
        {{ field }}.record_id as record_id, {{ field }}.recorded_at as recorded_at, {{ field }}.records as records,
        {{ field }}.records_that_differ as records_that_differ
    from {{ ref('int_golden_record') }}
    where {{ field }} is not null
    {{- "\n    union all" if not loop.last }}
    {%- endfor %}
)

select
    fields.person_uid,
    fields.field,
    fields.value,
    fields.rule,
    fields.source,
    fields.record_id,
    fields.recorded_at,
    cast(date_diff('day', cast(fields.recorded_at as date), {{ reporting_date() }}) as integer) as age_days,
    fields.records,
    fields.records_that_differ,
    {{ any_source_stale('sources.is_stale') }} as is_source_stale
from fields
left join {{ source('ops', 'sources') }} as sources on sources.source = fields.source
