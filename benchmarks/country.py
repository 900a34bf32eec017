"""The sample country as two tables for linkage alone: every program's records, and the population register.

    python -m benchmarks.country FOLDER [SCALE [WITHOUT_REGISTER]]

The same people, errors and truth as in the sample country's sources (at scale 1: 4.3 million records of 3.8 million
persons, 30 million in the register), without the systems around them, so that a nation is made in minutes.
"""

import hashlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from linkage.registry.settings import PERSON_COLUMNS
from sample_country import areas, country, names, population, programs, register
from sample_country.calendar import FIRST_REPORTING_DATE, day
from sample_country.columns import iso, text_or_null
from sample_country.recording import id_text, middle_text
from sample_country.settings import PROGRAMS, Settings

# Roles of the two tables, in the words of a specification.
PERSONS = {role: column for role, column in PERSON_COLUMNS.items() if role not in ("full_name", "birth_date_precision")}
REGISTER = {
    "given_name": "first_name",
    "middle_name": "other_names",
    "family_name": "surname",
    "birth_date": "date_of_birth",
    "sex": "sex",
    "national_id": "id_number",
    "places": ["county_code", "ward_code"],
}
SHARED = {role: column for role, column in PERSONS.items() if role in REGISTER}
RECORD_ID, REGISTER_ID = "record_id", "register_id"
SEED = 42
GENERATOR = "generator.sha256"


def make(folder: Path, scale: float, say: Callable[[str], None] = print, with_register: bool = True) -> Path:
    """`folder/<scale>` with persons.parquet, truth.parquet and, where wanted, register/<county>.parquet; made once.

    The truth: record_id, person, household, register_id (null throughout where no register was made).
    """
    target = folder / f"{scale:g}"
    if is_made(folder, scale, with_register):
        _warn_of_other_generator(target, say)
        return target
    partial = folder / f"{scale:g}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    settings, today = Settings(scale, SEED), day(FIRST_REPORTING_DATE)
    people = population.build(settings, today)
    registrations, records = programs.register_households(settings, people)
    records = programs.add_strangers(settings, registrations, records, people)
    programs.number_records(registrations, records)
    written = country.write_records(settings, people, registrations, records, today)
    kept = np.flatnonzero(registrations.is_beneficiary[records.registration])
    persons = _persons(registrations, records, written, kept)
    persons.sample(fraction=1.0, shuffle=True, seed=SEED).write_parquet(partial / "persons.parquet")
    if with_register:
        (partial / "register").mkdir()
        held = register.Registered.nobody(len(people.people))
        for number, rows in register.counties(settings, people, held, today):
            rows.write_parquet(partial / "register" / f"{number:02}.parquet")
    person = records.person[kept]
    in_register = pl.Series(people.register_id[person]).cast(pl.String)
    pl.DataFrame(
        {
            RECORD_ID: persons[RECORD_ID],
            "person": person,
            "household": people.people.household[person],
            REGISTER_ID: in_register.set(pl.Series(people.register_id[person] == 0), None),
        }
    ).write_parquet(partial / "truth.parquet")
    (partial / GENERATOR).write_text(_generator(), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
    return target


def is_made(folder: Path, scale: float, with_register: bool = True) -> bool:
    """Whether `make` would find its work done."""
    target = folder / f"{scale:g}"
    return target.exists() and (not with_register or (target / "register").exists())


def _generator() -> str:
    """What the data depend on, as a hash: figures of another country would be told as this one's."""
    folder = Path(country.__file__).parent
    sources = [*sorted(path for path in folder.glob("*.py") if path.name != "evaluation.py"), Path(__file__)]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _warn_of_other_generator(target: Path, say: Callable[[str], None]) -> None:
    made_by = target / GENERATOR
    if not made_by.exists() or made_by.read_text(encoding="utf-8") != _generator():
        say(f"{target} was made by another version of the generator; delete it to have it made anew")


def _persons(
    registrations: programs.Registrations, records: programs.Records, written: country.Written, kept: np.ndarray
) -> pl.DataFrame:
    words, known, of = names.load(), areas.load(), records.registration[kept]
    source = np.array(PROGRAMS)[registrations.program[of]]
    ward = registrations.ward[of]
    return pl.DataFrame(
        {
            RECORD_ID: pl.Series(np.arange(len(kept))).cast(pl.String).str.zfill(8),
            "source": source,
            "given_name": text_or_null(words.text(written.given[kept])),
            "middle_name": text_or_null(middle_text(written)[kept]),
            "family_name": text_or_null(words.text(written.family[kept])),
            "birth_date": iso(written.birth[kept]),
            "sex": pl.Series(np.where(written.sex[kept] == 1, "F", "M")).set(pl.Series(written.sex[kept] < 0), None),
            "national_id": id_text(written.national_id[kept]),
            "birth_certificate_no": _number(written.certificate[kept]),
            "phone": _number(registrations.phone[of]),
            "household_id": pl.Series(of).cast(pl.String),
            "county_code": known.ward_county[ward],
            "area_code": known.wards["code"].gather(ward),
        }
    )


def _number(values: np.ndarray) -> pl.Series:
    return pl.Series(values).cast(pl.String).set(pl.Series(values == 0), None)


if __name__ == "__main__":
    print(make(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.1, with_register=len(sys.argv) < 4))
