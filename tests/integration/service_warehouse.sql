-- 2,000 people of a register; every tenth draws a pension, every fifteenth heads a household with a grant.
CREATE SCHEMA registry; CREATE SCHEMA ops; CREATE SCHEMA marts; CREATE SCHEMA reference;
CREATE TABLE ops.sources (source VARCHAR, kind VARCHAR, is_stale BOOLEAN, is_asked_by_id BOOLEAN);
INSERT INTO ops.sources VALUES ('register', 'register', false, false), ('one', 'mis', false, NULL), ('two', 'mis', false, NULL);
CREATE TABLE registry.population AS
WITH people AS (
    SELECT
        i,
        ['Akinyi', 'Wanjiru', 'Atieno', 'Chebet', 'Halima', 'Mumbua', 'Nekesa', 'Fatuma', 'Wambui', 'Moraa', 'Otieno', 'Kamau', 'Kiprop', 'Abdi',
            'Mutua', 'Wafula', 'Juma', 'Karisa', 'Lokwang', 'Nyongesa'][(1 + hash(i, 1) % 20)::BIGINT] AS given_name,
        ['Odhiambo', 'Njoroge', 'Mwangi', 'Koech', 'Hassan', 'Musyoka', 'Barasa', 'Omondi', 'Ali', 'Kariuki', 'Cherono', 'Ochieng', 'Mutiso', 'Ekai',
            'Wekesa', 'Lagat', 'Maina', 'Ruto', 'Simiyu', 'Kilonzo', 'Gitau', 'Naliaka', 'Bosire', 'Mbugua', 'Farah'][(1 + hash(i, 2) % 25)::BIGINT] AS family_name,
        (DATE '1930-01-01' + (hash(i, 3) % 30000)::INTEGER) AS birth_date
    FROM range(2000) AS t (i)
)
SELECT
    'R' || (100000 + i) AS register_id, 'register' AS source, (20000000 + i * 17)::VARCHAR AS national_id,
    given_name, NULL::VARCHAR AS middle_name, family_name, given_name || ' ' || family_name AS full_name, birth_date,
    if(hash(i, 4) % 2 = 0, 'F', 'M') AS sex, NULL::VARCHAR AS mother_name, (1 + i % 47)::VARCHAR AS county_code,
    (1 + i % 47) || '-' || (i % 5) AS area_code, i % 100 = 0 AS is_deceased,
    if(i % 100 = 0, DATE '2026-01-15', NULL) AS death_date, NULL::DATE AS emigrated_date
FROM people;
CREATE TABLE registry.persons AS
WITH members AS (
    SELECT *, (national_id::INTEGER - 20000000) // 17 AS i FROM registry.population
)
SELECT
    source || ':' || i AS record_id, source, program, source || ':h' || i AS household_id, 'beneficiary' AS role, true AS is_beneficiary,
    false AS is_caregiver, true AS is_head, 'head' AS relationship_to_head,
    -- Some carry no ID, some another's, some names and dates as clerks write them.
    CASE WHEN i % 70 = 0 THEN NULL WHEN i % 110 = 0 THEN (20000000 + (i + 1) * 17)::VARCHAR ELSE national_id END AS national_id,
    NULL::VARCHAR AS birth_certificate_no, if(i % 40 = 0, left(given_name, 3) || 'x', given_name) AS given_name, middle_name, family_name,
    full_name, birth_date + if(i % 60 = 0, 4000, 0)::INTEGER AS birth_date, 'day' AS birth_date_precision, sex, NULL::VARCHAR AS phone, county_code, area_code
FROM (
    SELECT * REPLACE ('one' AS source), 'PENSION' AS program FROM members WHERE i % 10 = 0
    UNION ALL
    SELECT * REPLACE ('two' AS source), 'GRANT' AS program FROM members WHERE i % 15 = 0
);
-- A person of whom no register knows.
INSERT INTO registry.persons BY NAME
SELECT * REPLACE (
    'one:stranger' AS record_id, 'one:hstranger' AS household_id, NULL AS national_id, 'Zuhura' AS given_name, 'Tsuma' AS family_name,
    'Zuhura Tsuma' AS full_name, DATE '1911-11-11' AS birth_date
) FROM registry.persons WHERE record_id = 'one:10';
CREATE TABLE marts.fct_enrolments AS
SELECT
    record_id AS enrolment_id, program, household_id, household_id AS household_uid, if(program = 'GRANT', 'household', 'person') AS benefit_unit,
    if(program = 'GRANT', NULL, record_id) AS beneficiary_record_id, NULL::VARCHAR AS caregiver_record_id, record_id AS recipient_record_id,
    'active' AS status, DATE '2020-01-01' AS enrolled_date, NULL::DATE AS exit_date, false AS is_source_stale
FROM registry.persons;
CREATE TABLE marts.rpt_program_overlap (level VARCHAR, program_a VARCHAR, program_b VARCHAR, rule_code VARCHAR, rule_level VARCHAR, verdict VARCHAR);
INSERT INTO marts.rpt_program_overlap VALUES
    ('person', 'GRANT', 'PENSION', 'R1', 'household', 'prohibited'), ('household', 'GRANT', 'PENSION', 'R1', 'household', 'prohibited'),
    ('person', 'PENSION', 'PENSION', 'R2', 'person', 'prohibited'), ('household', 'PENSION', 'PENSION', 'R2', 'person', 'prohibited');
