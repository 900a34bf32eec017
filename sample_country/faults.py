"""Which faults a country contains: worked out from the truth, so that chance ones are listed with the planted ones.

| fault | key | what it means |
|---|---|---|
| paid_above_value | payment_id | more was paid than the line and unpaid lines before it were due |
| caregiver_several_households | household_id | the person who collects here collects for another household too |
| failed_three_in_a_row | enrolment_id | three failed credits in a row, or more |
| invalid_national_id | record_id | what stands in the ID column is no national ID |
| dead_still_paid | enrolment_id | paid for a period that began after the recipient's death |
| exited_reappears | enrolment_id | paid for a period that began after exit |
| never_collected | enrolment_id | three lines or more, none collected |
| paid_not_enrolled | payment_id | paid to a household not enrolled, or for a period that ended before enrolment |
| enrolled_not_on_payroll | enrolment_id | active, enrolled before the last cycle, and no line in it |
| totals_differ | payment_id | less was paid than scheduled |
| shared_account | enrolment_id | the account belongs to another household's enrolment too |
| duplicate_both_paid | enrolment_id | same_program_twice, and both were paid for one period |
| same_program_twice | enrolment_id | the true household is in the program twice (detail: the other enrolment) |
| prohibited_overlap | enrolment_id | the true household is in two programs that exclude each other (detail: other) |
| pension_found | enrolment_id | an OPCT beneficiary on the public payroll |
| suspended_on_payroll | enrolment_id | suspended, with a line in the last cycle |
| conditionality_unmet | enrolment_id | a child of a CT-OVC household absent from school above the limit |
| wrong_cycle_length | payment_id | paid for one month where the program's cycle has two |
| in_arrears | payment_id | unpaid after the period, and not settled by the next line |
| provider_result_differs | payment_id | the provider says failed where the MIS says paid |
| provider_amount_differs | payment_id | the provider says another amount than the MIS |
| not_in_provider_return | payment_id | paid by the MIS, and not named in the provider's return of the cycle |
| paid_not_on_payroll | payment_id | paid by the provider under a number that no payroll has |
| shared_phone | household_id | the telephone belongs to several more households |
"""

import numpy as np
import polars as pl

from sample_country.calendar import NEVER, month_end
from sample_country.files import Listed
from sample_country.life_cycle import ON_ONE_PHONE
from sample_country.payments import FAILED, PAID, SCHEDULED, UNCLAIMED
from sample_country.settings import ACTIVE, CFA, EXITED, OVC, PROGRAMS, SOURCE_OF, SUSPENDED
from sample_country.truth import Identifiers, person_ids
from sample_country.world import World


def find(world: World, identifiers: Identifiers, listed: Listed) -> pl.DataFrame:
    """All faults: fault, source, key, detail. `listed`: what the files beside the databases say."""
    registrations = world.registrations
    programs = np.array(SOURCE_OF)
    tables: list[pl.DataFrame] = []

    def add(fault: str, key: pl.Series, program: np.ndarray, detail: pl.Series | str) -> None:
        if isinstance(detail, str):
            detail = pl.Series([detail] * len(key), dtype=pl.String)
        tables.append(
            pl.DataFrame(
                {
                    "fault": pl.Series([fault] * len(key), dtype=pl.String),
                    "source": pl.Series(programs[program], dtype=pl.String),
                    "key": key,
                    "detail": detail,
                }
            )
        )

    def enrolment_fault(fault: str, rows: np.ndarray, detail: pl.Series | str) -> None:
        add(fault, identifiers.enrolment.gather(rows), registrations.program[rows], detail)

    _of_lines(world, identifiers, add, enrolment_fault)
    _of_registrations(world, identifiers, add, enrolment_fault)
    enrolment_fault("pension_found", listed.pensioners, "on the public payroll")
    absent = listed.absentees[world.records.person]
    with_absentees = np.bincount(world.records.registration[absent], minlength=len(registrations)) > 0
    current = np.isin(registrations.status, (ACTIVE, SUSPENDED))
    enrolment_fault(
        "conditionality_unmet",
        np.flatnonzero(with_absentees & current & (registrations.program == OVC)),
        "a child absent from school",
    )
    tables.append(listed.returns)
    bad = np.flatnonzero(world.written.national_id < 0)
    bad = bad[registrations.is_beneficiary[world.records.registration[bad]]]
    add(
        "invalid_national_id",
        identifiers.record.gather(bad),
        registrations.program[world.records.registration[bad]],
        "not 7 or 8 digits",
    )
    return pl.concat(tables).sort("fault", "key", "detail")


