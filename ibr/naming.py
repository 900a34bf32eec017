"""What the names of files that arrive say: `members_{date:%Y%m%d}{version}.csv`."""

import datetime as dt
import re
from dataclasses import dataclass
from functools import cached_property

_PLACEHOLDER = re.compile(r"\{date:(?P<format>[^}]+)\}|\{(?P<version>version)\}|(?P<wild>[*?])")
_DIGITS = {"Y": 4, "y": 2, "m": 2, "d": 2, "j": 3, "H": 2, "M": 2, "S": 2}
_WORDS = "bB"
# _v2, -2, " (2)": what people and mail programs add to a name that is taken.
_VERSION = r"(?:(?:[ _.-]+v?|v|[ _]?\()(?P<version>\d{1,3})\)?)?"


@dataclass(frozen=True)
class NameRule:
    """A pattern of file names: `{date:FORMAT}` once, `{version}` where a correction's number may stand, `*` and `?`.

    Capitals do not matter. Raises ValueError, when first used, for a pattern that cannot be read.
    """

    pattern: str

    def read(self, name: str) -> tuple[dt.date, int] | None:
        """The date and the version (1 where none stands) in a file's name; None where it does not fit."""
        found = self._expression.fullmatch(name)
        if not found:
            return None
        try:
            date = dt.datetime.strptime(found["date"], self._format).date()
        except ValueError:
            return None
        return date, int(found.groupdict().get("version") or 1)

    def for_date(self, date: dt.date) -> str:
        """The name that a first version of a date is expected under, for people."""
        return _PLACEHOLDER.sub(
            lambda place: date.strftime(place["format"]) if place["format"] else place["wild"] or "", self.pattern
        )

    @cached_property
    def _format(self) -> str:
        formats = [place["format"] for place in _PLACEHOLDER.finditer(self.pattern) if place["format"]]
        if len(formats) != 1:
            raise ValueError(f"path {self.pattern!r} needs one {{date:...}}, as in members_{{date:%Y%m%d}}.csv")
        return formats[0]

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        parts, end = [], 0
        for place in _PLACEHOLDER.finditer(self.pattern):
            parts.append(re.escape(self.pattern[end : place.start()]))
            end = place.end()
            if place["format"]:
                parts.append(f"(?P<date>{self._digits(place['format'])})")
            else:
                parts.append(_VERSION if place["version"] else "." if place["wild"] == "?" else ".*")
        return re.compile("".join(parts) + re.escape(self.pattern[end:]), re.IGNORECASE)

    def _digits(self, form: str) -> str:
        def directive(found: re.Match[str]) -> str:
            if found[1] in _WORDS:
                return "[a-z]+"
            if found[1] not in _DIGITS:
                raise ValueError(
                    f"path {self.pattern!r}: %{found[1]} is not known; expected %Y, %y, %m, %d, %b, %B or %j"
                )
            return rf"\d{{{_DIGITS[found[1]]}}}"

        if not re.search("%[Yy]", form):
            raise ValueError(f"path {self.pattern!r}: its date has no year (%Y)")
        return re.sub(r"%(.)", directive, re.sub(r"[^\w%]", lambda sign: re.escape(sign[0]), form))

    def check(self) -> None:
        """Raise ValueError where the pattern cannot be read."""
        _ = self._format, self._expression
