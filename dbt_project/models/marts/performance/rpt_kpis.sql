-- The figures across programs, one a row, each with its target and with what it was on the reporting date before.
with values_today as (
    select * from {{ ref('fct_kpi_values') }} where reporting_date = {{ reporting_date() }}
),

before as (
    select kpi, arg_max(value, reporting_date) as value, max(reporting_date) as reporting_date
    from {{ ref('fct_kpi_values') }}
    where reporting_date = (
        select max(reporting_date) from {{ ref('fct_kpi_values') }} where reporting_date < {{ reporting_date() }}
    )
    group by kpi
),

targets as (
    select *
    from {{ ref('kpi_targets') }}
    where valid_from <= {{ reporting_date() }} and (valid_to is null or valid_to >= {{ reporting_date() }})
    qualify row_number() over (partition by kpi order by valid_from desc) = 1
)

select
    today.place,
    today.kpi,
    today.definition,
    today.unit,
    today.period_from,
    today.period_to,
    today.value,
    targets.better,
    targets.target,
    case targets.better when 'higher' then today.value >= targets.target when 'lower' then today.value <= targets.target end
        as is_target_met,
    before.reporting_date as previous_date,
    before.value as previous_value,
    round(today.value - before.value, 4) as change,
    {{ trend('today.value', 'before.value') }} as trend,
    today.is_source_stale
from values_today as today
left join targets on targets.kpi = today.kpi
left join before on before.kpi = today.kpi
