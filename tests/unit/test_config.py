"""registry.yml: every mistake is told at once, and secrets come from the environment."""

import datetime as dt
import re
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
    with pytest.raises(ConfigurationProblem, match="no source carries program NONE"):
        registry.carrier("NONE")
    assert registry.sources["mis"].limits.vanished_share == 0.2


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", 27), ("Africa/Nairobi", 28), ("Asia/Manila", 28), ("America/Lima", 27)]
)
def test_the_day_is_the_countrys(tmp_path, zone, day):
    registry = config.load(write(tmp_path, SMALL | {"schedule": {"timezone": zone}}))
    assert registry.schedule.day_of(dt.datetime(2026, 11, 27, 23, 30, tzinfo=dt.UTC)) == dt.date(2026, 11, day)


def test_a_time_zone_that_there_is_not_is_told(tmp_path):
    with pytest.raises(ConfigurationProblem, match="'Nairobi' is no time zone; one such as Africa/Nairobi"):
        config.load(write(tmp_path, SMALL | {"schedule": {"timezone": "Nairobi"}}))


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


def test_a_secret_that_is_not_set_is_one_mistake(tmp_path):
    path = write(tmp_path, {**SMALL, "encryption": {"key": "${NO_SUCH_KEY}"}})
    with pytest.raises(ConfigurationProblem, match=r"^1 mistake in .*: NO_SUCH_KEY is named but not set"):
        config.load(path)


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


SERVICE = {
    "name": "The register",
    "kind": "register",
    "url": "https://register.example.org",
    "tables": {"person": {"key": ["register_id"]}},
    "lookup": {
        "body": {"id": "{national_id}"},
        "answer": {"register_id": "serial", "surname": "names.last"},
        "not_found": {"status": [404], "field": "code", "values": ["NONE"]},
    },
}


def with_service(folder: Path, changed: dict, **lookup: object) -> Path:
    service = {**SERVICE, **changed}
    if service["lookup"]:
        service["lookup"] = {**service["lookup"], **lookup}
    return write(folder, {**SMALL, "sources": {**SMALL["sources"], "civil": service}})


def test_a_register_behind_a_web_service_is_read_with_its_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("CIVIL_TOKEN", "s3cret")
    registry = config.load(with_service(tmp_path, {}, headers={"Authorization": "Bearer ${CIVIL_TOKEN}"}))
    (civil,) = registry.services.values()
    assert civil.lookup.headers == {"Authorization": "Bearer s3cret"}
    assert list(registry.copied) == ["mis"]
    assert list(civil.as_mirrored.tables) == ["answers", "person"]


@pytest.mark.parametrize(
    ("changed", "lookup", "said"),
    [
        ({"lookup": None}, {}, "a web service needs a lookup: block"),
        ({"url": "sqlite:///a.db"}, {}, "lookup is for registers behind a web service"),
        ({"url": "http://register.example.org"}, {}, "sends names and IDs in the clear"),
        ({"url": "https:///x"}, {}, "url names no host"),
        ({"kind": "reference"}, {}, "only a source of kind register"),
        ({"tables": {"a": {"key": ["serial"]}, "b": {"key": ["serial"]}}}, {}, "fills one table; 2 are named"),
        ({"tables": {"answers": {"key": ["register_id"]}}}, {}, "choose another"),
        ({"tables": {"person": {}}}, {}, "needs a key"),
        ({"tables": {"person": {"key": ["id"]}}}, {}, "name id, which lookup.answer does not fill"),
        ({"tables": {"person": {"key": ["register_id"], "cursor": "c"}}}, {}, "cursor cannot be used"),
        ({}, {"optional": ["register_id"]}, "register_id is key and cannot be optional"),
        ({}, {"optional": ["born"]}, "optional names born, which answer does not fill"),
        ({}, {"body": {"id": 1}}, "neither path, query nor body holds {national_id}"),
        ({}, {"method": "GET"}, "a GET takes no body"),
        ({}, {"answer": {"register_id": "a..b"}}, "expected names with dots between"),
        ({}, {"not_found": {}}, "neither status nor field is named"),
        ({}, {"not_found": {"field": "code"}}, "field and values go together"),
        ({}, {"calls_per_second": 0}, "lookup.calls_per_second"),
        ({}, {"colour": "blue"}, "lookup.colour"),
    ],
)
def test_mistakes_in_a_lookup_are_told(tmp_path, changed, lookup, said):
    with pytest.raises(ConfigurationProblem) as problem:
        config.load(with_service(tmp_path, changed, **lookup))
    assert said in str(problem.value)
    assert "sources.civil" in str(problem.value)


