-- The programs' records for the service: as the linkage compared them (of_records.records), as they are (persons, with
-- whom they belong to and what the register said of them), and the benefits. Sorted by number, so that few rows are
-- found without an index.
create schema lookup.of_records;
create table lookup.of_records.records as from {{ state }}.records order by r;
create table lookup.main.persons as
select
    seen.r, persons.record_id, persons.source, persons.program, persons.household_id, persons.role,
    persons.national_id, persons.given_name, persons.middle_name, persons.family_name, persons.full_name,
    persons.birth_date, persons.birth_date_precision, persons.sex,
    coalesce(crosswalk.person_uid, persons.record_id) as person_uid,
    coalesce(households.household_uid, persons.household_id) as household_uid,
    verification.status
from {{ warehouse }}.registry.persons as persons
inner join {{ state }}.records as seen on seen.record_id = persons.record_id
left join {{ warehouse }}.linkage.persons_crosswalk as crosswalk on crosswalk.record_id = persons.record_id
left join {{ warehouse }}.linkage.households_crosswalk as households on households.household_id = persons.household_id
left join {{ warehouse }}.linkage.verification as verification on verification.record_id = persons.record_id
order by seen.r;
create table lookup.main.enrolments as
select
    row_number() over (order by household_uid, enrolment_id) - 1 as e,
    enrolment_id, program, household_id, household_uid, benefit_unit, beneficiary_record_id, caregiver_record_id,
    recipient_record_id, person_uid, status, enrolled_date, exit_date, is_recipient_of_household,
    first_paid_period_start, last_paid_period_end, is_source_stale
from {{ warehouse }}.marts.fct_enrolments
order by e;
create table lookup.main.overlap_rules as
select level, program_a, program_b, rule_code, rule_level, verdict, legal_basis from {{ warehouse }}.marts.rpt_program_overlap;
