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
