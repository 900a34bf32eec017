-- A country of a few households, written by hand in each system's own habits, for the tests of the dbt project.
-- One old woman (Achieng) draws the older persons' benefit, collects for a CT-OVC household and is in HSNP's books.

CREATE MACRO stamped() AS TABLE SELECT TIMESTAMPTZ '2026-06-30 01:00:00+00' AS _ibr_loaded_at, 'r1' AS _ibr_run_id,
    'hash' AS _ibr_row_hash, NULL::TIMESTAMPTZ AS _ibr_deleted_at;

INSERT INTO ops.parameters VALUES ('reporting_date', '2026-06-30'), ('run_id', 'r1'), ('currency', 'KES'), ('country', 'Test');
INSERT INTO ops.programs VALUES
    ('OPCT', 'Older Persons', 'person', 'nsnp'), ('PWSD-CT', 'Severe Disability', 'person', 'nsnp'),
    ('CT-OVC', 'Orphans', 'household', 'ctovc'), ('HSNP', 'Hunger Safety Net', 'household', 'hsnp'),
    ('CFA', 'Cash for Assets', 'household', 'cfa');
INSERT INTO ops.sources (source, name, kind, is_stale) VALUES
    ('nsnp', 'NSNP', 'mis', false), ('ctovc', 'CT-OVC', 'mis', false), ('hsnp', 'HSNP', 'mis', true), ('cfa', 'CfA', 'mis', false),
    ('iprs', 'Register', 'register', false), ('public_payroll', 'Payroll', 'reference', false),
    ('school', 'School', 'reference', false), ('plan', 'Plan', 'reference', false), ('psp', 'Providers', 'reference', false);

-- The reporting date is past: freshness is counted to the latest reading, not to it.
UPDATE ops.sources SET last_good_at = TIMESTAMPTZ '2026-07-20 01:00:00+00' WHERE source = 'cfa';
UPDATE ops.sources SET last_good_at = TIMESTAMPTZ '2026-07-01 01:00:00+00', freshness_days = 2 WHERE source = 'hsnp';

