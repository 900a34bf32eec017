-- Whom of the register the search took each of these records for.
create or replace table {{ work }}.matches as
select found.record_id, register.register_id, found.match_key, found.match_probability, found.verdict,
    found.runner_up_probability
from {{ work }}.matches_found as found
inner join {{ work }}.register as register on register.position = found.p
