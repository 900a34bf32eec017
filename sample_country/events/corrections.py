"""Clerks put errors right, and households move."""

import polars as pl

from sample_country import areas, names
from sample_country.events.moment import Moment, of_source, own_keys

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
        part = of_source(misspelt, "record_id", source)
        key = "MemberId" if source == "nsnp" else "person_ref"
        m.sources[source].update(
            table, [key], [(k,) for k in own_keys(part["record_id"])], {column: part["given_name"]}
        )
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
    for source, (table, columns, column) in _ID.items():
        part = of_source(found, "record_id", source)
        keys = [tuple(k.split("/")) for k in own_keys(part["record_id"])]
        m.sources[source].update(table, columns, keys, {column: part["national_id"]})
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
