"""What the figures of an assessment mean, in plain words: each as (code, whether it is grave, text, extent)."""

from typing import Any

from exchange.sharing.table import Suppressed

Said = tuple[str, bool, str, dict[str, int]]


def say_class(found: dict[str, Any], smallest_class: int) -> Said:
    """k-anonymity of one kind of subject."""
    people, unique, under = found["people"], found["unique_people"], found["people_under"]
    kind = "households" if found["kind"] == "household" else "people"
    text = (
        f"Of {people:,} {kind}, the smallest group alike in the quasi-identifiers has {found['smallest_class']:,}. "
        f"{unique:,} ({_share(unique, people)}) stand alone, {under:,} ({_share(under, people)}) are in groups of "
        f"fewer than {smallest_class}."
    )
    if under:
        text += " Who knows those particulars of somebody may find them in the data."
        return "small_classes", True, text, {kind: under, f"{kind} alone": unique}
    return "classes", False, f"{text} Nobody can be told by these particulars alone.", {}


def say_diversity(found: dict[str, Any], distinct_values: int) -> Said:
    """l-diversity of one sensitive field."""
    field, told = found["field"], found["people_told"]
    if told:
        return (
            "one_value", True,
            f"{field}: {told:,} people are in groups with fewer than {distinct_values} different values. Who knows "
            "that somebody is in such a group learns the value without finding the row.", {field: told},
        )
    return (
        "values", False,
        f"{field}: every group that is alike has at least {found['fewest_values']:,} different values.", {},
    )


def say_table(mart: str, held: Suppressed, smallest_cell: int) -> Said:
    """What is withheld of a table."""
    text = (
        f"{mart}: of {held.cells:,} cells, {held.small:,} are about fewer than {smallest_cell} and are withheld, and "
        f"{held.further:,} more, so that totals do not give them back."
    )
    if held.sums_withheld:
        text += f" The sums of {held.sums_withheld:,} totals above them are withheld too."
    return "table", False, text, {}


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "0%"
