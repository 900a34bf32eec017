{{ config(alias='row_accounting') }}

-- Where every row of a source went: accepted + out_of_scope + rejected = received (a test holds it to that).
-- Each figure is counted on its own; none is the difference of the others.
with received as (
    {%- for entity in ['households', 'persons', 'enrolments', 'payments', 'grievances'] %}
    select
        source,
        '{{ entity }}' as table_name,
        count(*) as received,
        count(*) filter (where reject_reason is not null) as rejected
    from {{ ref('int_' ~ entity ~ '_received') }}
    group by source
    union all
    {%- endfor %}
    {%- for code in var('register_sources') %}
    select source, 'population', count(*), count(*) filter (where reject_reason is not null)
    from {{ ref('stg_' ~ code ~ '__population') }}
    group by source
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

accepted as (
    {%- for entity in ['households', 'persons', 'enrolments', 'payments', 'grievances'] %}
    select source, '{{ entity }}' as table_name, count(*) as accepted from {{ ref('int_' ~ entity) }} group by source
    union all
    {%- endfor %}
    select source, 'population', count(*) from {{ ref('int_population') }} group by source
),

in_scope as (
    select household_id from {{ ref('int_households') }}
),

out_of_scope as (
    {%- for entity in ['households', 'persons', 'grievances'] %}
    select source, '{{ entity }}' as table_name, count(*) as out_of_scope
    from {{ ref('int_' ~ entity ~ '_received') }}
    where reject_reason is null and household_id not in (from in_scope)
    group by source
    union all
    {%- endfor %}
    select source, 'enrolments', count(*)
    from {{ ref('int_enrolments_received') }}
    where reject_reason is null and status not in ({{ statuses_in_scope() }})
    group by source
    union all
    select source, 'payments', count(*)
    from {{ ref('int_payments_received') }}
    where reject_reason is null and enrolment_id not in (select enrolment_id from {{ ref('int_enrolments') }})
    group by source
)

select
    received.source,
    received.table_name,
    received.received,
    coalesce(accepted.accepted, 0) as accepted,
    coalesce(out_of_scope.out_of_scope, 0) as out_of_scope,
    received.rejected
from received
left join accepted on accepted.source = received.source and accepted.table_name = received.table_name
left join out_of_scope on out_of_scope.source = received.source and out_of_scope.table_name = received.table_name
