"""What happens in a cycle: each function is one kind of event, applied to the sources and to the truth alike."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from sample_country import areas, names, seeds
from sample_country.calendar import NEVER, day
from sample_country.grievances import ACTIONS, REASONS
from sample_country.payments import AMOUNT, PAID, STATUS_NAMES, UNCLAIMED, cycles_of, outcomes
from sample_country.population import certificates_of, deaths, ids_of
from sample_country.settings import CFA, PROGRAMS
from sample_country.source_update import Source


@dataclass
class Moment:
    """One cycle: the open sources, the truth's tables (replaced as they change), and the days it spans."""

    sources: dict[str, Source]
    truth: dict[str, pl.DataFrame]
    state: dict
    rng: np.random.Generator
    start: dt.date
    end: dt.date
    scale: float

    def some(self, table: pl.DataFrame, share: float, at_least: int = 1) -> pl.DataFrame:
        """A random part of a table's rows, in their order."""
        count = min(table.height, max(at_least, round(table.height * share)))
        return table[np.sort(self.rng.permutation(table.height)[:count])]

    def days(self, count: int) -> list[dt.date]:
        """Random days of the cycle, not its last five."""
        span = (self.end - self.start).days - 5
        return [self.start + dt.timedelta(int(d)) for d in self.rng.integers(0, span, count)]

    def replace(self, table: str, key: str, changes: pl.DataFrame) -> None:
        """Write changed values over the truth's rows with the same key; a null overwrites too."""
        self.truth[table] = self.truth[table].update(
            changes, on=key, how="left", include_nulls=True, maintain_order="left"
        )

    def add(self, table: str, rows: pl.DataFrame) -> None:
        """Add rows to the truth."""
        whole = self.truth[table]
        self.truth[table] = pl.concat([whole, rows.select(pl.col(n).cast(t) for n, t in whole.schema.items())])

    @cached_property
    def counties(self) -> pl.DataFrame:
        """county_code of every household_id, as its system's area says."""
        return recorded_counties(self.sources)


def recorded_counties(sources: dict[str, Source]) -> pl.DataFrame:
    """household_id and county_code: what the crosswalk makes of the coarsest key that each system holds."""
    crosswalk = (
        seeds.crosswalk()
        .filter(pl.col("key_2").is_null())
        .select("area_system", "key_1", county_code=pl.col("area_code").str.slice(0, 5))
    )
    queries = {
        "nsnp": "SELECT 'nsnp:' || HhId AS household_id, CAST(CountyCode AS TEXT) AS key_1 FROM Household",
        "ctovc": "SELECT 'ctovc:' || HH_NO AS household_id, lower(trim(DISTRICT)) AS key_1 FROM HOUSEHOLDS",
        "hsnp": "SELECT 'hsnp:' || hh_id AS household_id, lower(trim(county)) AS key_1 FROM household",
        "cfa": "SELECT 'cfa:' || household_ref AS household_id, lower(substr(pcode, 1, 5)) AS key_1 FROM scope_household",
    }
    read = pl.concat(
        [sources[name].read(query).with_columns(area_system=pl.lit(name)) for name, query in queries.items()]
    )
    return read.join(crosswalk, on=["area_system", "key_1"], how="left", maintain_order="left").select(
        "household_id", "county_code"
    )


def _own(identifiers: pl.Series) -> list[str]:
    """The source's own key: what follows the first colon."""
    return identifiers.str.splitn(":", 2).struct.field("field_1").to_list()


def _from(table: pl.DataFrame, column: str, source: str) -> pl.DataFrame:
    return table.filter(pl.col(column).str.starts_with(f"{source}:"))


def _dmy(dates: list[dt.date]) -> list[str]:
    return [f"{d:%d/%m/%Y}" for d in dates]


# -- people ----------------------------------------------------------------------------------------------------------


def people_die(m: Moment) -> None:
    """Deaths; the register learns of most, and most programs that pay the person close the enrolment."""
    persons = m.truth["persons"]
    birth = persons["birth_date"].cast(pl.Int32).to_numpy()
    on = deaths(m.rng, birth, day(m.end), (m.end - m.start).days / 365.25)
    on = np.where(persons["death_date"].is_null().to_numpy(), on, NEVER)
    rows = np.flatnonzero(on != NEVER)
    dead = persons[rows].with_columns(death_date=pl.Series(on[rows].astype(np.int32)).cast(pl.Date))
    m.replace("persons", "person_id", dead.select("person_id", "death_date"))
    told = dead.filter(pl.col("register_id").is_not_null() & (pl.Series(m.rng.random(dead.height)) > 0.15))
    m.sources["iprs"].update(
        "person",
        ["register_id"],
        [(int(i),) for i in told["register_id"]],
        {"is_deceased": [1] * told.height, "date_of_death": [d.isoformat() for d in told["death_date"]]},
    )
    paid = m.truth["enrolments"].filter(
        pl.col("status").is_in(["active", "suspended"]) & pl.col("enrolment_id").str.starts_with("nsnp:")
    )
    paid = paid.join(dead.select("person_id", "death_date"), on="person_id", maintain_order="left")
    paid = paid.filter(pl.Series(m.rng.random(paid.height)) > 0.2)
    close(m, paid["enrolment_id"], [min(d + dt.timedelta(9), m.end) for d in paid["death_date"]], "DIED")


