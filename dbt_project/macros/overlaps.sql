{#- Which rows of fct_enrolments one person may hold two of: paid, and not merely collected for a household that she does
    not belong to (rpt_payroll_pre looks at that). -#}
{% macro is_held_by_person() -%}
    (first_paid_period_start is not null and coalesce(is_recipient_of_household, true))
{%- endmacro %}

{#- Which rows of fct_enrolments one household may hold two of: enrolled, paid or not yet. -#}
{% macro is_held_by_household() -%}
    (status <> 'standby' and coalesce(enrolled_date, first_paid_period_start) is not null)
{%- endmacro %}

{#- Two enrolments in the order of the overlap reports: the lesser program first, then the lesser enrolment. -#}
{% macro comes_first(one, other) -%}
    ({{ one }}.program, {{ one }}.enrolment_id) < ({{ other }}.program, {{ other }}.enrolment_id)
{%- endmacro %}

{#- Two enrolments found in any order, as the sides of a pair. -#}
{% macro in_order(one, other) -%}
    case when {{ comes_first(one, other) }} then {{ one }}.enrolment_id else {{ other }}.enrolment_id end as enrolment_id_a,
    case when {{ comes_first(one, other) }} then {{ other }}.enrolment_id else {{ one }}.enrolment_id end as enrolment_id_b
{%- endmacro %}

{#- What of fct_enrolments stands on each side of a pair, and what it is called there. -#}
{% macro sides_of_a_pair() -%}
    {{ return({
        'program': 'program', 'enrolment_id': 'enrolment_id', 'recipient_record_id': 'record_id',
        'household_id': 'household_id', 'status': 'status', 'county_code': 'county_code', 'last_paid_date': 'last_paid_date'
    }) }}
{%- endmacro %}

{#- The number of a pair; it does not depend on the order of its sides. -#}
{% macro pair_id(level, one, other) -%}
    md5('{{ level }}|' || least({{ one }}, {{ other }}) || '|' || greatest({{ one }}, {{ other }}))
{%- endmacro %}

{#- Which of several rules in force counts: one made for this level before one for the other, one for the pair before
    one for a group of programs, then the strictest, then the latest. -#}
{% macro overlap_rule_precedence(is_for_this_level, rules='rules_in_force') -%}
    {{ is_for_this_level }} desc nulls last,
    {{ rules }}.is_group_rule,
    case {{ rules }}.verdict when 'prohibited' then 1 when 'for_review' then 2 else 3 end,
    {{ rules }}.valid_from desc,
    {{ rules }}.rule_code
{%- endmacro %}

{#- Judges pairs of enrolments that overlap by the overlap rules, and weighs the money. Reads the CTEs `receiving` (rows
    of fct_enrolments with spell_from and spell_to, their first and last day) and `found` (enrolment_id_a,
    enrolment_id_b, match_verdict). Gives the CTE `weighed`, a row a pair; pair_columns has its columns.

    A rule counts when it was in force on any day of the overlap; of several one does (overlap_rule_precedence). The
    overlap is then cut to the days of that rule: money paid before a prohibition is not at stake. No rule: for review. -#}
{% macro judge_overlaps(level) -%}
overlapping as (
    select
        {{ pair_id(level, 'found.enrolment_id_a', 'found.enrolment_id_b') }} as match_id,
        found.match_verdict,
        first.{{ level }}_uid,
        second.{{ level }}_uid as {{ level }}_uid_b,
        {%- if level == 'person' %}
        first.household_uid = second.household_uid
        or coalesce(first.is_recipient_of_household and second.is_recipient_of_household, false) as is_one_household,
        {%- else %}
        first.person_uid = second.person_uid as is_same_recipient,
        {%- endif %}
        {%- for column, name in sides_of_a_pair().items() %}
        first.{{ column }} as {{ name }}_a,
        second.{{ column }} as {{ name }}_b,
        {%- endfor %}
        first.is_still_paid and second.is_still_paid as both_still_paid,
        first.is_source_stale or second.is_source_stale as is_source_stale,
        -- Both hold from the later beginning to the earlier end.
        greatest(first.spell_from, second.spell_from) as overlap_from,
        least(first.spell_to, second.spell_to) as overlap_to
    from found
    inner join receiving as first on first.enrolment_id = found.enrolment_id_a
    inner join receiving as second on second.enrolment_id = found.enrolment_id_b
    where greatest(first.spell_from, second.spell_from) <= least(first.spell_to, second.spell_to)
),

rules_in_force as (
    select
        pairs.match_id,
        {%- if level == 'household' %}
        -- A rule about one person allows two persons of a household to hold the benefit each: it is not about them,
        -- and is not named beside the verdict.
        case when rules.level = 'household' or pairs.is_same_recipient then rules.rule_code end as rule_code,
        case when rules.level = 'household' or pairs.is_same_recipient then rules.level end as rule_level,
        case when rules.level = 'person' and not pairs.is_same_recipient then 'allowed' else rules.verdict end as verdict,
        {%- else %}
        rules.rule_code,
        rules.level as rule_level,
        rules.verdict,
        {%- endif %}
        rules.is_group_rule,
        rules.valid_from,
        rules.valid_to
    from overlapping as pairs
    inner join {{ ref('int_overlap_rules') }} as rules
        on rules.program_a = pairs.program_a
        and rules.program_b = pairs.program_b
        and rules.valid_from <= pairs.overlap_to
        and (rules.valid_to is null or rules.valid_to >= pairs.overlap_from)
        {%- if level == 'person' %}
        -- A neighbour who collects for two households is no household with two benefits.
        and (rules.level = 'person' or pairs.is_one_household)
        {%- endif %}
),

rule_that_counts as (
    select *
    from rules_in_force
    qualify row_number() over (
        partition by match_id
        order by {{ overlap_rule_precedence("rule_level = '" ~ level ~ "'") }}
    ) = 1
),

judged as (
    select
        {{ all_but('pairs', ['overlap_from', 'overlap_to']) }},
        rule_that_counts.rule_code,
        rule_that_counts.rule_level,
        coalesce(rule_that_counts.verdict, 'for_review') as verdict,
        greatest(pairs.overlap_from, rule_that_counts.valid_from) as overlap_from,
        least(pairs.overlap_to, rule_that_counts.valid_to) as overlap_to
    from overlapping as pairs
    left join rule_that_counts on rule_that_counts.match_id = pairs.match_id
),

{% for side in ['a', 'b'] -%}
paid_{{ side }} as (
    select judged.match_id, sum(payments.amount_paid) as amount
    from judged
    inner join {{ ref('fct_payments') }} as payments
        on payments.enrolment_id = judged.enrolment_id_{{ side }}
        and payments.period_start <= judged.overlap_to
        and payments.period_end >= judged.overlap_from
    group by judged.match_id
),

{% endfor -%}
-- What the programs decided: true where it is one person, false where it is not.
confirmations as (
    select
        least(enrolment_id, other_enrolment_id) as enrolment_id_1,
        greatest(enrolment_id, other_enrolment_id) as enrolment_id_2,
        bool_and(decision = 'same person') as is_confirmed
    from {{ source('ops', 'answers') }}
    where kind = 'duplicate' and state = 'in_force' and is_current
    group by 1, 2
),

weighed as (
    select
        judged.*,
        cast(coalesce(paid_a.amount, 0) as decimal(18, 2)) as amount_a,
        cast(coalesce(paid_b.amount, 0) as decimal(18, 2)) as amount_b,
        -- What would be saved if the smaller of the two had not been paid; an allowed overlap saves nothing.
        cast(
            case when judged.verdict = 'allowed' then 0 else least(coalesce(paid_a.amount, 0), coalesce(paid_b.amount, 0)) end
            as decimal(18, 2)
        ) as money_at_stake,
        -- Empty until a person has decided.
        confirmations.is_confirmed
    from judged
    left join paid_a on paid_a.match_id = judged.match_id
    left join paid_b on paid_b.match_id = judged.match_id
    left join confirmations
        on confirmations.enrolment_id_1 = least(judged.enrolment_id_a, judged.enrolment_id_b)
        and confirmations.enrolment_id_2 = greatest(judged.enrolment_id_a, judged.enrolment_id_b)
)
{%- endmacro %}

{#- The columns that both overlap reports have; their yml says in which order. -#}
{% macro pair_columns(level) -%}
    weighed.match_id,
    weighed.{{ level }}_uid,
    weighed.{{ level }}_uid_b,
    {%- for name in sides_of_a_pair().values() %}
    weighed.{{ name }}_a,
    weighed.{{ name }}_b,
    {%- endfor %}
    weighed.match_verdict,
    weighed.rule_code,
    weighed.rule_level,
    weighed.verdict,
    weighed.overlap_from,
    weighed.overlap_to,
    weighed.amount_a,
    weighed.amount_b,
    weighed.money_at_stake,
    weighed.both_still_paid,
    weighed.is_confirmed,
    weighed.is_source_stale
{%- endmacro %}

{#- The pairs of both overlap reports, each with its level and `uid`, the person or household. A pair of enrolments may be
    found at both levels. -#}
{% macro pairs_of_both_levels(columns) -%}
    {%- for level, report in {'person': 'rpt_multiple_receipt', 'household': 'rpt_household_multiple_receipt'}.items() %}
    select '{{ level }}' as level, {{ level }}_uid as uid, {{ columns | join(', ') }}
    from {{ ref(report) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{#- The enrolments whose money is at stake, each once a person or household: of those in prohibited pairs that linkage
    is sure of, the dearest may stay. Added a pair, the money of three benefits at once counted twice. `pairs`: rows of
    pairs_of_both_levels. -#}
{% macro enrolments_at_stake(pairs) -%}
    select level, uid, enrolment_id, max(amount) as amount
    from (
        {%- for side in ['a', 'b'] %}
        select level, uid, enrolment_id_{{ side }} as enrolment_id, amount_{{ side }} as amount
        from {{ pairs }}
        where verdict = 'prohibited' and match_verdict = 'automatic'
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    )
    group by level, uid, enrolment_id
    qualify row_number() over (partition by level, uid order by max(amount) desc, enrolment_id) > 1
{%- endmacro %}
