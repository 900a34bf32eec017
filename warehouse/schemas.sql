-- Schemas and tables that no dbt model makes. Each statement may run again without effect.

CREATE SCHEMA IF NOT EXISTS staging;
CREATE SCHEMA IF NOT EXISTS registry;
CREATE SCHEMA IF NOT EXISTS linkage;
CREATE SCHEMA IF NOT EXISTS marts;
CREATE SCHEMA IF NOT EXISTS ops;
CREATE SCHEMA IF NOT EXISTS reference;

-- ops: what the run was told, and what happened to it

CREATE TABLE IF NOT EXISTS ops.parameters (
    name VARCHAR PRIMARY KEY,
    value VARCHAR
);

CREATE TABLE IF NOT EXISTS ops.programs (
    program VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    benefit_unit VARCHAR NOT NULL CHECK (benefit_unit IN ('person', 'household')),
    source VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS ops.sources (
    source VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    is_stale BOOLEAN NOT NULL DEFAULT false,
    stale_reason VARCHAR,
    last_good_at TIMESTAMPTZ,
    last_run_id VARCHAR,
    freshness_days INTEGER,
    is_asked_by_id BOOLEAN
);

-- For warehouses made before there was a promise of freshness, or a register behind a web service.
ALTER TABLE ops.sources ADD COLUMN IF NOT EXISTS freshness_days INTEGER;
ALTER TABLE ops.sources ADD COLUMN IF NOT EXISTS is_asked_by_id BOOLEAN;

-- One row for each check of the latest contracts on a layer (registry, marts, mirror_<source>), the last ten a table;
-- no row's values. ops.checks_now: each table's last. ops.layers: whether the layer held as a whole.
CREATE TABLE IF NOT EXISTS ops.checks (
    run_id VARCHAR NOT NULL,
    layer VARCHAR NOT NULL,
    table_name VARCHAR,
    check_name VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    passed BOOLEAN NOT NULL,
    message VARCHAR
);

-- For warehouses made before a check kept more than its message.
ALTER TABLE ops.checks ADD COLUMN IF NOT EXISTS column_name VARCHAR;
ALTER TABLE ops.checks ADD COLUMN IF NOT EXISTS expected VARCHAR;
ALTER TABLE ops.checks ADD COLUMN IF NOT EXISTS observed VARCHAR;
ALTER TABLE ops.checks ADD COLUMN IF NOT EXISTS broken_rows BIGINT;
ALTER TABLE ops.checks ADD COLUMN IF NOT EXISTS checked_at TIMESTAMPTZ DEFAULT TIMESTAMPTZ '1970-01-01 00:00:00+00';

CREATE OR REPLACE VIEW ops.checks_now AS
SELECT *
FROM ops.checks
QUALIFY
    checked_at = max(checked_at) OVER (PARTITION BY layer, table_name)
    -- A mirror's table is checked when it was copied; a layer of ours whole, so what is gone from it is gone.
    AND (starts_with(layer, 'mirror_') OR checked_at = max(checked_at) OVER (PARTITION BY layer));

CREATE TABLE IF NOT EXISTS ops.layers (
    layer VARCHAR PRIMARY KEY,
    state VARCHAR NOT NULL CHECK (state IN ('building', 'good', 'broken')),
    run_id VARCHAR NOT NULL
);
-- Since when that run has been at it.
ALTER TABLE ops.layers ADD COLUMN IF NOT EXISTS since TIMESTAMPTZ;

CREATE TABLE IF NOT EXISTS ops.runs (
    run_id VARCHAR NOT NULL,
    stage VARCHAR NOT NULL,
    source VARCHAR,
    started_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    status VARCHAR,
    rows BIGINT,
    message VARCHAR
);

-- What each run was told to do: with ops.runs it says where one that did not come to its end goes on.
CREATE TABLE IF NOT EXISTS ops.run_requests (
    run_id VARCHAR PRIMARY KEY,
    started_at TIMESTAMPTZ NOT NULL,
    stages VARCHAR[] NOT NULL,
    sources VARCHAR[] NOT NULL,
    reporting_date DATE NOT NULL,
    full_refresh BOOLEAN NOT NULL,
    settings VARCHAR NOT NULL -- a sum of registry.yml, rules and models as they were
);

CREATE TABLE IF NOT EXISTS ops.reconciliation (
    run_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    table_name VARCHAR NOT NULL,
    measure VARCHAR NOT NULL,
    column_name VARCHAR,
    source_value VARCHAR,
    mirror_value VARCHAR,
    is_equal BOOLEAN,
    checked_at TIMESTAMPTZ
);

-- The run that left each source's mirrors as they are, and the time by which it dated their rows.
CREATE TABLE IF NOT EXISTS ops.mirrors (
    source VARCHAR PRIMARY KEY,
    run_id VARCHAR NOT NULL,
    loaded_at TIMESTAMPTZ NOT NULL
);

-- Rows of mirrors that were changed, added or removed by something other than a run, and put right by a whole comparison.
CREATE TABLE IF NOT EXISTS ops.altered_rows (
    run_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    table_name VARCHAR NOT NULL,
    source_key VARCHAR,
    found VARCHAR NOT NULL CHECK (found IN ('changed', 'added', 'missing')),
    rows BIGINT NOT NULL,
    found_at TIMESTAMPTZ
);

CREATE TABLE IF NOT EXISTS ops.rejected_rows (
    run_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    table_name VARCHAR NOT NULL,
    source_key VARCHAR,
    stage VARCHAR NOT NULL CHECK (stage IN ('mirror', 'registry')),
    reason_code VARCHAR NOT NULL,
    consequence VARCHAR NOT NULL,
    column_name VARCHAR,
    value_given VARCHAR,
    found_at TIMESTAMPTZ
);

-- One row for each file of a batch that arrived in an inbox, and for each table that it was for.
CREATE TABLE IF NOT EXISTS ops.batches (
    source VARCHAR NOT NULL,
    batch VARCHAR NOT NULL,
    batch_date DATE,
    version INTEGER NOT NULL,
    table_name VARCHAR,
    file VARCHAR NOT NULL,
    sends VARCHAR CHECK (sends IN ('full', 'changes')),
    rows BIGINT,
    bytes BIGINT,
    sha256 VARCHAR,
    status VARCHAR NOT NULL CHECK (status IN ('applied', 'superseded', 'refused')),
    reason VARCHAR,
    received_at TIMESTAMPTZ NOT NULL,
    run_id VARCHAR
);

CREATE TABLE IF NOT EXISTS ops.schema_changes (
    run_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    table_name VARCHAR NOT NULL,
    column_name VARCHAR,
    change VARCHAR NOT NULL,
    was VARCHAR,
    became VARCHAR,
    found_at TIMESTAMPTZ
);

CREATE TABLE IF NOT EXISTS ops.publications (
    version VARCHAR NOT NULL,
    audience VARCHAR NOT NULL,
    path VARCHAR NOT NULL,
    rows BIGINT,
    tables INTEGER,
    published_at TIMESTAMPTZ,
    run_id VARCHAR,
    is_current BOOLEAN NOT NULL DEFAULT false,
    PRIMARY KEY (version, audience)
);

-- One row for each finding that ever went to a program; `evidence` is frozen as it was when first found. `basis` tells
-- what the finding rests on: where it changes, there is new evidence, and an answer to the old one no longer silences.
CREATE TABLE IF NOT EXISTS ops.exceptions (
    exception_id VARCHAR PRIMARY KEY,
    program VARCHAR NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('duplicate', 'verification', 'payroll')),
    match_id VARCHAR,
    first_found_run VARCHAR NOT NULL,
    first_found_at DATE NOT NULL,
    last_found_run VARCHAR NOT NULL,
    last_found_at DATE NOT NULL,
    status VARCHAR NOT NULL,
    evidence JSON
);

