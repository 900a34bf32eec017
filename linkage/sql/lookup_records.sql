-- The programs' records for the service, in one order: as the linkage compared them (lookup_records), and as they are, with
-- whom they belong to and whom the register's search took them for (lookup_persons); and the benefits.
create or replace temp table lookup_records as
select * replace (position as r)
from (select *, (row_number() over (order by r) - 1)::int as position from {{ state }}.records);
create or replace temp table lookup_persons as
select
    seen.position, persons.record_id, persons.source, persons.program, persons.household_id, persons.role,
    persons.national_id, persons.given_name, persons.middle_name, persons.family_name, persons.full_name,
    persons.birth_date, persons.birth_date_precision, persons.sex,
    coalesce(crosswalk.person_uid, persons.record_id) as person_uid,
    coalesce(households.household_uid, persons.household_id) as household_uid,
    {%- if matches %}
    population.position as p, matches.match_key, matches.match_probability, matches.verdict, matches.runner_up_probability
    {%- else %}
    null::bigint as p, null::varchar as match_key, null::double as match_probability, null::varchar as verdict,
    null::double as runner_up_probability
    {%- endif %}
from {{ warehouse }}.registry.persons as persons
inner join lookup_records as seen on seen.record_id = persons.record_id
left join {{ warehouse }}.linkage.persons_crosswalk as crosswalk on crosswalk.record_id = persons.record_id
left join {{ warehouse }}.linkage.households_crosswalk as households on households.household_id = persons.household_id
{%- if matches %}
left join {{ matches }} as matches on matches.record_id = persons.record_id
left join lookup_population as population on population.register_id = matches.register_id
{%- endif %};
create or replace temp table lookup_enrolments as
select
    row_number() over (order by household_uid, enrolment_id) - 1 as position,
    enrolment_id, program, household_id, household_uid, benefit_unit, beneficiary_record_id, caregiver_record_id,
    recipient_record_id, status, enrolled_date, exit_date, is_source_stale
from {{ warehouse }}.marts.fct_enrolments;
create table lookup.main.overlap_rules as
select level, program_a, program_b, rule_code, rule_level, verdict from {{ warehouse }}.marts.rpt_program_overlap;