def _of_lines(world: World, identifiers: Identifiers, add, enrolment_fault) -> None:
    registrations, lines = world.registrations, world.lines
    of, count = lines.registration, len(registrations)
    reaches = registrations.is_beneficiary[of]
    balance = np.cumsum(lines.due - lines.paid)
    first = np.r_[True, of[1:] != of[:-1]]
    base = np.repeat((balance - (lines.due - lines.paid))[first], np.diff(np.r_[np.flatnonzero(first), len(of)]))
    above = (lines.status == PAID) & (lines.paid > lines.due) & ~lines.settles
    assert ((balance - base)[lines.settles] > -(10**6)).all()
    rows = np.flatnonzero(above & reaches)
    add(
        "paid_above_value",
        identifiers.payment.gather(rows),
        lines.program[rows],
        pl.Series((lines.paid - lines.due)[rows]).cast(pl.String) + " above",
    )
    rows = np.flatnonzero((lines.status == PAID) & (lines.paid < lines.due) & reaches)
    add(
        "totals_differ",
        identifiers.payment.gather(rows),
        lines.program[rows],
        pl.Series((lines.due - lines.paid)[rows]).cast(pl.String) + " short",
    )
    early = (registrations.enrolled[of] != NEVER) & (lines.end < registrations.enrolled[of])
    rows = np.flatnonzero((lines.status == PAID) & (early | ~reaches))
    add(
        "paid_not_enrolled",
        identifiers.payment.gather(rows),
        lines.program[rows],
        pl.Series(np.where(reaches[rows], "before enrolment", "not a beneficiary household"), dtype=pl.String),
    )

    paid = lines.status == PAID
    died, exited = world.population.death[registrations.recipient][of], registrations.exited[of]
    for fault, since in (("dead_still_paid", died), ("exited_reappears", exited)):
        number = np.bincount(of[paid & reaches & (since != NEVER) & (lines.start > since)], minlength=count)
        rows = np.flatnonzero(number)
        enrolment_fault(fault, rows, pl.Series(number[rows]).cast(pl.String) + " lines")

    number, unclaimed = (
        np.bincount(of[reaches], minlength=count),
        np.bincount(of[reaches & (lines.status == UNCLAIMED)], minlength=count),
    )
    rows = np.flatnonzero((number >= 3) & (unclaimed == number))
    enrolment_fault("never_collected", rows, pl.Series(number[rows]).cast(pl.String) + " lines")
    sent = np.flatnonzero(lines.status != SCHEDULED)
    failed, of_sent = lines.status[sent] == FAILED, of[sent]
    run = np.zeros(len(sent), bool)
    run[2:] = failed[2:] & failed[1:-1] & failed[:-2] & (of_sent[2:] == of_sent[:-2])
    rows = np.flatnonzero(np.bincount(of_sent[run & reaches[sent]], minlength=count))
    enrolment_fault("failed_three_in_a_row", rows, "three or more")
    _of_periods(world, identifiers, add)
    for program in range(5):
        mine = lines.program == program
        last = lines.start[mine].max(initial=0)
        on = np.zeros(count, bool)
        on[of[mine & (lines.start == last)]] = True
        rows = np.flatnonzero(
            (registrations.program == program)
            & (registrations.status == ACTIVE)
            & ~on
            & (registrations.enrolled <= last)
        )
        enrolment_fault("enrolled_not_on_payroll", rows, "no line in the last cycle")
        rows = np.flatnonzero((registrations.program == program) & (registrations.status == SUSPENDED) & on)
        enrolment_fault("suspended_on_payroll", rows, "a line in the last cycle")


