-- The benefits of the households that an asked person belongs to, and what the person is in each (no role: another member's).
with theirs as (
    select own.member_id as asked_id, persons.record_id, persons.household_id, persons.household_uid
    from {{ work }}.asked as asked
    inner join {{ work }}.person_crosswalk as own on own.member_id = asked.record_id
    inner join {{ work }}.near as persons on persons.person_uid = own.uid
),

told as (
select
    theirs.asked_id::int as place, benefits.enrolment_id, benefits.program, benefits.status, benefits.enrolled_date,
    benefits.exit_date, any_value(benefits.is_source_stale) as is_source_stale,
    list_filter([
        if(bool_or(benefits.beneficiary_record_id = theirs.record_id), 'beneficiary', null),
        if(bool_or(benefits.recipient_record_id = theirs.record_id), 'recipient', null),
        if(bool_or(benefits.caregiver_record_id = theirs.record_id), 'caregiver', null),
        if(bool_or(benefits.benefit_unit = 'household' and benefits.household_id = theirs.household_id), 'member', null)
    ], lambda role: role is not null) as roles
from {{ work }}.benefits as benefits
inner join theirs on theirs.household_uid = benefits.household_uid
group by all
)

select * from told
order by place, list_position(['active', 'suspended', 'standby', 'exited'], status), program, enrolment_id
