-- The records of a person, the households they are in, and the enrolments they have a part in.
CREATE OR REPLACE TEMP TABLE held_records AS
SELECT crosswalk.record_id, persons.household_id
FROM linkage.persons_crosswalk AS crosswalk
LEFT JOIN registry.persons AS persons ON persons.record_id = crosswalk.record_id
WHERE crosswalk.person_uid = $person_uid;

CREATE OR REPLACE TEMP TABLE held_enrolments AS
SELECT DISTINCT enrolments.enrolment_id, enrolments.household_id
FROM registry.enrolments AS enrolments
INNER JOIN held_records AS records
    ON records.record_id IN (
        enrolments.beneficiary_record_id, enrolments.recipient_record_id, enrolments.caregiver_record_id
    )
    OR (enrolments.benefit_unit = 'household' AND records.household_id = enrolments.household_id);

-- Findings: on the register, whose number is made of record and status (found_verification.sql); on payrolls, whose basis
-- ends with the record; on duplicates, by record or by a benefit that is the person's own.
CREATE OR REPLACE TEMP TABLE held_exceptions AS
SELECT exception_id
FROM ops.exceptions
WHERE kind = 'verification' AND exception_id IN (
    SELECT 'E' || upper(left(sha256(concat_ws('|', persons.program, 'verification', persons.record_id, statuses.status)), 16))
    FROM held_records AS held
    INNER JOIN registry.persons AS persons ON persons.record_id = held.record_id
    CROSS JOIN (VALUES ('deceased'), ('mismatch'), ('id_shared'), ('not_found'), ('could_not_check')) AS statuses (status)
)
UNION
SELECT exception_id
FROM ops.exceptions
WHERE kind = 'payroll' AND split_part(basis, '|', -1) IN (SELECT record_id FROM held_records)
UNION
SELECT exceptions.exception_id
FROM ops.exceptions AS exceptions
LEFT JOIN ops.exception_pairs AS pairs ON pairs.basis = exceptions.basis
WHERE exceptions.kind = 'duplicate' AND (
    pairs.record_id_l IN (SELECT record_id FROM held_records)
    OR pairs.record_id_r IN (SELECT record_id FROM held_records)
    OR exceptions.enrolment_id IN (SELECT enrolment_id FROM held_enrolments)
    OR exceptions.other_enrolment_id IN (SELECT enrolment_id FROM held_enrolments)
);
