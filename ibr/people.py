"""Who is who among those who decide: one form of a name, in Python and in SQL, however the name was written.

Two people have to take some decisions, and who writes the own name in two ways is one.
"""

import re
import unicodedata

# As far as people's names have them, what `casefold` does beyond what DuckDB's `lower` does; and the Turkish capital
# whose small letter is two characters in Python.
_FOLDED = {"İ": "i", "ẞ": "ss", "ß": "ss"}
_IN_SQL = re.compile(r"\{\{ person\(([\w.$]+)\) \}\}")


def person(name: str) -> str:
    """A name's letters and digits alone, in small letters: points, hyphens, blanks and capitals tell nobody apart.

    Marks stay, for in many scripts vowels are marks; letters without case stay as they are.
    """
    folded = unicodedata.normalize("NFC", name)
    for letter, instead in _FOLDED.items():
        folded = folded.replace(letter, instead)
    return "".join(letter for letter in folded.lower().replace("ς", "σ") if unicodedata.category(letter)[0] in "LMN")


def is_same_person(one: str, other: str) -> bool:
    """Whether two names are one person's, as far as writing tells."""
    return person(one) == person(other)


def person_sql(name: str) -> str:
    """SQL: `person` of an expression."""
    folded = f"nfc_normalize({name})"
    for letter, instead in _FOLDED.items():
        folded = f"replace({folded}, '{letter}', '{instead}')"
    return rf"regexp_replace(replace(lower({folded}), 'ς', 'σ'), '[^\p{{L}}\p{{M}}\p{{N}}]', '', 'g')"


def with_persons(script: str) -> str:
    """An SQL script with `person_sql` in the place of `{{ person(column) }}`: a view may use no temporary macro."""
    return _IN_SQL.sub(lambda found: person_sql(found[1]), script)
