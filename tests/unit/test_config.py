"""registry.yml: every mistake is told at once, and secrets come from the environment."""

from pathlib import Path

import pytest
import yaml

from ibr import config
from ibr.errors import ConfigurationProblem

ROOT = Path(__file__).parents[2]
SMALL = {
    "country": "Somewhere",
    "currency": "XAF",
    "reporting_date": "2026-01-31",
    "programs": {"AID": {"name": "Aid", "benefit_unit": "person"}},
    "sources": {
        "mis": {
            "name": "Aid's MIS",
            "kind": "mis",
            "url": "sqlite:///a.db",
            "programs": ["AID"],
            "tables": {"people": {"key": ["id"]}},
        }
    },
}


def write(folder: Path, content: dict) -> Path:
    path = folder / "registry.yml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_a_small_registry_is_read(tmp_path):
    registry = config.load(write(tmp_path, SMALL))
    assert registry.carrier("AID") == "mis"
    assert registry.sources["mis"].limits.vanished_share == 0.2


@pytest.mark.parametrize("path", ["ibr/templates/registry.yml", "sample_country/registry.yml"])
def test_the_files_we_ship_are_right(path):
    assert config.load(ROOT / path).country


def test_five_mistakes_are_reported_at_once(tmp_path):
    content = {**SMALL, "currency": "shilling", "reporting_date": "soon", "colour": "blue"}
    content["programs"] = {"AID": {"name": "Aid", "benefit_unit": "village"}}
    content["sources"] = {"mis": {**SMALL["sources"]["mis"], "url": "oracle://db"}}
    with pytest.raises(ConfigurationProblem) as problem:
        config.load(write(tmp_path, content))
    message = str(problem.value)
    assert message.startswith("5 mistakes")
    assert "\n" not in message
    for place in ("currency", "reporting_date", "colour", "programs.AID.benefit_unit", "sources.mis.url"):
        assert place in message


def test_programs_and_sources_must_agree(tmp_path):
    content = {**SMALL, "programs": {"CARE": {"name": "Care", "benefit_unit": "person"}}}
    with pytest.raises(ConfigurationProblem, match=r"names AID, which is not under programs.*carries program CARE"):
        config.load(write(tmp_path, content))


def test_a_secret_that_is_not_set_is_named_and_never_shown(tmp_path, monkeypatch):
    source = {**SMALL["sources"]["mis"], "url": "postgresql://u:${MIS_PASSWORD}@host/db"}
    path = write(tmp_path, {**SMALL, "sources": {"mis": source}})
    with pytest.raises(ConfigurationProblem, match="MIS_PASSWORD is named but not set"):
        config.load(path)
    monkeypatch.setenv("MIS_PASSWORD", "s3cret")
    assert config.load(path).sources["mis"].url == "postgresql://u:s3cret@host/db"


@pytest.mark.parametrize(
    ("text", "said"),
    [("a: [1", "not readable as YAML"), ("", "holds no settings"), (None, "no registry.yml")],
)
def test_a_file_that_is_none(tmp_path, text, said):
    path = tmp_path / "registry.yml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigurationProblem, match=said):
        config.load(path)
