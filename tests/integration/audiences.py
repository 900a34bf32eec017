"""A warehouse of two counties, written by hand, and its publication for every audience."""

import datetime as dt
from pathlib import Path

from warehouse.audiences.policy import load_policy
from warehouse.audiences.sensitivity import Declared, Sensitivity
from warehouse.connection import connect
from warehouse.publication import publish
from warehouse.schemas import prepare

NIGHT = dt.datetime(2026, 6, 30, 1, 2, 3, tzinfo=dt.UTC)
NAMES = ("Akiru Achieng", "10000001", "+254712345678")
POLICY = """
me:
  who: M&E
  marts: all
  without: [rpt_register_residents]
  columns: {identifier: pseudonym, quasi_identifier: coarsen, sensitive: keep, free_text: withhold, none: keep}
county:
  who: A county
  each: county
  marts: [dim_area, dim_person, fct_payments, rpt_pairs, dim_program]
  columns: {identifier: pseudonym, quasi_identifier: coarsen, sensitive: keep, none: keep}
public: {who: Everybody, smallest_cell: 10, tables: {rpt_receipt: {keep: [program, county_code], within: [program],
  across: [county_code], counts: [recipients], withheld: [amount_paid], sums: true}}}
"""
KINDS = {
    "person_uid": Declared(Sensitivity.IDENTIFIER, has_pseudonym=True),
    "person_uid_b": Declared(Sensitivity.IDENTIFIER, has_pseudonym=True),
    "full_name": Declared(Sensitivity.IDENTIFIER),
    "national_id": Declared(Sensitivity.IDENTIFIER),
    "phone": Declared(Sensitivity.IDENTIFIER),
    "birth_date": Declared(Sensitivity.QUASI_IDENTIFIER, coarser="year"),
    "words": Declared(Sensitivity.FREE_TEXT),
    "amount_paid": Declared(Sensitivity.SENSITIVE),
}
PLAIN = Declared(Sensitivity.NONE)
COLUMNS = {
    "dim_area": ["area_code", "level", "county_code"],
    "dim_program": ["program"],
    "dim_person": ["person_uid", "full_name", "national_id", "phone", "birth_date", "county_code"],
    "fct_payments": ["payment_no", "person_uid", "county_code", "amount_paid", "words"],
    "rpt_pairs": ["person_uid", "person_uid_b", "county_code_a", "county_code_b"],
    "rpt_receipt": ["program", "county_code", "ward", "recipients"],
    "rpt_register_residents": ["county_code", "persons"],
}
DECLARED = {table: {column: KINDS.get(column, PLAIN) for column in columns} for table, columns in COLUMNS.items()}
DECLARED["rpt_receipt"]["amount_paid"] = PLAIN


def two_counties(folder: Path, settings: str = "") -> Path:
    """A workspace in a folder, with the warehouse, this policy, and what registry.yml says."""
    home = folder / "workspace"
    home.mkdir()
    if settings:
        (home / "registry.yml").write_text(settings, encoding="utf-8")
    (home / "audiences.yml").write_text(POLICY, encoding="utf-8")
    with connect(home / "warehouse.duckdb") as con:
        prepare(con)
        con.execute(
            """
            CREATE TABLE marts.dim_area AS
                SELECT * FROM (VALUES ('A', 'county', 'A'), ('B', 'county', 'B'), ('A1', 'ward', 'A'))
                t(area_code, level, county_code);
            CREATE TABLE marts.dim_program AS SELECT 'X' AS program;
            CREATE TABLE marts.dim_person AS
                SELECT 'P' || i AS person_uid, 'Akiru Achieng' AS full_name, '1000000' || (i % 10) AS national_id,
                       '+254712345678' AS phone, DATE '1950-05-03' + i::INTEGER AS birth_date,
                       if(i % 3 = 0, 'B', 'A') AS county_code, 'Akiru' AS unclassified
                FROM range(300) t(i);
            COMMENT ON TABLE marts.dim_person IS 'One row a person';
            COMMENT ON COLUMN marts.dim_person.person_uid IS 'Their number';
            COMMENT ON COLUMN marts.dim_person.birth_date IS 'When they were born';
            CREATE TABLE marts.fct_payments AS
                SELECT i AS payment_no, 'P' || (i % 300) AS person_uid, if(i % 3 = 0, 'B', 'A') AS county_code,
                       2000 AS amount_paid, 'Akiru Achieng came' AS words
                FROM range(30_000) t(i);
            CREATE VIEW marts.rpt_pairs AS
                SELECT * FROM (VALUES ('P1', 'P2', 'A', 'A'), ('P1', 'P3', 'A', 'B')) t(
                    person_uid, person_uid_b, county_code_a, county_code_b);
            CREATE TABLE marts.rpt_receipt AS
                SELECT * FROM (VALUES
                    ('X', 'A', 1, 5, 10), ('X', 'A', 2, 3, 6), ('X', 'B', 3, 20, 40), ('X', 'C', 4, 30, 60),
                    ('Y', 'A', 1, 500, 1), ('Y', 'B', 3, 600, 1))
                t(program, county_code, ward, recipients, amount_paid);
            CREATE TABLE marts.rpt_register_residents AS SELECT 'A' AS county_code, 1 AS persons;
            CREATE TABLE reference.areas AS SELECT 'A' AS area_code;
            """
        )
    return home


def published(home: Path, run: str = "r", **settings):
    """Its publication for every audience."""
    return publish(home / "warehouse.duckdb", home, run, NIGHT, load_policy(home), DECLARED, **settings)
