-- A cycle is a period, not a number: its length changes over time and arrears are common.
with cycles as (
    select
        cycle_id,
        program,
        period_start,
        max(period_end) as period_end,
        count(*) as payment_lines,
        sum(amount_due) as amount_due,
        sum(amount_paid) as amount_paid
    from {{ ref('int_payments') }}
    group by cycle_id, program, period_start
),

counted as (
    select
        *,
        -- A payroll made ahead has not begun, and a mistyped year makes a cycle of a few lines: as the latest, one such
        -- line had taken a whole program off the payroll (3,037 findings instead of 18).
        period_start <= {{ reporting_date() }}
        and payment_lines * 100 >= max(payment_lines) over (partition by program) as is_counted
    from cycles
)

select
    cycles.cycle_id,
    cycles.program,
    cycles.period_start,
    cycles.period_end,
    cast(12 * (year(period_end) - year(period_start)) + month(period_end) - month(period_start) + 1 as integer) as months,
    case when cycles.is_counted then cast(row_number() over counted_back as integer) end as cycles_back,
    cycles.payment_lines,
    cast(cycles.amount_due as decimal(18, 2)) as amount_due,
    cast(cycles.amount_paid as decimal(18, 2)) as amount_paid,
    {{ any_source_stale('programs.is_source_stale') }} as is_source_stale
from counted as cycles
left join {{ ref('dim_program') }} as programs on programs.program = cycles.program
window counted_back as (partition by cycles.program, cycles.is_counted order by cycles.period_start desc)
