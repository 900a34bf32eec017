-- Who collects each current enrolment's money, and for how many households that person collects.
with collecting as (
    select
        enrolments.enrolment_id,
        enrolments.household_uid,
        enrolments.caregiver_record_id is not null as is_caregiver,
        coalesce(enrolments.caregiver_record_id, enrolments.recipient_record_id) as collector_record_id,
        {{ uid_or_own('crosswalk.person_uid', 'coalesce(enrolments.caregiver_record_id, enrolments.recipient_record_id)') }} as collector_uid
    from {{ ref('fct_enrolments') }} as enrolments
    left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk
        on crosswalk.record_id = coalesce(enrolments.caregiver_record_id, enrolments.recipient_record_id)
    where enrolments.status in ('active', 'suspended')
),

collectors as (
    select collector_uid, count(distinct household_uid) as households, bool_or(is_caregiver) as is_caregiver
    from collecting
    group by collector_uid
)

select
    collecting.enrolment_id,
    collecting.collector_record_id,
    collecting.collector_uid,
    collecting.household_uid,
    collectors.households,
    -- Whether the person collects for anybody but herself.
    collectors.is_caregiver
from collecting
inner join collectors on collectors.collector_uid = collecting.collector_uid
