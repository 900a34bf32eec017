-- Whom of the register the search took each of these records for, now for those who were asked and in the run for the others.
insert into {{ work }}.register
select * from {{ work }}.found_people where position not in (select position from {{ work }}.register);
create or replace table {{ work }}.matches as
select found.record_id, register.register_id, found.match_key, found.match_probability, found.verdict,
    found.runner_up_probability
from (
    {%- for part in ['found', 'near'] %}
    select record_id, p, match_key, match_probability, verdict, runner_up_probability from {{ work }}.{{ part }} where p is not null
    {%- if not loop.last %} union all{% endif %}
    {%- endfor %}
) as found
inner join {{ work }}.register as register on register.position = found.p
