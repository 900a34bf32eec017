-- The linkage tables this stage keeps beside those that the warehouse's schemas make. May run again without effect.

CREATE SCHEMA IF NOT EXISTS linkage;
CREATE TABLE IF NOT EXISTS linkage.pairs (
    record_id_l VARCHAR, record_id_r VARCHAR, match_key VARCHAR,
    match_weight DOUBLE, match_probability DOUBLE, verdict VARCHAR
);
CREATE TABLE IF NOT EXISTS linkage.clusters (record_id VARCHAR, entity_id VARCHAR);
CREATE TABLE IF NOT EXISTS linkage.persons_crosswalk (record_id VARCHAR, person_uid VARCHAR);
CREATE TABLE IF NOT EXISTS linkage.households_crosswalk (household_id VARCHAR, household_uid VARCHAR);
CREATE TABLE IF NOT EXISTS linkage.household_ties (
    household_id_l VARCHAR, household_id_r VARCHAR, shared_persons BIGINT, verdict VARCHAR
);
CREATE TABLE IF NOT EXISTS linkage.uid_events (
    run_id VARCHAR, uid_kind VARCHAR, event VARCHAR, uid VARCHAR, other_uid VARCHAR
);
CREATE TABLE IF NOT EXISTS linkage.verification (
    record_id VARCHAR, status VARCHAR, register_id VARCHAR, match_key VARCHAR, match_probability DOUBLE,
    runner_up_probability DOUBLE, mismatched_fields VARCHAR [], register_death_date DATE, register_emigrated_date DATE,
    could_not_check_reason VARCHAR
);
CREATE TABLE IF NOT EXISTS linkage.decisions (
    decision_id VARCHAR, kind VARCHAR, record_id_l VARCHAR, record_id_r VARCHAR,
    decision VARCHAR, decided_by VARCHAR, decided_on DATE
);
CREATE TABLE IF NOT EXISTS linkage.decision_conflicts (record_id_l VARCHAR, record_id_r VARCHAR, entity_id VARCHAR);

-- The greatest number ever issued; numbers below it are never issued again.
CREATE TABLE IF NOT EXISTS linkage.uid_high_water (uid_kind VARCHAR PRIMARY KEY, last_number BIGINT NOT NULL);
-- Records and households that are gone, and the number that waits for them.
CREATE TABLE IF NOT EXISTS linkage.uid_retired (uid_kind VARCHAR, member_id VARCHAR, uid VARCHAR);
-- What each run's engine had learned, and from which roles, as YAML, for `explain`; purpose is persons or register.
CREATE TABLE IF NOT EXISTS linkage.model (run_id VARCHAR, purpose VARCHAR, specification VARCHAR, model VARCHAR);
-- The schema of the state that the next run goes on from; one row, or none before the first run.
CREATE TABLE IF NOT EXISTS linkage.state (schema_name VARCHAR);
-- The schema of what the match to the register left for the service; no row where the register could not be searched.
CREATE TABLE IF NOT EXISTS linkage.register_state (schema_name VARCHAR);
-- One row a run: what the safety stop compares with.
CREATE TABLE IF NOT EXISTS linkage.run_figures (
    run_number BIGINT, run_id VARCHAR, records BIGINT, persons BIGINT, match_pairs BIGINT, review_pairs BIGINT,
    largest_cluster BIGINT
);

-- Clerical samples: pairs left apart that one may draw from, and how many there are in all (replaced by every run);
CREATE TABLE IF NOT EXISTS linkage.clerical_candidates (
    stratum VARCHAR, record_id_l VARCHAR, record_id_r VARCHAR, match_key VARCHAR,
    match_weight DOUBLE, match_probability DOUBLE
);
CREATE TABLE IF NOT EXISTS linkage.clerical_frame (stratum VARCHAR, pairs BIGINT, expected_matches DOUBLE);
-- the pairs drawn, a sum of each cell that clerks were shown, and the groups that figures are told by;
CREATE TABLE IF NOT EXISTS linkage.clerical_sample (
    sample_id VARCHAR, run_id VARCHAR, pair_id VARCHAR, record_id_l VARCHAR, record_id_r VARCHAR, zone VARCHAR,
    stratum VARCHAR, stratum_pairs BIGINT, weight DOUBLE, match_probability DOUBLE, sex VARCHAR, has_national_id VARCHAR,
    cell_sums VARCHAR []
);
-- what clerks answered. A measurement: nothing reads it as a decision.
CREATE TABLE IF NOT EXISTS linkage.clerical_reviews (
    sample_id VARCHAR, run_id VARCHAR, pair_id VARCHAR, record_id_l VARCHAR, record_id_r VARCHAR, zone VARCHAR,
    stratum VARCHAR, weight DOUBLE, answer VARCHAR
);
CREATE TABLE IF NOT EXISTS linkage.clerical_estimates (
    read_number BIGINT, sample_id VARCHAR, run_id VARCHAR, group_by VARCHAR, group_value VARCHAR, counted VARCHAR,
    measure VARCHAR, estimate DOUBLE, low DOUBLE, high DOUBLE, judged_pairs BIGINT
);