-- For warehouses made before decisions came back.
ALTER TABLE ops.exceptions ADD COLUMN IF NOT EXISTS latest_evidence JSON;
ALTER TABLE ops.exceptions ADD COLUMN IF NOT EXISTS basis VARCHAR;
ALTER TABLE ops.exceptions ADD COLUMN IF NOT EXISTS enrolment_id VARCHAR;
ALTER TABLE ops.exceptions ADD COLUMN IF NOT EXISTS other_enrolment_id VARCHAR;
ALTER TABLE ops.exceptions ADD COLUMN IF NOT EXISTS is_found BOOLEAN;
ALTER TABLE ops.exceptions ADD COLUMN IF NOT EXISTS is_still_paid BOOLEAN;
ALTER TABLE ops.exceptions ADD COLUMN IF NOT EXISTS is_escalated BOOLEAN;

-- The record pairs that a duplicate's basis is about: what an answer to it binds.
CREATE TABLE IF NOT EXISTS ops.exception_pairs (
    basis VARCHAR NOT NULL,
    record_id_l VARCHAR NOT NULL,
    record_id_r VARCHAR NOT NULL
);

-- Each program's exports, counted from 1, and what stood in their rows: a row that did not change from one export to
-- the next stands once. Sums tell a changed cell, and no value.
CREATE TABLE IF NOT EXISTS ops.exports (
    program VARCHAR NOT NULL,
    export_number BIGINT NOT NULL,
    run_id VARCHAR NOT NULL,
    run_date DATE NOT NULL
);

