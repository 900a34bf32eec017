"""A run on the sample country against its truth: linkage, households, verification, faults, and by whom it
fails.

Nothing here is read by the pipeline. Pairs are counted from group sizes, never listed (see
linkage/evaluate.py).
"""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from ibr.errors import UsageProblem
from linkage.evaluate import Measures, grouping_measures, measures
from warehouse.connection import connect

NOT_ASSESSED = "not assessed"
STATUSES = (
    "could_not_check",
    "id_shared",
    "deceased",
    "mismatch",
    "verified",
    "found_by_match_key",
    "not_found",
)
GROUPS = ("sex", "age_group", "county", "has_an_id")

# Where a planted fault should show. Each query gives the keys reported, at the grain of `grain`.
_PAYROLL = "SELECT enrolment_id FROM marts.rpt_payroll_pre WHERE reason_code = '{}'"
_PAYMENTS = "SELECT payment_id FROM marts.rpt_payroll_post WHERE reason_code = '{}'"
_OVERLAPS = (
    "SELECT unnest([enrolment_id_a, enrolment_id_b]) FROM ("
    "SELECT * FROM marts.rpt_household_multiple_receipt WHERE match_verdict = 'automatic' AND {0}) UNION "
    "SELECT unnest([enrolment_id_a, enrolment_id_b]) FROM ("
    "SELECT * FROM marts.rpt_multiple_receipt WHERE match_verdict = 'automatic' AND {1})"
)
_OVERLAP_TABLES = ("marts.rpt_household_multiple_receipt", "marts.rpt_multiple_receipt")
_SAME_PROGRAM = "program_a = program_b"
_PROHIBITED = "program_a <> program_b AND verdict = 'prohibited'"


@dataclass(frozen=True)
class _Report:
    """A fault's report: the tables it needs, the grain its keys are brought to, and the query of keys
    reported.
    """

    tables: tuple[str, ...]
    grain: str
    query: str


def _payroll(reason: str) -> _Report:
    return _Report(("marts.rpt_payroll_pre",), "enrolment", _PAYROLL.format(reason))


def _payments(reason: str) -> _Report:
    return _Report(("marts.rpt_payroll_post",), "payment", _PAYMENTS.format(reason))


REPORTS: dict[str, _Report] = {
    "paid_above_value": _payroll("paid_above_value"),
    "caregiver_several_households": _Report(
        ("marts.rpt_payroll_pre",), "household",
        "SELECT household_id FROM marts.rpt_payroll_pre WHERE reason_code = 'caregiver_several_households'",
    ),
    "failed_three_in_a_row": _payroll("failed_three_in_a_row"),
    "invalid_national_id": _Report(
        ("registry.persons",), "record",
        "SELECT record_id FROM registry.persons WHERE national_id IS NULL AND national_id_given IS NOT NULL",
    ),
    "dead_still_paid": _payroll("deceased_still_paid"),
    "exited_reappears": _payroll("exited_still_paid"),
    "never_collected": _payroll("never_collected"),
    "paid_not_enrolled": _payroll("paid_not_enrolled"),
    "enrolled_not_on_payroll": _payroll("enrolled_not_on_payroll"),
    "totals_differ": _payroll("totals_differ"),
    "shared_account": _payroll("shared_account"),
    "duplicate_both_paid": _Report(
        _OVERLAP_TABLES, "enrolment",
        _OVERLAPS.format(f"{_SAME_PROGRAM} AND is_both_paid", f"{_SAME_PROGRAM} AND amount_a > 0 AND amount_b > 0"),
    ),
    "same_program_twice": _Report(_OVERLAP_TABLES, "enrolment", _OVERLAPS.format(_SAME_PROGRAM, _SAME_PROGRAM)),
    "prohibited_overlap": _Report(_OVERLAP_TABLES, "enrolment", _OVERLAPS.format(_PROHIBITED, _PROHIBITED)),
    "pension_found": _payroll("pension_found"),
    "suspended_on_payroll": _payroll("suspended_on_payroll"),
    "conditionality_unmet": _payroll("conditionality_unmet"),
    "wrong_cycle_length": _payroll("wrong_cycle_length"),
    "in_arrears": _payments("in_arrears"),
    "provider_result_differs": _payments("provider_result_differs"),
    "provider_amount_differs": _payments("provider_amount_differs"),
    "not_in_provider_return": _payments("not_in_provider_return"),
    "paid_not_on_payroll": _payments("paid_not_on_payroll"),
    "shared_phone": _Report(
        ("marts.rpt_risk_flags", "marts.fct_enrolments"), "household",
        "SELECT household_id FROM marts.fct_enrolments SEMI JOIN "
        "(SELECT * FROM marts.rpt_risk_flags WHERE rule_code = 'phone_of_many_households') USING (household_uid)",
    ),
}  # fmt: skip
# Reports of overlaps also name past ones, which the truth's faults (current enrolments) do not list.
# There, only what joins enrolments of different true households was invented.
_OVERLAP_FAULTS = {"duplicate_both_paid", "same_program_twice", "prohibited_overlap"}


