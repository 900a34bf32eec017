-- The register's people as they are, in the order in which the linkage numbered them.
create or replace temp table lookup_population as
select
    row_number() over (order by register_id::varchar) - 1 as position,
    register_id, national_id, given_name, middle_name, family_name, full_name, birth_date, sex, is_deceased, death_date,
    emigrated_date
from {{ warehouse }}.registry.population
where source not in (select source from {{ warehouse }}.ops.sources where is_asked_by_id)
