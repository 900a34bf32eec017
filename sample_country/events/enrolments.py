"""Households enrol and leave."""

import datetime as dt

import polars as pl

from sample_country.events.moment import Moment, of_source, own_keys


def close(m: Moment, enrolment_ids: pl.Series, on: list[dt.date], reason: str) -> None:
    """Exits, in each system's words."""
    table = pl.DataFrame({"enrolment_id": enrolment_ids, "exit_date": pl.Series(on, dtype=pl.Date)})
    for source, target, key, status, date, why in (
        ("nsnp", "Enrolment", "EnrolmentId", ("Status", "EXITED"), "ExitedOn", "ExitReason"),
        ("ctovc", "HOUSEHOLDS", "HH_NO", ("PROG_STATUS", 6), "EXIT_DATE", "EXIT_REASON"),
        ("hsnp", "household", "hh_id", ("status", "exited"), "exit_date", "exit_reason"),
        ("cfa", "scope_household", "household_ref", ("status", "closed"), "closed_at", "close_reason"),
    ):
        part = of_source(table, "enrolment_id", source)
        form = {"ctovc": "%d/%m/%Y", "cfa": "%Y-%m-%dT16:00:00"}.get(source, "%Y-%m-%d")
        m.sources[source].update(
            target,
            [key],
            [(k,) for k in own_keys(part["enrolment_id"])],
            {
                status[0]: [status[1]] * part.height,
                date: part["exit_date"].dt.strftime(form),
                why: [reason if source in ("nsnp", "ctovc") else reason.lower()] * part.height,
            },
        )
    m.replace("enrolments", "enrolment_id", table.with_columns(status=pl.lit("exited")))


def households_leave(m: Moment) -> None:
    """Exits for other reasons than death."""
    active = m.truth["enrolments"].filter((pl.col("status") == "active") & (pl.col("enrolled_date") < m.start))
    leaving = m.some(active, 0.006)
    close(m, leaving["enrolment_id"], m.days(leaving.height), "NO LONGER ELIGIBLE")


def households_enrol(m: Moment) -> None:
    """Some who waited are enrolled and reach the registry; their account is opened.

    Who was paid while waiting waits on: the truth lists those lines as nobody's.
    """
    specification: dict[str, tuple[str, str, str, dict[str, object], str, str, str]] = {
        "nsnp": (
            """SELECT EnrolmentId AS key, HhId AS hh, BeneficiaryMemberId AS who FROM Enrolment
                   WHERE Status = 'WAITING' AND EnrolmentId NOT IN (SELECT EnrolmentId FROM PaymentLine) ORDER BY 1""",
            "Enrolment",
            "EnrolmentId",
            {"Status": "ACTIVE"},
            "EnrolledOn",
            "AccountNo",
            "%Y-%m-%d",
        ),
        "ctovc": (
            """SELECT HH_NO AS key, HH_NO AS hh, HH_NO || '/' || coalesce(CAREGIVER_NO, 1) AS who FROM HOUSEHOLDS
                   WHERE PROG_STATUS = 3 AND HH_NO NOT IN (SELECT HH_NO FROM PAYMENTS) ORDER BY 1""",
            "HOUSEHOLDS",
            "HH_NO",
            {"PROG_STATUS": 4},
            "ENROL_DATE",
            "ACCOUNT_NO",
            "%d/%m/%Y",
        ),
        "hsnp": (
            """SELECT h.hh_id AS key, h.hh_id AS hh, p.person_id AS who FROM household h
                    JOIN person p ON p.hh_id = h.hh_id AND p.line_no = coalesce(h.recipient_line, 1)
                    WHERE h.status = 'registered' AND h.group_code = 1
                        AND h.hh_id NOT IN (SELECT hh_id FROM hh_payments) ORDER BY 1""",
            "household",
            "hh_id",
            {"status": "enrolled"},
            "enrol_date",
            "account_no",
            "%Y-%m-%d",
        ),
        "cfa": (
            """SELECT household_ref AS key, household_ref AS hh, coalesce(h.alternate_ref, min(p.person_ref)) AS who
                   FROM scope_household h JOIN scope_person p USING (household_ref)
                   WHERE h.status = 'applied' AND (h.alternate_ref IS NOT NULL OR p.relation = 'head')
                       AND household_ref NOT IN (SELECT household_ref FROM distribution)
                   GROUP BY 1 ORDER BY 1""",
            "scope_household",
            "household_ref",
            {"status": "active"},
            "registered_at",
            "wallet_no",
            "%Y-%m-%dT10:00:00",
        ),
    }
    for source, (query, table, key, fixed, date, account, form) in specification.items():
        waiting = m.sources[source].read(query)
        if not waiting.height:
            continue
        new = m.some(waiting, 0.06)
        on = m.days(new.height)
        m.sources[source].update(
            table,
            [key],
            [(k,) for k in new["key"]],
            {
                **{c: [v] * new.height for c, v in fixed.items()},
                date: [d.strftime(form) for d in on],
                account: [str(a) for a in m.rng.integers(1_000_000_000, 9_999_999_999, new.height)],
            },
        )
        new = new.with_columns(
            pl.format(f"{source}:{{}}", "key").alias("enrolment_id"),
            pl.format(f"{source}:{{}}", "hh").alias("household_key"),
            pl.format(f"{source}:{{}}", "who").alias("record_id"),
            on=pl.Series(on, dtype=pl.Date),
        )
        who = new.join(
            m.truth["records"].select("record_id", "person_id", "program"),
            on="record_id",
            how="left",
            maintain_order="left",
        ).join(
            m.truth["persons"].select("person_id", "household_id"), on="person_id", how="left", maintain_order="left"
        ).join(
            m.counties.rename({"household_id": "household_key"}), on="household_key", how="left", maintain_order="left"
        )
        m.add(
            "enrolments",
            who.select(
                "enrolment_id",
                "program",
                "person_id",
                true_household_id="household_id",
                recorded_county_code="county_code",
                status=pl.lit("active"),
                enrolled_date="on",
                exit_date=pl.lit(None, pl.Date),
            ),
        )
        reached = pl.col("household_key").is_in(new["household_key"].implode())
        m.truth["records"] = m.truth["records"].with_columns(
            is_beneficiary_record=pl.col("is_beneficiary_record") | reached
        )
