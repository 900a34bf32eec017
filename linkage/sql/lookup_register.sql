-- The register's people whom an asked person, or a record that bears on one, may be.
create or replace table {{ work }}.register as
select population.*
from lookup.main.population as population semi join {{ work }}.people as people on people.n = population.p;
create or replace table {{ work }}.matches as
select found.record_id, register.register_id, found.match_key, found.match_probability, found.verdict,
    found.runner_up_probability
from {{ work }}.matches_found as found
inner join {{ work }}.register as register on register.p = found.p
