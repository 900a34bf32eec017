-- The records that bear the ID of an asked person whom the search took for nobody, in the shape of a register.
create or replace table {{ work }}.bearing as
select near.record_id as register_id, near.national_id, near.given_name, near.middle_name, near.family_name, near.full_name,
    near.birth_date, near.sex
from {{ work }}.near as near
where near.national_id in (
    select asked.national_id
    from {{ work }}.asked as asked
    inner join {{ work }}.person_crosswalk as own on own.member_id = asked.record_id and own.uid = asked.record_id
)
