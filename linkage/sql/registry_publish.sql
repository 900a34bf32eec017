-- Inside one transaction: this run's results take the last run's place.

CREATE OR REPLACE TABLE linkage.pairs AS
SELECT
    record_id_l::VARCHAR AS record_id_l,
    record_id_r::VARCHAR AS record_id_r,
    match_key::VARCHAR AS match_key,
    match_weight::DOUBLE AS match_weight,
    match_probability::DOUBLE AS match_probability,
    verdict::VARCHAR AS verdict
FROM {{ work }}.pairs;

CREATE OR REPLACE TABLE linkage.clusters AS
SELECT
    record_id::VARCHAR AS record_id,
    entity_id::VARCHAR AS entity_id
FROM {{ work }}.clusters;

-- An engine that keeps no pairs for clerks leaves none of an earlier run.
CREATE TABLE IF NOT EXISTS {{ work }}.clerical_candidates AS FROM linkage.clerical_candidates LIMIT 0;
CREATE TABLE IF NOT EXISTS {{ work }}.clerical_frame AS FROM linkage.clerical_frame LIMIT 0;

CREATE OR REPLACE TABLE linkage.clerical_candidates AS
SELECT * FROM {{ work }}.clerical_candidates;

CREATE OR REPLACE TABLE linkage.clerical_frame AS
SELECT * FROM {{ work }}.clerical_frame;

-- Decisions "different" on two records that ended as one person all the same, for a chain of decisions "same" joins them:
-- people contradict each other, and must say which holds.
CREATE OR REPLACE TABLE linkage.decision_conflicts AS
SELECT decisions.record_id_l, decisions.record_id_r, l.entity_id
FROM {{ work }}.decisions AS decisions
INNER JOIN {{ work }}.clusters AS l ON decisions.record_id_l = l.record_id
INNER JOIN {{ work }}.clusters AS r ON decisions.record_id_r = r.record_id
WHERE decisions.decision = 'different' AND l.entity_id = r.entity_id;

CREATE OR REPLACE TABLE linkage.household_ties AS
SELECT * FROM {{ work }}.household_tie_verdicts;

CREATE OR REPLACE TABLE linkage.verification AS
SELECT * FROM {{ work }}.verification;

INSERT INTO linkage.run_figures
SELECT
    (SELECT coalesce(max(run_number), 0) + 1 FROM linkage.run_figures),
    '{{ run_id }}',
    *
FROM {{ work }}.figures;
