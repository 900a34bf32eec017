import pytest

from ibr.errors import ConfigurationProblem, UsageProblem
from linkage import Specification


def test_every_mistake_is_in_one_line():
    with pytest.raises(ConfigurationProblem) as raised:
        Specification.from_mapping({
            "columns": {"surname": "s", "given_name": "g"}, "thresholds": {"match": 2}, "modell": "auto",
        })  # fmt: skip
    message = str(raised.value)
    assert "record_id is missing" in message
    assert "columns.surname is not known (known: given_name" in message
    assert "thresholds.match" in message
    assert "modell is not known" in message
    assert "\n" not in message


def test_nothing_that_identifies():
    with pytest.raises(ConfigurationProblem, match="at least one is needed"):
        Specification.from_mapping({"record_id": "id", "columns": {"sex": "s"}})


def test_review_above_match():
    with pytest.raises(ConfigurationProblem, match="above match"):
        Specification.from_mapping(
            {"record_id": "id", "columns": {"given_name": "g"}, "thresholds": {"match": 0.5, "review": 0.9}}
        )


def test_unreadable_files(tmp_path):
    with pytest.raises(UsageProblem):
        Specification.load(tmp_path / "absent.yml")
    broken = tmp_path / "broken.yml"
    broken.write_text("columns: [")
    with pytest.raises(ConfigurationProblem, match="not valid YAML"):
        Specification.load(broken)
    broken.write_text("just text")
    with pytest.raises(ConfigurationProblem, match="a mapping"):
        Specification.load(broken)


def test_one_column_where_a_list_is_expected():
    specification = Specification.from_mapping({"record_id": "id", "columns": {"given_name": "g", "places": "ward"}})
    assert specification.columns.places == ["ward"]


def test_an_unknown_column_says_which_there_are():
    specification = Specification.from_mapping({"record_id": "id", "columns": {"given_name": "nam"}})
    with pytest.raises(ConfigurationProblem, match=r"given_name: nam; its columns are id, name"):
        specification.check_columns(["id", "name"], "people.csv")