@dataclass(frozen=True)
class ResultTable:
    """A table to show: title, column headings and rows."""

    title: str
    columns: list[str]
    rows: list[tuple[Any, ...]]


@dataclass
class Evaluation:
    """How a run did.

    `pairs`: records automatically taken for one person; `pairs_with_review`: the review queue counted as
    found; `b_cubed`; `families`: different people of one true household taken for one, and F1 among people
    with household members; `households`: household records taken for one household; `verification`: agreement
    with what checking should find; `confusion`: rows (expected, found, records); `faults`: a row a fault;
    `by_group`: a row a group and value.
    """

    pairs: dict[str, float]
    pairs_with_review: dict[str, float]
    b_cubed: dict[str, float]
    families: dict[str, float]
    households: Measures
    verification: dict[str, float]
    confusion: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    by_group: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return dict(vars(self))

    def tables(self) -> list[ResultTable]:
        """Everything, for people."""
        linkage = [
            (
                name,
                *(
                    values.get(key)
                    for key in ("precision", "recall", "f1", "false_positives", "false_negatives")
                ),
            )
            for name, values in (
                ("pairs, automatic", self.pairs),
                ("pairs, with review", self.pairs_with_review),
                ("B-cubed", self.b_cubed),
                ("households, pairs", self.households["pairs"]),
                ("households, B-cubed", self.households["b_cubed"]),
            )
        ]
        return [
            ResultTable("Linkage", ["measure", "precision", "recall", "F1", "wrong", "missed"], linkage),
            ResultTable("Families", ["measure", "value"], list(self.families.items())),
            ResultTable("Verification", ["measure", "value"], list(self.verification.items())),
            ResultTable(
                "Verification: what should be found, and what was",
                ["expected", *STATUSES],
                self._confusion_rows(),
            ),
            ResultTable(
                "Faults",
                ["fault", "in the truth", "found", "missed", "invented"],
                [tuple(row.values()) for row in self.faults],
            ),
            ResultTable(
                "By group",
                list(self.by_group[0]) if self.by_group else ["group"],
                [tuple(row.values()) for row in self.by_group],
            ),
        ]

    def _confusion_rows(self) -> list[tuple[Any, ...]]:
        count = {(row["expected"], row["found"]): row["records"] for row in self.confusion}
        expected = [status for status in STATUSES if any(e == status for e, _ in count)]
        return [(status, *(count.get((status, found), 0) for found in STATUSES)) for status in expected]


def evaluate_run(warehouse: duckdb.DuckDBPyConnection | str | Path, truth_dir: str | Path) -> Evaluation:
    """Compare `linkage.*` (and `marts.*` where there) of a warehouse with the truth of its sample country.

    Inputs: an open connection or the warehouse's file, and the folder `truth/`. Only records with
    `is_beneficiary_record` count. Raises UsageProblem where the truth or the linkage is missing.
    """
    truth_dir = Path(truth_dir)
    needed = ("persons", "records", "enrolments", "payments", "verification", "faults")
    missing = [name for name in needed if not (truth_dir / f"{name}.parquet").is_file()]
    if missing:
        raise UsageProblem(
            f"{truth_dir} lacks {', '.join(f'{name}.parquet' for name in missing)}; only a sample country has a truth "
            "(`ibr sample-country`), for other data use --clusters or --matches with --truth"
        )
    with _opened(warehouse) as con:
        if not _exists(con, "linkage.persons_crosswalk") or not _exists(con, "registry.persons"):
            raise UsageProblem("the warehouse holds no linkage yet; run `ibr run` first")
        for name in needed:
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE truth_{name} AS FROM read_parquet(?)",
                [str(truth_dir / f"{name}.parquet")],
            )
        script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
        con.execute(script, {"as_at": _as_at(truth_dir)})
        return _evaluate(con)


@contextmanager
def _opened(warehouse: duckdb.DuckDBPyConnection | str | Path) -> Iterator[duckdb.DuckDBPyConnection]:
    if isinstance(warehouse, duckdb.DuckDBPyConnection):
        yield warehouse
        return
    con = connect(warehouse, read_only=True)
    try:
        yield con
    finally:
        con.close()


def _as_at(truth_dir: Path) -> dt.date:
    state = truth_dir / "state.json"
    told = json.loads(state.read_text(encoding="utf-8")).get("as_at") if state.is_file() else None
    return dt.date.fromisoformat(str(told)[:10]) if told else dt.date(2026, 6, 30)


