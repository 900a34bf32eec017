"""The words of the portal: a catalogue a language; those in `<home>/portal/words/` go before ours."""

from pathlib import Path

from exchange import catalogues
from exchange.catalogues import Words, differences
from ibr.errors import ConfigurationProblem

FOLDER = "portal/words"
_OF_DATA = ("kpi.", "definition.", "reason.")  # groups that a ministry may add to
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
    """What is missing or wrong in a language, beside English; names of what only the data knows may be added."""
    texts = {key: text for key, text in words.texts.items() if key in english.texts or not key.startswith(_OF_DATA)}
    return differences(Words(words.language, texts), english, "the portal")
