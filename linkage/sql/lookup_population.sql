-- The register's people for the service, in the order in which the linkage numbered them; `p` is a person's number, and
-- `matches` whom the last run took each record for.
create table lookup.main.population as
select
    row_number() over (order by register_id::varchar) - 1 as p,
    register_id, national_id, given_name, middle_name, family_name, full_name, birth_date, sex, is_deceased, death_date,
    emigrated_date
from {{ warehouse }}.registry.population
where source not in (select source from {{ warehouse }}.ops.sources where is_asked_by_id)
order by p;
create table lookup.main.matches as
select seen.r, matches.*, population.p
from {{ warehouse }}.{{ state }}.matches as matches
inner join lookup.main.persons as seen on seen.record_id = matches.record_id
inner join lookup.main.population as population on population.register_id = matches.register_id
order by seen.r;