CREATE SCHEMA mirror_nsnp;
CREATE TABLE mirror_nsnp.Household AS SELECT * FROM (VALUES
    ('N1', 'OP', 23::BIGINT, 'Turkana North', 'Kaeris', 'V1', NULL, NULL, 4.1::DOUBLE, 35.2::DOUBLE, '0712 345 678', 'mud', 'grass', 1::BIGINT, 2500.0::DOUBLE, 2000.0::DOUBLE, 2::BIGINT, '2024-08-01', '2026-01-01T10:00:00'),
    ('N2', 'PD', 47, 'Mathare', 'No such ward', 'V2', NULL, NULL, 999, -181.5, '12', 'brick', 'iron', 0, 0.0, 0.0, 1, '2024-08-01', '2026-01-01T10:00:00'),
    ('N3', 'OP', 47, 'Mathare', 'Kiamaiko', 'V3', NULL, NULL, NULL, NULL, NULL, 'brick', 'iron', 0, 0.0, 0.0, 1, '2024-08-01', '2026-01-01T10:00:00')
) t (HhId, ProgrammeCode, CountyCode, ConstituencyName, WardName, Village, Address, Landmark, GpsLat, GpsLon, Phone, WallMaterial, RoofMaterial, Livestock, MonthlyIncome, MonthlyExpenditure, MealsPerDay, InterviewDate, UpdatedAt), stamped();
CREATE TABLE mirror_nsnp.Member AS SELECT * FROM (VALUES
    ('M1', 'N1', 'Mrs. Akiru', NULL, 'Achieng', 'F', '1950-05-03', '12345671', NULL, 'Head', 'Widowed', 0::BIGINT, 0::BIGINT, 'None', 0::BIGINT, NULL, 'farmer', '0712345678', '2026-01-01T10:00:00'),
    ('M2', 'N1', 'Ekai', NULL, 'Achieng', 'M', '2001-13-45', '1234', NULL, 'Child', NULL, 0, 0, 'None', 0, NULL, NULL, NULL, '2026-01-01T10:00:00'),
    ('M3', 'N2', 'Otieno', 'K', 'Ouma', 'M', '1990-01-01', NULL, 'B1', 'Head', NULL, 1, 0, 'None', 0, NULL, NULL, NULL, '2026-01-01T10:00:00'),
    ('M4', 'N3', 'Wanjiru', NULL, 'Kamau', 'F', '1948-02-02', '22345671', NULL, 'Head', NULL, 0, 0, 'None', 0, NULL, NULL, NULL, '2026-01-01T10:00:00'),
    ('M5', 'N9', 'Nobody', NULL, 'Home', 'F', '1948-02-02', NULL, NULL, 'Head', NULL, 0, 0, 'None', 0, NULL, NULL, NULL, '2026-01-01T10:00:00')
) t (MemberId, HhId, FirstName, MiddleName, Surname, Sex, DateOfBirth, NationalId, BirthCertNo, Relationship, MaritalStatus, Disability, ChronicIllness, Orphanhood, InSchool, Grade, Occupation, Phone, UpdatedAt), stamped();
CREATE TABLE mirror_nsnp.Enrolment AS SELECT * FROM (VALUES
    ('E1', 'N1', 'M1', 'M2', 'ACTIVE', '2024-08-01', '2024-09-01', '2025-01-31', NULL, 'A1', 'Equity', '2026-01-01T10:00:00'),
    ('E2', 'N2', 'M3', 'M3', 'EXITED', '2024-08-01', '2024-09-01', '2025-12-31', 'died', 'A2', 'KCB', '2026-01-01T10:00:00'),
    ('E3', 'N3', 'M4', NULL, 'WAITING', '2024-08-01', NULL, NULL, NULL, NULL, NULL, '2026-01-01T10:00:00'),
    ('E4', 'N2', 'M4', NULL, 'EXITED', '2024-08-01', '2024-09-01', '2025-12-31', 'moved', NULL, NULL, '2026-01-01T10:00:00')
) t (EnrolmentId, HhId, BeneficiaryMemberId, CaregiverMemberId, Status, AppliedOn, EnrolledOn, ExitedOn, ExitReason, AccountNo, Provider, UpdatedAt), stamped();
CREATE TABLE mirror_nsnp.PaymentLine AS SELECT * FROM (VALUES
    ('P1', 'E1', '2026-C2', '2026-03-01', '2026-04-30', 4000.0::DOUBLE, 4000.0::DOUBLE, 'PAID', '2026-04-20', 'A1', '2026-04-21T10:00:00'),
    ('P2', 'E1', '2026-C3', '2026-05-01', '2026-06-30', 4000.0, 6000.0, 'PAID', '2026-06-20', 'A1', '2026-06-21T10:00:00'),
    ('P3', 'E2', '2026-C3', '2026-05-01', '2026-06-30', 4000.0, 4000.0, 'PAID', '2026-06-20', 'A2', '2026-06-21T10:00:00'),
    ('P4', 'E3', '2026-C3', '2026-05-01', '2026-06-30', 4000.0, 4000.0, 'PAID', '2026-06-20', 'A3', '2026-06-21T10:00:00'),
    ('P5', 'E9', '2026-C3', '2026-05-01', '2026-06-30', 4000.0, 4000.0, 'PAID', '2026-06-20', 'A9', '2026-06-21T10:00:00'),
    ('P6', 'E1', '2026-C3', '2026-05-01', '2026-06-30', 0.0, -2000.0, 'PAID', '2026-06-22', 'A1', '2026-06-23T10:00:00')
) t (PaymentId, EnrolmentId, CycleCode, PeriodFrom, PeriodTo, AmountDue, AmountPaid, PaymentStatus, PaidOn, AccountNo, UpdatedAt), stamped();
CREATE TABLE mirror_nsnp.Complaint AS SELECT * FROM (VALUES
    ('C1', 'N1', '2026-01-05', 'Late payment', 'RESOLVED', '2026-01-20', 'paid', '2026-01-20', '2026-01-20T10:00:00')
) t (ComplaintId, HhId, ReceivedOn, Category, Stage, StageDate, ActionTaken, ResolvedOn, UpdatedAt), stamped();

