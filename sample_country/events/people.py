"""Births, deaths and coming of age."""

import datetime as dt

import numpy as np
import polars as pl

from sample_country import names
from sample_country.calendar import NEVER, day
from sample_country.events.enrolments import close
from sample_country.events.moment import Moment, of_source
from sample_country.population import certificates_of, deaths, ids_of


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
        known = of_source(m.truth["records"], "record_id", name)["record_id"]
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
            number = max(known.str.extract(r"(\d+)$").cast(pl.Int64).to_list()) + 1 + np.arange(part.height)
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