def children_are_born(m: Moment) -> None:
    """Births in households on a program: a new member there, and mostly an entry in the register."""
    records, words = m.truth["records"], names.load()
    persons = m.truth["persons"]
    mothers = records.join(
        persons.filter(
            (pl.col("sex") == "F")
            & pl.col("death_date").is_null()
            & pl.col("birth_date").is_between(m.end - dt.timedelta(40 * 365), m.end - dt.timedelta(18 * 365))
        ),
        on="person_id",
        maintain_order="left",
    ).unique("person_id", keep="first", maintain_order=True)
    mothers = m.some(mothers.filter("is_beneficiary_record"), 0.012)
    count = mothers.height
    number = m.state["person_numbers_used"] + np.arange(count)
    m.state["person_numbers_used"] += count
    female = m.rng.random(count) < 0.5
    given = words.text(words.given(m.rng, np.full(count, len(words.patronymic) - 1), female))
    born = m.days(count)
    iprs = m.sources["iprs"]
    first = iprs.con.execute("SELECT max(register_id) FROM person").fetchone()[0] + 1
    listed = m.rng.random(count) < 0.9
    register_id = (
        pl.Series(np.where(listed, first + np.cumsum(listed) - 1, 0)).cast(pl.String).set(pl.Series(~listed), None)
    )
    child = pl.DataFrame(
        {
            "person_id": "T" + pl.Series(number).cast(pl.String).str.zfill(8),
            "given_name": pl.Series(given, dtype=pl.String),
            "middle_name": pl.Series([None] * count, dtype=pl.String),
            "family_name": mothers["family_name"],
            "birth_date": born,
            "sex": pl.Series(np.where(female, "F", "M")),
            "national_id": pl.Series([None] * count, dtype=pl.String),
            "birth_certificate_no": pl.Series(certificates_of(number)).cast(pl.String),
            "household_id": mothers["household_id"],
            "county_code": mothers["county_code"],
            "ward_code": mothers["ward_code"],
            "death_date": pl.Series([None] * count, dtype=pl.Date),
            "emigrated_date": pl.Series([None] * count, dtype=pl.Date),
            "register_id": register_id,
            "is_twin": pl.Series([False] * count),
        }
    )
    m.add("persons", child)
    entered = child.with_columns(mother=mothers["given_name"] + " " + mothers["family_name"]).filter(
        pl.col("register_id").is_not_null()
    )
    iprs.insert(
        "person",
        entered.select(
            pl.col("register_id").cast(pl.Int64),
            n=None,
            a="given_name",
            b=None,
            c="family_name",
            sex="sex",
            d=pl.col("birth_date").cast(pl.String),
            mother="mother",
            county=pl.col("county_code").str.slice(2).cast(pl.Int64),
            ward="ward_code",
            e=0,
            f=None,
            g=None,
        ),
    )
    _write_members(
        m,
        child.with_columns(
            program=mothers["program"], household_key=mothers["household_key"], source=mothers["source"]
        ),
    )


