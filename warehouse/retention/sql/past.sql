-- Whose last benefit ended before $left_before, by records, households and enrolments. A benefit is a person's that they
-- receive, collect, or share as a member of the household. An exit without a date says nothing of when, so it keeps.
CREATE OR REPLACE TEMP TABLE parts AS
SELECT DISTINCT crosswalk.person_uid, enrolments.enrolment_id
FROM linkage.persons_crosswalk AS crosswalk
INNER JOIN registry.persons AS persons ON persons.record_id = crosswalk.record_id
INNER JOIN registry.enrolments AS enrolments
    ON enrolments.household_id = persons.household_id
UNION
SELECT crosswalk.person_uid, enrolments.enrolment_id
FROM (
    SELECT
        enrolment_id,
        unnest([beneficiary_record_id, recipient_record_id, caregiver_record_id]) AS record_id
    FROM registry.enrolments
) AS enrolments
INNER JOIN linkage.persons_crosswalk AS crosswalk ON crosswalk.record_id = enrolments.record_id;

CREATE OR REPLACE TEMP TABLE ended AS
SELECT
    enrolments.enrolment_id,
    enrolments.program,
    enrolments.household_id,
    enrolments.status = 'exited' AND coalesce(greatest(enrolments.exit_date, payments.last_date) < $left_before::DATE, false)
        AS is_past
FROM registry.enrolments AS enrolments
LEFT JOIN (
    -- Money that moved later tells that it had not ended.
    SELECT enrolment_id, max(coalesce(paid_date, period_end)) AS last_date
    FROM registry.payments
    WHERE amount_paid > 0
    GROUP BY enrolment_id
) AS payments ON payments.enrolment_id = enrolments.enrolment_id;

CREATE OR REPLACE TEMP TABLE past AS
WITH under_way AS (
    -- What is still being decided, or corrected, needs to be known by name.
    SELECT crosswalk.person_uid
    FROM ops.corrections AS corrections
    INNER JOIN linkage.persons_crosswalk AS crosswalk ON crosswalk.record_id = corrections.record_id
    WHERE corrections.closed_as IS NULL
    UNION
    SELECT parts.person_uid
    FROM (
        SELECT unnest([enrolment_id, other_enrolment_id]) AS enrolment_id
        FROM ops.exceptions
        WHERE status NOT IN ('decided', 'closed', 'gone')
    ) AS exceptions
    INNER JOIN parts ON parts.enrolment_id = exceptions.enrolment_id
),

persons AS (
    SELECT parts.person_uid
    FROM parts
    INNER JOIN ended ON ended.enrolment_id = parts.enrolment_id
    WHERE parts.person_uid NOT IN (SELECT person_uid FROM under_way)
    GROUP BY parts.person_uid
    HAVING bool_and(ended.is_past)
),

records AS (
    SELECT crosswalk.record_id, crosswalk.person_uid, registered.household_id, registered.program
    FROM persons
    INNER JOIN linkage.persons_crosswalk AS crosswalk ON crosswalk.person_uid = persons.person_uid
    INNER JOIN registry.persons AS registered ON registered.record_id = crosswalk.record_id
),

-- A household, and the accounts of its benefits, when all of its members are past their time.
households AS (
    SELECT registered.household_id, any_value(registered.program) AS program
    FROM registry.persons AS registered
    LEFT JOIN records ON records.record_id = registered.record_id
    GROUP BY registered.household_id
    HAVING count(*) = count(records.record_id)
)

SELECT 'record' AS kind, record_id AS id, person_uid, program FROM records
UNION ALL
SELECT 'household', household_id, NULL, program FROM households
UNION ALL
SELECT 'enrolment', ended.enrolment_id, NULL, ended.program
FROM ended
INNER JOIN households ON households.household_id = ended.household_id
WHERE ended.is_past