CREATE TABLE IF NOT EXISTS ops.exported_rows (
    exception_id VARCHAR NOT NULL,
    program VARCHAR NOT NULL,
    sheet VARCHAR NOT NULL,
    first_export BIGINT NOT NULL,
    last_export BIGINT NOT NULL,
    basis VARCHAR NOT NULL,
    row_sum UBIGINT NOT NULL,
    cell_sums UBIGINT[] NOT NULL
);

-- What came back: a row a file and sheet, and a row an answer. Nothing is ever changed here: a correction is a later row.
CREATE TABLE IF NOT EXISTS ops.decision_files (
    import_number BIGINT NOT NULL,
    file_name VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    sheet VARCHAR NOT NULL,
    program VARCHAR,
    export_number BIGINT,
    rows BIGINT NOT NULL,
    decisions BIGINT NOT NULL,
    imported_at TIMESTAMPTZ NOT NULL,
    imported_by VARCHAR
);

CREATE TABLE IF NOT EXISTS ops.decisions (
    decision_id VARCHAR NOT NULL,
    import_number BIGINT NOT NULL,
    file_name VARCHAR NOT NULL,
    sheet VARCHAR NOT NULL,
    row_number BIGINT NOT NULL,
    exception_id VARCHAR NOT NULL,
    program VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    basis VARCHAR NOT NULL,
    decision VARCHAR NOT NULL,
    action VARCHAR,
    comment VARCHAR,
    decided_by VARCHAR NOT NULL,
    decided_on DATE NOT NULL,
    needs_second BOOLEAN NOT NULL
);

-- What persons say is wrong in a program's record; exchange/corrections makes their states from the record itself.
CREATE TABLE IF NOT EXISTS ops.corrections (
    correction_id VARCHAR PRIMARY KEY,
    person_uid VARCHAR NOT NULL,
    program VARCHAR NOT NULL,
    record_id VARCHAR NOT NULL,
    field VARCHAR NOT NULL,
    value_held VARCHAR,
    value_said VARCHAR NOT NULL,
    evidence VARCHAR NOT NULL,
    requested_on DATE NOT NULL,
    requested_by VARCHAR NOT NULL,
    closed_as VARCHAR CHECK (closed_as IN ('refused', 'withdrawn')),
    closed_reason VARCHAR,
    closed_on DATE,
    closed_by VARCHAR
);

-- Whose particulars the registry's models leave out, because they are past their time; written by ibr retention apply.
CREATE TABLE IF NOT EXISTS ops.past_retention (
    kind VARCHAR NOT NULL CHECK (kind IN ('record', 'household', 'enrolment')),
    id VARCHAR NOT NULL,
    person_uid VARCHAR,
    applied_on DATE NOT NULL,
    PRIMARY KEY (kind, id)
);

