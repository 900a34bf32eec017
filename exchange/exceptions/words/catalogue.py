"""The catalogues: one YAML file a language, ours and those of a workspace, which need no code to edit."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from exchange.exceptions.words.checks import clashes, faults_of
from exchange.exceptions.words.words import ENGLISH, Words, coming_back
from ibr.errors import ConfigurationProblem

FOLDER = "words"  # in a workspace: <language>.yml, whose words go before ours or make a language of their own
_MOST_TOLD = 10  # mistakes of a file


def languages(home: Path | None = None) -> dict[str, Words]:
    """Every language there is, by its code: ours, and those of `<home>/words/`.

    Raises ConfigurationProblem with every fault of the files there.
    """
    found = dict(_ours())
    faults = []
    for path in sorted((home / FOLDER).glob("*.yml")) if home else ():
        try:
            given = _flat(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
            faults.append(
                f"{FOLDER}/{path.name} is not readable as words by group and code ({type(error).__name__}); en.yml in "
                "exchange/exceptions/words/languages shows how"
            )
            continue
        before = found[path.stem].texts if path.stem in found else {}
        words = Words(path.stem, {**before, **given})
        wrong = faults_of(words, found[ENGLISH])
        if wrong:
            more = f"; and {len(wrong) - _MOST_TOLD} more" if len(wrong) > _MOST_TOLD else ""
            faults.append(f"{FOLDER}/{path.name}: {'; '.join(wrong[:_MOST_TOLD])}{more}")
        else:
            found[path.stem] = words
    faults += [f"{FOLDER}/: {fault}; what comes back has to tell them apart" for fault in clashes(found.values())]
    if faults:
        raise ConfigurationProblem(" | ".join(faults))
    return found


@cache
def _ours() -> dict[str, Words]:
    folder = files("exchange.exceptions.words").joinpath("languages")
    read = {
        path.name.removesuffix(".yml"): _flat(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in folder.iterdir() if path.name.endswith(".yml")
    }
    codes = {f"{group}.{code}": code for group, names in coming_back() for code in names}
    return {
        code: Words(code, {**codes, **texts} if code == ENGLISH else texts) for code, texts in read.items()
    }


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
