-- A snapshot with the columns that enquiries read. P1 verified, paid, with two records; P2 and P3 namesakes of one
-- birth year; P4 dead; P5 without an ID and not to be checked; P6 and P7 carry one ID.
CREATE SCHEMA marts;
CREATE SCHEMA reference;
CREATE TABLE main.about AS SELECT
    '20260701T010000Z' AS version, 'secretariat' AS audience, DATE '2026-06-30' AS reporting_date, 'run' AS run_id,
    TIMESTAMPTZ '2026-07-01 01:00:00+00' AS published_at, ['mis_b'] AS stale_sources;
CREATE TABLE reference.areas AS SELECT '1' AS area_code, 'North' AS name;

CREATE TABLE marts.rpt_verification (
    record_id VARCHAR, person_uid VARCHAR, household_id VARCHAR, full_name VARCHAR, birth_date DATE, sex VARCHAR,
    national_id_given VARCHAR, could_not_check_reason VARCHAR
);
INSERT INTO marts.rpt_verification VALUES
    ('mis_a:1', 'P1', 'mis_a:h1', 'Akinyi Grace Odhiambo', '1950-03-28', 'F', '20413377', NULL),
    ('mis_b:1', 'P1', 'mis_b:h1', 'Grace Akinyi', '1950-01-01', 'F', '0020413377', NULL),
    ('mis_a:2', 'P2', 'mis_a:h2', 'Peter Kamau Njoroge', '1962-05-09', 'M', '30000002', NULL),
    ('mis_a:3', 'P3', 'mis_a:h3', 'Peter Njoroge', '1962-11-20', 'M', NULL, NULL),
    ('mis_a:4', 'P4', 'mis_a:h4', 'Wanjiku Mary Maina', '1940-02-02', 'F', '40000004', NULL),
    ('mis_b:5', 'P5', 'mis_b:h5', 'Halima Noor', '1985-07-15', 'F', NULL, 'register_not_available'),
    ('mis_a:6', 'P6', 'mis_a:h6', 'Juma Hassan', '1971-01-10', 'M', '66666667', NULL),
    ('mis_b:7', 'P7', 'mis_b:h7', 'Rehema Ali', '1990-12-03', 'F', '66666667', NULL);
ALTER TABLE marts.rpt_verification ADD COLUMN program VARCHAR;
ALTER TABLE marts.rpt_verification ADD COLUMN county_code VARCHAR;
UPDATE marts.rpt_verification SET
    program = if(record_id LIKE 'mis_a:%', 'PENSION', 'GRANT'), county_code = if(record_id IN ('mis_b:5', 'mis_b:7'), '2', '1');

CREATE TABLE marts.dim_person AS
SELECT
    person_uid, any_value(sex) AS sex, max(birth_date) AS birth_date, '1' AS county_code,
    CASE person_uid
        WHEN 'P4' THEN 'deceased' WHEN 'P5' THEN 'could_not_check' WHEN 'P6' THEN 'id_shared' WHEN 'P7' THEN 'id_shared'
        ELSE 'verified'
    END AS verification_status,
    if(person_uid = 'P4', DATE '2025-12-24', NULL) AS death_date, NULL::DATE AS emigrated_date
FROM marts.rpt_verification
GROUP BY person_uid;

CREATE TABLE marts.fct_enrolments AS
SELECT *, program = 'GRANT' AS is_source_stale, '1' AS county_code
FROM (VALUES
    ('mis_a:e1', 'PENSION', 'person', 'mis_a:h1', 'mis_a:1', NULL, 'mis_a:1', 'active', DATE '2020-01-15', NULL::DATE),
    ('mis_b:e1', 'GRANT', 'household', 'mis_b:h1', NULL, 'mis_b:1', 'mis_b:1', 'exited', DATE '2015-01-15', DATE '2019-12-31'),
    ('mis_a:e2', 'PENSION', 'person', 'mis_a:h2', 'mis_a:9', 'mis_a:2', 'mis_a:9', 'active', DATE '2021-01-15', NULL)
) AS rows (
    enrolment_id, program, benefit_unit, household_id, beneficiary_record_id, caregiver_record_id, recipient_record_id,
    status, enrolled_date, exit_date
);

CREATE TABLE marts.fct_payments AS
SELECT *, NULL::DATE AS period_start, 4000.00 AS amount_due, if(amount_paid > 0, 'paid', 'failed') AS status
FROM (VALUES
    ('mis_a:p1', 'mis_a:e1', 4000.00, DATE '2026-04-03', DATE '2026-03-31'),
    ('mis_a:p2', 'mis_a:e1', 4000.00, DATE '2026-06-02', DATE '2026-05-31'),
    ('mis_a:p3', 'mis_a:e1', 0.00, NULL, DATE '2026-06-30')
) AS rows (payment_id, enrolment_id, amount_paid, paid_date, period_end);
