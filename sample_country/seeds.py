"""Write the dbt seeds that belong to the sample country: `python -m sample_country.seeds`.

Areas and the crosswalk follow from the area rules; overlap rules and transfer values are the programs' own.
"""

from pathlib import Path

import polars as pl

from sample_country import areas

FOLDER = Path(__file__).parent.parent / "dbt_project" / "seeds"
_NATIONAL = ("OPCT", "PWSD-CT", "CT-OVC")
_AREA_COLUMNS = [
    "area_code",
    "name",
    "level",
    "parent_code",
    "county_code",
    "population_2009",
    "population_2019",
    "latitude",
    "longitude",
]


def area_table() -> pl.DataFrame:
    """`areas`: one row a county, constituency and ward."""
    known = areas.load()
    no_count = pl.lit(None, pl.Int64)
    counties = known.counties.select(
        area_code="code",
        name="name",
        level=pl.lit("county"),
        parent_code=pl.lit(None, pl.String),
        county_code="code",
        population_2009="population_2009",
        population_2019="population_2019",
        latitude="latitude",
        longitude="longitude",
    )
    parents = known.constituencies.join(
        known.counties.select(county="number", county_code="code"), on="county", maintain_order="left"
    )
    constituencies = parents.select(
        area_code="code",
        name="name",
        level=pl.lit("constituency"),
        parent_code="county_code",
        county_code="county_code",
        population_2009=no_count,
        population_2019=no_count,
        latitude="latitude",
        longitude="longitude",
    )
    wards = known.wards.select(
        area_code="code",
        name="name",
        level=pl.lit("ward"),
        parent_code="constituency_code",
        county_code="county_code",
        population_2009=no_count,
        population_2019=no_count,
        latitude=pl.Series(known.ward_latitude.round(5)),
        longitude=pl.Series(known.ward_longitude.round(5)),
    )
    return pl.concat([counties, constituencies, wards]).select(_AREA_COLUMNS)


def crosswalk() -> pl.DataFrame:
    """`area_crosswalk`: what each system's keys mean; coarser rows leave the finer keys empty.

    A key that could mean two areas (a district of two constituencies) maps to the area above both.
    """
    wards = areas.load().wards
    systems = {
        "nsnp": (pl.col("county").cast(pl.String), pl.col("constituency"), pl.col("name"), "2013-03-04"),
        "ctovc": (pl.col("district"), pl.col("division"), pl.col("location"), "1992-01-01"),
        "hsnp": (pl.col("county_name"), pl.col("division"), pl.col("location"), "2008-01-01"),
        "cfa": (pl.col("pcode").str.slice(0, 5), pl.col("pcode").str.slice(0, 8), pl.col("pcode"), "2013-03-04"),
    }
    parts = []
    for system, (first, second, third, since) in systems.items():
        keyed = wards.select(
            k1=first.str.to_lowercase(),
            k2=second.str.to_lowercase(),
            k3=third.str.to_lowercase(),
            ward="code",
            seat="constituency_code",
            county="county_code",
        )
        fine = keyed.select(key_1="k1", key_2="k2", key_3="k3", area_code="ward")
        middle = keyed.select(key_1="k1", key_2="k2", key_3=pl.lit(None, pl.String), area_code="seat").unique(
            maintain_order=True
        )
        # A coarse key names a constituency only if it holds just one (a district of one constituency).
        coarse = (
            keyed.group_by("k1", maintain_order=True)
            .agg(
                area_code=pl.when(pl.col("seat").n_unique() == 1, pl.lit(system == "ctovc"))
                .then(pl.col("seat").first())
                .otherwise(pl.col("county").first())
            )
            .select(key_1="k1", key_2=pl.lit(None, pl.String), key_3=pl.lit(None, pl.String), area_code="area_code")
        )
        rows = pl.concat([coarse, middle, fine])
        parts.append(
            rows.select(
                pl.lit(system).alias("area_system"),
                "key_1",
                "key_2",
                "key_3",
                "area_code",
                pl.lit(since).alias("valid_from"),
                pl.lit(None, pl.String).alias("valid_to"),
            )
        )
    return pl.concat(parts)


def program_groups() -> pl.DataFrame:
    """`program_groups`: programs that a rule may name together."""
    return pl.DataFrame({"group_code": ["NATIONAL"] * len(_NATIONAL), "program": list(_NATIONAL)})


def overlap_rules() -> pl.DataFrame:
    """`overlap_rules`: which two benefits exclude each other. A pair without a row is for review."""
    rows = [
        (f"P{i}", a, b, "household", "prohibited", "National Safety Net guidelines: one of the three a household")
        for i, (a, b) in enumerate([("OPCT", "PWSD-CT"), ("OPCT", "CT-OVC"), ("PWSD-CT", "CT-OVC")], 1)
    ]
    rows += [
        (
            f"S{i}",
            p,
            p,
            "household" if p in ("CT-OVC", "HSNP", "CFA") else "person",
            "prohibited",
            "One registration a programme",
        )
        for i, p in enumerate([*_NATIONAL, "HSNP", "CFA"], 1)
    ]
    rows += [("A1", "HSNP", "NATIONAL", "household", "allowed", "HSNP complements the national programmes")]
    rows += [("R1", "HSNP", "CFA", "household", "for_review", "Both answer drought; counties decide")]
    return pl.DataFrame(
        [(*row, "2013-07-01", None) for row in rows],
        orient="row",
        schema=["rule_code", "program_a", "program_b", "level", "verdict", "legal_basis", "valid_from", "valid_to"],
    )


def transfer_values() -> pl.DataFrame:
    """`transfer_values`: KES a month, and months that one cycle pays for."""
    return pl.DataFrame(
        [
            ("OPCT", 2000, 2, "2013-07-01", None),
            ("PWSD-CT", 2000, 2, "2013-07-01", None),
            ("CT-OVC", 2000, 2, "2013-07-01", None),
            ("HSNP", 2700, 2, "2016-07-01", None),
            ("CFA", 3000, 1, "2022-01-01", None),
        ],
        orient="row",
        schema=["program", "monthly_amount", "months_per_cycle", "valid_from", "valid_to"],
    )


def write(folder: Path = FOLDER) -> None:
    """Write the CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (
        ("areas", area_table()),
        ("area_crosswalk", crosswalk()),
        ("program_groups", program_groups()),
        ("overlap_rules", overlap_rules()),
        ("transfer_values", transfer_values()),
    ):
        table.write_csv(folder / f"{name}.csv")


if __name__ == "__main__":
    write()
