-- The payroll's lines and the providers' results, side by side: lines that no return names, and results that no line
-- has. Whether a provider sent a return of a program's cycle at all is told too: before that, nothing is missing.
with results as (
    -- A payment may be returned more than once, first failed and then paid: the last word counts.
    select
        payment_id,
        arg_max(result, (coalesce(value_date, date '1900-01-01'), coalesce(amount, 0), result)) as result,
        arg_max(coalesce(amount, 0), (coalesce(value_date, date '1900-01-01'), coalesce(amount, 0), result)) as amount
    from {{ ref('int_provider_returns') }}
    group by payment_id
),

beside as (
    select
        coalesce(lines.payment_id, results.payment_id) as payment_id,
        -- In front of the number of a payment stands its source: all that is known of one that is on no payroll.
        coalesce(lines.source, split_part(results.payment_id, ':', 1)) as source,
        lines.program,
        lines.cycle_id,
        lines.provider,
        lines.status,
        lines.amount_paid,
        lines.payment_id is not null as is_on_payroll,
        results.payment_id is not null as has_result,
        results.result,
        results.amount as provider_amount
    from {{ ref('int_payroll_all_lines') }} as lines
    full join results on results.payment_id = lines.payment_id
)

select
    *,
    bool_or(is_on_payroll and has_result) over (partition by source, program, cycle_id, provider) as has_return
from beside
