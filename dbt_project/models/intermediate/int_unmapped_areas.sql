{{ config(alias='unmapped_areas') }}

-- Areas as the sources write them that the crosswalk maps to a coarser level only, or not at all.
select
    md5(concat_ws('|', source, coalesce(area_key_1, '-'), coalesce(area_key_2, '-'), coalesce(area_key_3, '-'))) as unmapped_area_id,
    source,
    area_system,
    area_key_1,
    area_key_2,
    area_key_3,
    coalesce(area_level, 'none') as mapped_to_level,
    min(area_code) as area_code,
    count(*) as households
from {{ ref('int_households') }}
where area_level is distinct from {{ finest_area_level() }}
group by all
