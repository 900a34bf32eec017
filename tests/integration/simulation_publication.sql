-- A publication of a few people, for the tests of simulations: an old-age benefit from 70 on, a benefit to households of
-- one county, and one whom the register cannot tell.

CREATE SCHEMA marts; CREATE SCHEMA reference;
CREATE TABLE main.about AS SELECT DATE '2026-06-30' AS reporting_date, ['mis']::VARCHAR[] AS stale_sources;

CREATE TABLE marts.dim_program AS SELECT * FROM (VALUES
    ('OLD', 'person'), ('DRY', 'household'), ('FRAIL', 'person')) t (program, benefit_unit);
CREATE TABLE marts.dim_area AS SELECT * FROM (VALUES
    ('C1', 'North', NULL), ('C2', 'South', NULL), ('W1', 'A ward', 'C1'), ('W2', 'Another', 'C2')) t (area_code, name, parent_code);
CREATE TABLE reference.eligibility_rules AS SELECT * FROM (VALUES
    ('OLD', NULL::VARCHAR, 65, NULL::INTEGER, NULL, true, DATE '2000-01-01', DATE '2017-12-31'),
    ('OLD', NULL, 70, NULL, NULL, true, DATE '2018-01-01', NULL),
    ('DRY', NULL, NULL, NULL, 'C1', false, DATE '2018-01-01', NULL)
) t (program, sex, age_from, age_to, area_code, is_pensioner_excluded, valid_from, valid_to);
CREATE TABLE reference.transfer_values AS SELECT * FROM (VALUES
    ('OLD', 1000.00::DECIMAL(18, 2), DATE '2000-01-01', DATE '2019-12-31'), ('OLD', 2000.00, DATE '2020-01-01', NULL),
    ('DRY', 500.00, DATE '2020-01-01', NULL)
) t (program, monthly_amount, valid_from, valid_to);

-- The register: of those of 70 and over 10 in the north (and a pensioner), 20 in the south; of 65 to 69, 10 each.
CREATE TABLE marts.rpt_register_residents AS SELECT row_number() OVER ()::VARCHAR AS residents_id, * FROM (VALUES
    ('W1', 'C1', 'C1', 'F', 72, false, 10), ('W1', 'C1', 'C1', 'F', 75, true, 1), ('W1', 'C1', 'C1', 'M', 66, false, 10),
    ('W2', 'C2', 'C2', 'M', 70, false, 20), ('W2', 'C2', 'C2', 'M', 69, false, 10), ('W2', 'C2', 'C2', 'F', 30, false, 100)
) t (area_code, parent_code, county_code, sex, age, is_pensioner, persons);

-- OLD: in the north five of 80 and one of 66 who came in under the older rule; in the south two of 71, one whose birth
-- date nobody knows, and one who has left.
CREATE TABLE marts.dim_person AS SELECT * FROM (VALUES
    ('n1', 'F', DATE '1946-01-01'), ('n2', 'F', DATE '1946-01-01'), ('n3', 'F', DATE '1946-01-01'), ('n4', 'F', DATE '1946-01-01'),
    ('n5', 'F', DATE '1946-01-01'), ('n6', 'M', DATE '1960-01-01'), ('s1', 'M', DATE '1955-01-01'), ('s2', 'M', DATE '1955-01-01'),
    ('s3', 'M', NULL)
) t (person_uid, sex, birth_date);
CREATE TABLE marts.fct_enrolments AS SELECT 'e' || row_number() OVER () AS enrolment_id, * FROM (VALUES
    ('OLD', 'n1', 'active', 'W1', 'C1'), ('OLD', 'n2', 'active', 'W1', 'C1'), ('OLD', 'n3', 'active', 'W1', 'C1'),
    ('OLD', 'n4', 'active', 'W1', 'C1'), ('OLD', 'n5', 'suspended', 'W1', 'C1'), ('OLD', 'n6', 'active', 'W1', 'C1'),
    ('OLD', 's1', 'active', 'W2', 'C2'), ('OLD', 's2', 'active', 'W2', 'C2'), ('OLD', 's3', 'active', 'W2', 'C2'),
    ('OLD', 's1', 'exited', 'W2', 'C2'),
    ('DRY', 'n1', 'active', 'W1', 'C1'), ('DRY', 'n2', 'active', NULL, NULL),
    ('FRAIL', 'n6', 'active', 'W1', 'C1'), ('FRAIL', 's1', 'active', 'W2', 'C2')
) t (program, person_uid, status, area_code, county_code);
-- A household of DRY has three persons.
CREATE TABLE marts.fct_covered_persons AS SELECT * FROM (VALUES
    ('DRY', 'a'), ('DRY', 'b'), ('DRY', 'c'), ('DRY', 'd'), ('DRY', 'e'), ('DRY', 'f')) t (program, person_uid);