def _write_members(m: Moment, child: pl.DataFrame) -> None:
    """New members, written down without errors, in their source's table and in truth.records."""
    birth = pl.col("birth_date").dt.strftime
    own = pl.col("household_key").str.splitn(":", 2).struct.field("field_1")
    middle_less = pl.concat_str("given_name", "family_name", separator=" ")
    keyed = []
    for source, part in child.group_by("source", maintain_order=True):
        name = source[0]
        known = _from(m.truth["records"], "record_id", name)["record_id"]
        if name == "ctovc":
            line = known.str.splitn("/", 2).struct.field("field_1").cast(pl.Int64)
            highest = (
                pl.DataFrame({"household_key": known.str.splitn("/", 2).struct.field("field_0"), "line": line})
                .group_by("household_key")
                .agg(pl.col("line").max())
            )
            part = part.join(highest, on="household_key", how="left", maintain_order="left").with_columns(
                line=pl.col("line") + 1 + pl.int_range(pl.len()).over("household_key")
            )
            m.sources[name].insert(
                "MEMBERS",
                part.select(
                    own,
                    "line",
                    pl.col("family_name").str.to_uppercase(),
                    a=pl.col("given_name").str.to_uppercase(),
                    b=pl.when(pl.col("sex") == "F").then(pl.lit("Female")).otherwise(pl.lit("Male")),
                    c=birth("%d/%m/%Y"),
                    d=None,
                    e="birth_certificate_no",
                    f=3,
                    g=0,
                    h=pl.lit("N"),
                    i=None,
                    j=pl.lit("N"),
                    k=pl.lit("N"),
                    l=None,
                    m=None,
                ),
            )
            identifier = pl.concat_str("household_key", pl.lit("/"), pl.col("line").cast(pl.String))
        else:
            number = int(known.str.extract(r"(\d+)$").cast(pl.Int64).max()) + 1 + np.arange(part.height)
            text = pl.Series(number).cast(pl.String)
            key = text if name == "hsnp" else ("M" if name == "nsnp" else "CP-") + text.str.zfill(8)
            part = part.with_columns(key=key)
            if name == "nsnp":
                m.sources[name].insert(
                    "Member",
                    part.select(
                        "key",
                        own,
                        "given_name",
                        a=None,
                        b="family_name",
                        c="sex",
                        d=birth("%Y-%m-%d"),
                        e=None,
                        f="birth_certificate_no",
                        g=pl.lit("Child"),
                        h=None,
                        i=0,
                        j=0,
                        k=pl.lit("None"),
                        l=0,
                        m=None,
                        n=None,
                        o=None,
                    ),
                )
            elif name == "hsnp":
                highest = m.sources[name].read(
                    "SELECT 'hsnp:' || hh_id AS household_key, max(line_no) AS line FROM person GROUP BY 1"
                )
                part = part.join(highest, on="household_key", how="left", maintain_order="left").with_columns(
                    line=pl.col("line") + 1 + pl.int_range(pl.len()).over("household_key")
                )
                m.sources[name].insert(
                    "person",
                    part.select(
                        "key",
                        own,
                        a="line",
                        b=middle_less,
                        c=pl.when(pl.col("sex") == "F").then(2).otherwise(1),
                        d=birth("%Y-%m-%d"),
                        e=None,
                        f=pl.lit("SON/DAUGHTER"),
                        g=0,
                        h=0,
                        i=0,
                        j=0,
                        k=None,
                    ),
                )
            else:
                m.sources[name].insert(
                    "scope_person",
                    part.select(
                        "key",
                        own,
                        "given_name",
                        a=None,
                        b="family_name",
                        c=pl.when(pl.col("sex") == "F").then(pl.lit("female")).otherwise(pl.lit("male")),
                        d=birth("%Y-%m-%dT00:00:00"),
                        e="birth_certificate_no",
                        f=pl.lit("BIRTH_CERT"),
                        g=pl.lit("child"),
                        h=pl.lit("false"),
                        i=pl.lit("false"),
                        j=pl.lit("no"),
                        k=pl.lit("false"),
                        l=None,
                    ),
                )
            identifier = pl.lit(f"{name}:") + pl.col("key")
        keyed.append(
            part.select(
                record_id=identifier,
                person_id="person_id",
                source="source",
                program="program",
                household_key="household_key",
                is_beneficiary_record=pl.lit(True),
                errors=pl.lit([], pl.List(pl.String)),
            )
        )
    m.add("records", pl.concat(keyed))


def youths_come_of_age(m: Moment) -> None:
    """Those who turned 18 receive an ID; the register has it, the programs not yet."""
    persons = m.truth["persons"].with_row_index("row")
    turned = persons.filter(
        pl.col("birth_date").is_between(_years_before(m.start, 18), _years_before(m.end, 18))
        & pl.col("national_id").is_null()
        & pl.col("register_id").is_not_null()
        & pl.col("death_date").is_null()
    )
    number = turned["person_id"].str.slice(1).cast(pl.Int64).to_numpy()
    turned = turned.with_columns(national_id=pl.Series(ids_of(number)).cast(pl.String))
    m.replace("persons", "person_id", turned.select("person_id", "national_id"))
    m.sources["iprs"].update(
        "person", ["register_id"], [(int(i),) for i in turned["register_id"]], {"id_number": turned["national_id"]}
    )


def _years_before(date: dt.date, years: int) -> dt.date:
    return date - dt.timedelta(round(years * 365.25))


# -- corrections and moves -------------------------------------------------------------------------------------------

_GIVEN = {"nsnp": ("Member", "FirstName"), "cfa": ("scope_person", "given_name")}
_ID = {
    "nsnp": ("Member", ["MemberId"], "NationalId"),
    "ctovc": ("MEMBERS", ["HH_NO", "MEMBER_NO"], "ID_NO"),
    "hsnp": ("person", ["person_id"], "id_number"),
}


