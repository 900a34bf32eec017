{{ config(alias='register_answers') }}

-- What registers that are asked by ID, one person a call, said of each ID. None where all registers are mirrored whole.
with received as (
    select
        null::varchar as source, null::varchar as national_id, null::varchar as outcome, null::varchar as reason,
        null::timestamptz as asked_at, null::timestamptz as good_until
    where false
    {%- for code in var('register_sources') %}
    -- After its staging model, which reads the same mirror: {{ ref('stg_' ~ code ~ '__population') }}
    {%- set answers = answers_of(code) %}
    {%- if answers %}
    union all by name
    select '{{ code }}' as source, national_id, outcome, reason, asked_at, good_until
    from {{ answers }}
    where _ibr_deleted_at is null
    {%- endif %}
    {%- endfor %}
)

select
    received.source,
    received.national_id,
    received.outcome,
    received.reason,
    received.asked_at,
    coalesce(received.good_until <= {{ run_began_at() }}, false) as is_out_of_date
from received
inner join {{ source('ops', 'sources') }} as sources on sources.source = received.source and sources.is_asked_by_id
