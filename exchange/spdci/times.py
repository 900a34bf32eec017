"""Times as the standard writes them: ISO 8601 with a time zone."""

import datetime as dt
import re

CLOCK_SKEW = dt.timedelta(minutes=5)  # that a sender's clock may be ahead of ours
_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)")


def now_text() -> str:
    """The time now, in UTC."""
    return text_of(dt.datetime.now(dt.UTC))


def text_of(moment: dt.datetime) -> str:
    """A moment to the second, in UTC."""
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def parsed(text: str) -> dt.datetime:
    """The moment that a text is, in UTC; `t` and `z` may be small (RFC 3339), and a zone without its colon, as some
    systems write it. Raises ValueError where it has another form or no time zone."""
    text = text.upper()
    if not _FORM.fullmatch(text):
        raise ValueError("expected a time as 2026-06-30T08:15:00+03:00")
    try:
        return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except OverflowError:  # the first and the last day that there are, in other zones
        raise ValueError("expected a time between the years 1 and 9999") from None