def clerks_correct(m: Moment) -> None:
    """Misspelt given names are put right, and missing IDs filled in."""
    records = m.truth["records"].join(
        m.truth["persons"].select("person_id", "given_name", "national_id"),
        on="person_id",
        how="left",
        maintain_order="left",
    )
    has = pl.col("errors").list.contains
    misspelt = m.some(
        records.filter(
            has("given_misspelt") & ~has("name_swapped") & ~has("nickname") & pl.col("source").is_in(list(_GIVEN))
        ),
        0.02,
    )
    for source, (table, column) in _GIVEN.items():
        part = _from(misspelt, "record_id", source)
        key = "MemberId" if source == "nsnp" else "person_ref"
        m.sources[source].update(table, [key], [(k,) for k in _own(part["record_id"])], {column: part["given_name"]})
    _forget(m, misspelt, "given_misspelt")
    used = (
        pl.concat(
            [
                pl.DataFrame({"id": s.read(q).to_series().cast(pl.String)})
                for s, q in (
                    (m.sources["nsnp"], "SELECT NationalId FROM Member"),
                    (m.sources["ctovc"], "SELECT ID_NO FROM MEMBERS"),
                    (m.sources["hsnp"], "SELECT id_number FROM person"),
                    (m.sources["cfa"], "SELECT id_document FROM scope_person"),
                )
            ]
        )["id"]
        .drop_nulls()
        .implode()
    )
    missing = records.filter(
        has("id_missing")
        & pl.col("national_id").is_not_null()
        & ~pl.col("national_id").is_in(used)
        & pl.col("source").is_in(list(_ID))
    )
    found = m.some(missing.unique("person_id", keep="first", maintain_order=True), 0.02)
    for source, (table, key, column) in _ID.items():
        part = _from(found, "record_id", source)
        keys = [tuple(k.split("/")) for k in _own(part["record_id"])]
        m.sources[source].update(table, key, keys, {column: part["national_id"]})
    _forget(m, found, "id_missing")


def _forget(m: Moment, records: pl.DataFrame, error: str) -> None:
    changed = records.select("record_id", errors=pl.col("errors").list.set_difference(pl.lit([error])))
    # Plain join: update() compares list columns poorly.
    truth = m.truth["records"].join(
        changed.rename({"errors": "new"}), on="record_id", how="left", maintain_order="left"
    )
    m.truth["records"] = truth.with_columns(errors=pl.coalesce("new", "errors")).drop("new")


def households_move(m: Moment) -> None:
    """Some nsnp households move to another village and telephone; ctovc and cfa households change telephones."""
    for source, table, key, sets in (
        ("nsnp", "Household", "HhId", ("Village", "Phone")),
        ("ctovc", "HOUSEHOLDS", "HH_NO", ("VILLAGE", "PHONE")),
        ("hsnp", "household", "hh_id", ("village", "phone")),
        ("cfa", "scope_household", "household_ref", ("village", "msisdn")),
    ):
        moved = m.some(m.sources[source].read(f"SELECT {key} AS k FROM {table} ORDER BY {key}"), 0.004)
        village = [f"{names.load().words[i]} Village" for i in m.rng.integers(0, 900, moved.height)]
        phone = [f"07{i:08d}" for i in m.rng.integers(10_000_000, 99_999_999, moved.height)]
        m.sources[source].update(
            table, [key], [(k,) for k in moved["k"]], dict(zip(sets, (village, phone), strict=True))
        )
    # The register hears of moves between wards of a county.
    persons = m.some(m.truth["persons"].filter(pl.col("register_id").is_not_null()), 0.001)
    wards = areas.load().wards.select("code", "county_code")
    pick = pl.Series(m.rng.integers(0, 10**6, persons.height))
    new = persons.with_columns(pick=pick).join(
        wards.group_by("county_code", maintain_order=True).agg("code"),
        on="county_code",
        how="left",
        maintain_order="left",
    )
    new = new.with_columns(ward_code=pl.col("code").list.get(pl.col("pick") % pl.col("code").list.len()))
    m.replace("persons", "person_id", new.select("person_id", "ward_code"))
    m.sources["iprs"].update(
        "person", ["register_id"], [(int(i),) for i in new["register_id"]], {"ward_code": new["ward_code"]}
    )


# -- enrolments ------------------------------------------------------------------------------------------------------


def close(m: Moment, enrolment_ids: pl.Series, on: list[dt.date], reason: str) -> None:
    """Exits, in each system's words."""
    table = pl.DataFrame({"enrolment_id": enrolment_ids, "exit_date": pl.Series(on, dtype=pl.Date)})
    for source, target, key, status, date, why in (
        ("nsnp", "Enrolment", "EnrolmentId", ("Status", "EXITED"), "ExitedOn", "ExitReason"),
        ("ctovc", "HOUSEHOLDS", "HH_NO", ("PROG_STATUS", 6), "EXIT_DATE", "EXIT_REASON"),
        ("hsnp", "household", "hh_id", ("status", "exited"), "exit_date", "exit_reason"),
        ("cfa", "scope_household", "household_ref", ("status", "closed"), "closed_at", "close_reason"),
    ):
        part = _from(table, "enrolment_id", source)
        form = {"ctovc": "%d/%m/%Y", "cfa": "%Y-%m-%dT16:00:00"}.get(source, "%Y-%m-%d")
        m.sources[source].update(
            target,
            [key],
            [(k,) for k in _own(part["enrolment_id"])],
            {
                status[0]: [status[1]] * part.height,
                date: part["exit_date"].dt.strftime(form),
                why: [reason if source in ("nsnp", "ctovc") else reason.lower()] * part.height,
            },
        )
    m.replace("enrolments", "enrolment_id", table.with_columns(status=pl.lit("exited")))


