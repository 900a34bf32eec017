-- Which programs meet in one person or one household: every pair of programs, also those that never meet.
with pairs as (
    {{ pairs_of_both_levels(['program_a', 'program_b', 'verdict', 'match_verdict', 'both_still_paid', 'money_at_stake']) }}
),

met as (
    select
        level,
        program_a,
        program_b,
        count(distinct uid) filter (where match_verdict = 'automatic') as in_both,
        count(distinct uid) filter (where match_verdict = 'automatic' and both_still_paid) as in_both_still_paid,
        {%- for verdict in ['prohibited', 'for_review', 'allowed'] %}
        count(*) filter (where match_verdict = 'automatic' and verdict = '{{ verdict }}') as pairs_{{ verdict }},
        {%- endfor %}
        count(*) filter (where match_verdict = 'review') as pairs_suspected,
        sum(money_at_stake) filter (where match_verdict = 'automatic' and verdict = 'prohibited') as money_at_stake,
        sum(money_at_stake) filter (where match_verdict = 'automatic' and verdict = 'for_review') as money_for_review
    from pairs
    group by level, program_a, program_b
),

holders as (
    {%- for level in ['person', 'household'] %}
    select '{{ level }}' as level, program, count(distinct {{ level }}_uid) as holders
    from {{ ref('fct_enrolments') }}
    where {{ is_held_by_person() if level == 'person' else is_held_by_household() }}
    group by program
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

matrix as (
    select
        levels.level,
        first.program as program_a,
        second.program as program_b,
        {{ any_source_stale('first.is_source_stale or second.is_source_stale') }} as is_source_stale
    from (values ('person'), ('household')) as levels (level)
    cross join {{ ref('dim_program') }} as first
    inner join {{ ref('dim_program') }} as second on second.program >= first.program
),

rules_today as (
    select
        matrix.level as matrix_level,
        rules.*
    from matrix
    inner join {{ ref('int_overlap_rules') }} as rules
        on rules.program_a = matrix.program_a
        and rules.program_b = matrix.program_b
        and rules.valid_from <= {{ reporting_date() }}
        and (rules.valid_to is null or rules.valid_to >= {{ reporting_date() }})
    qualify row_number() over (
        partition by matrix.level, matrix.program_a, matrix.program_b
        order by {{ overlap_rule_precedence('rules.level = matrix.level', 'rules') }}
    ) = 1
)

select
    matrix.level,
    matrix.program_a,
    matrix.program_b,
    rules_today.rule_code,
    rules_today.level as rule_level,
    coalesce(rules_today.verdict, 'for_review') as verdict,
    rules_today.legal_basis,
    coalesce(holders_a.holders, 0) as in_a,
    coalesce(holders_b.holders, 0) as in_b,
    coalesce(met.in_both, 0) as in_both,
    coalesce(met.in_both_still_paid, 0) as in_both_still_paid,
    coalesce(met.pairs_prohibited, 0) as pairs_prohibited,
    coalesce(met.pairs_for_review, 0) as pairs_for_review,
    coalesce(met.pairs_allowed, 0) as pairs_allowed,
    coalesce(met.pairs_suspected, 0) as pairs_suspected,
    cast(coalesce(met.money_at_stake, 0) as decimal(18, 2)) as money_at_stake,
    cast(coalesce(met.money_for_review, 0) as decimal(18, 2)) as money_for_review,
    matrix.is_source_stale
from matrix
left join rules_today
    on rules_today.matrix_level = matrix.level
    and rules_today.program_a = matrix.program_a
    and rules_today.program_b = matrix.program_b
left join met
    on met.level = matrix.level and met.program_a = matrix.program_a and met.program_b = matrix.program_b
left join holders as holders_a on holders_a.level = matrix.level and holders_a.program = matrix.program_a
left join holders as holders_b on holders_b.level = matrix.level and holders_b.program = matrix.program_b