def _evaluate(con: duckdb.DuckDBPyConnection) -> Evaluation:
    persons = grouping_measures(con, "SELECT entity, true_entity FROM eval_records")
    return Evaluation(
        pairs=persons["pairs"],
        pairs_with_review=with_review(con, persons["pairs"]),
        b_cubed=persons["b_cubed"],
        families=family_measures(con),
        households=grouping_measures(
            con,
            """
            SELECT
                truth.true_household AS true_entity,
                coalesce(crosswalk.household_uid, '(alone) ' || truth.household_id) AS entity
            FROM (
                SELECT
                    coalesce(registered.household_id, truth.enrolment_id) AS household_id,
                    min(truth.true_household_id) AS true_household
                FROM truth_enrolments AS truth
                LEFT JOIN registry.enrolments AS registered USING (enrolment_id)
                GROUP BY ALL
            ) AS truth
            LEFT JOIN linkage.households_crosswalk AS crosswalk USING (household_id)""",
        ),
        verification=_verification(con),
        confusion=_rows(
            con,
            """
            SELECT
                truth.expected_status AS expected, coalesce(found.status, 'not in the registry') AS found,
                count(*) AS records
            FROM truth_verification AS truth SEMI JOIN eval_records USING (record_id)
            LEFT JOIN linkage.verification AS found USING (record_id)
            GROUP BY ALL ORDER BY ALL""",
        ),
        faults=[_fault(con, fault, report) for fault, report in REPORTS.items()],
        by_group=[row for group in GROUPS for row in _by_group(con, group)],
    )


def with_review(con: duckdb.DuckDBPyConnection, automatic: dict[str, float]) -> dict[str, float]:
    """The automatic pairs, and every pair scored for match or review that is not in one person already.

    Reads eval_records (record_id, entity, true_entity) and linkage.pairs.
    """
    row = con.execute("""
        SELECT
            count(*) FILTER (WHERE l.true_entity = r.true_entity), count(*)
        FROM (
            SELECT DISTINCT least(record_id_l, record_id_r) AS a, greatest(record_id_l, record_id_r) AS b
            FROM linkage.pairs
        ) AS pairs
        INNER JOIN eval_records AS l ON pairs.a = l.record_id
        INNER JOIN eval_records AS r ON pairs.b = r.record_id
        WHERE l.entity <> r.entity""").fetchone()
    assert row is not None
    right, claimed = row
    found = int(automatic["true_positives"])
    return measures(
        found + right,
        found + int(automatic["false_positives"]) + claimed,
        found + int(automatic["false_negatives"]),
    )


def family_measures(con: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Different people of one true household taken as one person, and F1 among people with household members.

    Reads eval_records (record_id, entity, true_entity, true_household).
    """
    pairs_of = (
        "SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT count(*) AS n FROM eval_records GROUP BY {})"
    )
    row = con.execute(
        "SELECT "
        + ", ".join(
            f"({pairs_of.format(columns)})"
            for columns in ("true_household", "true_entity", "true_household, entity", "true_entity, entity")
        )
    ).fetchone()
    assert row is not None
    household, person, household_as_one, person_as_one = map(int, row)
    different, taken_as_one = household - person, household_as_one - person_as_one
    members = grouping_measures(
        con,
        """
        SELECT entity, true_entity FROM eval_records
        WHERE true_household IN (
            SELECT true_household FROM eval_records GROUP BY ALL HAVING count(DISTINCT true_entity) > 1
        )""",
    )["pairs"]
    return {
        "pairs_of_different_people_in_one_household": different,
        "taken_as_one_person": taken_as_one,
        "share_taken_as_one_person": taken_as_one / different if different else 0.0,
        "f1_among_people_with_household_members": members["f1"],
    }


def _verification(con: duckdb.DuckDBPyConnection) -> dict[str, float]:
    row = con.execute("""
        SELECT
            count(*),
            count(*) FILTER (WHERE found.status = truth.expected_status),
            count(found.register_id),
            count(*) FILTER (WHERE found.register_id = truth.register_id),
            count(truth.register_id),
            count(*) FILTER (WHERE found.status = 'found_by_match_key'),
            count(*) FILTER (WHERE found.status = 'found_by_match_key' AND found.register_id =
            truth.register_id)
        FROM truth_verification AS truth SEMI JOIN eval_records USING (record_id)
        LEFT JOIN linkage.verification AS found USING (record_id)""").fetchone()
    assert row is not None
    records, agree, claimed, right, true, by_key, right_by_key = row
    register = measures(right, claimed, true)
    return {
        "records": records,
        "status_as_expected": agree / records if records else 1.0,
        "register_person_precision": register["precision"],
        "register_person_recall": register["recall"],
        "register_person_f1": register["f1"],
        "found_by_match_key_precision": right_by_key / by_key if by_key else 1.0,
    }


def _fault(con: duckdb.DuckDBPyConnection, fault: str, report: _Report) -> dict[str, Any]:
    """Planted keys found, missed and invented; `not assessed` where a report or its columns are not there."""
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE eval_planted AS
        SELECT DISTINCT {_planted_key(con, report.grain)} AS key FROM truth_faults AS faults WHERE fault = '{fault}'""")
    planted = _number(con, "SELECT count(*) FROM eval_planted")
    result: dict[str, Any] = {"fault": fault, "planted": planted}
    try:
        if not all(_exists(con, table) for table in report.tables):
            raise duckdb.CatalogException("a report is not there")
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE eval_reported AS SELECT DISTINCT key FROM ({report.query}) AS t (key)"
        )
    except (duckdb.CatalogException, duckdb.BinderException):
        return result | dict.fromkeys(("found", "missed", "invented"), NOT_ASSESSED)
    found = _number(con, "SELECT count(*) FROM eval_planted SEMI JOIN eval_reported USING (key)")
    invented = "SELECT count(*) FROM eval_reported ANTI JOIN eval_planted USING (key)"
    if fault in _OVERLAP_FAULTS:
        invented += """ WHERE key NOT IN (
            SELECT enrolment_id FROM truth_enrolments WHERE true_household_id IN (
                SELECT true_household_id FROM truth_enrolments GROUP BY ALL HAVING count(*) > 1))"""
    return result | {"found": found, "missed": planted - found, "invented": _number(con, invented)}


