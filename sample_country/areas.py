"""Counties, constituencies and wards, and how each program's system writes them.

The units, codes and county populations come from PyPI `kenya-data`. The older area systems are invented, by rule and
without chance, so that the seeds and every generated country agree.
"""

import sqlite3
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

import kenya_data
import numpy as np
import polars as pl

HSNP_COUNTIES = (23, 8, 9, 10)
"""Turkana, Wajir, Mandera, Marsabit."""

ARID_COUNTIES = (2, 3, 4, 6, 7, 8, 9, 10, 11, 13, 15, 17, 23, 24, 25, 30, 31)
"""Arid and semi-arid counties: where Cash for Assets works."""

_OLD_COUNTY = {
    "Murang'a": "Muranga",
    "Elgeyo-Marakwet": "Keiyo Marakwet",
    "Tharaka-Nithi": "Tharaka",
    "Taita-Taveta": "Taita",
    "Homa Bay": "Homabay",
    "Trans Nzoia": "Trans-Nzoia",
}
# One older spelling a rule; the first two that apply are used.
_OLD_SPELLING = (
    ("ei", "ey"),
    ("ua", "wa"),
    ("oi", "oy"),
    ("ia", "ya"),
    ("ai", "ay"),
    ("ch", "sh"),
    ("kw", "qu"),
    ("ng'", "ng"),
    ("ts", "tz"),
    ("gi", "ghi"),
    ("mb", "mp"),
    ("ki", "ky"),
    ("ri", "ry"),
    ("ka", "kha"),
    ("u", "oo"),
)
_DIRECTIONS = ("North", "South", "East", "West", "Central", "Upper", "Lower")


@dataclass(frozen=True)
class Areas:
    """All units as arrays; a ward is known by its row number (0..1449) everywhere in this package.

    `wards` has one row a ward: its codes, names, and its name in every area system. `ward_weight` is a share of the
    county's 2019 population (kenya-data has none below the county, so wards differ by a fixed invented factor).
    """

    counties: pl.DataFrame
    constituencies: pl.DataFrame
    wards: pl.DataFrame
    ward_county: np.ndarray  # 1..47
    ward_weight: np.ndarray
    ward_latitude: np.ndarray
    ward_longitude: np.ndarray

    @property
    def county_weight(self) -> np.ndarray:
        return self.counties["population_2019"].to_numpy().astype(float)


def old_spelling(name: str) -> str:
    """A name as an older system spells it."""
    old, changes = name.replace("\\", " ").replace("/", " ").replace("-", " ").replace("  ", " "), 0
    for new, before in _OLD_SPELLING:
        position = old.lower().find(new, 1)
        if position > 0 and changes < 2:
            old, changes = old[:position] + before + old[position + len(new) :], changes + 1
    return old if changes else old + "a"


@cache
def load() -> Areas:
    """Read kenya-data and add the older systems' names."""
    database = Path(kenya_data.__file__).parent / "kenya.db"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as con:
        counties = _read(
            con,
            """
            SELECT c.code, c.name, c.id AS number, g.latitude, g.longitude,
                   max(p.population) FILTER (WHERE p.reference_year = 2009) AS population_2009,
                   max(p.population) FILTER (WHERE p.reference_year = 2019) AS population_2019
            FROM counties c JOIN population_statistics p ON p.entity_type = 'county' AND p.entity_id = c.id
            LEFT JOIN coordinates g ON g.entity_type = 'county' AND g.entity_id = c.id
            GROUP BY c.id ORDER BY c.id""",
        )
        constituencies = _read(
            con,
            """
            SELECT n.code, n.name, n.id AS number, n.county_id AS county, g.latitude, g.longitude
            FROM constituencies n
            LEFT JOIN coordinates g ON g.entity_type = 'constituency' AND g.entity_id = n.id ORDER BY n.id""",
        )
        wards = _read(
            con,
            """
            SELECT w.code, w.name, n.code AS constituency_code, n.name AS constituency, n.id AS constituency_number,
                   n.county_id AS county, c.code AS county_code, c.name AS county_name
            FROM wards w JOIN constituencies n ON n.id = w.constituency_id JOIN counties c ON c.id = n.county_id
            ORDER BY w.id""",
        )
    wards = _older_systems(wards, constituencies)
    county = wards["county"].to_numpy().astype(np.int16)
    factor = np.array([0.4 + 1.2 * (crc32(code.encode()) % 997) / 997 for code in wards["code"].to_list()])
    population = counties["population_2019"].to_numpy().astype(float)
    weight = factor / np.bincount(county, factor)[county] * population[county - 1]
    seat = wards["constituency_number"].to_numpy() - 1
    spread = np.array([[crc32(code.encode()) % 211, crc32(code[::-1].encode()) % 211] for code in wards["code"]])
    return Areas(
        counties,
        constituencies,
        wards,
        county,
        weight,
        constituencies["latitude"].to_numpy()[seat] + (spread[:, 0] - 105) / 1500,
        constituencies["longitude"].to_numpy()[seat] + (spread[:, 1] - 105) / 1500,
    )


def _read(con: sqlite3.Connection, query: str) -> pl.DataFrame:
    cursor = con.execute(query)
    return pl.DataFrame(cursor.fetchall(), schema=[c[0] for c in cursor.description], orient="row")


def _older_systems(wards: pl.DataFrame, constituencies: pl.DataFrame) -> pl.DataFrame:
    """Add district, division, location (CT-OVC), sub_county and location_name (HSNP), pcode (CfA)."""
    # A district was one constituency, or two neighbours of one county, under the county's older name.
    district: dict[int, str] = {}
    county_names = dict(zip(wards["county"].to_list(), wards["county_name"].to_list(), strict=True))
    for number, county_name in sorted(county_names.items()):
        seats = constituencies.filter(pl.col("county") == number)
        names = dict(zip(seats["number"].to_list(), seats["name"].to_list(), strict=True))
        numbers = sorted(names)
        pairs = [numbers[i : i + 2] for i in range(0, len(numbers), 2)]
        base = _OLD_COUNTY.get(county_name, county_name)
        for place, pair in enumerate(pairs):
            title = base if len(pairs) == 1 else f"{base} {_DIRECTIONS[place % 7]}"
            if place >= 7:
                title = f"{old_spelling(names[pair[0]])} District"
            district.update(dict.fromkeys(pair, title))
    rows, taken = [], set()
    for index, ward in enumerate(wards.iter_rows(named=True)):
        seat, old = ward["constituency_number"], old_spelling(ward["name"])
        while (seat, old.lower()) in taken:
            old += " B"
        taken.add((seat, old.lower()))
        rows.append(
            (district[seat], old_spelling(ward["constituency"]), old, f"{ward['constituency_code']}{index % 100:02d}")
        )
    pcodes = [row[3] for row in rows]
    assert len(set(pcodes)) == len(pcodes), "P-codes must be unique: no constituency has a hundred wards"
    return wards.with_columns(
        pl.Series("district", [row[0] for row in rows]),
        pl.Series("division", [row[1] for row in rows]),
        pl.Series("location", [row[2] for row in rows]),
        pl.Series("pcode", pcodes),
    )