def households_leave(m: Moment) -> None:
    """Exits for other reasons than death."""
    active = m.truth["enrolments"].filter((pl.col("status") == "active") & (pl.col("enrolled_date") < m.start))
    leaving = m.some(active, 0.006)
    close(m, leaving["enrolment_id"], m.days(leaving.height), "NO LONGER ELIGIBLE")


def households_enrol(m: Moment) -> None:
    """Some who waited are enrolled and reach the registry; their account is opened."""
    specification = {
        "nsnp": (
            "SELECT EnrolmentId AS key, HhId AS hh, BeneficiaryMemberId AS who FROM Enrolment WHERE Status = 'WAITING' ORDER BY 1",
            "Enrolment",
            "EnrolmentId",
            {"Status": "ACTIVE"},
            "EnrolledOn",
            "AccountNo",
            "%Y-%m-%d",
        ),
        "ctovc": (
            "SELECT HH_NO AS key, HH_NO AS hh, HH_NO || '/' || coalesce(CAREGIVER_NO, 1) AS who FROM HOUSEHOLDS WHERE PROG_STATUS = 3 ORDER BY 1",
            "HOUSEHOLDS",
            "HH_NO",
            {"PROG_STATUS": 4},
            "ENROL_DATE",
            "ACCOUNT_NO",
            "%d/%m/%Y",
        ),
        "hsnp": (
            """SELECT h.hh_id AS key, h.hh_id AS hh, p.person_id AS who FROM household h
                    JOIN person p ON p.hh_id = h.hh_id AND p.line_no = coalesce(h.recipient_line, 1)
                    WHERE h.status = 'registered' AND h.group_code = 1 ORDER BY 1""",
            "household",
            "hh_id",
            {"status": "enrolled"},
            "enrol_date",
            "account_no",
            "%Y-%m-%d",
        ),
        "cfa": (
            """SELECT h.household_ref AS key, h.household_ref AS hh, coalesce(h.alternate_ref, min(p.person_ref)) AS who
                   FROM scope_household h JOIN scope_person p USING (household_ref)
                   WHERE h.status = 'applied' AND (h.alternate_ref IS NOT NULL OR p.relation = 'head') GROUP BY 1 ORDER BY 1""",
            "scope_household",
            "household_ref",
            {"status": "active"},
            "registered_at",
            "wallet_no",
            "%Y-%m-%dT10:00:00",
        ),
    }
    for source, (query, table, key, fixed, date, account, form) in specification.items():
        waiting = m.sources[source].read(query)
        if not waiting.height:
            continue
        new = m.some(waiting, 0.06)
        on = m.days(new.height)
        m.sources[source].update(
            table,
            [key],
            [(k,) for k in new["key"]],
            {
                **{c: [v] * new.height for c, v in fixed.items()},
                date: [d.strftime(form) for d in on],
                account: [str(a) for a in m.rng.integers(1_000_000_000, 9_999_999_999, new.height)],
            },
        )
        new = new.with_columns(
            pl.format(f"{source}:{{}}", "key").alias("enrolment_id"),
            pl.format(f"{source}:{{}}", "hh").alias("household_key"),
            pl.format(f"{source}:{{}}", "who").alias("record_id"),
            on=pl.Series(on, dtype=pl.Date),
        )
        who = new.join(
            m.truth["records"].select("record_id", "person_id", "program"),
            on="record_id",
            how="left",
            maintain_order="left",
        ).join(
            m.truth["persons"].select("person_id", "household_id"), on="person_id", how="left", maintain_order="left"
        )
        m.add(
            "enrolments",
            who.select(
                "enrolment_id",
                "program",
                "person_id",
                true_household_id="household_id",
                status=pl.lit("active"),
                enrolled_date="on",
                exit_date=pl.lit(None, pl.Date),
            ),
        )
        reached = pl.col("household_key").is_in(new["household_key"].implode())
        m.truth["records"] = m.truth["records"].with_columns(
            is_beneficiary_record=pl.col("is_beneficiary_record") | reached
        )


# -- payments --------------------------------------------------------------------------------------------------------


