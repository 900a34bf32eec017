"""The words of the portal: a catalogue a language; those in `<home>/portal/words/` go before ours."""

from pathlib import Path

from exchange import catalogues
from exchange.catalogues import Words, differences
from ibr.errors import ConfigurationProblem

FOLDER = "portal/words"
_PACKAGE = "exchange.portal.words"


def languages(home: Path | None = None) -> dict[str, Words]:
    """Every language that the portal speaks, by its code.

    Raises ConfigurationProblem with every fault of the workspace's own files.
    """
    ours = {code: Words(code, texts) for code, texts in catalogues.ours(_PACKAGE).items()}
    found, faults = catalogues.with_own(ours, home, FOLDER, faults_of, "exchange/portal/words/languages")
    if faults:
        raise ConfigurationProblem(" | ".join(faults))
    return found


def faults_of(words: Words, english: Words) -> list[str]:
    """What is missing or wrong in a language, beside English."""
    return differences(words, english, "the portal")
