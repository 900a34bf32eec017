"""Truth that follows from the sources and true persons: expected verification and faults, after time has passed."""

import datetime as dt
import sqlite3
from pathlib import Path

import polars as pl

from sample_country.files import ABSENT_LIMIT

_PERSONS = {
    "nsnp": """SELECT 'nsnp:' || MemberId AS record_id, NationalId AS id, DateOfBirth AS birth, Sex AS sex
               FROM Member""",
    "ctovc": """SELECT 'ctovc:' || HH_NO || '/' || MEMBER_NO AS record_id, ID_NO AS id,
                substr(DOB, 7, 4) || '-' || substr(DOB, 4, 2) || '-' || substr(DOB, 1, 2) AS birth,
                substr(SEX, 1, 1) AS sex FROM MEMBERS""",
    "hsnp": """SELECT 'hsnp:' || person_id AS record_id, id_number AS id, dob AS birth,
               CASE sex WHEN 1 THEN 'M' WHEN 2 THEN 'F' END AS sex FROM person""",
    "cfa": """SELECT 'cfa:' || person_ref AS record_id, CASE id_type WHEN 'NATIONAL_ID' THEN id_document END AS id,
              substr(birth_date, 1, 10) AS birth,
              CASE gender WHEN 'male' THEN 'M' WHEN 'female' THEN 'F' END AS sex FROM scope_person""",
}


def written(sources: Path) -> pl.DataFrame:
    """What all four systems hold on persons: record_id, id, birth (text), sex."""
    parts = []
    for name, query in _PERSONS.items():
        with sqlite3.connect(sources / f"{name}.db") as con:
            parts.append(
                pl.DataFrame(
                    con.execute(query).fetchall(),
                    orient="row",
                    schema={"record_id": pl.String, "id": pl.String, "birth": pl.String, "sex": pl.String},
                )
            )
        con.close()
    return pl.concat(parts)


def _birth(column: str) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    whole = pl.col(column)
    year, month, day = (whole.str.slice(at, size).cast(pl.Int64, strict=False) for at, size in ((0, 4), (5, 2), (8, 2)))
    return year, month, day