def late_payments_arrive(m: Moment) -> None:
    """Lines of the cycle before that were still scheduled are mostly paid now."""
    before = m.truth["payments"]
    recent = (
        (pl.col("status") == "scheduled")
        & (pl.col("period_end") >= m.start - dt.timedelta(1))
        & ~pl.col("payment_id").str.starts_with("hsnp:")
    )
    arrived = m.some(before.filter(recent), 0.8, at_least=0)
    on = m.days(arrived.height)
    arrived = arrived.with_columns(amount_paid="amount_due", status=pl.lit("paid"), on=pl.Series(on, dtype=pl.Date))
    for source, table, key, columns in (
        ("nsnp", "PaymentLine", "PaymentId", ("AmountPaid", "PaymentStatus", "PAID", "PaidOn", "%Y-%m-%d")),
        ("ctovc", "PAYMENTS", "PAY_NO", ("PAID", "STATUS", 2, "PAY_DATE", "%d/%m/%Y")),
        (
            "cfa",
            "distribution",
            "distribution_ref",
            ("transferred", "state", "transferred", "transferred_at", "%Y-%m-%dT12:00:00"),
        ),
    ):
        part = _from(arrived, "payment_id", source)
        m.sources[source].update(
            table,
            [key],
            [(k,) for k in _own(part["payment_id"])],
            {
                columns[0]: part["amount_paid"],
                columns[1]: [columns[2]] * part.height,
                columns[3]: part["on"].dt.strftime(columns[4]),
            },
        )
    m.replace("payments", "payment_id", arrived.select("payment_id", "amount_paid", "status"))


def programs_pay(m: Moment) -> None:
    """The cycle's own lines, with a few new faults among them."""
    enrolments = m.truth["enrolments"]
    reappear = (
        (pl.col("status") == "exited")
        & (pl.col("exit_date") < m.start - dt.timedelta(60))
        & (pl.col("exit_date") > m.start - dt.timedelta(150))
    )
    back = enrolments.filter(reappear)
    back = back.filter(pl.Series(m.rng.random(back.height)) < 0.03)
    served = pl.concat([enrolments.filter((pl.col("status") == "active") & (pl.col("enrolled_date") <= m.start)), back])
    household = served["enrolment_id"].str.replace("nsnp:E", "nsnp:N", literal=True)
    served = served.with_columns(household_id=household).join(
        m.counties, on="household_id", how="left", maintain_order="left"
    )
    never = m.truth["faults"].filter(pl.col("fault") == "never_collected")["key"].implode()
    for program, name in enumerate(PROGRAMS):
        cycles = cycles_of(program, m.start, m.end)
        for place, cycle in enumerate(cycles):
            part = served.filter(pl.col("program") == name)
            if not part.height:
                continue
            part = part.filter(pl.Series(m.rng.random(part.height)) > 0.002)  # enrolled, but left off the payroll
            count = part.height
            status = outcomes(m.rng, count, np.full(count, place == len(cycles) - 1))
            # Those who never came for their money do not come now.
            status[part["enrolment_id"].is_in(never).to_numpy()] = UNCLAIMED
            due = np.full(count, float(AMOUNT[program]))
            paid = np.where(status == PAID, due, 0.0)
            drawn = m.rng.random(count)
            above, short = (drawn < 0.0002) & (status == PAID), (drawn > 0.9996) & (status == PAID)
            paid = np.where(above, due * 2, np.where(short, due - 200, paid))
            on = np.minimum(
                cycle.end + (m.rng.integers(8, 27, count) if program == CFA else m.rng.integers(-30, 0, count)),
                day(m.end),
            )
            lines = part.select(
                "enrolment_id", "program", "person_id", "household_id", recorded_county_code="county_code"
            ).with_columns(
                period_start=pl.Series(np.full(count, cycle.start, np.int32)).cast(pl.Date),
                period_end=pl.Series(np.full(count, cycle.end, np.int32)).cast(pl.Date),
                amount_due=pl.Series(due),
                amount_paid=pl.Series(paid),
                code=pl.Series(status.astype(np.int64)),
                status=pl.Series(np.array(STATUS_NAMES, dtype=object)[status], dtype=pl.String),
                on=pl.Series(np.where(status == PAID, on, 0).astype(np.int32))
                .cast(pl.Date)
                .set(pl.Series(status != PAID), None),
            )
            lines = _WRITE_LINES[program](m, lines, cycle)
            m.add("payments", lines)
            for fault, rows in (("paid_above_value", above), ("totals_differ", short)):
                hit = lines.filter(pl.Series(rows))
                m.add(
                    "faults",
                    hit.select(
                        fault=pl.lit(fault),
                        source=pl.col("payment_id").str.split(":").list.first(),
                        key="payment_id",
                        detail=(pl.col("amount_paid") - pl.col("amount_due")).abs().cast(pl.Int64).cast(pl.String)
                        + (" above" if fault == "paid_above_value" else " short"),
                    ),
                )


