-- Who of the registry draws a pension or a salary from public funds, found by any ID number that is known of the
-- person: on a record, or in the register. Whether, not how much: the amount is nobody's business here.
with on_public_payroll as (
    select national_id, bool_or(kind = 'pension') as is_pensioner, bool_or(kind is distinct from 'pension') as is_employed
    from {{ ref('int_public_payroll') }}
    where national_id is not null
    group by national_id
),

known_ids as (
    select person_uid, national_id
    from {{ ref('dim_person') }}
    where national_id is not null
    union
    select persons.person_uid, population.national_id
    from {{ ref('dim_person') }} as persons
    inner join {{ ref('int_population') }} as population on population.register_id = persons.register_id
    where population.national_id is not null
)

select
    known_ids.person_uid,
    bool_or(on_public_payroll.is_pensioner) as is_pensioner,
    bool_or(on_public_payroll.is_employed) as is_employed
from known_ids
inner join on_public_payroll on on_public_payroll.national_id = known_ids.national_id
group by known_ids.person_uid
