"""The pages say everything in every language: what the templates ask for, and every code that the tabulator shows."""

import re
from pathlib import Path

import pytest

from exchange.catalogues import Words, differences, ours
from exchange.exceptions.sheets import ACTION, DECISION, SHEETS
from exchange.pages.subjects import SUBJECTS
from exchange.pages.words import languages
from exchange.review import DECISIONS
from exchange.review.cases import _DETAILS
from ibr.errors import ConfigurationProblem

ROOT = Path(__file__).parents[2] / "exchange" / "pages"
OURS = ours("exchange.pages.words")
ALL = languages()


@pytest.mark.parametrize("language", sorted(OURS))
def test_a_language_has_the_words_and_placeholders_of_english(language):
    assert differences(Words(language, OURS[language]), Words("en", OURS["en"]), "the pages") == []


@pytest.mark.parametrize("language", sorted(ALL))
def test_what_templates_and_tables_name_is_said(language):
    asked = {
        key for path in ROOT.rglob("*.html")
        for key in re.findall(r"(?:texts\[|say\()\"([a-z_]+\.[A-Za-z_ ]+)\"[\]),]", path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 100
    for subject in SUBJECTS:
        asked |= {f"subject.{subject.name}", *(f"variable.{one.name}" for one in subject.variables)}
        asked |= {f"measure.{one.name}" for one in subject.measures}
    asked |= {f"detail.{name}" for name, _ in _DETAILS} | {f"decision.{one}" for one in DECISIONS}
    for sheet in SHEETS:
        asked |= {f"heading.{column.heading}" for column in sheet.columns} | {f"sheet.{sheet.name}"}
        asked |= {f"decision.{one}" for one in sheet.choices(DECISION)}
        asked |= {f"action.{one}" for one in sheet.choices(ACTION)}
    assert sorted(asked - ALL[language].texts.keys()) == []


def test_a_workspace_changes_words_and_its_mistakes_are_told(tmp_path):
    folder = tmp_path / "pages" / "words"
    folder.mkdir(parents=True)
    (folder / "en.yml").write_text("pages: {enquiry: Ask}\n")
    assert languages(tmp_path)["en"].texts["pages.enquiry"] == "Ask"
    (folder / "en.yml").write_text("case: {place: 'only {place}'}\n")
    with pytest.raises(ConfigurationProblem, match=r"case\.place has the placeholders"):
        languages(tmp_path)
