-- The money of every program and cycle is the same in the registry, in the facts, in who gets what and in its roll-up.
with registry as (
    select cycle_id, sum(amount_due) as due, sum(amount_paid) as paid
    from {{ ref('int_payments') }}
    group by cycle_id
),

marts as (
    {%- for mart in ['fct_payments', 'rpt_who_gets_what', 'rpt_receipt_by_area'] %}
    select '{{ mart }}' as mart, cycle_id, sum(amount_due) as due, sum(amount_paid) as paid
    from {{ ref(mart) }}
    group by cycle_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

-- Each cycle stands in each mart: one that lacks it is missed by its number.
select
    coalesce(registry.cycle_id, marts.cycle_id) as cycle_id,
    string_agg(marts.mart) as marts
from registry
full join marts on marts.cycle_id = registry.cycle_id
group by coalesce(registry.cycle_id, marts.cycle_id)
having count(marts.mart) <> 3
    or bool_or((registry.due, registry.paid) is distinct from (marts.due, marts.paid))