def _planted_key(con: duckdb.DuckDBPyConnection, grain: str) -> str:
    """Payment faults are reported by enrolment."""
    if grain != "enrolment":
        return "faults.key"
    stray = "registry.payments_not_enrolled"
    of_stray = (
        f"(SELECT min(enrolment_id) FROM {stray} AS s WHERE s.payment_id = faults.key)"
        if _exists(con, stray)
        else "NULL"
    )
    return f"""coalesce(
        (SELECT min(enrolment_id) FROM truth_payments AS p WHERE p.payment_id = faults.key), {of_stray},
        faults.key)"""


def _by_group(con: duckdb.DuckDBPyConnection, group: str) -> list[dict[str, Any]]:
    """For each value: records, recall and precision of pairs, and the shares verified, found and not found."""
    return _rows(
        con,
        f"""
        WITH pairs AS (
            SELECT value, sum(n * (n - 1) // 2) AS true_pairs
            FROM (SELECT {group} AS value, count(*) AS n FROM eval_records GROUP BY value, true_entity) GROUP
            BY value
        ),
        claimed AS (
            SELECT value, sum(n * (n - 1) // 2) AS pairs
            FROM (SELECT {group} AS value, count(*) AS n FROM eval_records GROUP BY value, entity) GROUP BY
            value
        ),
        right_pairs AS (
            SELECT value, sum(n * (n - 1) // 2) AS pairs
            FROM (SELECT {group} AS value, count(*) AS n FROM eval_records GROUP BY value, entity,
            true_entity)
            GROUP BY value
        ),
        verified AS (
            SELECT
                eval_records.{group} AS value,
                count(*) AS records,
                count(*) FILTER (WHERE verification.status = 'verified') / count(*) AS verified,
                count(*) FILTER (WHERE verification.status IN ('verified', 'found_by_match_key')) / count(*)
                AS found,
                count(*) FILTER (WHERE verification.status = 'not_found') / count(*) AS not_found
            FROM eval_records
            LEFT JOIN linkage.verification AS verification USING (record_id)
            GROUP BY ALL
        )
        SELECT
            '{group}' AS "group", value, verified.records, pairs.true_pairs::BIGINT AS true_pairs,
            if(claimed.pairs = 0, NULL, right_pairs.pairs / claimed.pairs) AS precision,
            if(pairs.true_pairs = 0, NULL, right_pairs.pairs / pairs.true_pairs) AS recall,
            verified.verified, verified.found AS verified_or_found, verified.not_found
        FROM pairs
        INNER JOIN claimed USING (value)
        INNER JOIN right_pairs USING (value)
        INNER JOIN verified USING (value)
        ORDER BY try_cast(value AS INTEGER), value""",
    )


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = con.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _number(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(query).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _exists(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    schema, name = table.split(".")
    return bool(con.execute(
        "SELECT count(*) FROM information_schema.tables "
        "WHERE table_catalog = current_database() AND table_schema = ? AND table_name = ?", [schema, name],
    ).fetchone()[0])  # type: ignore[index]  # fmt: skip
