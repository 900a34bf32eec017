-- What the pages read beside enquiry_publication.sql: two counties, two programs, a few payment cycles.
CREATE TABLE marts.dim_area AS
SELECT *, 'county' AS level, 0.0 AS longitude, area_code::DOUBLE AS latitude, area_code AS county_code
FROM (VALUES ('1', 'North'), ('2', 'South <b>')) AS rows (area_code, name);
CREATE TABLE marts.dim_program AS
SELECT * FROM (VALUES ('PENSION', 'Pension', 'person'), ('GRANT', 'Grant of the other', 'household')) AS rows (program, name, benefit_unit);
CREATE TABLE marts.dim_payment_cycle AS
SELECT program || ':' || month AS cycle_id, program, make_date(2026, month::INTEGER, 1) AS period_start, last_day(make_date(2026, month::INTEGER, 1)) AS period_end
FROM marts.dim_program, range(1, 6) AS months (month);
CREATE TABLE marts.rpt_receipt_by_area AS
SELECT program, cycle_id, county_code, 10 * county_code::INTEGER + month(period_start) + if(program = 'GRANT', 70000, 0) AS recipients, recipients * 2000.0 AS amount_paid
FROM marts.dim_payment_cycle, marts.dim_area;
CREATE TABLE marts.rpt_coverage AS
SELECT program, county_code, sex, true AS has_rule, 40 AS eligible_persons, 10 AS covered_eligible, 30 AS uncovered_persons
FROM (VALUES ('PENSION'), ('GRANT'), ('all')) AS programs (program), marts.dim_area, (VALUES ('F'), ('M')) AS sexes (sex);
CREATE TABLE marts.rpt_kpis AS
SELECT 10 AS place, 'persons' AS kpi, 'People' AS definition, 'persons' AS unit, 7654321.0 AS value, NULL::DOUBLE AS target,
    NULL::BOOLEAN AS is_target_met, 7654320.0 AS previous_value;
CREATE TABLE marts.rpt_payroll_pre AS
SELECT * FROM (VALUES ('PENSION', '1', 'shared_account', 'high', 4000.0, 'P1'), ('PENSION', '2', 'never_collected', 'low', 2000.0, 'P2'),
    ('GRANT', '1', 'shared_account', 'high', 9000.0, 'P3'), ('GRANT', '1', '=cmd()', 'high', 9000.0, 'P4'))
    AS rows (program, county_code, reason_code, severity, amount_at_stake, person_uid);
