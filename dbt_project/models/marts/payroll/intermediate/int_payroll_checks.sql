-- Which payroll checks run for which program, how grave a finding is and from which number on it counts.
-- A row for one program comes before the row for all, which also holds where the program is not known.
select
    programs.program,
    checks.reason_code,
    checks.severity,
    checks.threshold
from (select program from {{ ref('dim_program') }} union all select null) as programs
inner join {{ ref('payroll_checks') }} as checks on checks.program is null or checks.program = programs.program
qualify
    row_number() over (partition by programs.program, checks.reason_code order by checks.program nulls last) = 1
    and checks.is_active
