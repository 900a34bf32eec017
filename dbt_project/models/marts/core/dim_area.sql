select
    areas.area_code,
    areas.name,
    areas.level,
    areas.parent_code,
    areas.county_code,
    counties.name as county_name,
    areas.population_2009,
    areas.population_2019,
    areas.latitude,
    areas.longitude
from {{ ref('areas') }} as areas
left join {{ ref('areas') }} as counties on counties.area_code = areas.county_code
