-- Asked persons among the records that bear on them: those that carry the same ID, and those of the same person.
create or replace table {{ work }}.linked as
select links.*, persons.person_uid
from {{ work }}.links as links inner join {{ work }}.linked_rows as persons on persons.position = links.position;
create or replace table {{ work }}.person_crosswalk as
with best as (
    select record_id, arg_max(person_uid, (odds, person_uid)) as uid
    from {{ work }}.linked where verdict = 'match' group by record_id
)
select asked.record_id as member_id, coalesce(best.uid, asked.record_id) as uid
from {{ work }}.asked as asked left join best on best.record_id = asked.record_id
union all
select record_id, person_uid from {{ work }}.near;
create or replace table {{ work }}.persons as
{%- for part in ['asked', 'near'] %}
select record_id, national_id, given_name, middle_name, family_name, full_name, birth_date, birth_date_precision, sex
from {{ work }}.{{ part }}
{%- if not loop.last %} union all{% endif %}
{%- endfor %}
{%- if has_register %};
create or replace table {{ work }}.matches_found as
{%- for part in ['found', 'near'] %}
select record_id, p, match_key, match_probability, verdict, runner_up_probability from {{ work }}.{{ part }} where p is not null
{%- if not loop.last %} union all{% endif %}
{%- endfor %}
{%- endif %}
