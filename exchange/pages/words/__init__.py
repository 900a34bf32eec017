"""The words of the pages: a catalogue a language, over those of the portal and of exception files; those in
`<home>/pages/words/` go before ours."""

from pathlib import Path

from exchange import catalogues
from exchange.catalogues import Words, differences
from exchange.exceptions.words import languages as of_exception_files
from exchange.portal.words import languages as of_portal
from ibr.errors import ConfigurationProblem

FOLDER = "pages/words"
_PACKAGE = "exchange.pages.words"


def languages(home: Path | None = None) -> dict[str, Words]:
    """Every language that the pages speak, by its code: those that the portal and exception files speak too.

    Raises ConfigurationProblem with every fault of the workspace's own files.
    """
    ours = {code: Words(code, texts) for code, texts in catalogues.ours(_PACKAGE).items()}
    found, faults = catalogues.with_own(
        ours, home, FOLDER, lambda words, english: differences(words, english, "the pages"),
        "exchange/pages/words/languages",
    )  # fmt: skip
    if faults:
        raise ConfigurationProblem(" | ".join(faults))
    files, portal = of_exception_files(home), of_portal(home)
    return {
        code: Words(code, {**files[code].texts, **portal[code].texts, **words.texts})
        for code, words in found.items() if code in files and code in portal
    }