CREATE SCHEMA mirror_ctovc;
CREATE TABLE mirror_ctovc.HOUSEHOLDS AS SELECT * FROM (VALUES
    ('H000001', 'matharea district', 'matharea', 'Mlango  Koobwa', 'S1', 'V1', 4::BIGINT, '01/08/2024', '01/09/2024', NULL, NULL, 2::BIGINT, 'B1', 'KCB', '+254712345678', '15/08/2024', 'mud', 'iron', 2::BIGINT, 1000.0::DOUBLE, 900.0::DOUBLE, 2::BIGINT, 10::BIGINT),
    ('H000002', 'nowhere', NULL, NULL, NULL, 'V2', 1, '01/08/2024', NULL, NULL, NULL, 1, NULL, NULL, NULL, '15/08/2024', 'mud', 'iron', 0, 0.0, 0.0, 2, 11)
) t (HH_NO, DISTRICT, DIVISION, LOCATION, SUB_LOCATION, VILLAGE, PROG_STATUS, APPLIED_ON, ENROL_DATE, EXIT_DATE, EXIT_REASON, CAREGIVER_NO, ACCOUNT_NO, BANK, PHONE, INTERVIEW_DATE, WALLS, ROOF, CATTLE, INCOME, SPENDING, MEALS, ROWVER), stamped();
CREATE TABLE mirror_ctovc.MEMBERS AS SELECT * FROM (VALUES
    ('H000001', 1::BIGINT, 'Otieno', 'Brian', 'Male', '31/12/2012', NULL, 'BC77', 1::BIGINT, 3::BIGINT, 'Y', '5', 'N', 'N', NULL, NULL, 1::BIGINT),
    ('H000001', 2, 'Achieng', 'Akiru Mary', 'Female', '03/05/1950', '12345671', NULL, 5, 0, 'N', NULL, 'N', 'N', 'widowed', NULL, 2),
    ('H000002', 1, 'Wafula', 'Jane', 'Female', '03/05/1980', NULL, NULL, 1, 0, 'N', NULL, 'N', 'N', NULL, NULL, 3)
) t (HH_NO, MEMBER_NO, SURNAME, OTHER_NAMES, SEX, DOB, ID_NO, BIRTH_CERT, RELATION, ORPHAN, SCHOOL, CLASS, DISABLED, ILL, MARITAL, OCCUPATION, ROWVER), stamped();
CREATE TABLE mirror_ctovc.PAYMENTS AS SELECT * FROM (VALUES
    ('Y1', 'H000001', 1::BIGINT, 'MAR-APR 2026', 4000.0::DOUBLE, 4000.0::DOUBLE, 2::BIGINT, '20/04/2026', 1::BIGINT),
    ('Y2', 'H000001', 2, 'MAY-JUN 2026', 4000.0, 0.0, 3, NULL, 2),
    ('Y3', 'H000001', 2, 'sometime', 4000.0, 0.0, 3, NULL, 3)
) t (PAY_NO, HH_NO, CYCLE_NO, PERIOD, AMOUNT, PAID, STATUS, PAY_DATE, ROWVER), stamped();
CREATE TABLE mirror_ctovc.CASES AS SELECT * FROM (VALUES
    ('K1', 'H000001', '05/01/2026', 'Account', 1::BIGINT, '05/01/2026', NULL, NULL, 1::BIGINT)
) t (CASE_NO, HH_NO, DATE_IN, REASON, STAGE, STAGE_DATE, ACTION, DATE_OUT, ROWVER), stamped();

