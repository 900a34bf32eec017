{{ config(alias='expansion_plan') }}

-- Households planned for each program, county and financial year.
select
    plan.program,
    coalesce(areas.county_code, plan.county_code_given) as county_code,
    plan.financial_year,
    plan.households_planned
from {{ ref('stg_files__expansion_plan') }} as plan
left join {{ ref('areas') }} as areas on areas.area_code = plan.county_code_given
where plan.reject_reason is null
