"""The sample country is the same every time, its errors come at their rates, and its truth agrees with its sources."""

import datetime as dt
import hashlib
import json
import math
import shutil
import sqlite3
from pathlib import Path

import polars as pl
import pytest

import sample_country
from ibr.errors import UsageProblem
from sample_country import country, events, passing, recheck, seeds
from sample_country.hundredth import MOMENT, change_a_hundredth
from sample_country.source_update import Source

SCALE = 0.0015


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    sample_country.generate(folder, SCALE, 7)
    return folder


@pytest.fixture(scope="module")
def passed(made, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("passed")
    for part in ("sources", "truth"):
        shutil.copytree(made / part, folder / part)
    (folder / "registry.yml").write_text("country: x\nreporting_date: 2026-06-30  # moved\nprograms: {}\n")
    sample_country.advance(folder, 2)
    return folder


def test_the_pipelines_benchmark_changes_a_hundredth_of_what_programs_hold(made, tmp_path):
    shutil.copytree(made / "sources", tmp_path / "sources")
    before = tables_of(made)
    assert change_a_hundredth(tmp_path / "sources") == sum(
        len(set(content) - set(before[name])) for name, content in tables_of(tmp_path).items()
    )
    changed = {name for name, content in tables_of(tmp_path).items() if set(content) != set(before[name])}
    assert changed == {
        "nsnp.Member", "nsnp.PaymentLine", "ctovc.MEMBERS", "ctovc.PAYMENTS", "hsnp.person", "hsnp.hh_payments",
        "cfa.scope_person", "cfa.distribution", "iprs.person",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "table", "cursor"),
    [("nsnp", "Member", "UpdatedAt"), ("nsnp", "PaymentLine", "UpdatedAt"), ("cfa", "scope_person", "modified_at"),
     ("cfa", "distribution", "modified_at"), ("iprs", "person", "updated_at")],
)  # fmt: skip
def test_what_that_change_marks_no_run_has_gone_past(made, source, table, cursor):
    ((last,),) = rows(made, source, f"SELECT max({cursor}) FROM {table}")
    assert last <= MOMENT


def truth(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / "truth" / f"{name}.parquet")


def rows(folder: Path, source: str, query: str) -> list[tuple]:
    with sqlite3.connect(folder / "sources" / f"{source}.db") as con:
        return con.execute(query).fetchall()


