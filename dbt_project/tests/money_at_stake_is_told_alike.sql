-- What is at stake is one sum, whether it is told by person and household or as a key figure.
with told as (
    select level, sum(money_at_stake) as money_at_stake from {{ ref('rpt_benefits_held') }} group by level
),

told_as_figures as (
    select replace(kpi, '_money_at_stake', '') as level, value as money_at_stake
    from {{ ref('fct_kpi_values') }}
    where kpi in ('person_money_at_stake', 'household_money_at_stake') and reporting_date = {{ reporting_date() }}
)

select told_as_figures.*
from told_as_figures
left join told on told.level = told_as_figures.level
where told_as_figures.money_at_stake <> coalesce(told.money_at_stake, 0)