CREATE SCHEMA mirror_hsnp;
CREATE TABLE mirror_hsnp.household AS SELECT * FROM (VALUES
    ('10001', 'Turkana', 'x', 'y', 'V1', 3.0::DOUBLE, 35.0::DOUBLE, 1::BIGINT, 'enrolled', '2024-07-01', '2024-09-01', NULL, NULL, 1::BIGINT, 'D1', 'Equity', '712345678', 'mud', 'grass', 3.5::DOUBLE, 10::BIGINT, '2024-07-01'),
    ('10002', 'Turkana', 'x', 'y', 'V1', 3.0, 35.0, 2, 'registered', '2024-07-01', NULL, NULL, NULL, 1, 'D2', 'Equity', NULL, 'mud', 'grass', 0.0, 90, '2024-07-01')
) t (hh_id, county, sub_county, location_name, village, lat, lon, group_code, status, reg_date, enrol_date, exit_date, exit_reason, recipient_line, account_no, provider, phone, wall, roof, livestock_units, wealth_rank, interview_date), stamped();
CREATE TABLE mirror_hsnp.person AS SELECT * FROM (VALUES
    ('X1', '10001', 1::BIGINT, 'Akiru Achieng', 2::BIGINT, '1950', '12345671', 'HEAD', 0::BIGINT, 0::BIGINT, 0::BIGINT, 0::BIGINT, 'herder'),
    ('X2', '10001', 2, 'Lokai Achieng', 1, '2005-02-01', NULL, 'SON/DAUGHTER', 0, 0, 0, 1, NULL),
    ('X3', '10002', 1, 'Ebei Lokwang', 1, '1970-02-01', '32345671', 'HEAD', 0, 0, 0, 0, NULL)
) t (person_id, hh_id, line_no, full_name, sex, dob, id_number, rel, orphan, disabled, ill, in_school, occupation), stamped();
CREATE TABLE mirror_hsnp.hh_payments AS SELECT * FROM (VALUES
    ('10001', 2026::BIGINT, 5400.0::DOUBLE, 5400.0::DOUBLE, 'P', '2026-02-20', 5400.0::DOUBLE, 5400.0::DOUBLE, 'P', '2026-04-20', 5400.0::DOUBLE, 0.0::DOUBLE, 'S', NULL::VARCHAR)
) t (hh_id, year, c1_due, c1_paid, c1_status, c1_date, c2_due, c2_paid, c2_status, c2_date, c3_due, c3_paid, c3_status, c3_date), stamped();
ALTER TABLE mirror_hsnp.hh_payments ADD COLUMN c4_due DOUBLE; ALTER TABLE mirror_hsnp.hh_payments ADD COLUMN c4_paid DOUBLE; ALTER TABLE mirror_hsnp.hh_payments ADD COLUMN c4_status VARCHAR; ALTER TABLE mirror_hsnp.hh_payments ADD COLUMN c4_date VARCHAR;
ALTER TABLE mirror_hsnp.hh_payments ADD COLUMN c5_due DOUBLE; ALTER TABLE mirror_hsnp.hh_payments ADD COLUMN c5_paid DOUBLE; ALTER TABLE mirror_hsnp.hh_payments ADD COLUMN c5_status VARCHAR; ALTER TABLE mirror_hsnp.hh_payments ADD COLUMN c5_date VARCHAR;
ALTER TABLE mirror_hsnp.hh_payments ADD COLUMN c6_due DOUBLE; ALTER TABLE mirror_hsnp.hh_payments ADD COLUMN c6_paid DOUBLE; ALTER TABLE mirror_hsnp.hh_payments ADD COLUMN c6_status VARCHAR; ALTER TABLE mirror_hsnp.hh_payments ADD COLUMN c6_date VARCHAR;
CREATE TABLE mirror_hsnp.complaint AS SELECT * FROM (VALUES
    ('Q1', '10001', '2026-01-05', 'Card', 'received', '2026-01-05', NULL::VARCHAR, NULL::VARCHAR)
) t (complaint_id, hh_id, received, reason, stage, stage_date, action, resolved), stamped();