def test_the_service_that_the_guide_shows_is_right(tmp_path, monkeypatch):
    monkeypatch.setenv("CIVIL_TOKEN", "s3cret")
    guide = (ROOT / "docs" / "adding-a-source.md").read_text(encoding="utf-8")
    section = guide.split("## A register behind a web service\n")[1]
    shown = yaml.safe_load(section.split("```yaml\n")[1].split("```")[0])
    registry = config.load(write(tmp_path, {**SMALL, "sources": {**SMALL["sources"], **shown}}))
    assert list(registry.services) == ["civil"]


@pytest.mark.parametrize(
    ("url", "table", "said"),
    [
        ("inbox", {"path": "members.csv"}, "needs one {date"),
        ("inbox:members", {}, "expected inbox alone"),
        ("inbox", {"sends": "changes"}, "sends: changes needs a key"),
        ("inbox", {"sends": "some"}, "'full' or 'changes'"),
        ("sqlite:///a.db", {"sends": "full"}, "people.sends: only a source with url inbox has batches"),
        ("inbox", {"columns": {"amount": "number 1.234.56"}}, "expected text, integer, number"),
    ],
)
def test_batches_are_configured_where_there_are_some(tmp_path, url, table, said):
    source = {**SMALL["sources"]["mis"], "url": url, "tables": {"people": table}}
    with pytest.raises(ConfigurationProblem, match=re.escape(said)):
        config.load(write(tmp_path, {**SMALL, "sources": {"mis": source}}))


def test_an_inbox_is_not_the_one_for_decisions(tmp_path):
    source = {**SMALL["sources"]["mis"], "url": "inbox"}
    with pytest.raises(ConfigurationProblem, match="choose another name"):
        config.load(write(tmp_path, {**SMALL, "sources": {"decisions": source}}))


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        ({"encryption": {"key": "k" * 64}}, "service.enabled builds an index in the clear beside encrypted files"),
        ({"linkage": {"name_variants": "names.csv"}}, "the service does not know linkage.name_variants"),
        ({"linkage": {"attributes": ["ward"], "columns": {"phone": None}}}, "linkage.columns, linkage.attributes"),
        ({"linkage": {"model": "model.yml"}}, "the service does not know linkage.model"),
    ],
)
def test_the_service_is_refused_beside_what_its_index_does_not_carry(tmp_path, beside, said):
    assert not config.load(write(tmp_path, {**SMALL, **beside})).service.enabled
    with pytest.raises(ConfigurationProblem, match="1 mistake") as problem:
        config.load(write(tmp_path, {**SMALL, **beside, "service": {"enabled": True}}))
    assert said in str(problem.value)
    assert "\n" not in str(problem.value)


def test_the_service_goes_with_the_thresholds_of_the_linkage(tmp_path):
    settings = {"service": {"enabled": True}, "linkage": {"thresholds": {"match": 0.99, "review": 0.5}}}
    assert config.load(write(tmp_path, {**SMALL, **settings})).service.enabled


@pytest.mark.parametrize("limit", ["0GB", "200MB", "399.9MB"])
def test_less_memory_than_any_run_can_be_made_with_is_refused(tmp_path, limit):
    with pytest.raises(ConfigurationProblem, match="below 400MB"):
        config.load(write(tmp_path, {**SMALL, "warehouse": {"memory_limit": limit}}))
    assert config.load(write(tmp_path, {**SMALL, "warehouse": {"memory_limit": "400MB"}}))


def test_spark_is_an_engine_and_hands_nothing_over_beside_encrypted_files(tmp_path):
    asked = {**SMALL, "engine": "spark", "spark": {"master": "yarn", "storage": "/mnt/shared/ibr"}}
    read = config.load(write(tmp_path, asked))
    assert (read.engine, read.spark.master, config.load(write(tmp_path, SMALL)).engine) == ("spark", "yarn", "duckdb")
    told = {"spark": {"settings": {"spark.authenticate": True, "spark.executor.instances": 20}}}
    settings = config.load(write(tmp_path, {**SMALL, **told})).spark.settings
    assert settings == {"spark.authenticate": "true", "spark.executor.instances": "20"}
    with pytest.raises(ConfigurationProblem, match="in the clear beside encrypted ones"):
        config.load(write(tmp_path, {**asked, "encryption": {"key": "k" * 64}}))
