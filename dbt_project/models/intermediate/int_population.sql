{{ config(alias='population') }}

-- The national register, one row a person.
with received as (
    {{ union_staging('population', var('register_sources')) }}
)

select
    received.register_id,
    received.source,
    received.source_table,
    received.loaded_run_id,
    received.loaded_at,
    received.national_id,
    received.given_name,
    received.middle_name,
    received.family_name,
    received.full_name,
    received.birth_date,
    received.sex,
    received.mother_name,
    coalesce(areas.area_code, counties.area_code) as area_code,
    coalesce(areas.county_code, counties.county_code) as county_code,
    received.is_deceased,
    received.death_date,
    received.emigrated_date,
    received.updated_at
from received
left join {{ ref('areas') }} as areas on areas.area_code = received.area_code_given
left join {{ ref('areas') }} as counties on counties.area_code = received.county_code_given
where received.reject_reason is null