def tables_of(folder: Path) -> dict[str, list[tuple]]:
    found = {}
    for database in sorted((folder / "sources").glob("*.db")):
        for (table,) in rows(folder, database.stem, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"):
            found[f"{database.stem}.{table}"] = rows(folder, database.stem, f'SELECT * FROM "{table}"')
    return found


def digest(folder: Path) -> dict[str, str]:
    found = {name: hashlib.sha256(repr(content).encode()).hexdigest() for name, content in tables_of(folder).items()}
    for path in sorted((folder / "sources" / "files").rglob("*.*")):
        found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    for path in sorted((folder / "truth").glob("*.parquet")):
        found[path.name] = hashlib.sha256(pl.read_parquet(path).write_json().encode()).hexdigest()
    return found


def source_payments(folder: Path) -> pl.DataFrame:
    """payment_id, enrolment key, amounts and status of every line, read from the four systems."""
    found = rows(
        folder,
        "nsnp",
        """SELECT 'nsnp:'||PaymentId, 'nsnp:'||EnrolmentId, 0, AmountDue, AmountPaid, lower(PaymentStatus)
        FROM PaymentLine""",
    )
    status = ("scheduled", "paid", "failed", "returned", "unclaimed")
    found += [
        (*r[:5], status[r[5] - 1])
        for r in rows(
            folder, "ctovc", "SELECT 'ctovc:'||PAY_NO, 'ctovc:'||HH_NO, PERIOD, AMOUNT, PAID, STATUS FROM PAYMENTS"
        )
    ]
    for n in range(1, 7):
        found += [
            (*r[:5], {s[0].upper(): s for s in status}[r[5]])
            for r in rows(
                folder,
                "hsnp",
                f"""SELECT 'hsnp:'||hh_id||'/'||year||'/{n}', 'hsnp:'||hh_id, 0, c{n}_due, c{n}_paid, c{n}_status
                FROM hh_payments WHERE c{n}_due IS NOT NULL""",
            )
        ]
    states = {"planned": "scheduled", "transferred": "paid"}
    found += [
        (*r[:5], states.get(r[5], r[5]))
        for r in rows(
            folder,
            "cfa",
            """SELECT 'cfa:'||distribution_ref, 'cfa:'||household_ref, 0, entitlement, transferred, state
            FROM distribution""",
        )
    ]
    return pl.DataFrame(
        [(r[0], r[1], float(r[3]), float(r[4]), r[5]) for r in found],
        orient="row",
        schema=["payment_id", "enrolment_id", "amount_due", "amount_paid", "status"],
    )


def source_records(folder: Path) -> set[str]:
    return set(recheck.written(folder / "sources")["record_id"])


def test_same_seed_same_country(made, tmp_path):
    sample_country.generate(tmp_path, SCALE, 7)
    assert digest(tmp_path) == digest(made)


def test_another_seed_another_country(tmp_path):
    for seed in (1, 2):
        sample_country.generate(tmp_path / str(seed), 0.0003, seed)
    assert not truth(tmp_path / "1", "persons").equals(truth(tmp_path / "2", "persons"))


@pytest.mark.parametrize("scale", [0, -1, 3.5, math.nan, math.inf])
def test_bad_scale_is_refused_before_anything_is_written(scale, tmp_path):
    with pytest.raises(UsageProblem, match="scale"):
        sample_country.generate(tmp_path / "x", scale, 1)
    assert not (tmp_path / "x").exists()


def test_existing_sources_are_not_overwritten(made):
    with pytest.raises(UsageProblem, match="exists already"):
        sample_country.generate(made, SCALE, 7)


def test_a_kill_while_writing_leaves_no_country_and_is_recovered_from(tmp_path, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(country.files, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            sample_country.generate(tmp_path, 0.0005, 1)
    assert {p.name for p in tmp_path.iterdir()} == {country.PARTIAL}
    sample_country.generate(tmp_path, 0.0005, 1)
    assert (tmp_path / "sources" / "iprs.db").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["sources", "truth"]


@pytest.mark.parametrize("cycles", [0, -1, 61, True])
def test_bad_cycles_are_refused(made, cycles):
    with pytest.raises(UsageProblem, match="cycles"):
        sample_country.advance(made, cycles)


def test_advancing_nothing_is_refused(tmp_path):
    with pytest.raises(UsageProblem, match="no sample country"):
        sample_country.advance(tmp_path, 1)


def test_sizes(made):
    enrolments, records = truth(made, "enrolments"), truth(made, "records")
    beneficiaries = enrolments.filter(pl.col("status") != "standby").height
    assert beneficiaries == pytest.approx(883_000 * SCALE, rel=0.02)
    assert rows(made, "iprs", "SELECT count(*) FROM person")[0][0] == pytest.approx(30e6 * SCALE, rel=0.001)
    assert truth(made, "payments").height == pytest.approx(9.4e6 * SCALE, rel=0.08)
    cases = sum(
        rows(made, s, f"SELECT count(*) FROM {t}")[0][0]
        for s, t in (("nsnp", "Complaint"), ("ctovc", "CASES"), ("hsnp", "complaint"), ("cfa", "feedback"))
    )
    assert cases == 100_000 * SCALE
    standby = enrolments.filter(pl.col("status") == "standby")["enrolment_id"].implode()
    persons = records.filter(pl.col("is_beneficiary_record") & ~pl.col("household_key").is_in(standby)).height
    assert persons == pytest.approx(3.7e6 * SCALE, rel=0.06)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("given_misspelt", 0.12),
        ("family_misspelt", 0.12),
        ("name_swapped", 0.04),
        ("birth_year_off", 0.02),
        ("birth_decade", 0.005),
        ("sex_wrong", 0.006),
        ("ward_moved", 0.08),
        ("nickname", 0.004),
        ("birth_day_month", 0.005),
    ],
)
def test_error_rates(made, error, expected):
    records = truth(made, "records")
    rate = records["errors"].list.contains(error).mean()
    assert rate == pytest.approx(expected, rel=0.35, abs=0.003)


def test_error_rates_among_those_who_can_have_the_error(made):
    records = truth(made, "records").join(truth(made, "persons"), on="person_id")
    adult_with_id = records.filter(pl.col("national_id").is_not_null())
    assert adult_with_id["errors"].list.contains("id_missing").mean() == pytest.approx(0.30, abs=0.025)
    old = records.filter(pl.col("birth_date") < dt.date(1965, 1, 1))
    assert old["errors"].list.contains("birth_year_only").mean() == pytest.approx(0.15, abs=0.03)
    children = records.filter(pl.col("birth_date") > dt.date(2009, 1, 1))
    assert children["errors"].list.contains("id_guardian").mean() == pytest.approx(0.03, abs=0.012)
    assert children["errors"].list.contains("id_missing").sum() == 0


def test_persons_in_more_than_one_program(made):
    records = truth(made, "records").filter("is_beneficiary_record")
    per_person = records.group_by("person_id").agg(programs=pl.col("program").n_unique(), enrolments=pl.len())
    assert (per_person["programs"] == 2).mean() == pytest.approx(0.05, abs=0.02)
    assert 0.001 < (per_person["programs"] == 3).mean() < 0.01
    assert ((per_person["enrolments"] > per_person["programs"]).mean()) == pytest.approx(0.012, abs=0.008)


def test_two_in_a_hundred_are_not_in_the_register(made):
    persons = truth(made, "persons")
    assert persons["register_id"].is_null().mean() == pytest.approx(0.02, abs=0.006)
    known = persons["register_id"].drop_nulls()
    assert known.n_unique() == len(known)
    assert set(known.cast(pl.Int64)) <= {r[0] for r in rows(made, "iprs", "SELECT register_id FROM person")}


def test_national_ids_are_unique_and_given_at_eighteen(made):
    persons = truth(made, "persons").filter(pl.col("national_id").is_not_null())
    assert persons["national_id"].is_unique().all()
    assert persons["national_id"].str.contains(r"^[1-9]\d{6,7}$").all()
    assert (persons["birth_date"] <= dt.date(2008, 7, 2)).all()


def test_families_are_plausible(made):
    persons = truth(made, "persons")
    assert persons["birth_date"].max() <= dt.date(2026, 6, 30)
    twins = persons.filter("is_twin")
    assert 0 < twins.height < 0.05 * persons.height
    members = rows(made, "nsnp", "SELECT HhId, Relationship FROM Member")
    heads = (
        pl.DataFrame(members, schema=["hh", "rel"], orient="row").group_by("hh").agg(n=(pl.col("rel") == "Head").sum())
    )
    assert (heads["n"] == 1).all()


@pytest.mark.parametrize("which", ["made", "passed"])
def test_keys_refer_to_rows(which, request):
    folder = request.getfixturevalue(which)
    for source, child, key, parent, parent_key in (
        ("nsnp", "Member", "HhId", "Household", "HhId"),
        ("nsnp", "Enrolment", "HhId", "Household", "HhId"),
        ("nsnp", "Enrolment", "BeneficiaryMemberId", "Member", "MemberId"),
        ("nsnp", "Enrolment", "CaregiverMemberId", "Member", "MemberId"),
        ("nsnp", "PaymentLine", "EnrolmentId", "Enrolment", "EnrolmentId"),
        ("nsnp", "Complaint", "HhId", "Household", "HhId"),
        ("ctovc", "MEMBERS", "HH_NO", "HOUSEHOLDS", "HH_NO"),
        ("ctovc", "PAYMENTS", "HH_NO", "HOUSEHOLDS", "HH_NO"),
        ("hsnp", "person", "hh_id", "household", "hh_id"),
        ("hsnp", "hh_payments", "hh_id", "household", "hh_id"),
        ("cfa", "scope_person", "household_ref", "scope_household", "household_ref"),
        ("cfa", "scope_household", "alternate_ref", "scope_person", "person_ref"),
    ):
        missing = rows(
            folder,
            source,
            f"SELECT count(*) FROM {child} WHERE {key} NOT IN (SELECT {parent_key} FROM {parent})",
        )
        assert missing == [(0,)], f"{source}.{child}.{key}"


@pytest.mark.parametrize("which", ["made", "passed"])
def test_truth_covers_every_record_and_its_beneficiaries(which, request):
    folder = request.getfixturevalue(which)
    records = truth(folder, "records")
    assert records["record_id"].is_unique().all()
    assert set(records["record_id"]) == source_records(folder)
    assert records["person_id"].is_in(truth(folder, "persons")["person_id"].implode()).all()
    active = {
        f"nsnp:{r[0]}"
        for r in rows(folder, "nsnp", "SELECT HhId FROM Enrolment WHERE Status IN ('ACTIVE', 'SUSPENDED', 'EXITED')")
    }
    active |= {f"ctovc:{r[0]}" for r in rows(folder, "ctovc", "SELECT HH_NO FROM HOUSEHOLDS WHERE PROG_STATUS >= 4")}
    active |= {
        f"hsnp:{r[0]}"
        for r in rows(
            folder,
            "hsnp",
            """SELECT hh_id FROM household WHERE status IN ('enrolled', 'suspended', 'exited')
                                                           OR (status = 'registered' AND group_code = 2)""",
        )
    }
    active |= {
        f"cfa:{r[0]}"
        for r in rows(folder, "cfa", "SELECT household_ref FROM scope_household WHERE status <> 'applied'")
    }
    assert set(records.filter("is_beneficiary_record")["household_key"]) == active
    enrolled = truth(folder, "enrolments")
    assert set(enrolled["enrolment_id"].str.replace("nsnp:E", "nsnp:N")) == active


@pytest.mark.parametrize("which", ["made", "passed"])
def test_truth_payments_are_the_lines_of_beneficiary_households(which, request):
    folder = request.getfixturevalue(which)
    enrolled = truth(folder, "enrolments")["enrolment_id"].implode()
    lines = source_payments(folder)
    reach = lines.filter(pl.col("enrolment_id").is_in(enrolled)).sort("payment_id")
    payments = truth(folder, "payments").select(lines.columns).sort("payment_id")
    assert reach.equals(payments)
    beyond = lines.filter(~pl.col("enrolment_id").is_in(enrolled))
    noted = truth(folder, "faults").filter(pl.col("fault") == "paid_not_enrolled")["key"].implode()
    assert beyond["payment_id"].is_in(noted).all()


@pytest.mark.parametrize("which", ["made", "passed"])
def test_recorded_counties_follow_the_crosswalk(which, request):
    folder = request.getfixturevalue(which)
    systems = {name: Source(folder / "sources", name, "") for name in ("nsnp", "ctovc", "hsnp", "cfa")}
    counties = events.recorded_counties(systems)
    for system in systems.values():
        system.close()
    payments = truth(folder, "payments").with_columns(
        household_id=pl.col("enrolment_id").str.replace("nsnp:E", "nsnp:N")
    )
    both = payments.join(counties, on="household_id", how="left")
    assert both["county_code"].null_count() == 0
    assert (both["county_code"] == both["recorded_county_code"]).all()


@pytest.mark.parametrize("which", ["made", "passed"])
def test_expected_verification_follows_from_the_sources(which, request):
    folder = request.getfixturevalue(which)
    found = recheck.verification(folder / "sources", truth(folder, "records"), truth(folder, "persons"))
    assert found.sort("record_id").equals(truth(folder, "verification").sort("record_id"))
    assert set(found["expected_status"]) >= {
        "verified",
        "found_by_match_key",
        "mismatch",
        "id_shared",
        "deceased",
        "not_found",
    }


@pytest.mark.parametrize("which", ["made", "passed"])
def test_faults_follow_from_the_truth(which, request):
    folder = request.getfixturevalue(which)
    tables = {name: truth(folder, name) for name in ("persons", "records", "enrolments", "payments", "faults")}
    as_at = dt.date.fromisoformat(json.loads((folder / "truth" / "state.json").read_text())["as_at"])
    faults = tables["faults"]
    again = recheck.faults(tables, recheck.absentees(folder / "sources"), as_at)
    assert again.equals(faults)
    assert faults["fault"].n_unique() == 24, "every kind of fault is planted"
    known = set(truth(folder, "enrolments")["enrolment_id"]) | set(truth(folder, "records")["record_id"])
    known |= set(truth(folder, "records")["household_key"]) | set(source_payments(folder)["payment_id"])
    strange = pl.col("fault") == "paid_not_on_payroll"
    assert set(faults.filter(~strange)["key"]) <= known
    assert not set(faults.filter(strange)["key"]) & known


def test_prohibited_overlaps_are_never_the_allowed_ones(made):
    faults = truth(made, "faults").filter(pl.col("fault") == "prohibited_overlap")
    assert not faults["source"].is_in(["hsnp", "cfa"]).any()


def test_wards_map_through_the_seed_but_for_a_few(made):
    crosswalk = seeds.crosswalk()
    assert crosswalk.select("area_system", "key_1", "key_2", "key_3").is_unique().all()
    fine = {
        r[:3] for r in crosswalk.filter(pl.col("area_system") == "ctovc").select("key_1", "key_2", "key_3").iter_rows()
    }
    typed = rows(
        made, "ctovc", "SELECT lower(trim(DISTRICT)), lower(trim(DIVISION)), lower(trim(LOCATION)) FROM HOUSEHOLDS"
    )
    unmapped = [r for r in typed if r not in fine]
    assert len(unmapped) < 0.015 * len(typed)
    assert all((r[0], r[1], None) in fine for r in unmapped)


def test_committed_seeds_are_current(tmp_path):
    seeds.write(tmp_path)
    for path in tmp_path.glob("*.csv"):
        assert path.read_text() == (seeds.FOLDER / path.name).read_text(), (
            f"run python -m sample_country.seeds ({path.name})"
        )


def test_arrears_are_paid_by_the_next_line(made):
    lines = truth(made, "payments").sort("enrolment_id", "period_start")
    scheduled = lines.filter((pl.col("status") == "scheduled") & (pl.col("period_start") < dt.date(2026, 3, 1)))
    unpaid = truth(made, "faults").filter(pl.col("fault") == "in_arrears")["key"].implode()
    scheduled = scheduled.filter(~pl.col("payment_id").is_in(unpaid))
    following = lines.with_columns(
        nxt=pl.col("amount_paid").shift(-1).over("enrolment_id"), due2=pl.col("amount_due") * 2
    )
    settled = following.join(scheduled.select("payment_id"), on="payment_id")
    assert settled.height > 0
    assert (settled["nxt"] == settled["due2"]).all()


def test_advance_moves_the_date_and_adds_two_cycles(made, passed):
    assert "reporting_date: 2026-10-31  # moved" in (passed / "registry.yml").read_text()
    before, after = truth(made, "payments"), truth(passed, "payments")
    new = after.join(before, on="payment_id", how="anti")
    assert set(new["period_start"]) == {dt.date(2026, 7, 1), dt.date(2026, 9, 1), dt.date(2026, 10, 1)}
    assert before["payment_id"].is_in(after["payment_id"].implode()).all()
    deaths = truth(passed, "persons")["death_date"].max()
    assert dt.date(2026, 6, 30) < deaths <= dt.date(2026, 10, 31)
    assert truth(passed, "persons").height > truth(made, "persons").height


@pytest.mark.parametrize(
    ("source", "table", "cursor", "keys"),
    [
        ("nsnp", "Household", "UpdatedAt", 1),
        ("nsnp", "Member", "UpdatedAt", 1),
        ("nsnp", "Enrolment", "UpdatedAt", 1),
        ("nsnp", "PaymentLine", "UpdatedAt", 1),
        ("nsnp", "Complaint", "UpdatedAt", 1),
        ("ctovc", "HOUSEHOLDS", "ROWVER", 1),
        ("ctovc", "MEMBERS", "ROWVER", 2),
        ("ctovc", "PAYMENTS", "ROWVER", 1),
        ("ctovc", "CASES", "ROWVER", 1),
        ("cfa", "scope_household", "modified_at", 1),
        ("cfa", "scope_person", "modified_at", 1),
        ("cfa", "distribution", "modified_at", 1),
        ("iprs", "person", "updated_at", 1),
    ],
)
def test_cursors_rise_on_changed_rows_only(made, passed, source, table, cursor, keys):
    columns = [r[1] for r in rows(made, source, f'PRAGMA table_info("{table}")')]
    at = columns.index(cursor)
    before = {r[:keys]: r for r in rows(made, source, f'SELECT * FROM "{table}"')}
    after = {r[:keys]: r for r in rows(passed, source, f'SELECT * FROM "{table}"')}
    highest = max(r[at] for r in before.values())
    changed = [k for k in after if after[k] != before.get(k)]
    assert changed, "something happens in every table"
    assert all(after[k][at] > highest for k in changed)
    assert len(changed) < len(after) * 0.5


def test_a_few_rows_are_deleted_for_real(made, passed):
    before, after = tables_of(made), tables_of(passed)
    gone = {t: {r[0] for r in before[t]} - {r[0] for r in after[t]} for t in before}
    assert all(gone[table] for table in ("nsnp.Complaint", "nsnp.Member", "ctovc.HOUSEHOLDS"))
    assert all(len(keys) <= max(8, 0.05 * len(before[table])) for table, keys in gone.items())
    assert not gone["nsnp.PaymentLine"] | gone["iprs.person"]


def test_advance_is_the_same_in_one_step_or_two(made, passed, tmp_path):
    for part in ("sources", "truth"):
        shutil.copytree(made / part, tmp_path / part)
    sample_country.advance(tmp_path, 1)
    sample_country.advance(tmp_path, 1)
    assert digest(tmp_path) == digest(passed)


def test_a_kill_while_swapping_in_is_finished_later(passed, tmp_path, monkeypatch):
    for part in ("sources", "truth"):
        shutil.copytree(passed / part, tmp_path / part)
    with monkeypatch.context() as patched:
        patched.setattr(passing, "finish", lambda _: None)
        sample_country.advance(tmp_path, 1)
    assert truth(tmp_path, "payments").height == truth(passed, "payments").height
    passing.finish(tmp_path)
    assert truth(tmp_path, "payments").height > truth(passed, "payments").height
    assert sorted(p.name for p in tmp_path.iterdir()) == ["sources", "truth"]
