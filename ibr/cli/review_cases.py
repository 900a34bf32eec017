"""`ibr review --by NAME`: the queue case by case, in a terminal."""

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from ibr.cli.writing import writing
from ibr.console import console, table
from ibr.errors import WarehouseBusy
from ibr.workspace import Workspace

if TYPE_CHECKING:
    from exchange.review import Case

_KEYS = {"s": "same person", "d": "different people", "m": "need more time"}
_ASK = "[s]ame person, [d]ifferent people, need [m]ore time (a comment may follow); [n]ext, [u]ndo, [q]uit"


@dataclass
class Session:
    """One person at the queue: every decision is on record at once, so that leaving loses nothing.

    The warehouse is open for as long as it takes to read a case or write a decision: runs wait for nobody who thinks.
    """

    home: Workspace
    by: str
    today: dt.date | None
    passed_over: list[tuple[str, str]] = field(default_factory=list)
    decided: int = 0

    def run(self) -> None:
        """Show cases until none is left, or the person leaves."""
        case = self._next()
        while case is not None:
            _show(case, self.home.registry.currency)
            case = self._answered(case)
        console.print(f"{self.decided:,} decided; the next run honours them.")
        if self.passed_over:
            console.print(f"{len(self.passed_over):,} passed over; they come again.")

    def _answered(self, case: "Case") -> "Case | None":
        """What the person says to a case; returns the case to show next."""
        while True:
            try:
                said = click.prompt(_ASK, prompt_suffix="\n> ").strip()
            except click.Abort:
                return None
            # The key stands alone: "skip" or "done" is no decision.
            key, _, rest = said.partition(" ")
            key, comment = key.lower(), rest.strip() or None
            try:
                if key in _KEYS:
                    self._decide(case, _KEYS[key], comment)
                    return self._next()
                if key == "n":
                    self.passed_over.append(case.pair)
                    return self._next()
                if key == "u":
                    return self._undone() or case
            except WarehouseBusy as busy:
                console.print(f"{busy}; nothing was recorded: say it again in a while", markup=False, soft_wrap=True)
                continue
            if key == "q":
                return None
            console.print(f"Expected one of {', '.join(_KEYS)}, n, u, q.")

    def _next(self) -> "Case | None":
        from exchange.review import next_case
        from warehouse.connection import connect

        with connect(self.home.warehouse_file, read_only=True) as con:
            case = next_case(con, self.by, self.passed_over)
        if case is None:
            console.print("No case is left for you.")
        else:
            self._note("review_shown", case.pair)
        return case

    def _note(self, action: str, pair: tuple[str, str], **details: str) -> None:
        from warehouse import audit

        audit.record(self.home.home, action, self.by, subjects=pair, details=details)

    def _decide(self, case: "Case", decision: str, comment: str | None) -> None:
        from exchange.decisions import last_day
        from exchange.review import decide
        from warehouse.schemas import prepare

        now = dt.datetime.now(dt.UTC)
        with writing(self.home, "ibr review") as con:
            prepare(con)
            done = decide(
                con, case.pair, decision, by=self.by, on=self.today or last_day(con, now.date()), at=now,
                comment=comment, two_people=self.home.registry.decisions.two_people,
            )
        self._note("review_decided", case.pair, decision=decision, state=done.state)
        self.decided += 1
        if done.state == "more_time":
            self.passed_over.append(case.pair)
        waits = "; a second person has to say the same" if done.state == "to_confirm" else ""
        console.print(f"Recorded: {decision}{waits}")

    def _undone(self) -> "Case | None":
        """The case of the last decision, taken back."""
        from exchange.review import case_of, undo
        from warehouse.connection import connect

        with writing(self.home, "ibr review") as con:
            pair = undo(con, self.by, dt.datetime.now(dt.UTC))
        if pair is None:
            console.print("There is nothing to take back.")
            return None
        self._note("review_withdrawn", pair)
        self.decided = max(0, self.decided - 1)
        self.passed_over = [one for one in self.passed_over if set(one) != set(pair)]
        console.print("Taken back; it stays on record as that.")
        with connect(self.home.warehouse_file, read_only=True) as con:
            return case_of(con, pair)


def _show(case: "Case", currency: str) -> None:
    console.rule()
    rows = [("differs" if one.is_different else "", one.name, one.left, one.right) for one in case.details]
    console.print(table("Are these one person?", ["", "", case.record_id_l, case.record_id_r], rows))
    for line in about(case, currency):
        console.print(line, markup=False, soft_wrap=True)
    for line in case.evidence:
        console.print(f" {line}", markup=False, soft_wrap=True)


def about(case: "Case", currency: str) -> list[str]:
    """What is known of a case beside the records: how likely, how much, who is asked, who said what."""
    joined = "; the run has both in one person" if case.is_one_person else ""
    joined += f" with {case.beside}: look at all of them together" if case.beside else ""
    lines = [f"({case.programs}): probability {case.match_probability:.4f}, by {case.match_key}{joined}"]
    if case.amount_at_stake is not None:
        lines.append(f"{currency} {case.amount_at_stake:,.0f} at stake")
    lines += [f"asked of {one.program} too, as {one.exception_id}: {one.status}" for one in case.asked]
    lines += [
        f"{one.decided_by} said on {one.decided_on}: {one.decision}" + (f" ({one.comment})" if one.comment else "")
        for one in case.said
    ]
    return lines