def _next_keys(m: Moment, source: str, table: str, key: str, prefix: str, count: int) -> pl.Series:
    last = m.sources[source].con.execute(f"SELECT max({key}) FROM {table}").fetchone()[0] or f"{prefix}0"
    first = int(last.removeprefix(prefix)) + 1
    return prefix + pl.Series(first + np.arange(count)).cast(pl.String).str.zfill(9)


def _nsnp_lines(m: Moment, lines: pl.DataFrame, cycle) -> pl.DataFrame:
    account = m.sources["nsnp"].read(
        "SELECT 'nsnp:' || EnrolmentId AS enrolment_id, AccountNo AS account FROM Enrolment"
    )
    lines = lines.with_columns(key=_next_keys(m, "nsnp", "PaymentLine", "PaymentId", "P", lines.height)).join(
        account, on="enrolment_id", how="left", maintain_order="left"
    )
    m.sources["nsnp"].insert(
        "PaymentLine",
        lines.select(
            "key",
            a=pl.col("enrolment_id").str.slice(5),
            b=pl.lit(f"{cycle.year}-C{cycle.number}"),
            c=pl.col("period_start").cast(pl.String),
            d=pl.col("period_end").cast(pl.String),
            e="amount_due",
            f="amount_paid",
            g=pl.col("status").str.to_uppercase(),
            h=pl.col("on").cast(pl.String),
            i="account",
        ),
    )
    return lines.with_columns(payment_id="nsnp:" + pl.col("key"))


def _ctovc_lines(m: Moment, lines: pl.DataFrame, cycle) -> pl.DataFrame:
    lines = lines.with_columns(key=_next_keys(m, "ctovc", "PAYMENTS", "PAY_NO", "PV", lines.height))
    number = ((cycle.year - 2024) * 12 + cycle.number * 2 - 1 - 9) // 2 + 1
    m.sources["ctovc"].insert(
        "PAYMENTS",
        lines.select(
            "key",
            a=pl.col("enrolment_id").str.slice(6),
            b=pl.lit(number),
            c=pl.lit(cycle.months_text),
            d="amount_due",
            e="amount_paid",
            f=pl.col("code") + 1,
            g=pl.col("on").dt.strftime("%d/%m/%Y"),
        ),
    )
    return lines.with_columns(payment_id="ctovc:" + pl.col("key"))


def _hsnp_lines(m: Moment, lines: pl.DataFrame, cycle) -> pl.DataFrame:
    own, n = _own(lines["enrolment_id"]), cycle.number
    con = m.sources["hsnp"].con
    con.executemany("INSERT OR IGNORE INTO hh_payments (hh_id, year) VALUES (?, ?)", [(k, cycle.year) for k in own])
    m.sources["hsnp"].update(
        "hh_payments",
        ["hh_id", "year"],
        [(k, cycle.year) for k in own],
        {
            f"c{n}_due": lines["amount_due"],
            f"c{n}_paid": lines["amount_paid"],
            f"c{n}_status": [s[0].upper() for s in lines["status"]],
            f"c{n}_date": lines["on"].cast(pl.String),
        },
    )
    return lines.with_columns(payment_id=pl.col("enrolment_id") + f"/{cycle.year}/{n}")


def _cfa_lines(m: Moment, lines: pl.DataFrame, cycle) -> pl.DataFrame:
    lines = lines.with_columns(key=_next_keys(m, "cfa", "distribution", "distribution_ref", "CD-", lines.height))
    states = pl.Series(["planned", "transferred", "failed", "returned", "unclaimed"])
    m.sources["cfa"].insert(
        "distribution",
        lines.select(
            "key",
            a=pl.col("enrolment_id").str.slice(4),
            b=pl.lit(cycle.season),
            c=pl.col("period_start").cast(pl.String),
            d=pl.col("period_end").cast(pl.String),
            e="amount_due",
            f="amount_paid",
            g=states.gather(lines["code"]),
            h=pl.col("on").dt.strftime("%Y-%m-%dT12:00:00"),
        ),
    )
    return lines.with_columns(payment_id="cfa:" + pl.col("key"))


_WRITE_LINES = (_nsnp_lines, _nsnp_lines, _ctovc_lines, _hsnp_lines, _cfa_lines)


# -- grievances and deletions ----------------------------------------------------------------------------------------

_CASES = {
    "nsnp": (
        "Complaint",
        "ComplaintId",
        "HhId",
        "G",
        7,
        "Stage",
        ("RECEIVED", "INVESTIGATING", "RESOLVED"),
        "StageDate",
        "ActionTaken",
        "ResolvedOn",
        "%Y-%m-%d",
    ),
    "ctovc": ("CASES", "CASE_NO", "HH_NO", "K", 6, "STAGE", (1, 2, 3), "STAGE_DATE", "ACTION", "DATE_OUT", "%d/%m/%Y"),
    "hsnp": (
        "complaint",
        "complaint_id",
        "hh_id",
        "",
        1,
        "stage",
        ("received", "investigating", "resolved"),
        "stage_date",
        "action",
        "resolved",
        "%Y-%m-%d",
    ),
    "cfa": (
        "feedback",
        "feedback_ref",
        "household_ref",
        "FB-",
        7,
        "stage",
        ("received", "investigating", "resolved"),
        "stage_at",
        "response",
        "closed_at",
        "%Y-%m-%dT11:00:00",
    ),
}


