-- Asked persons among the records that bear on them: those that carry the same ID, and those of the same person.
create or replace table {{ work }}.person_crosswalk as
with best as (
    select record_id, arg_max(person_uid, (odds, person_uid)) as uid
    from {{ work }}.linked where match_probability >= 0.99 group by record_id
)
select asked.record_id as member_id, coalesce(best.uid, asked.record_id) as uid
from {{ work }}.asked as asked left join best on best.record_id = asked.record_id
union all
select persons.record_id, persons.person_uid
from lookup.main.persons as persons semi join {{ work }}.near as near on near.n = persons.r;
create or replace table {{ work }}.persons as
select record_id, national_id, given_name, middle_name, family_name, full_name, birth_date, birth_date_precision, sex
from {{ work }}.asked
union all
select record_id, national_id, given_name, middle_name, family_name, full_name, birth_date, birth_date_precision, sex
from lookup.main.persons as persons semi join {{ work }}.near as near on near.n = persons.r
{%- if has_register %};
create or replace table {{ work }}.matches_found as
select record_id, p, match_key, match_probability, verdict, runner_up_probability from {{ work }}.found
union all
select record_id, p, match_key, match_probability, verdict, runner_up_probability
from lookup.main.matches as matches semi join {{ work }}.near as near on near.n = matches.r
{%- endif %}
