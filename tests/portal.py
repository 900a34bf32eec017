"""A small made-up country's public file, published as a run does, for tests of the portal."""

import datetime as dt
from pathlib import Path

from warehouse.audiences.policy import load_policy
from warehouse.audiences.sensitivity import Declared, Sensitivity
from warehouse.connection import connect
from warehouse.publication import Publication, publish
from warehouse.schemas import prepare

TABLES = [
    "dim_program", "dim_area", "dim_payment_cycle", "rpt_receipt_by_area", "rpt_coverage", "rpt_grievance_resolution",
    "rpt_kpis",
]  # fmt: skip
# Nine counties in three rows; in the third few people, and in the last nobody is paid.
_MARTS = """
CREATE TABLE marts.dim_program AS FROM (VALUES ('ALMS', 'Alms <for all>', 'person'), ('BREAD', 'Bread', 'household'))
    t(program, name, benefit_unit);
CREATE TABLE marts.dim_area AS
    SELECT 'C' || i AS area_code, ['Akiru', 'Barasa', 'Chebet', 'Deng', 'Ekai', 'Faraji', 'Gitau', 'Hamisi', 'Imani'][i]
               AS name, 'county' AS level, NULL::VARCHAR AS parent_code, 'C' || i AS county_code, name AS county_name,
           1000 AS population_2009, 1200 AS population_2019, (i - 1) // 3 * -1.0 AS latitude, i % 3 * 1.0 AS longitude
    FROM range(1, 10) t(i);
CREATE TABLE marts.dim_payment_cycle AS
    SELECT program || ':' || m AS cycle_id, program, make_date(2025, m::INTEGER, 1) AS period_start,
           last_day(make_date(2025, m::INTEGER + 1, 1)) AS period_end, 2 AS months, 1 AS cycles_back
    FROM (VALUES ('ALMS'), ('BREAD')) p(program), range(1, 12, 2) t(m);
CREATE TABLE marts.rpt_receipt_by_area AS
    SELECT program, cycle_id, period_start, period_end, county_code, county_name,
           CASE WHEN i = 3 THEN 4 ELSE 30 * i + month(period_start) END AS recipients,
           recipients * 4000.0 AS amount_paid
    FROM marts.dim_payment_cycle, (SELECT *, row_number() OVER (ORDER BY county_code) AS i FROM marts.dim_area)
    WHERE i < 9;
CREATE TABLE marts.rpt_coverage AS
    SELECT program || county_code || sex || age_group AS coverage_id, program, county_code, county_name, sex, age_group,
           program <> 'BREAD' AS has_rule, 40 * i AS eligible_persons,
           CASE WHEN i = 2 AND sex = 'F' THEN 3 ELSE 11 * i END AS covered_eligible,
           eligible_persons - covered_eligible AS uncovered_persons,
           covered_eligible / eligible_persons AS coverage_rate
    FROM (VALUES ('ALMS'), ('BREAD'), ('all')) p(program),
         (SELECT *, row_number() OVER (ORDER BY county_code) AS i FROM marts.dim_area),
         (VALUES ('F'), ('M')) s(sex), (VALUES ('60-69'), ('70+')) a(age_group);
CREATE TABLE marts.rpt_grievance_resolution AS
    SELECT program, reason_code, 20 + 3 * length(reason_code) AS grievances
    FROM (VALUES ('ALMS'), ('BREAD')) p(program),
         (VALUES ('payment short'), ('=wrong details'), ('other')) r(reason_code);
CREATE TABLE marts.rpt_kpis AS
    SELECT place, kpi, kpi || ', by a definition' AS definition, unit, DATE '2025-12-31' AS period_from,
           DATE '2025-12-31' AS period_to, NULL::VARCHAR AS better, target, 'up' AS trend, value,
           value AS previous_value, NULL::BOOLEAN AS is_target_met, DATE '2025-10-31' AS previous_date, 0.0 AS change
    FROM (VALUES (10, 'persons', 'persons', NULL, 12345.0), (20, 'households', 'households', NULL, 7.0),
                 (60, 'amount_paid', 'XTS', NULL, 45678901.0), (80, 'paid_rate', 'share', 0.95, 0.9464))
         t(place, kpi, unit, target, value);
"""
_COLUMNS = "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'marts'"
_WHEN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
REGISTRY = "country: Testland\ncurrency: XTS\nreporting_date: 2025-12-31\n"


def publish_a_country(home: Path, change: str = "") -> Publication:
    """Publish the country for the public into a workspace; again, after a change of its marts in SQL."""
    home.mkdir(exist_ok=True)
    (home / "registry.yml").write_text(REGISTRY, encoding="utf-8")
    with connect(home / "warehouse.duckdb") as con:
        prepare(con)
        if not con.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'marts'").fetchone()[0]:
            con.execute(_MARTS)
        con.execute("INSERT OR REPLACE INTO ops.parameters VALUES ('reporting_date', '2025-12-31')")
        if change:
            con.execute(change)
        columns = con.execute(_COLUMNS).fetchall()
    declared: dict[str, dict[str, Declared]] = {}
    for table, column in columns:
        declared.setdefault(table, {})[column] = Declared(Sensitivity.NONE)
    policy = load_policy(home, ["secretariat", "public"])
    public = policy["public"]
    policy["public"] = public.model_copy(update={"tables": {name: public.tables[name] for name in TABLES}})
    return publish(home / "warehouse.duckdb", home, "r", _WHEN, policy, declared)