def grievances_go_on(m: Moment) -> None:
    """New grievances come in, open ones are resolved, and an old one or two is deleted for real."""
    for source, (table, key, hh, prefix, digits, stage, stages, stage_date, action, resolved, form) in _CASES.items():
        system = m.sources[source]
        open_cases = system.read(f"SELECT {key} AS k FROM {table} WHERE {stage} IN (?, ?) ORDER BY rowid", stages[:2])
        done = m.some(open_cases, 0.4, at_least=0)
        on = [d.strftime(form) for d in m.days(done.height)]
        system.update(
            table,
            [key],
            [(k,) for k in done["k"]],
            {
                stage: [stages[2]] * done.height,
                stage_date: on,
                action: [ACTIONS[i] for i in m.rng.integers(0, len(ACTIONS), done.height)],
                resolved: on,
            },
        )
        old = system.read(f"SELECT {key} AS k FROM {table} WHERE {stage} = ? ORDER BY rowid", stages[2:])
        system.delete(table, key, m.some(old, 0.002)["k"])
        households = {"nsnp": "Household", "ctovc": "HOUSEHOLDS", "hsnp": "household", "cfa": "scope_household"}[source]
        everyone = system.read(f"SELECT {hh} AS k FROM {households} ORDER BY {hh}")
        new = m.some(everyone, 0.009)
        # Numbers of deleted cases are not given again.
        known = (
            m.state.setdefault("grievances", {}).get(source)
            or system.con.execute(
                f"SELECT max(CAST(substr({key}, {len(prefix) + 1}) AS INTEGER)) FROM {table}"
            ).fetchone()[0]
            or 0
        )
        numbers = known + 1 + np.arange(new.height)
        m.state["grievances"][source] = int(numbers[-1])
        on = [d.strftime(form) for d in m.days(new.height)]
        upper = str.upper if source == "ctovc" else str
        system.insert(
            table,
            pl.DataFrame(
                {
                    "k": prefix + pl.Series(numbers).cast(pl.String).str.zfill(digits),
                    "hh": new["k"],
                    "in": on,
                    "reason": [upper(REASONS[i]) for i in m.rng.integers(0, len(REASONS), new.height)],
                    "stage": [stages[0]] * new.height,
                    "on": on,
                    "action": pl.Series([None] * new.height, dtype=pl.String),
                    "out": pl.Series([None] * new.height, dtype=pl.String),
                }
            ),
        )


def rejected_households_are_deleted(m: Moment) -> None:
    """nsnp and ctovc clear away a few rejected households: rows vanish for real."""
    for source, query, tables in (
        (
            "nsnp",
            "SELECT HhId AS k FROM Enrolment WHERE Status = 'REJECTED' ORDER BY 1",
            (("Household", "HhId"), ("Member", "HhId"), ("Enrolment", "HhId"), ("Complaint", "HhId")),
        ),
        (
            "ctovc",
            "SELECT HH_NO AS k FROM HOUSEHOLDS WHERE PROG_STATUS = 2 ORDER BY 1",
            (("HOUSEHOLDS", "HH_NO"), ("MEMBERS", "HH_NO"), ("CASES", "HH_NO")),
        ),
    ):
        gone = m.some(m.sources[source].read(query), 0.01)["k"]
        for table, key in tables:
            m.sources[source].delete(table, key, gone)
        keys = (f"{source}:" + gone.cast(pl.String)).implode()
        m.truth["records"] = m.truth["records"].filter(~pl.col("household_key").is_in(keys))


ALL = (
    people_die,
    children_are_born,
    youths_come_of_age,
    clerks_correct,
    households_move,
    households_leave,
    households_enrol,
    late_payments_arrive,
    programs_pay,
    grievances_go_on,
    rejected_households_are_deleted,
)


def write_files(m: Moment, folder: Path) -> None:
    """The cycle's provider returns for nsnp and ctovc."""
    lines = m.truth["payments"].filter((pl.col("period_start") == m.start) & (pl.col("status") != "scheduled"))
    for source in ("nsnp", "ctovc"):
        part = _from(lines, "payment_id", source)
        part.select(
            reference=pl.col("payment_id").str.strip_prefix(f"{source}:"),
            source=pl.lit(source),
            account_no=pl.lit(None, pl.String),
            amount=pl.col("amount_paid").cast(pl.Int64),
            result="status",
            value_date=pl.lit(m.end.isoformat()),
        ).write_csv(folder / "provider_returns" / f"{source}_{m.start:%Y-%m}.csv")
