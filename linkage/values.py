"""How single values are read, as SQL: names, identifiers, telephones, sex and the precision of dates."""

import re
from collections.abc import Sequence

from linkage import vocabulary
from linkage.sql import literal

LETTERS = ("ø:o", "ł:l", "đ:d", "ð:d", "þ:th", "ß:ss", "æ:ae", "œ:oe", "ı:i")


def literals(words: Sequence[str]) -> str:
    """Texts as SQL literals, with commas between."""
    return ", ".join(literal(word) for word in words)


def fold(expression: str) -> str:
    """Case, accents and marks folded away; letters of every script kept; apostrophes closed, the rest is a space."""
    text = f"strip_accents(lower(substr({expression}, 1, 200)))"
    for pair in LETTERS:
        letter, plain = pair.split(":")
        text = f"replace({text}, '{letter}', '{plain}')"
    closed = rf"regexp_replace({text}, '[''`´’‘.]', '', 'g')"
    return f"trim(regexp_replace({closed}, '[{vocabulary.signs()}]+', ' ', 'g'))"


def identifier(name: str) -> str:
    """Letters, marks and digits of an identifier, no leading zeros (spreadsheets eat them); runs of one are no ID."""
    plain = f"ltrim(regexp_replace(upper(substr({name}, 1, 60)), '[{vocabulary.signs()}]', '', 'g'), '0')"
    # In a list, so that the pattern stands there once.
    return (
        f"case when {is_number(name, 3)} then {name} when {is_nothing(name)} then null else list_transform([{plain}], "
        "lambda plain: case when length(plain) >= 3 and translate(plain, plain[1], '') <> '' then plain end)[1] end"
    )


def is_nothing(name: str) -> str:
    """SQL: whether a value says that nothing was written down; a pattern, where a list would be joined to every row."""
    return f"regexp_full_match(lower({name}), {literal('|'.join(map(re.escape, vocabulary.NOTHING)))})"


def is_number(name: str, least: int) -> str:
    """SQL: whether a text is plainly a number: without leading zeros, of at least so many digits, the last two unlike.

    Most identifiers and telephones are, and need none of the patterns, which cost up to four times as much.
    """
    return f"try_cast({name} as ubigint)::varchar = {name} and length({name}) >= {least} and {name}[-1] <> {name}[-2]"


def is_left_over(token: str) -> str:
    """SQL: whether a token is part of neither the given nor the family name."""
    return (
        f"not ({token} = coalesce(given, '') or {token} = coalesce(family, '') "
        f"or list_contains(coalesce(family_tokens, []), {token}))"
    )


def is_particle(token: str) -> str:
    """SQL: whether a token of a name is one such as "van", and so no name by itself."""
    return f"{token} in ({literals(vocabulary.PARTICLES)})"


def is_title(token: str) -> str:
    """SQL: whether a token is a title, or begins with a digit, and so is no name."""
    return f"({token} in ({literals(vocabulary.TITLES)}) or {token}[1] between '0' and '9')"


def phone(name: str) -> str:
    """SQL: the last nine digits of a telephone number, which are without country code or leading zero; fewer than six
    are an extension or a slip."""
    digits = f"regexp_replace({name}, '\\D', '', 'g')"
    return (
        f"case when {is_number(name, 6)} then {name}[-9:] when length({digits}) >= 6 "
        f"and translate({digits}, {digits}[-1], '') <> '' then {digits}[-9:] end"
    )


def keeps_month(precision: str) -> str:
    """SQL: whether a birth date of this precision says the month."""
    return f"coalesce(lower({precision}), 'day') <> 'year'"


def keeps_day(precision: str) -> str:
    """SQL: whether a birth date of this precision says the day."""
    return f"coalesce(lower({precision}), 'day') not in ('year', 'month')"


def sex(name: str) -> str:
    """SQL: M or F, whatever word or number a source has for it; null for a word that is unknown."""
    words = [(word, sex) for sex, known in (("M", vocabulary.MALE), ("F", vocabulary.FEMALE)) for word in known]
    known = ", ".join(f"{literal(word)}: '{sex}'" for word, sex in words)
    return f"map {{{known}}}[lower({name})]"


def months() -> str:
    """The months' names and their numbers, as a template writes them into SQL."""
    return "{" + ", ".join(f"'{name}': {number}" for name, number in vocabulary.MONTHS.items()) + "}"
