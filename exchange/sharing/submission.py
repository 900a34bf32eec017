"""The first step: a request that is whole and right is put on record."""

import datetime as dt
from pathlib import Path
from typing import Any

from exchange.sharing.known import Known
from exchange.sharing.reading import checked
from exchange.sharing.record import Case, Step, changing, new_case
from exchange.sharing.selection import published


def submit(home: Path, content: dict[str, Any], *, today: dt.date, at: dt.datetime) -> Case:
    """Check a request against the catalogue and the current publication, and put it on record.

    `content`: as `read_request` gives it. Raises UsageProblem with every fault; nothing is recorded then.
    """
    with published(home) as con:
        request = checked(content, Known.of(con, today))
    with changing(home, "ibr share request"):
        content = request.model_dump(mode="json", by_alias=True)
        return new_case(home, today).add(Step.REQUESTED, today=today, at=at, by=request.person, content=content)
