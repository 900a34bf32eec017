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

{#- Judges pairs of enrolments that receive at the same time by the overlap rules, and weighs the money.
    `pairs` is a CTE with match_id, enrolment_id_a, enrolment_id_b, program_a, program_b, is_same_recipient,
    overlap_from, overlap_to; for the person level also is_one_household. Gives the CTEs `judged` and `weighed`.

    A rule counts when it was in force on any day of the overlap; of several one does (overlap_rule_precedence). The
    overlap is then cut to the days of that rule: money paid before a prohibition is not at stake. No rule: for review. -#}
{% macro judge_overlaps(pairs, level) -%}
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
    from {{ pairs }} as pairs
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
        pairs.* exclude (overlap_from, overlap_to),
        rule_that_counts.rule_code,
        rule_that_counts.rule_level,
        coalesce(rule_that_counts.verdict, 'for_review') as verdict,
        greatest(pairs.overlap_from, rule_that_counts.valid_from) as overlap_from,
        least(pairs.overlap_to, rule_that_counts.valid_to) as overlap_to
    from {{ pairs }} as pairs
    left join rule_that_counts on rule_that_counts.match_id = pairs.match_id
),

paid_a as (
    select judged.match_id, sum(payments.amount_paid) as amount
    from judged
    inner join {{ ref('fct_payments') }} as payments
        on payments.enrolment_id = judged.enrolment_id_a
        and payments.period_start <= judged.overlap_to
        and payments.period_end >= judged.overlap_from
    group by judged.match_id
),

paid_b as (
    select judged.match_id, sum(payments.amount_paid) as amount
    from judged
    inner join {{ ref('fct_payments') }} as payments
        on payments.enrolment_id = judged.enrolment_id_b
        and payments.period_start <= judged.overlap_to
        and payments.period_end >= judged.overlap_from
    group by judged.match_id
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
        ) as money_at_stake
    from judged
    left join paid_a on paid_a.match_id = judged.match_id
    left join paid_b on paid_b.match_id = judged.match_id
)
{%- endmacro %}

{#- What the programs decided of pairs of enrolments: true where it is one person, false where it is not. -#}
{% macro confirmations() -%}
select
    least(enrolment_id, other_enrolment_id) as enrolment_id_1,
    greatest(enrolment_id, other_enrolment_id) as enrolment_id_2,
    bool_and(decision = 'same person') as is_confirmed
from {{ source('ops', 'answers') }}
where kind = 'duplicate' and state = 'in_force' and is_current
group by 1, 2
{%- endmacro %}
