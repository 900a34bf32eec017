-- A row an asked person, in the order asked.
select
    verification.status, verification.could_not_check_reason, verification.register_id, verification.match_key,
    verification.match_probability, verification.mismatched_fields, verification.register_death_date,
    verification.register_emigrated_date,
    nullif(crosswalk.uid, asked.record_id) as person_uid,
    coalesce(homes.uids, []) as household_uids,
    coalesce(possible.uids, []) as possible_uids
from {{ work }}.asked as asked
inner join {{ work }}.verification as verification on verification.record_id = asked.record_id
inner join {{ work }}.person_crosswalk as crosswalk on crosswalk.member_id = asked.record_id
left join (
    select linked.record_id, list(distinct linked.person_uid order by linked.person_uid) as uids
    from {{ work }}.linked as linked
    inner join {{ work }}.person_crosswalk as own on own.member_id = linked.record_id
    where linked.person_uid <> own.uid
    group by linked.record_id
) as possible on possible.record_id = asked.record_id
left join (
    select own.member_id as record_id, list(distinct persons.household_uid order by persons.household_uid) as uids
    from {{ work }}.person_crosswalk as own
    inner join {{ work }}.near as persons on persons.person_uid = own.uid
    group by own.member_id
) as homes on homes.record_id = asked.record_id
order by asked.record_id
