-- Which persons' records carry each telephone, and in how many households it stands. One telephone serves a household;
-- one that serves many may be an agent's.
with numbers as (
    select phone, household_id, record_id from {{ ref('int_persons') }} where phone is not null
    union all
    select households.phone, households.household_id, enrolments.recipient_record_id
    from {{ ref('int_households') }} as households
    inner join {{ ref('fct_enrolments') }} as enrolments on enrolments.household_id = households.household_id
    where households.phone is not null and enrolments.recipient_record_id is not null
),

households_by_number as (
    select
        numbers.phone,
        count(distinct {{ uid_or_own('crosswalk.household_uid', 'numbers.household_id') }}) as households
    from numbers
    left join {{ source('linkage', 'households_crosswalk') }} as crosswalk on crosswalk.household_id = numbers.household_id
    group by numbers.phone
)

select distinct numbers.record_id, numbers.household_id, numbers.phone, households_by_number.households
from numbers
inner join households_by_number on households_by_number.phone = numbers.phone