-- The register of requests for data, as sharing/ in the workspace has it: made anew by every run. Of a request whose record
-- was changed there is nothing but its number.
CREATE TABLE IF NOT EXISTS ops.shares (
    request_id VARCHAR PRIMARY KEY,
    state VARCHAR NOT NULL,
    organisation VARCHAR,
    person VARCHAR,
    purpose_kind VARCHAR,
    purpose VARCHAR,
    legal_basis VARCHAR,
    level VARCHAR,
    marts VARCHAR[],
    fields VARCHAR[],
    counties VARCHAR[],
    requested_at TIMESTAMPTZ,
    assessed_at TIMESTAMPTZ,
    smallest_class BIGINT,
    grave_findings BIGINT,
    approved_by VARCHAR[],
    approved_at TIMESTAMPTZ,
    agreement VARCHAR,
    extracts BIGINT,
    last_extracted_at TIMESTAMPTZ,
    publication VARCHAR,
    until DATE,
    disposed_on DATE,
    days_overdue BIGINT
);

-- What people said in the review queue, of pairs of records, the lesser identifier first. Nothing is ever changed here: a
-- decision that was taken back stays, with a later row that names it (withdraws).
CREATE TABLE IF NOT EXISTS ops.review_decisions (
    decision_id VARCHAR NOT NULL,
    record_id_l VARCHAR NOT NULL,
    record_id_r VARCHAR NOT NULL,
    decision VARCHAR,
    comment VARCHAR,
    decided_by VARCHAR NOT NULL,
    decided_on DATE,
    decided_at TIMESTAMPTZ NOT NULL,
    needs_second BOOLEAN,
    withdraws VARCHAR
);

-- linkage: filled by the engine; empty until it has run once

CREATE TABLE IF NOT EXISTS linkage.pairs (
    record_id_l VARCHAR,
    record_id_r VARCHAR,
    match_key VARCHAR,
    match_weight DOUBLE,
    match_probability DOUBLE,
    verdict VARCHAR
);

CREATE TABLE IF NOT EXISTS linkage.clusters (
    record_id VARCHAR,
    entity_id VARCHAR
);

CREATE TABLE IF NOT EXISTS linkage.persons_crosswalk (
    record_id VARCHAR,
    person_uid VARCHAR
);

CREATE TABLE IF NOT EXISTS linkage.households_crosswalk (
    household_id VARCHAR,
    household_uid VARCHAR
);

CREATE TABLE IF NOT EXISTS linkage.household_ties (
    household_id_l VARCHAR,
    household_id_r VARCHAR,
    shared_persons BIGINT,
    verdict VARCHAR
);

CREATE TABLE IF NOT EXISTS linkage.uid_events (
    run_id VARCHAR,
    uid_kind VARCHAR,
    event VARCHAR,
    uid VARCHAR,
    other_uid VARCHAR
);

CREATE TABLE IF NOT EXISTS linkage.verification (
    record_id VARCHAR,
    status VARCHAR,
    register_id VARCHAR,
    match_key VARCHAR,
    match_probability DOUBLE,
    runner_up_probability DOUBLE,
    mismatched_fields VARCHAR[],
    register_death_date DATE,
    register_emigrated_date DATE,
    could_not_check_reason VARCHAR
);
ALTER TABLE linkage.verification ADD COLUMN IF NOT EXISTS could_not_check_reason VARCHAR;

CREATE TABLE IF NOT EXISTS linkage.decisions (
    decision_id VARCHAR,
    kind VARCHAR,
    record_id_l VARCHAR,
    record_id_r VARCHAR,
    decision VARCHAR,
    decided_by VARCHAR,
    decided_on DATE
);

-- What clerical samples measured; see docs/linkage-quality.md
CREATE TABLE IF NOT EXISTS linkage.clerical_estimates (
    read_number BIGINT,
    sample_id VARCHAR,
    run_id VARCHAR,
    group_by VARCHAR,
    group_value VARCHAR,
    counted VARCHAR,
    measure VARCHAR,
    estimate DOUBLE,
    low DOUBLE,
    high DOUBLE,
    judged_pairs BIGINT
);