CREATE SCHEMA mirror_cfa;
CREATE TABLE mirror_cfa.scope_household AS SELECT * FROM (VALUES
    ('S-1', 'KE04729048', 'V1', '2025-12-20T08:00:00', 'active', NULL, NULL, 'p-2', 'W1', 'M-Pesa', '0722000111', 'mud', 'iron', 'true', 100.0::DOUBLE, 90.0::DOUBLE, 2::BIGINT, '2025-12-20T08:00:00', '2026-01-01T00:00:00')
) t (household_ref, pcode, village, registered_at, status, closed_at, close_reason, alternate_ref, wallet_no, wallet_provider, msisdn, shelter_wall, shelter_roof, livestock, income_month, spend_month, meals, surveyed_at, modified_at), stamped();
CREATE TABLE mirror_cfa.scope_person AS SELECT * FROM (VALUES
    ('p-1', 'S-1', 'Juma', 'A', 'Hassan', 'male', '1980-01-05T00:00:00', '42345671', 'NATIONAL_ID', 'head', 'false', 'false', 'no', 'false', NULL, '2026-01-01T00:00:00'),
    ('p-2', 'S-1', 'Asha', NULL, 'Hassan', 'female', '1985-06-05T00:00:00', 'BC900', 'BIRTH_CERT', 'spouse', 'false', 'false', 'no', 'false', '722000111', '2026-01-01T00:00:00')
) t (person_ref, household_ref, given_name, middle_name, family_name, gender, birth_date, id_document, id_type, relation, disability, chronic, orphan, schooling, msisdn, modified_at), stamped();
CREATE TABLE mirror_cfa.distribution AS SELECT * FROM (VALUES
    ('T1', 'S-1', 'Long rains 2026', '2026-03-01', '2026-03-31', 3000.0::DOUBLE, 3000.0::DOUBLE, 'transferred', '2026-04-02T09:00:00', '2026-04-02T09:00:00'),
    ('T2', '', 'Long rains 2026', '2026-03-01', '2026-03-31', 3000.0, 3000.0, 'transferred', '2026-04-02T09:00:00', '2026-04-02T09:00:00'),
    ('T3', NULL, 'Long rains 2026', '2026-03-01', '2026-03-31', 3000.0, 300.0, 'transferred', '2026-04-02T09:00:00', '2026-04-02T09:00:00')
) t (distribution_ref, household_ref, season, work_from, work_to, entitlement, transferred, state, transferred_at, modified_at), stamped();
CREATE TABLE mirror_cfa.feedback AS SELECT * FROM (VALUES
    ('F1', 'S-1', '2026-04-05T00:00:00', 'Tools', 'resolved', '2026-04-06T00:00:00', 'given', '2026-04-06T00:00:00', '2026-04-06T00:00:00')
) t (feedback_ref, household_ref, opened_at, topic, stage, stage_at, response, closed_at, modified_at), stamped();

CREATE SCHEMA mirror_iprs;
CREATE TABLE mirror_iprs.person AS SELECT * FROM (VALUES
    ('1000001', '12345671', 'Akiru', 'Mary', 'Achieng', 'F', '1950-05-03', 'Nanok', 'KE047', 'KEW-1449', 1::BIGINT, '2026-04-30', NULL, '2026-05-01T00:00:00'),
    ('1000002', '42345671', 'Juma', 'A', 'Hassan', 'M', '1980-01-05', 'Fatuma', 'KE047', 'KEW-1449', 0, NULL, NULL, '2026-05-01T00:00:00'),
    ('1000003', '52345671', 'Nafula', NULL, 'Wekesa', 'F', '1950-01-05', 'Nekesa', 'KE047', 'KEW-1449', 0, NULL, NULL, '2026-05-01T00:00:00')
) t (register_id, id_number, first_name, other_names, surname, sex, date_of_birth, mother_name, county_code, ward_code, is_deceased, date_of_death, emigrated_on, updated_at), stamped();

