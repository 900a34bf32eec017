-- A target is for a figure that there is. As a test of the seed it would run before the figures are made.
select targets.kpi
from {{ ref('kpi_targets') }} as targets
left join {{ ref('fct_kpi_values') }} as figures on figures.kpi = targets.kpi
where figures.kpi is null
