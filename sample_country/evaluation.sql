-- What a run's results are compared with: one row a beneficiary record of the truth, with what the run made of it.
-- A record that the registry refused has no uid: it counts as a person alone.

CREATE OR REPLACE TEMP TABLE eval_records AS
SELECT
    records.record_id,
    records.person_id AS true_entity,
    coalesce(crosswalk.person_uid, '(alone) ' || records.record_id) AS entity,
    persons.household_id AS true_household,
    coalesce(persons.sex, 'unknown') AS sex,
    CASE
        WHEN date_diff('year', persons.birth_date, $as_at) < 18 THEN '0-17'
        WHEN date_diff('year', persons.birth_date, $as_at) < 35 THEN '18-34'
        WHEN date_diff('year', persons.birth_date, $as_at) < 60 THEN '35-59'
        WHEN date_diff('year', persons.birth_date, $as_at) < 70 THEN '60-69'
        ELSE '70+'
    END AS age_group,
    coalesce(persons.county_code::VARCHAR, 'unknown') AS county,
    CASE
        WHEN bool_and(registry.national_id IS NOT NULL) OVER person THEN 'on every record'
        WHEN bool_or(registry.national_id IS NOT NULL) OVER person THEN 'on some records'
        ELSE 'on none'
    END AS has_an_id
FROM truth_records AS records
INNER JOIN truth_persons AS persons USING (person_id)
LEFT JOIN linkage.persons_crosswalk AS crosswalk ON records.record_id = crosswalk.record_id
LEFT JOIN registry.persons AS registry ON records.record_id = registry.record_id
WHERE records.is_beneficiary_record
WINDOW person AS (PARTITION BY records.person_id);
