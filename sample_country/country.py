"""Generate a country, and let time pass in it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ibr.errors import UsageProblem
from sample_country import (
    faults,
    files,
    grievances,
    life_cycle,
    passing,
    payments,
    population,
    programs,
    recording,
    register,
    truth,
)
from sample_country.calendar import FIRST_REPORTING_DATE, HISTORY_START, day
from sample_country.mis import cfa, ctovc, hsnp, nsnp
from sample_country.randomness import stream
from sample_country.recording import BIT, INVALID_IDS, Written
from sample_country.settings import ACTIVE, Settings
from sample_country.world import World

PARTIAL = ".sample-country.partial"
"""Written here first and renamed, so that a kill leaves no half-written country."""

Progress = Callable[[str], None]


def _silent(_: str) -> None:
    return None


def generate(directory: Path, scale: float, seed: int, progress: Progress | None = None) -> None:
    """Write `directory/sources` and `directory/truth`.

    The same scale and seed give the same data on any machine. Raises UsageProblem for a scale outside (0, 3],
    a negative seed, or a directory that already has sources.
    """
    settings = Settings(scale, seed)
    say = progress or _silent
    directory = Path(directory)
    passing.finish(directory)
    if (directory / "sources").exists():
        raise UsageProblem(f"{directory / 'sources'} exists already; choose another folder, or remove it to start over")
    partial = directory / PARTIAL
    shutil.rmtree(partial, ignore_errors=True)
    sources = partial / "sources"
    sources.mkdir(parents=True)
    _write(settings, sources, partial / "truth", say)
    shutil.rmtree(directory / "truth", ignore_errors=True)
    (partial / "truth").rename(directory / "truth")
    sources.rename(directory / "sources")  # last: a folder with sources is complete
    partial.rmdir()


def _write(settings: Settings, sources: Path, truth_folder: Path, say: Progress) -> None:
    today = day(FIRST_REPORTING_DATE)
    people = population.build(settings, today)
    say(f"population: {len(people.kind):,} households, {len(people.people):,} persons known to programs")
    registrations, records = programs.register_households(settings, people)
    records = programs.add_strangers(settings, registrations, records, people)
    life_cycle.move_on(settings, registrations, people)
    life_cycle.share_phones(settings, registrations)
    payments.share_accounts(settings, registrations)
    lines = payments.build(settings, registrations, people, HISTORY_START, FIRST_REPORTING_DATE, today)
    say(f"programs: {len(registrations):,} registrations, {len(records):,} records, {len(lines):,} payment lines")
    written = write_records(settings, people, registrations, records, today)
    records, written = life_cycle.children_leave(settings, registrations, records, written, people)
    programs.number_records(registrations, records)
    world = World(settings, today, people, registrations, records, written, lines)
    cases = grievances.build(settings, registrations.status, today)
    for name, writer in (("nsnp", nsnp), ("ctovc", ctovc), ("hsnp", hsnp), ("cfa", cfa)):
        writer.write(world, cases, sources / f"{name}.db")
        say(f"{name}.db written")
    held, used = register.write(settings, people, sources / "iprs.db", today, say)
    identifiers = truth.Identifiers(world)
    listed = files.write(world, identifiers, sources / "files")
    truth.write(world, held, faults.find(world, identifiers, listed), identifiers, truth_folder)
    state = {
        "scale": settings.scale,
        "seed": settings.seed,
        "as_at": FIRST_REPORTING_DATE.isoformat(),
        "cycles_passed": 0,
        "person_numbers_used": used,
    }
    (truth_folder / "state.json").write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")
    say("files and truth written")


def write_records(
    settings: Settings,
    people: population.Population,
    registrations: programs.Registrations,
    records: programs.Records,
    today: int,
) -> Written:
    """Every record as its clerk wrote it, with household-level errors noted on each member, and invalid IDs planted."""
    rng, who, of = stream(settings.seed, "records"), records.person, records.registration
    true = people.people
    guardian = np.where(registrations.collector[of] >= 0, registrations.collector[of], registrations.head[of])
    adult = people.age(today, who) >= 18
    written = recording.write_down(
        rng,
        settings.errors,
        true.given[who],
        true.middle[who],
        true.family[who],
        true.birth[who],
        true.female[who],
        people.national_id[who],
        people.certificate[who],
        np.where(guardian == who, 0, people.national_id[guardian]),
        adult,
    )
    written.errors[registrations.is_moved[of]] |= BIT["ward_moved"]
    written.errors[registrations.is_unmapped[of]] |= BIT["area_unmapped"]
    main = (registrations.recipient[of] == who) & (registrations.status[of] == ACTIVE) & adult
    wanted = max(1, round(int((registrations.status == ACTIVE).sum()) * settings.faults.invalid_national_id))
    bad = rng.permutation(np.flatnonzero(main))[:wanted]
    written.national_id[bad] = -rng.integers(1, len(INVALID_IDS) + 1, len(bad))
    written.errors[bad] = (written.errors[bad] & ~(BIT["id_missing"] | BIT["id_mistyped"])) | BIT["id_invalid"]
    return written


def advance(directory: Path, cycles: int, progress: Progress | None = None) -> None:
    """Let `cycles` two-month cycles pass in a country that `generate` wrote; see sample_country.advance."""
    passing.advance(Path(directory), cycles, progress or _silent)
