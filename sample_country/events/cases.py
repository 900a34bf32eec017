"""Grievances, and rows deleted for real."""

import numpy as np
import polars as pl

from sample_country.events.moment import Moment
from sample_country.grievances import ACTIONS, REASONS

_CASES = {
    "nsnp": (
        "Complaint",
        "ComplaintId",
        "HhId",
        "G",
        7,
        "Stage",
        ("RECEIVED", "INVESTIGATING", "RESOLVED"),
        "StageDate",
        "ActionTaken",
        "ResolvedOn",
        "%Y-%m-%d",
    ),
    "ctovc": ("CASES", "CASE_NO", "HH_NO", "K", 6, "STAGE", (1, 2, 3), "STAGE_DATE", "ACTION", "DATE_OUT", "%d/%m/%Y"),
    "hsnp": (
        "complaint",
        "complaint_id",
        "hh_id",
        "",
        1,
        "stage",
        ("received", "investigating", "resolved"),
        "stage_date",
        "action",
        "resolved",
        "%Y-%m-%d",
    ),
    "cfa": (
        "feedback",
        "feedback_ref",
        "household_ref",
        "FB-",
        7,
        "stage",
        ("received", "investigating", "resolved"),
        "stage_at",
        "response",
        "closed_at",
        "%Y-%m-%dT11:00:00",
    ),
}


def grievances_go_on(m: Moment) -> None:
    """New grievances come in, open ones are resolved, and an old one or two is deleted for real."""
    for source, (table, key, hh, prefix, digits, stage, stages, stage_date, action, resolved, form) in _CASES.items():
        system = m.sources[source]
        open_cases = system.read(f"SELECT {key} AS k FROM {table} WHERE {stage} IN (?, ?) ORDER BY rowid", stages[:2])
        done = m.some(open_cases, 0.4, at_least=0)
        on = [d.strftime(form) for d in m.days(done.height)]
        system.update(
            table,
            [key],
            [(k,) for k in done["k"]],
            {
                stage: [stages[2]] * done.height,
                stage_date: on,
                action: [ACTIONS[i] for i in m.rng.integers(0, len(ACTIONS), done.height)],
                resolved: on,
            },
        )
        old = system.read(f"SELECT {key} AS k FROM {table} WHERE {stage} = ? ORDER BY rowid", stages[2:])
        system.delete(table, key, m.some(old, 0.002)["k"])
        households = {"nsnp": "Household", "ctovc": "HOUSEHOLDS", "hsnp": "household", "cfa": "scope_household"}[source]
        everyone = system.read(f"SELECT {hh} AS k FROM {households} ORDER BY {hh}")
        new = m.some(everyone, 0.009)
        # Numbers of deleted cases are not given again.
        known = (
            m.state.setdefault("grievances", {}).get(source)
            or system.con.execute(
                f"SELECT max(CAST(substr({key}, {len(prefix) + 1}) AS INTEGER)) FROM {table}"
            ).fetchone()[0]
            or 0
        )
        numbers = known + 1 + np.arange(new.height)
        m.state["grievances"][source] = int(numbers[-1])
        on = [d.strftime(form) for d in m.days(new.height)]
        upper = str.upper if source == "ctovc" else str
        system.insert(
            table,
            pl.DataFrame(
                {
                    "k": prefix + pl.Series(numbers).cast(pl.String).str.zfill(digits),
                    "hh": new["k"],
                    "in": on,
                    "reason": [upper(REASONS[i]) for i in m.rng.integers(0, len(REASONS), new.height)],
                    "stage": [stages[0]] * new.height,
                    "on": on,
                    "action": pl.Series([None] * new.height, dtype=pl.String),
                    "out": pl.Series([None] * new.height, dtype=pl.String),
                }
            ),
        )


def rejected_households_are_deleted(m: Moment) -> None:
    """nsnp and ctovc clear away a few rejected households: rows vanish for real."""
    for source, query, tables in (
        (
            "nsnp",
            "SELECT HhId AS k FROM Enrolment WHERE Status = 'REJECTED' ORDER BY 1",
            (("Household", "HhId"), ("Member", "HhId"), ("Enrolment", "HhId"), ("Complaint", "HhId")),
        ),
        (
            "ctovc",
            "SELECT HH_NO AS k FROM HOUSEHOLDS WHERE PROG_STATUS = 2 ORDER BY 1",
            (("HOUSEHOLDS", "HH_NO"), ("MEMBERS", "HH_NO"), ("CASES", "HH_NO")),
        ),
    ):
        gone = m.some(m.sources[source].read(query), 0.01)["k"]
        for table, key in tables:
            m.sources[source].delete(table, key, gone)
        keys = (f"{source}:" + gone.cast(pl.String)).implode()
        m.truth["records"] = m.truth["records"].filter(~pl.col("household_key").is_in(keys))
