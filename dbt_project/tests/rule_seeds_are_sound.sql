-- Rules that a secretariat edits, and cannot mean: a program that nobody knows, an end before the beginning, two rows for
-- one case on one day, amounts, days and weights that are none. Every fault is a row.
{%- set cases = {
    'overlap_rules': ['least(program_a, program_b)', 'greatest(program_a, program_b)', 'level'],
    'eligibility_rules': ['rule_code'],
    'emergency_topups': ['expansion', 'program'],
    'grievance_standards': ['program', 'reason'],
    'kpi_targets': ['kpi']
} %}
{%- set programs_named = {
    'overlap_rules': ['program_a', 'program_b'], 'program_groups': ['program'], 'eligibility_rules': ['program'],
    'emergency_topups': ['program'], 'grievance_standards': ['program']
} %}
{%- set impossible = {
    'eligibility_rules': 'age_from < 0 or age_to < age_from',
    'emergency_topups': 'amount_per_household < 0 or amount_per_person < 0',
    'grievance_standards': 'days <= 0',
    'management_components': 'weight < 0',
    'program_groups': "group_code in (select program from " ~ source('ops', 'programs') ~ ")"
} %}
with known as (
    select program as code from {{ source('ops', 'programs') }}
    union
    select group_code from {{ ref('program_groups') }}
),

{%- for seed, columns in cases.items() %}
{{ seed }}_numbered as (
    select
        row_number() over () as row_no, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to,
        concat_ws('|', {% for column in columns %}coalesce({{ column }}, '-'){{ ', ' if not loop.last }}{% endfor %}) as rule_case
    from {{ ref(seed) }}
),
{%- endfor %}

faults as (
    {%- for seed in cases %}
    select '{{ seed }}' as seed, rule_case, 'ends before it begins' as fault
    from {{ seed }}_numbered
    where valid_to < valid_from
    union all
    select '{{ seed }}', first.rule_case, 'two rows on one day'
    from {{ seed }}_numbered as first
    inner join {{ seed }}_numbered as second
        on second.rule_case = first.rule_case and second.row_no > first.row_no
        and second.valid_from <= first.valid_to and first.valid_from <= second.valid_to
    union all
    {%- endfor %}
    {%- for seed, columns in programs_named.items() %}
    {%- for column in columns %}
    select '{{ seed }}', {{ column }}, 'no such program'
    from {{ ref(seed) }}
    where {{ column }} is not null and {{ column }} not in (select code from known)
    union all
    {%- endfor %}
    {%- endfor %}
    {%- for seed, condition in impossible.items() %}
    select '{{ seed }}', null, 'a value that cannot be'
    from {{ ref(seed) }}
    where {{ condition }}
    union all
    {%- endfor %}
    select 'management_components', null, 'weights do not add up to 1'
    from {{ ref('management_components') }}
    having abs(sum(weight) - 1) > 0.0001
)

select * from faults