def verification(sources: Path, records: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """`truth.verification` from the sources as they stand; the rules are those of truth.verification."""
    with sqlite3.connect(sources / "iprs.db") as con:
        known = persons.filter(pl.col("register_id").is_not_null())
        con.execute("CREATE TEMP TABLE wanted (register_id INTEGER PRIMARY KEY)")
        con.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", [(int(i),) for i in known["register_id"]])
        rows = con.execute("""SELECT CAST(p.register_id AS TEXT), p.id_number, p.date_of_birth, p.sex, p.is_deceased
                              FROM wanted w JOIN person p USING (register_id)""").fetchall()
    con.close()
    register = pl.DataFrame(
        rows,
        orient="row",
        schema={
            "register_id": pl.String,
            "their_id": pl.String,
            "their_birth": pl.String,
            "their_sex": pl.String,
            "is_deceased": pl.Int64,
        },
    )
    table = (
        records.filter("is_beneficiary_record")
        .select("record_id", "person_id")
        .join(written(sources), on="record_id", how="left", maintain_order="left")
        .join(persons.select("person_id", "register_id"), on="person_id", how="left", maintain_order="left")
        .join(register, on="register_id", how="left", maintain_order="left")
        .with_columns(id=pl.when(pl.col("id").str.contains(r"^[1-9]\d{6,7}$")).then("id"))
    )
    (year, month, day), (their_year, their_month, their_day) = _birth("birth"), _birth("their_birth")
    # HSNP keeps the year alone where it knows no more.
    days = (
        (pl.col("birth").str.to_date(strict=False) - pl.col("their_birth").str.to_date(strict=False))
        .dt.total_days()
        .abs()
    )
    alone = (
        pl.col("birth").str.len_chars().eq(4)
        | ((month == 1) & (day == 1))
        | ((month == 7) & (day == 1))
        | ((their_month == 1) & (their_day == 1))
    )
    near = (days <= 367).fill_null(False) | (
        (year == their_year) & (month == their_day) & (day == their_month)
    ).fill_null(False)
    near |= (alone & ((year - their_year).abs() <= 1)).fill_null(False)
    usable = pl.col("id").is_not_null()
    agrees = (pl.col("birth").is_null() | near) & (pl.col("sex") == pl.col("their_sex")).fill_null(True)
    agrees &= (pl.col("id") == pl.col("their_id")).fill_null(False)
    known_ids = register["their_id"].drop_nulls().implode()
    status = (
        pl.when(~usable & pl.col("birth").is_null())
        .then(pl.lit("could_not_check"))
        .when(usable & (pl.col("person_id").n_unique().over("id") > 1))
        .then(pl.lit("id_shared"))
        .when(pl.col("is_deceased") == 1)
        .then(pl.lit("deceased"))
        .when(usable & pl.col("register_id").is_not_null() & ~agrees)
        .then(pl.lit("mismatch"))
        .when(usable & pl.col("register_id").is_not_null())
        .then(pl.lit("verified"))
        .when(pl.col("register_id").is_not_null())
        .then(pl.lit("found_by_match_key"))
        .when(usable & pl.col("id").is_in(known_ids))
        .then(pl.lit("mismatch"))
        .otherwise(pl.lit("not_found"))
    )
    return table.select("record_id", "register_id", expected_status=status)


_EXCLUSIVE = ["OPCT", "PWSD-CT", "CT-OVC"]


def absentees(sources: Path) -> pl.Series:
    """Birth certificate numbers of pupils absent from school above the limit."""
    pupils = pl.read_csv(sources / "files" / "school_attendance.csv", schema_overrides={"birth_cert": pl.String})
    return pupils.filter(pl.col("days_absent") * 100 > ABSENT_LIMIT * pl.col("days_open"))["birth_cert"]


def faults(truth: dict[str, pl.DataFrame], listed: pl.Series, as_at: dt.date) -> pl.DataFrame:
    """`truth.faults` after a cycle: what follows from enrolments and payments is worked out again, the rest carried on.

    What stood in earlier lines stays listed; shared accounts, caregivers, telephones and pensions do until the
    enrolment ends. `truth`: its tables by name; `listed`: what `absentees` gives.
    """
    old, enrolments, payments, persons = (truth[name] for name in ("faults", "enrolments", "payments", "persons"))
    source = pl.col("key").str.split(":").list.first()
    gone = enrolments.filter(pl.col("status") == "exited")["enrolment_id"]
    gone = pl.concat([gone, gone.str.replace("nsnp:E", "nsnp:N", literal=True)]).unique().sort().implode()
    over = pl.col("fault").is_in(_WHILE_ENROLLED) & pl.col("key").is_in(gone)
    out = [old.filter(~pl.col("fault").is_in(_FROM_TABLES) & ~over)]
    lines = payments.join(
        enrolments.select("enrolment_id", "exit_date", "enrolled_date", "true_household_id", current="status"),
        on="enrolment_id",
        maintain_order="left",
    ).join(persons.select("person_id", "death_date"), on="person_id", maintain_order="left")
    paid = lines.filter(pl.col("status") == "paid")

    def add(fault: str, table: pl.DataFrame, detail: pl.Expr) -> None:
        out.append(table.select(fault=pl.lit(fault), source=source, key="key", detail=detail.cast(pl.String)))

    for fault, since in (("dead_still_paid", "death_date"), ("exited_reappears", "exit_date")):
        late = (
            paid.filter(pl.col("period_start") > pl.col(since))
            .group_by(key="enrolment_id", maintain_order=True)
            .agg(n=pl.len())
        )
        add(fault, late, pl.col("n").cast(pl.String) + " lines")
    never = lines.group_by(key="enrolment_id", maintain_order=True).agg(
        n=pl.len(), u=(pl.col("status") == "unclaimed").sum()
    )
    add(
        "never_collected",
        never.filter((pl.col("n") >= 3) & (pl.col("n") == pl.col("u"))),
        pl.col("n").cast(pl.String) + " lines",
    )
    last = payments.group_by("program").agg(last=pl.col("period_start").max())
    on = payments.join(last, on="program").filter(pl.col("period_start") == pl.col("last"))["enrolment_id"].implode()
    absent = enrolments.join(last, on="program", maintain_order="left").filter(
        (pl.col("status") == "active") & (pl.col("enrolled_date") <= pl.col("last")) & ~pl.col("enrolment_id").is_in(on)
    )
    add("enrolled_not_on_payroll", absent.select(key="enrolment_id"), pl.lit("no line in the last cycle"))
    suspended = enrolments.filter((pl.col("status") == "suspended") & pl.col("enrolment_id").is_in(on))
    add("suspended_on_payroll", suspended.select(key="enrolment_id"), pl.lit("a line in the last cycle"))
    current = enrolments.filter(pl.col("status").is_in(["active", "suspended"])).select(
        "enrolment_id", "true_household_id", "program"
    )
    pupils = truth["records"].join(
        persons.filter(pl.col("birth_certificate_no").is_in(listed.implode())), on="person_id", how="semi"
    )
    with_absentees = pl.col("enrolment_id").is_in(pupils["household_key"].implode())
    unmet = current.filter((pl.col("program") == "CT-OVC") & with_absentees)
    add("conditionality_unmet", unmet.select(key="enrolment_id"), pl.lit("a child absent from school"))
    following = payments.sort("enrolment_id", "period_start", "payment_id").with_columns(
        paid_beyond=(pl.col("amount_paid") - pl.col("amount_due")).shift(-1).over("enrolment_id")
    )
    unpaid = following.filter(
        (pl.col("status") == "scheduled")
        & (pl.col("period_end") < as_at)
        & (pl.col("paid_beyond") != pl.col("amount_due")).fill_null(True)
    )
    add("in_arrears", unpaid.select(key="payment_id"), pl.lit("unpaid"))
    pairs = current.join(current, on="true_household_id", suffix="_other", maintain_order="left").filter(
        pl.col("enrolment_id") != pl.col("enrolment_id_other")
    )
    same = pairs.filter(pl.col("program") == pl.col("program_other"))
    add("same_program_twice", same.rename({"enrolment_id": "key"}), pl.col("enrolment_id_other"))
    both = pairs.filter(
        (pl.col("program") != pl.col("program_other"))
        & pl.col("program").is_in(_EXCLUSIVE)
        & pl.col("program_other").is_in(_EXCLUSIVE)
    )
    add("prohibited_overlap", both.rename({"enrolment_id": "key"}), pl.col("enrolment_id_other"))
    when = paid.select("enrolment_id", "period_start")
    together = (
        same.join(when, on="enrolment_id", maintain_order="left")
        .join(
            when, left_on=["enrolment_id_other", "period_start"], right_on=["enrolment_id", "period_start"], how="semi"
        )
        .unique(["enrolment_id", "enrolment_id_other"], maintain_order=True)
    )
    add("duplicate_both_paid", together.rename({"enrolment_id": "key"}), pl.col("enrolment_id_other"))
    return pl.concat(out).unique().sort("fault", "key", "detail")


_FROM_TABLES = [
    "dead_still_paid",
    "exited_reappears",
    "never_collected",
    "enrolled_not_on_payroll",
    "suspended_on_payroll",
    "conditionality_unmet",
    "in_arrears",
    "same_program_twice",
    "prohibited_overlap",
    "duplicate_both_paid",
]
_WHILE_ENROLLED = ["shared_account", "caregiver_several_households", "pension_found", "shared_phone"]
