-- By what the records are found that bear on the asked persons: their IDs, and whom they are surely one with.
select distinct hash(national_id) as h, false as is_person from {{ work }}.asked where national_id is not null
union all
select distinct hash(persons.person_uid), true
from {{ work }}.links as links inner join {{ work }}.linked_rows as persons on persons.position = links.position
where links.verdict = 'match'
