"""The catalogues: one YAML file a language, ours and those of a workspace, which need no code to edit."""

from functools import cache
from pathlib import Path

from exchange import catalogues
from exchange.exceptions.words.checks import clashes, faults_of
from exchange.exceptions.words.words import ENGLISH, Words, coming_back
from ibr.errors import ConfigurationProblem

FOLDER = "words"  # in a workspace: <language>.yml, whose words go before ours or make a language of their own


def languages(home: Path | None = None) -> dict[str, Words]:
    """Every language there is, by its code: ours, and those of `<home>/words/`.

    Raises ConfigurationProblem with every fault of the files there.
    """
    found, faults = catalogues.with_own(_ours(), home, FOLDER, faults_of, "exchange/exceptions/words/languages")
    faults += [f"{FOLDER}/: {fault}; what comes back has to tell them apart" for fault in clashes(found.values())]
    if faults:
        raise ConfigurationProblem(" | ".join(faults))
    return found


@cache
def _ours() -> dict[str, Words]:
    codes = {f"{group}.{code}": code for group, names in coming_back() for code in names}
    return {
        code: Words(code, {**codes, **texts} if code == ENGLISH else texts)
        for code, texts in catalogues.ours("exchange.exceptions.words").items()
    }
