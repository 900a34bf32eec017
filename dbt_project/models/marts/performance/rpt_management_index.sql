-- The management index of each county and program, after Brazil's IGD-M: the components' shares by their weights. What
-- cannot be measured somewhere weighs nothing there. The trend is against the reporting date before, as it was kept then.
with dates as (
    select
        reporting_date,
        row_number() over (order by reporting_date desc) as dates_back
    from (
        select distinct reporting_date
        from {{ ref('fct_management_components') }}
        where reporting_date <= {{ reporting_date() }}
    )
),

indices as (
    -- Added up in the order of their names: doubles added in another order may round to another index.
    select
        dates.dates_back,
        components.reporting_date,
        components.program,
        components.county_code,
        round(
            sum(components.weight * components.share order by components.component)
            / nullif(sum(components.weight order by components.component) filter (where components.share is not null), 0), 4
        ) as management_index,
        count(components.share) as components_measured,
        round(coalesce(sum(components.weight order by components.component) filter (where components.share is not null), 0), 4) as weight_measured,
        arg_min(components.component, (components.share, components.component)) as weakest_component,
        min(components.share) as weakest_share,
        bool_or(components.is_source_stale) as is_source_stale
    from {{ ref('fct_management_components') }} as components
    inner join dates on dates.reporting_date = components.reporting_date and dates.dates_back <= 2
    group by dates.dates_back, components.reporting_date, components.program, components.county_code
)

select
    md5(concat_ws('|', today.program, coalesce(today.county_code, '-'))) as index_id,
    today.program,
    today.county_code,
    counties.county_name,
    today.reporting_date,
    today.management_index,
    today.components_measured,
    cast(today.weight_measured as double) as weight_measured,
    today.weakest_component,
    today.weakest_share,
    cast(rank() over (partition by today.program order by today.management_index desc nulls last) as integer) as place,
    before.reporting_date as previous_date,
    before.management_index as previous_index,
    round(today.management_index - before.management_index, 4) as change,
    {{ trend('today.management_index', 'before.management_index') }} as trend,
    today.is_source_stale
from indices as today
left join indices as before
    on before.dates_back = 2
    and before.program = today.program
    and before.county_code is not distinct from today.county_code
left join {{ ref('dim_area') }} as counties on counties.area_code = today.county_code
where today.dates_back = 1