def _of_periods(world: World, identifiers: Identifiers, add) -> None:
    lines = world.lines
    reaches = world.registrations.is_beneficiary[lines.registration]
    settled = np.r_[lines.settles[1:] & (lines.registration[1:] == lines.registration[:-1]), False]
    unpaid = (lines.status == SCHEDULED) & (lines.end < world.today) & ~settled
    short = (month_end(lines.start) == lines.end) & (lines.program != CFA)
    for fault, where, detail in (("in_arrears", unpaid, "unpaid"), ("wrong_cycle_length", short, "one month")):
        rows = np.flatnonzero(where & reaches)
        add(fault, identifiers.payment.gather(rows), lines.program[rows], detail)


def _of_registrations(world: World, identifiers: Identifiers, add, enrolment_fault) -> None:
    registrations = world.registrations
    served = np.isin(registrations.status, (ACTIVE, SUSPENDED, EXITED))
    current = np.flatnonzero(np.isin(registrations.status, (ACTIVE, SUSPENDED)))
    table = pl.DataFrame(
        {
            "row": current,
            "household": registrations.household[current],
            "program": registrations.program[current],
            "account": registrations.account[current],
        }
    )
    pairs = table.join(table, on="household", suffix="_other", maintain_order="left").filter(
        pl.col("row") != pl.col("row_other")
    )
    same = pairs.filter(pl.col("program") == pl.col("program_other"))
    enrolment_fault(
        "same_program_twice", same["row"].to_numpy(), identifiers.enrolment.gather(same["row_other"].to_numpy())
    )
    both = pairs.filter(
        (pl.col("program") != pl.col("program_other")) & (pl.col("program") <= OVC) & (pl.col("program_other") <= OVC)
    )
    enrolment_fault(
        "prohibited_overlap", both["row"].to_numpy(), identifiers.enrolment.gather(both["row_other"].to_numpy())
    )

    paid = pl.DataFrame({"row": world.lines.registration, "start": world.lines.start}).filter(
        pl.Series(world.lines.status == PAID)
    )
    together = (
        same.join(paid, on="row", maintain_order="left")
        .join(paid, left_on=["row_other", "start"], right_on=["row", "start"], how="semi")
        .unique(["row", "row_other"], maintain_order=True)
    )
    enrolment_fault(
        "duplicate_both_paid",
        together["row"].to_numpy(),
        identifiers.enrolment.gather(together["row_other"].to_numpy()),
    )

    accounts = table.filter(pl.col("household").n_unique().over("account") > 1)
    enrolment_fault("shared_account", accounts["row"].to_numpy(), "another household's account")

    phones = table.with_columns(phone=registrations.phone[current])
    rows = phones.filter(pl.col("household").n_unique().over("phone") >= ON_ONE_PHONE)["row"].to_numpy()
    add("shared_phone", identifiers.household.gather(rows), registrations.program[rows], "an agent's")

    # Collecting: the person named as collector, or the head of a household whose benefit has nobody named.
    collects = np.where(
        registrations.collector >= 0,
        registrations.collector,
        np.where(registrations.beneficiary >= 0, -1, registrations.head),
    )
    rows = np.flatnonzero(served & (registrations.status != EXITED) & (collects >= 0))
    collectors = pl.DataFrame({"row": rows, "person": collects[rows], "household": registrations.household[rows]})
    several = collectors.filter(pl.col("household").n_unique().over("person") > 1)
    rows = several["row"].to_numpy()
    add(
        "caregiver_several_households",
        identifiers.household.gather(rows),
        registrations.program[rows],
        person_ids(several["person"].to_numpy()),
    )


__all__ = ["PROGRAMS", "find"]
