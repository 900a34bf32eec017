"""Payment lines: who was due what in which cycle, and what became of it, with payroll faults planted.

Amounts are whole shillings.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from sample_country import areas
from sample_country.calendar import NEVER, Cycle, month_end, seasonal, two_monthly
from sample_country.population import Population
from sample_country.programs import Registrations
from sample_country.randomness import stream
from sample_country.settings import ACTIVE, CFA, EXITED, HSNP, PWSD, SUSPENDED, WAITING, Settings

SCHEDULED, PAID, FAILED, RETURNED, UNCLAIMED = range(5)
STATUS_NAMES = ("scheduled", "paid", "failed", "returned", "unclaimed")
AMOUNT = (4000, 4000, 4000, 5400, 3000)
"""KES a line, by program."""


@dataclass
class Lines:
    """Arrays by line, ordered by program, registration and cycle. `cycle` indexes `cycles_of(program)`.

    `is_late`: paid a cycle later. `settles`: pays the unpaid line before it too.
    """

    registration: np.ndarray
    program: np.ndarray
    cycle: np.ndarray
    start: np.ndarray
    end: np.ndarray
    due: np.ndarray
    paid: np.ndarray
    status: np.ndarray
    paid_on: np.ndarray
    settles: np.ndarray
    number: np.ndarray  # within the source, from 0

    def __len__(self) -> int:
        return len(self.registration)


def cycles_of(program: int, after: dt.date, until: dt.date) -> list[Cycle]:
    """The program's payment cycles in a span of time."""
    return seasonal(after, until) if program == CFA else two_monthly(after, until)


def outcomes(rng: np.random.Generator, count: int, is_current: np.ndarray) -> np.ndarray:
    """What became of ordinary lines; in the current cycle some are not paid yet."""
    drawn = rng.random(count)
    status = np.select([drawn < 0.962, drawn < 0.975, drawn < 0.981], [PAID, FAILED, RETURNED], UNCLAIMED)
    return np.where(is_current & (rng.random(count) < 0.06), SCHEDULED, status).astype(np.int8)


def build(
    settings: Settings, registrations: Registrations, population: Population, after: dt.date, until: dt.date, today: int
) -> Lines:
    """All lines of the history, program by program."""
    rng, faults = stream(settings.seed, "payments"), settings.faults
    planted = _choose_faulty(rng, settings, registrations, population)
    parts = [
        _of_program(rng, program, registrations, cycles_of(program, after, until), planted, today)
        for program in range(5)
    ]
    lines = Lines(*(np.concatenate([getattr(p, name) for p in parts]) for name in Lines.__dataclass_fields__))
    rates = (faults.paid_above_value, faults.totals_differ, faults.wrong_cycle_length, faults.in_arrears)
    _plant_odd_lines(rng, lines, *(max(1, round(rate * planted["active"])) for rate in rates))
    source = np.maximum(lines.program - 1, 0)
    for one in range(4):
        where = source == one
        lines.number[where] = np.arange(where.sum())
    return lines


def _choose_faulty(
    rng: np.random.Generator, settings: Settings, registrations: Registrations, population: Population
) -> dict:
    """Disjoint sets of registrations (as flags) for each planted fault."""
    faults, count = settings.faults, len(registrations)
    sound = (registrations.status == ACTIVE) & (population.death[registrations.recipient] == NEVER)
    candidates = rng.permutation(np.flatnonzero(sound & (registrations.enrolled < 20_000)))
    planted: dict = {"active": int((registrations.status == ACTIVE).sum())}
    used = 0
    for name, rate in (
        ("never", faults.never_collected),
        ("failed", faults.failed_in_a_row),
        ("absent", faults.enrolled_not_on_payroll),
        ("early", faults.paid_not_enrolled / 2),
    ):
        size = max(1, round(rate * planted["active"]))
        planted[name] = np.zeros(count, bool)
        planted[name][candidates[used : used + size]] = True
        used += size
    exited = np.flatnonzero(registrations.status == EXITED)
    planted["reappears"] = np.zeros(count, bool)
    planted["reappears"][exited[rng.random(len(exited)) < faults.exited_reappears]] = True
    waiting = np.flatnonzero(registrations.status == WAITING)
    planted["waiting"] = np.zeros(count, bool)
    size = max(1, round(faults.paid_not_enrolled / 2 * planted["active"]))
    planted["waiting"][rng.permutation(waiting)[:size]] = True
    # Paid before enrolment: their enrolment is entered late.
    early = planted["early"]
    registrations.enrolled[early] = rng.integers(20_250, 20_400, early.sum())
    return planted


