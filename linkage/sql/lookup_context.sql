-- Asked persons among the records that bear on them: those that carry the same ID, and those of the same person.
create or replace table {{ work }}.linked as
select links.*, persons.person_uid
from {{ work }}.links as links inner join {{ work }}.linked_rows as persons on persons.position = links.position;
create or replace table {{ work }}.person_crosswalk as
with best as (
    select record_id, arg_max(person_uid, (odds, person_uid)) as uid
    from {{ work }}.linked where verdict = 'match' group by record_id
),

-- Who says the same of ID, names, birth date and sex as a record does is that record's person, however little it tells.
alike as (
    select asked.record_id, min(persons.person_uid) as uid
    from {{ work }}.asked as asked
    inner join {{ work }}.near as persons
        on persons.national_id = asked.national_id
        and persons.given_name is not distinct from asked.given_name
        and persons.family_name is not distinct from asked.family_name
        and (persons.full_name = asked.full_name or (asked.full_name is null and asked.given_name is not null))
        and persons.birth_date is not distinct from asked.birth_date
        and persons.sex is not distinct from asked.sex
    group by asked.record_id
)

select asked.record_id as member_id, coalesce(alike.uid, best.uid, asked.record_id) as uid
from {{ work }}.asked as asked
left join best on best.record_id = asked.record_id
left join alike on alike.record_id = asked.record_id
union all
select record_id, person_uid from {{ work }}.near;
create or replace table {{ work }}.persons as
{%- for part in ['asked', 'near'] %}
select record_id, national_id, given_name, middle_name, family_name, full_name, birth_date, birth_date_precision, sex
from {{ work }}.{{ part }}
{%- if not loop.last %} union all{% endif %}
{%- endfor %}
