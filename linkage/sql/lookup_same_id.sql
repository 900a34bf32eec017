-- Whose the ID is of an asked person whom the search took for nobody: surely, or for somebody to look at.
create or replace table {{ work }}.same_id as
with bearers as (
    select national_id, count(distinct person_uid) as persons from {{ work }}.near where national_id is not null group by all
)

select
    asked.record_id, near.person_uid,
    bearers.persons = 1 and len(ids.mismatched_fields) = 0 and (
        exact.birth_is_compared
        or ((asked.given_name is not null or len(exact.record_names) > 1) and len(exact.register_names) > 0)
    ) as is_sure
from {{ work }}.asked as asked
inner join {{ work }}.person_crosswalk as own on own.member_id = asked.record_id and own.uid = asked.record_id
inner join {{ work }}.verify_id as ids on ids.record_id = asked.record_id
inner join {{ work }}.verify_by_id as exact on exact.record_id = ids.record_id and exact.register_id = ids.register_id
inner join {{ work }}.near as near on near.national_id = asked.national_id
inner join bearers on bearers.national_id = asked.national_id;
update {{ work }}.person_crosswalk
set uid = same_id.person_uid
from {{ work }}.same_id as same_id
where same_id.is_sure and member_id = same_id.record_id;
insert into {{ work }}.linked by name
select distinct record_id, 'review' as verdict, person_uid from {{ work }}.same_id where not is_sure
