-- What the marts should say of a sample country that is linked without a mistake, worked out from its truth and from what
-- its systems hold, never from registry or marts but for two things the truth lacks: how a member is related to the head,
-- and which records a household has. {truth} is the folder of the truth, {files} that of the files.
CREATE TEMP VIEW truth_persons AS FROM read_parquet('{truth}/persons.parquet');
CREATE TEMP VIEW truth_records AS FROM read_parquet('{truth}/records.parquet') WHERE is_beneficiary_record;
CREATE TEMP VIEW truth_payments AS FROM read_parquet('{truth}/payments.parquet');
CREATE TEMP VIEW as_at AS SELECT value::DATE AS day FROM ops.parameters WHERE name = 'reporting_date';

CREATE TEMP TABLE spells AS
WITH paid AS (
    SELECT enrolment_id, min(period_start) AS paid_from, max(period_end) AS paid_to FROM truth_payments
    WHERE amount_paid > 0 GROUP BY enrolment_id
)
SELECT e.*, paid_from, paid_to, least(enrolled_date, paid_from) AS spell_from,
       if(exit_date IS NULL, (SELECT day FROM as_at), greatest(exit_date, paid_to)) AS spell_to,
       program IN ('OPCT', 'PWSD-CT') AS is_personal
FROM read_parquet('{truth}/enrolments.parquet') e LEFT JOIN paid USING (enrolment_id);

-- The rules of docs/sample-country.md and domain.md, in words of their own.
CREATE TEMP MACRO verdict_of(a, b, one_recipient) AS CASE
    WHEN a = b THEN if(a IN ('OPCT', 'PWSD-CT') AND NOT one_recipient, 'allowed', 'prohibited')
    WHEN a IN ('OPCT', 'PWSD-CT', 'CT-OVC') AND b IN ('OPCT', 'PWSD-CT', 'CT-OVC') THEN 'prohibited'
    WHEN 'HSNP' IN (a, b) AND 'CFA' NOT IN (a, b) THEN 'allowed'
    ELSE 'for_review' END;

-- Enrolled at the same time in one household; paid for the same time to one person, who does not merely collect.
CREATE TEMP TABLE pairs AS
WITH recipients AS (
    SELECT spells.*, is_personal OR coalesce(relationship_to_head <> 'not_related', true) AS is_own
    FROM spells JOIN registry.enrolments e USING (enrolment_id) LEFT JOIN registry.persons p ON p.record_id = recipient_record_id
),
found AS (
    SELECT 'household' AS level, a.true_household_id AS holder, a.program AS program_a, b.program AS program_b,
           a.enrolment_id AS enrolment_a, b.enrolment_id AS enrolment_b,
           greatest(a.spell_from, b.spell_from) AS day_from, least(a.spell_to, b.spell_to) AS day_to,
           verdict_of(a.program, b.program, a.person_id = b.person_id) AS verdict
    FROM spells a JOIN spells b ON b.true_household_id = a.true_household_id
         AND (a.program, a.enrolment_id) < (b.program, b.enrolment_id)
    WHERE 'standby' NOT IN (a.status, b.status)
    UNION ALL
    SELECT 'person', a.person_id, a.program, b.program, a.enrolment_id, b.enrolment_id,
           greatest(a.paid_from, b.paid_from), least(a.paid_to, b.paid_to), verdict_of(a.program, b.program, true)
    FROM recipients a JOIN recipients b ON b.person_id = a.person_id
         AND (a.program, a.enrolment_id) < (b.program, b.enrolment_id)
    WHERE a.is_own AND b.is_own AND a.paid_from IS NOT NULL AND b.paid_from IS NOT NULL
)
SELECT *,
       (SELECT coalesce(sum(amount_paid), 0) FROM truth_payments p
        WHERE p.enrolment_id = enrolment_a AND period_start <= day_to AND period_end >= day_from) AS paid_a,
       (SELECT coalesce(sum(amount_paid), 0) FROM truth_payments p
        WHERE p.enrolment_id = enrolment_b AND period_start <= day_to AND period_end >= day_from) AS paid_b
FROM found WHERE day_from <= day_to;

-- Who has which benefit, and what the register holds of them.
CREATE TEMP TABLE covered AS
SELECT DISTINCT spells.program, person_id
FROM spells WHERE is_personal AND status IN ('active', 'suspended')
UNION
SELECT spells.program, r.person_id
FROM spells
JOIN registry.enrolments e USING (enrolment_id)
JOIN truth_records r ON r.household_key = e.household_id
JOIN registry.persons p USING (record_id)
WHERE NOT is_personal AND spells.status IN ('active', 'suspended')
  AND NOT (r.person_id = spells.person_id AND coalesce(p.relationship_to_head = 'not_related', false));

CREATE TEMP TABLE residents AS
SELECT register_id::VARCHAR AS register_id, 'KE' || lpad(county_code::VARCHAR, 3, '0') AS county_code, ward_code,
       coalesce(sex, 'unknown') AS sex, id_number,
       -- A clerk may write a day to come: then the birth date is not known.
       if(date_of_birth::DATE <= day, date_sub('year', date_of_birth::DATE, day), NULL) AS age