def _of_program(
    rng: np.random.Generator, program: int, registrations: Registrations, cycles: list[Cycle], planted: dict, today: int
) -> Lines:
    served = np.isin(registrations.status, (ACTIVE, SUSPENDED, EXITED)) | planted["waiting"]
    rows = np.flatnonzero(served & (registrations.program == program))
    start, end = (np.array([getattr(c, name) for c in cycles], np.int32) for name in ("start", "end"))
    last = len(cycles) - 1

    def column(name: str) -> np.ndarray:
        return planted[name][rows][:, None]

    enrolled = registrations.enrolled[rows][:, None]
    exited, since = registrations.exited[rows][:, None], registrations.suspended_since[rows][:, None]
    place = np.arange(len(cycles))[None, :]
    paid_until = np.where(exited != NEVER, exited, 10**6)
    paid_until = np.where(since != NEVER, np.minimum(paid_until, since), paid_until)
    within = (start[None, :] >= enrolled) & (start[None, :] < paid_until) & (enrolled != NEVER)
    back = column("reappears") & (start[None, :] > exited + 45) & (start[None, :] < exited + 230)
    within |= back
    within &= ~(column("absent") & (place > last - 3))
    within |= column("early") & (start[None, :] < enrolled) & (start[None, :] > enrolled - 200)
    within |= column("waiting") & (place >= last - 2)
    at, cycle = np.nonzero(within)
    registration = rows[at].astype(np.int32)
    count = len(registration)

    status = outcomes(rng, count, cycle == last)
    status[planted["never"][registration]] = UNCLAIMED
    status[planted["failed"][registration] & (cycle > last - 5) & (cycle <= last)] = FAILED
    odd = planted["early"] | planted["waiting"] | planted["reappears"]
    status[odd[registration]] = PAID
    due = np.full(count, AMOUNT[program], np.int64)
    paid = np.where(status == PAID, due, 0)
    delay = rng.integers(8, 27, count) if program == CFA else rng.integers(-32, 0, count)
    paid_on = np.minimum(end[cycle] + delay, today)

    # Arrears: a county's money came late. Either it was paid in the next cycle, or the next line paid for both.
    county = areas.load().ward_county[registrations.ward[registration]]
    cell = rng.random((48, len(cycles)))
    allowed = (cycle % 3 == 1) & (cycle < last - 1)
    kind = cell[county, cycle]
    paid_on = np.where(allowed & (kind < 0.18) & (status == PAID), end[cycle] + rng.integers(20, 55, count), paid_on)
    follows = np.r_[(registration[1:] == registration[:-1]) & (cycle[1:] == cycle[:-1] + 1), False]
    sound = ~(odd | planted["never"] | planted["failed"])[registration]
    unpaid = np.flatnonzero(allowed & (kind >= 0.18) & (kind < 0.36) & follows & sound)
    settles = np.zeros(count, bool)
    settles[unpaid + 1] = True
    status[unpaid], paid[unpaid] = SCHEDULED, 0
    status[unpaid + 1] = PAID
    paid[unpaid + 1] = due[unpaid + 1] + due[unpaid]
    paid_on = np.where(status == PAID, np.minimum(paid_on, today), NEVER)
    return Lines(
        registration,
        np.full(count, program, np.int8),
        cycle.astype(np.int16),
        start[cycle],
        end[cycle],
        due,
        paid,
        status,
        paid_on.astype(np.int32),
        settles,
        np.zeros(count, np.int64),
    )


def _plant_odd_lines(
    rng: np.random.Generator, lines: Lines, above: int, short: int, wrong_length: int, unpaid: int
) -> None:
    """Pay some lines above the value, some short of what was scheduled, and some for one month where a cycle has two;
    leave some unpaid for good."""
    plain = rng.permutation(np.flatnonzero((lines.status == PAID) & ~lines.settles))
    higher, lower = plain[:above], plain[above : above + short]
    lines.paid[higher] = lines.due[higher] * rng.choice([3, 4], len(higher)) // 2
    lines.paid[lower] = lines.due[lower] - rng.choice([100, 200, 500, 1000], len(lower))
    plain = plain[above + short :]
    # Of CT-OVC and HSNP the months follow from the cycle's name and number.
    shorter = plain[lines.program[plain] <= PWSD][:wrong_length]
    lines.end[shorter] = month_end(lines.start[shorter])
    lines.due[shorter] //= 2
    lines.paid[shorter] = lines.due[shorter]
    # Followed by an ordinary line: one that pays more would look as if it settled them.
    plain = np.setdiff1d(plain, shorter, assume_unique=True)
    follows = np.minimum(plain + 1, len(lines) - 1)
    last = np.array([lines.start[lines.program == program].max(initial=0) for program in range(5)])
    fit = (lines.start[plain] < last[lines.program[plain]]) & (lines.paid[follows] <= lines.due[follows])
    opened = rng.permutation(plain[fit])[:unpaid]
    lines.status[opened], lines.paid[opened], lines.paid_on[opened] = SCHEDULED, 0, NEVER


def share_accounts(settings: Settings, registrations: Registrations) -> None:
    """Give the account of one beneficiary to another household's."""
    rng = stream(settings.seed, "accounts")
    active = rng.permutation(np.flatnonzero(registrations.status == ACTIVE))
    pairs = max(1, round(len(active) * settings.faults.shared_account / 2))
    registrations.account[active[:pairs]] = registrations.account[active[pairs : 2 * pairs]]


__all__ = [
    "AMOUNT",
    "FAILED",
    "HSNP",
    "PAID",
    "RETURNED",
    "SCHEDULED",
    "STATUS_NAMES",
    "UNCLAIMED",
    "Lines",
    "build",
    "cycles_of",
]
