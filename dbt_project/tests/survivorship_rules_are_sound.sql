-- Rules of survivorship that cannot be meant: every fault is a row.
with rules as (
    select * from {{ ref('survivorship_rules') }}
),

named_sources as (
    select field, position, rule, unnest(string_split(trim(sources), ' ')) as source
    from rules
    where sources is not null
)

select 'no such field: ' || field as fault
from rules
where field not in ('{{ golden_fields() | join("', '") }}')
union all
select 'no such rule: ' || rule
from rules
where rule not in ('{{ survivorship_criteria("field") | join("', '") }}')
union all
select 'two rules at one position: ' || field || ' ' || position
from rules
group by field, position
having count(*) > 1
union all
select 'one rule twice: ' || field || ' ' || rule
from rules
group by field, rule
having count(*) > 1
union all
select 'a position that is none: ' || field || ' ' || coalesce(cast(position as varchar), 'empty')
from rules
where position is null or position < 1
union all
select 'only a birth date has a precision: ' || field
from rules
where rule = 'most_precise' and field <> 'birth_date'
union all
select 'sources are named, and needed, by source_priority alone: ' || field || ' ' || rule
from rules
where (rule = 'source_priority') <> (sources is not null)
union all
select 'no such source: ' || source
from named_sources
where source not in (select source from {{ source('ops', 'sources') }})
{%- for field in golden_fields() %}
union all
select 'no rule for {{ field }}'
where '{{ field }}' not in (select field from rules)
{%- endfor %}