FROM mirror_iprs.person CROSS JOIN as_at
WHERE coalesce(date_of_death::DATE > day, true) AND coalesce(emigrated_on::DATE > day, true);

CREATE TEMP TABLE eligible AS
SELECT 'OPCT' AS program, * FROM residents
WHERE age >= 70 AND NOT coalesce(id_number IN (
    SELECT national_id::VARCHAR FROM read_csv('{files}/public_payroll.csv', all_varchar = true) WHERE kind = 'pension'
), false)
UNION ALL
SELECT 'HSNP', * FROM residents WHERE county_code IN ('KE008', 'KE009', 'KE010', 'KE023')
UNION ALL
SELECT 'all', * FROM residents;

CREATE TEMP TABLE covered_residents AS
SELECT DISTINCT c.program, residents.*
FROM (FROM covered UNION ALL SELECT DISTINCT 'all', person_id FROM covered) c
JOIN truth_persons USING (person_id)
JOIN residents USING (register_id);

-- Grievances as each system holds them.
CREATE TEMP TABLE complaints AS
WITH raw AS (
    SELECT 'nsnp:' || HhId AS household_id, ReceivedOn::DATE AS received, Category AS reason, lower(Stage) AS stage,
           ResolvedOn::DATE AS resolved FROM mirror_nsnp.Complaint WHERE _ibr_deleted_at IS NULL
    UNION ALL
    SELECT 'ctovc:' || HH_NO, strptime(DATE_IN, '%d/%m/%Y')::DATE, REASON,
           ['received', 'investigating', 'resolved', 'escalated'][STAGE], strptime(DATE_OUT, '%d/%m/%Y')::DATE
    FROM mirror_ctovc.CASES WHERE _ibr_deleted_at IS NULL
    UNION ALL
    SELECT 'hsnp:' || hh_id, received::DATE, reason, stage, resolved::DATE
    FROM mirror_hsnp.complaint WHERE _ibr_deleted_at IS NULL
    UNION ALL
    SELECT 'cfa:' || household_ref, opened_at::TIMESTAMP::DATE, topic, stage, closed_at::TIMESTAMP::DATE
    FROM mirror_cfa.feedback WHERE _ibr_deleted_at IS NULL
)
SELECT raw.*, e.program, date_sub('day', received, coalesce(resolved, day)) AS days,
       CASE WHEN lower(reason) LIKE 'payment%' THEN 14 WHEN lower(reason) = 'misconduct of staff' THEN 60 ELSE 30 END
       AS days_allowed
FROM raw CROSS JOIN as_at
JOIN (SELECT DISTINCT household_key, program FROM truth_records) e ON e.household_key = household_id;

-- Whom emergency money would reach, with the account of those on standby.
CREATE TEMP TABLE caseload AS
WITH cycles AS (
    SELECT DISTINCT program, period_start, dense_rank() OVER (PARTITION BY program ORDER BY period_start DESC) AS back
    FROM truth_payments
),
now_paid AS (
    SELECT DISTINCT true_household_id
    FROM spells
    JOIN truth_payments lines USING (enrolment_id)
    JOIN cycles ON cycles.program = spells.program AND cycles.period_start = lines.period_start
    WHERE spells.status = 'active' AND amount_paid > 0 AND back <= 2
),
living AS (
    SELECT DISTINCT true_household_id
    FROM spells
    JOIN registry.enrolments e USING (enrolment_id)
    JOIN truth_records r ON r.household_key = e.household_id
    JOIN truth_persons p ON p.person_id = r.person_id
    LEFT JOIN residents ON residents.register_id = p.register_id
    WHERE p.register_id IS NULL OR residents.register_id IS NOT NULL
)
SELECT true_household_id, if(true_household_id IN (FROM now_paid), 'vertical', 'horizontal') AS expansion,
       max(account_no) AS account_no
FROM spells LEFT JOIN mirror_hsnp.household ON enrolment_id = 'hsnp:' || hh_id
WHERE true_household_id IN (FROM living) AND (spells.status = 'standby' OR true_household_id IN (FROM now_paid))
GROUP BY true_household_id;

CREATE TEMP TABLE figures AS
SELECT 'persons' AS kpi, count(DISTINCT r.person_id)::DOUBLE AS value
FROM spells JOIN registry.enrolments e USING (enrolment_id) JOIN truth_records r ON r.household_key = e.household_id
WHERE spells.status IN ('active', 'suspended')
UNION ALL
SELECT 'households', count(DISTINCT true_household_id) FROM spells WHERE status IN ('active', 'suspended')
UNION ALL
SELECT 'overlaps_prohibited', count(DISTINCT (enrolment_a, enrolment_b)) FROM pairs WHERE verdict = 'prohibited'
UNION ALL
SELECT 'amount_paid', sum(amount_paid) FROM truth_payments;
