{{ config(alias='overlap_rules_by_pair') }}

-- Overlap rules spelt out: one row a rule and pair of programs, in both orders, since the order in a rule says nothing.
-- A rule may name a group of programs. A group beside itself means any two different programs of it: the same program
-- twice needs a rule of its own.
with named as (
    select program as code, program, false as is_group from {{ source('ops', 'programs') }}
    union all
    select group_code, program, true from {{ ref('program_groups') }}
),

pairs as (
    select
        rules.rule_code,
        first.program as program_a,
        second.program as program_b,
        first.is_group or second.is_group as is_group_rule,
        rules.level,
        rules.verdict,
        rules.legal_basis,
        rules.valid_from,
        rules.valid_to
    from {{ ref('overlap_rules') }} as rules
    inner join named as first on first.code = rules.program_a
    inner join named as second on second.code = rules.program_b
    where first.program <> second.program or not (first.is_group or second.is_group)
)

select * from pairs
union
select
    rule_code, program_b, program_a, is_group_rule, level, verdict, legal_basis, valid_from, valid_to
from pairs
