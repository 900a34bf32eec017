-- Members of the programs' households, with what is known best of each person. A birth date of which only the month or
-- year is known counts as its last day: nobody leaves a program before having surely reached an age.
select
    persons.household_id,
    persons.record_id,
    dim_person.person_uid,
    persons.relationship_to_head,
    case dim_person.birth_date_precision
        when 'day' then dim_person.birth_date
        when 'month' then last_day(dim_person.birth_date)
        when 'year' then last_day(dim_person.birth_date + interval 11 month)
    end as born_by,
    dim_person.is_deceased,
    dim_person.death_date,
    case when dim_person.emigrated_date <= {{ reporting_date() }} then dim_person.emigrated_date end as emigrated_date
from {{ ref('int_persons') }} as persons
left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk on crosswalk.record_id = persons.record_id
inner join {{ ref('dim_person') }} as dim_person
    on dim_person.person_uid = {{ uid_or_own('crosswalk.person_uid', 'persons.record_id') }}
