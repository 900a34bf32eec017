"""The cycle's payroll, and late money of the one before."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl

from sample_country.calendar import day
from sample_country.events.moment import Moment, of_source, own_keys
from sample_country.payments import AMOUNT, PAID, STATUS_NAMES, UNCLAIMED, cycles_of, outcomes
from sample_country.settings import CFA, PROGRAMS


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
        part = of_source(arrived, "payment_id", source)
        m.sources[source].update(
            table,
            [key],
            [(k,) for k in own_keys(part["payment_id"])],
            {
                columns[0]: part["amount_paid"],
                columns[1]: [columns[2]] * part.height,
                columns[3]: part["on"].dt.strftime(columns[4]),
            },
        )
    m.replace("payments", "payment_id", arrived.select("payment_id", "amount_paid", "status"))
    m.paid_late = arrived["payment_id"]


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
    kept_on = m.some(enrolments.filter(pl.col("status") == "suspended"), 0.05)
    active = enrolments.filter((pl.col("status") == "active") & (pl.col("enrolled_date") <= m.start))
    served = pl.concat([active, back, kept_on])
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
    own, n = own_keys(lines["enrolment_id"]), cycle.number
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


def write_files(m: Moment, folder: Path) -> None:
    """The cycle's provider returns for nsnp and ctovc, with what was paid late of the cycle before."""
    sent = (pl.col("period_start") == m.start) & (pl.col("status") != "scheduled")
    lines = m.truth["payments"].filter(sent | pl.col("payment_id").is_in(m.paid_late.implode()))
    for source in ("nsnp", "ctovc"):
        part = of_source(lines, "payment_id", source)
        part.select(
            reference=pl.col("payment_id").str.strip_prefix(f"{source}:"),
            source=pl.lit(source),
            account_no=pl.lit(None, pl.String),
            amount=pl.col("amount_paid").cast(pl.Int64),
            result="status",
            value_date=pl.lit(m.end.isoformat()),
        ).write_csv(folder / "provider_returns" / f"{source}_{m.start:%Y-%m}.csv")
