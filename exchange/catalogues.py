"""Catalogues of words: a language a YAML file, ours and those of a workspace, which need no code to edit."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

ENGLISH = "en"
_MOST_TOLD = 10  # mistakes of a file
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Words:
    """The words of one language: `texts` by `group.code`."""

    language: str
    texts: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """The text of a key, with its placeholders filled."""
        return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), self.texts[key])

    def number(self, value: float) -> str:
        """A whole number with its thousands apart."""
        return f"{value:,.0f}".replace(",", self.texts["number.thousands"])

    def day(self, day: dt.date) -> str:
        """A day with the name of its month."""
        return self.say("day.long", day=f"{day:%d}", month=self.texts[f"month.{day.month}"], year=day.year)


def ours(package: str) -> dict[str, Mapping[str, str]]:
    """The texts of each language in the folder `languages` of a package."""
    folder = files(package).joinpath("languages")
    return {
        path.name.removesuffix(".yml"): _flat(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in folder.iterdir() if path.name.endswith(".yml")
    }


def with_own(
    known: Mapping[str, Words], home: Path | None, folder: str, faults_of: Callable[[Words, Words], list[str]],
    example: str,
) -> tuple[dict[str, Words], list[str]]:
    """The languages, with those of a workspace's folder over them, and what is wrong in its files.

    A file there changes words of a language that is known, or makes a language of its own. `example`: where English is.
    """
    found, faults = dict(known), []
    for path in sorted((home / folder).glob("*.yml")) if home else ():
        try:
            given = _flat(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
            faults.append(
                f"{folder}/{path.name} is not readable as words by group and code ({type(error).__name__}); en.yml in "
                f"{example} shows how"
            )
            continue
        before = found[path.stem].texts if path.stem in found else {}
        words = Words(path.stem, {**before, **given})
        if wrong := faults_of(words, found[ENGLISH]):
            more = f"; and {len(wrong) - _MOST_TOLD} more" if len(wrong) > _MOST_TOLD else ""
            faults.append(f"{folder}/{path.name}: {'; '.join(wrong[:_MOST_TOLD])}{more}")
        else:
            found[path.stem] = words
    return found, faults


def differences(words: Words, english: Words, of_what: str) -> list[str]:
    """Words that are missing in a language or are too many, and placeholders that differ, beside English."""
    texts = words.texts
    faults = [
        f"{key} is missing: {text!r} in {words.language}" for key, text in english.texts.items() if key not in texts
    ]
    faults += [f"{key} is no word of {of_what}; en.yml has them all" for key in texts if key not in english.texts]
    for key in texts.keys() & english.texts.keys():
        given, expected = (sorted(set(_PLACEHOLDER.findall(text))) for text in (texts[key], english.texts[key]))
        if given != expected:
            faults.append(f"{key} has the placeholders {_list(given)}; expected {_list(expected)}")
    return faults


def _flat(content: Any) -> dict[str, str]:
    """`group.code` → text; raises ValueError where a group or a text is something else."""
    if not isinstance(content, dict):
        raise ValueError("no groups")
    texts = {}
    for group, words in content.items():
        if isinstance(words, str):
            texts[str(group)] = words
        elif isinstance(words, dict) and all(isinstance(word, str) for word in words.values()):
            texts |= {f"{group}.{code}": word for code, word in words.items()}
        else:
            raise ValueError(f"{group} holds something that is no text")
    return texts


def _list(names: list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names) or "none"
