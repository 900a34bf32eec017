-- The money of every program and cycle is the same in the registry, in the facts and in who gets what.
with registry as (
    select program, cycle_id, sum(amount_due) as due, sum(amount_paid) as paid
    from {{ ref('int_payments') }}
    group by program, cycle_id
),

facts as (
    select program, cycle_id, sum(amount_due) as due, sum(amount_paid) as paid
    from {{ ref('fct_payments') }}
    group by program, cycle_id
),

who_gets_what as (
    select program, cycle_id, sum(amount_due) as due, sum(amount_paid) as paid
    from {{ ref('rpt_who_gets_what') }}
    group by program, cycle_id
)

select registry.*, facts.due as due_in_facts, facts.paid as paid_in_facts, who_gets_what.due as due_in_report, who_gets_what.paid as paid_in_report
from registry
full join facts on facts.cycle_id = registry.cycle_id
full join who_gets_what on who_gets_what.cycle_id = registry.cycle_id
where (registry.due, registry.paid) is distinct from (facts.due, facts.paid)
    or (registry.due, registry.paid) is distinct from (who_gets_what.due, who_gets_what.paid)
