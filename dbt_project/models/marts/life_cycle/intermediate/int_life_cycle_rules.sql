-- The life cycle rules in force on the reporting date, one row a program and rule: a rule made for a program comes before
-- one for all.
select programs.program, rules.rule, rules.rule_code, rules.limit_value
from {{ ref('dim_program') }} as programs
inner join {{ ref('life_cycle_rules') }} as rules
    on (rules.program is null or rules.program = programs.program)
    and rules.valid_from <= {{ reporting_date() }}
    and (rules.valid_to is null or rules.valid_to >= {{ reporting_date() }})
qualify row_number() over (
    partition by programs.program, rules.rule order by rules.program nulls last, rules.valid_from desc, rules.rule_code
) = 1