CREATE SCHEMA mirror_public_payroll; CREATE SCHEMA mirror_school; CREATE SCHEMA mirror_plan; CREATE SCHEMA mirror_psp;
CREATE TABLE mirror_public_payroll.payroll AS SELECT * FROM (VALUES
    ('PR1', '12345671', 'Akiru Achieng', 'Pensions Department', 'pension', '15,000', '2026-06')
) t (payroll_no, national_id, names, employer, kind, monthly_pay, month), stamped();
CREATE TABLE mirror_school.attendance AS SELECT * FROM (VALUES
    ('U1', 'BC77', 'Brian Otieno', 'Mathare Primary', '2026', '1', '60', '20')
) t (upi, birth_cert, learner, school, year, term, days_open, days_absent), stamped();
CREATE TABLE mirror_plan.expansion_plan AS SELECT * FROM (VALUES
    ('OPCT', 'KE023', '2025/26', '100')
) t (program, county_code, financial_year, households_planned), stamped();
CREATE TABLE mirror_psp.returns AS SELECT * FROM (VALUES
    ('P1', 'nsnp', 'A1', '4000', 'paid', '2026-04-20'),
    ('P2', 'nsnp', 'A1', '0', 'failed', '2026-06-20'), ('P2', 'nsnp', 'A1', '5000', 'paid', '2026-06-25'),
    ('P77', 'nsnp', 'A1', '4000', 'paid', '2026-06-25')
) t (reference, source, account_no, amount, result, value_date), stamped();

INSERT INTO linkage.persons_crosswalk VALUES
    ('nsnp:M1', 'P000000001'), ('ctovc:H000001/2', 'P000000001'), ('hsnp:X1', 'P000000001'), ('nsnp:M2', 'P000000002'),
    ('nsnp:M3', 'P000000003'), ('ctovc:H000001/1', 'P000000004'), ('hsnp:X2', 'P000000005'), ('hsnp:X3', 'P000000006'),
    ('cfa:p-1', 'P000000007'), ('cfa:p-2', 'P000000008');
INSERT INTO linkage.households_crosswalk VALUES
    ('nsnp:N1', 'H000000001'), ('ctovc:H000001', 'H000000001'), ('hsnp:10001', 'H000000001'), ('nsnp:N2', 'H000000002'),
    ('hsnp:10002', 'H000000003'), ('cfa:S-1', 'H000000004');
INSERT INTO linkage.pairs VALUES
    ('ctovc:H000001/2', 'nsnp:M1', 'national_id', 21.5, 0.9999, 'match'),
    ('hsnp:X1', 'nsnp:M1', 'national_id', 18.5, 0.9999, 'match'),
    ('cfa:p-2', 'nsnp:M1', 'phonetic_names', 1.5, 0.7, 'review');
INSERT INTO linkage.household_ties VALUES ('cfa:S-1', 'nsnp:N1', 1, 'review');
INSERT INTO linkage.verification (record_id, status, register_id, match_key, match_probability, runner_up_probability,
    mismatched_fields, register_death_date, register_emigrated_date) VALUES
    ('nsnp:M1', 'deceased', '1000001', 'national_id', 0.999, 0.0, [], DATE '2026-04-30', NULL),
    ('ctovc:H000001/2', 'deceased', '1000001', 'national_id', 0.999, 0.0, [], DATE '2026-04-30', NULL),
    ('hsnp:X1', 'mismatch', '1000001', 'national_id', 0.999, 0.0, ['birth_date'], DATE '2026-04-30', NULL),
    ('cfa:p-1', 'verified', '1000002', 'national_id', 0.999, 0.0, [], NULL, NULL),
    ('cfa:p-2', 'not_found', NULL, NULL, NULL, NULL, [], NULL, NULL);
