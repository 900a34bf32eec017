-- The tables of the first warehouses, as warehouse/schemas.sql made them then: what an update still meets.
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
    last_run_id VARCHAR
);

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

-- One row for each finding that ever went to a program; `evidence` is frozen as it was when first found.
CREATE TABLE IF NOT EXISTS ops.exceptions (
    exception_id VARCHAR PRIMARY KEY,
    program VARCHAR NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('duplicate', 'verification', 'payroll')),
    match_id VARCHAR,
    first_found_run VARCHAR NOT NULL,
    first_found_at DATE NOT NULL,
    last_found_run VARCHAR NOT NULL,
    last_found_at DATE NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('new', 'open', 'gone')),
    evidence JSON
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
    register_emigrated_date DATE
);

CREATE TABLE IF NOT EXISTS linkage.decisions (
    decision_id VARCHAR,
    kind VARCHAR,
    record_id_l VARCHAR,
    record_id_r VARCHAR,
    decision VARCHAR,
    decided_by VARCHAR,
    decided_on DATE
);
