-- A publication for the tests of data sharing: three counties; of the 120 people of North and South, ten of each county,
-- sex and birth year, but for one who stands alone; and a county, West, with four people.

CREATE SCHEMA marts;
CREATE TABLE main.about AS SELECT '20260701T000000Z' AS version, DATE '2026-06-30' AS reporting_date;

CREATE TABLE marts.dim_area AS SELECT * FROM (VALUES
    ('C1', 'C1', 'North'), ('C2', 'C2', 'South'), ('C3', 'C3', 'West')) t (area_code, county_code, county_name);

CREATE TABLE marts.dim_person AS
WITH people AS (
    SELECT
        number,
        if(number < 60, 'C1', 'C2') AS county_code,
        if(number % 2 = 0, 'F', 'M') AS sex,
        -- Number 7 stands alone.
        if(number = 7, 1931, 1940 + number // 2 % 3 * 5) AS birth_year
    FROM range(120) t (number)
    UNION ALL
    SELECT 120 + number, 'C3', if(number = 0, 'M', 'F'), 1945 FROM range(4) t (number)
)

SELECT
    printf('P%09d', number) AS person_uid,
    printf('=Given%d', number) AS full_name,
    printf('ID%08d', 10000000 + number) AS national_id,
    make_date(birth_year, 1 + number % 12, 1 + number % 28) AS birth_date,
    sex,
    county_code AS area_code,
    county_code,
    if(number % 3 = 0, 'verified', 'not_found') AS verification_status,
    NULL::DATE AS death_date,
    false AS is_source_stale
FROM people;

CREATE TABLE marts.fct_enrolments AS
SELECT
    printf('mis:%d', row_number() OVER (ORDER BY person_uid)) AS enrolment_id,
    person_uid,
    if(county_code = 'C1', 'OLD', 'DRY') AS program,
    if(row_number() OVER (ORDER BY person_uid) % 4 = 0, 'exited', 'active') AS status,
    DATE '2020-01-01' + (row_number() OVER (ORDER BY person_uid))::INTEGER AS enrolled_date,
    1000.00::DECIMAL(18, 2) * (1 + row_number() OVER (ORDER BY person_uid) % 3) AS amount_paid,
    area_code,
    county_code
FROM marts.dim_person;
