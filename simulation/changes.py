"""What may be changed in a simulation, and whether it makes sense; all faults are told at once."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ibr.errors import UsageProblem

EVERYWHERE = "all"
_Age = Annotated[int, Field(ge=0, le=150)]
_PROGRAMS = "SELECT program, benefit_unit FROM marts.dim_program"
_COUNTIES = "SELECT area_code, name FROM marts.dim_area WHERE parent_code IS NULL"
_IS_COUNTED = "SELECT count(*) > 0 FROM marts.rpt_register_residents"
_UNCOUNTED = "no eligibility rule is in force, or the register cannot be counted because it is asked by ID"
_RULES = """
    SELECT program, max(age_from), min(age_to) FROM reference.eligibility_rules CROSS JOIN main.about
    WHERE valid_from <= reporting_date AND coalesce(valid_to >= reporting_date, true) GROUP BY program
"""


class Change(BaseModel):
    """What is changed for one program; what is not named stays as it is."""

    model_config = ConfigDict(extra="forbid")

    min_age: _Age | None = None
    max_age: _Age | None = None
    # Codes or names; `all` lifts every limit of area.
    counties: Annotated[list[str], Field(min_length=1)] | None = None
    # A month, in the country's currency.
    amount: Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=2)] | None = None
    # Of those eligible, the share that is enrolled.
    take_up: Annotated[float, Field(gt=0, le=1)] | None = None

    @property
    def named(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


def read_file(path: Path) -> dict[str, Any]:
    """The changes of a YAML file, a mapping of program codes; unchecked. Raises UsageProblem if it is none."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageProblem(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise UsageProblem(f"{path} is not readable as YAML; mend the indentation or quotes") from None
    if not isinstance(content, dict) or not content:
        raise UsageProblem(f"{path} names no program; expected lines like `CODE: {{min_age: 65, amount: 2500}}`")
    return content


def as_counties(text: str) -> list[str]:
    """Counties parted by commas, as a list."""
    return [part.strip() for part in text.split(",") if part.strip()]


def checked(con: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> dict[str, Change]:
    """The changes asked for, by program, with counties by their codes.

    `con` reads the publication. Raises UsageProblem that names every fault.
    """
    faults: list[str] = []
    changes = {str(program): change for program, raw in asked.items() if (change := _parsed(program, raw, faults))}
    units = dict(con.execute(_PROGRAMS).fetchall())
    rules = {program: ages for program, *ages in con.execute(_RULES).fetchall()}
    (is_counted,) = con.execute(_IS_COUNTED).fetchone() or (False,)
    counties = con.execute(_COUNTIES).fetchall()
    faults += [
        f"{program}: no such program; there are {', '.join(sorted(units))}"
        for program in map(str, asked) if program not in units
    ]  # fmt: skip
    for program, change in changes.items():
        change.counties = _codes(program, change.counties, counties, faults)
        if program in units:
            faults += [f"{program}: {fault}" for fault in _senseless(change, units[program], rules.get(program))]
            if change.take_up is not None and not (program in rules and is_counted):
                faults.append(f"{program}: take_up: {_UNCOUNTED}, so who could take it up is not known")
    if faults:
        count = f"{len(faults)} mistake{'s' if len(faults) > 1 else ''} in what is to be simulated"
        raise UsageProblem(f"{count}: " + " | ".join(faults))
    return changes


def _parsed(program: Any, raw: Any, faults: list[str]) -> Change | None:
    if not isinstance(raw, dict):
        faults.append(f"{program}: expected changes like {{min_age: 65, amount: 2500}}")
        return None
    try:
        return Change.model_validate(raw)
    except ValidationError as error:
        found = error.errors(include_input=False)
        for fault in found:
            place = ".".join(str(part) for part in fault["loc"])
            faults.append(f"{program}: {place}: {fault['msg'][0].lower()}{fault['msg'][1:]}")
        # What can be read is checked further, so that all is told at once.
        wrong = {fault["loc"][0] for fault in found}
        rest = {name: value for name, value in raw.items() if name not in wrong}
        return Change.model_validate(rest) if rest else None


def _codes(
    program: str, named: list[str] | None, counties: list[tuple[str, str]], faults: list[str]
) -> list[str] | None:
    if named is None or [name.lower() for name in named] == [EVERYWHERE]:
        return named
    known = {text.lower(): code for code, name in counties for text in (code, name)}
    faults += [
        f"{program}: counties: no county {name}; expected codes or names, such as {counties[0][0]} or {counties[0][1]}"
        for name in named if name.lower() not in known
    ]  # fmt: skip
    return sorted({known[name.lower()] for name in named if name.lower() in known})


def _senseless(change: Change, unit: str, ages: list[int | None] | None) -> list[str]:
    """Faults of one program's changes; `ages` are the limits of its rules in force, None without a rule."""
    least, most = ages or [None, None]
    least = change.min_age if change.min_age is not None else least
    most = change.max_age if change.max_age is not None else most
    limits_age = change.min_age is not None or change.max_age is not None
    faults = []
    if not change.named:
        faults.append("nothing is changed; name min_age, max_age, counties, amount or take_up")
    if limits_age and unit == "household":
        faults.append("an age limit is for a benefit to a person; this one is for households")
    if limits_age and least is not None and most is not None and least > most:
        faults.append(f"nobody is {least} or older and {most} or younger")
    return faults
