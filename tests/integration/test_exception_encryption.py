"""Files encrypted for a recipient, out and back; nothing of a program that has one lies plain anywhere."""

import datetime as dt
import hashlib
import io
import json
import random
import tempfile
from pathlib import Path
from unittest.mock import Mock

import fastexcel
import msoffcrypto
import openpyxl
import pyrage
import pytest
import yaml

import exchange.exceptions.export as export_module
from exchange.decisions import Reading, import_inbox, leave
from exchange.decisions.read import read
from exchange.encryption import with_password
from exchange.exceptions import Delivery, deliveries
from exchange.exceptions.words import languages
from ibr.config import Registry, load
from ibr.errors import ConfigurationProblem
from tests.integration.managers import ANSWER, TODAY, bring_back, fill, refused
from tests.integration.test_exceptions_export import export
from tests.unit.test_config import SMALL
from warehouse.connection import connect

EN = languages()["en"]
PASSWORD = "a long, spoken one"
SYSTEM, OURS = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
FOR_PEOPLE = Delivery(EN, workbook_password=PASSWORD)
FOR_SYSTEMS = Delivery(EN, age_recipient=str(SYSTEM.to_public()))
FOR_BOTH = Delivery(EN, PASSWORD, str(SYSTEM.to_public()))
READING = Reading(passwords={"Y": "another", "X": PASSWORD}, age_identity=str(OURS))


def opened(path: Path, password: str = PASSWORD) -> io.BytesIO:
    plain = io.BytesIO()
    file = msoffcrypto.OfficeFile(io.BytesIO(path.read_bytes()))
    file.load_key(password=password, verify_password=True)
    file.decrypt(plain, verify_integrity=True)
    return plain


def sent_back(path: Path, target: Path, password: str = PASSWORD) -> Path:
    """As a manager saves it: opened with the password, answered, and under a password again."""
    plain = target.with_name("plain.xlsx")
    plain.write_bytes(opened(path).getvalue())
    fill(plain, plain, {"Duplicates": {2: ANSWER}})
    with_password(io.BytesIO(plain.read_bytes()), password, target)
    plain.unlink()
    return target


@pytest.mark.parametrize(
    ("delivery", "expected"),
    [
        (FOR_PEOPLE, {"duplicates.xlsx"}),
        (FOR_SYSTEMS, {"duplicates.xlsx.age", "duplicates.csv.age", "verification.csv.age", "payroll.csv.age"}),
        (FOR_BOTH, {"duplicates.xlsx", "duplicates.csv.age", "verification.csv.age", "payroll.csv.age"}),
    ],
)
def test_each_recipient_gets_what_it_can_open_and_the_manifest_is_of_what_it_gets(
    exported, tmp_path, delivery, expected
):
    plain = export(exported.con, tmp_path / "plain", "r2")["X"]
    file = export(exported.con, tmp_path, "r2", X=delivery)["X"]
    assert {path.name for path in file.folder.iterdir()} == expected | {"manifest.json"}
    manifest = json.loads((file.folder / "manifest.json").read_text())
    assert manifest["rows"] == {"Duplicates": 2, "Verification": 2, "Payroll": 2}
    assert manifest["sha256"] == {
        name: hashlib.sha256((file.folder / name).read_bytes()).hexdigest() for name in expected
    }
    for name in expected:
        path = file.folder / name
        if path.suffix == ".age":
            content = pyrage.decrypt(path.read_bytes(), [SYSTEM])
            if path.stem.endswith(".csv"):
                assert content == (plain.folder / path.stem).read_bytes()
        else:
            content = opened(path).getvalue()
        if ".xlsx" in name:
            sheets = [list(openpyxl.load_workbook(book)["Duplicates"].values)
                      for book in (io.BytesIO(content), plain.workbook)]
            assert sheets[0] == sheets[1]
    assert file.workbook.is_file()


def test_nothing_plain_is_written_to_a_disk_on_the_way(exported, tmp_path, monkeypatch):
    """No temporary file can be made, and in the folder that is being filled nothing is plain either."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "no such folder"))
    looked_at = []

    def look(folder: Path, content: dict) -> None:
        for path in folder.iterdir():
            looked_at.append(path.name)
            assert not path.read_bytes().startswith(b"PK")
            assert b"Second Own" not in path.read_bytes()

    monkeypatch.setattr(export_module, "write_manifest", look)
    export(exported.con, tmp_path, "r2", X=FOR_BOTH, Y=FOR_PEOPLE, Z=FOR_SYSTEMS)
    assert len(looked_at) == 4 + 1 + 4


def test_a_disk_that_is_full_while_encrypting_is_told_as_that(exported, tmp_path, monkeypatch):
    def full(plain, file, recipients):
        plain.read(1)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pyrage, "encrypt_io", full)
    with pytest.raises(OSError, match="No space left"):
        export(exported.con, tmp_path, "r2", X=FOR_SYSTEMS)
    assert not list((tmp_path / "exceptions").glob("X/*"))


def test_a_workbook_comes_back_under_its_password(exported, tmp_path):
    file = export(exported.con, tmp_path, "r2", X=FOR_PEOPLE)["X"]
    back = sent_back(file.workbook, tmp_path / "back.xlsx")
    assert bring_back(exported.con, back, reading=READING).recorded == 1
    assert bring_back(exported.con, sent_back(file.workbook, tmp_path / "b.xlsx"), reading=READING).repeated == 1


def test_a_csv_file_comes_back_encrypted_for_the_secretariat_also_by_the_inbox(exported, tmp_path):
    con, home = exported.con, tmp_path / "home"
    file = export(con, tmp_path, "r2", X=FOR_SYSTEMS)["X"]
    lines = pyrage.decrypt((file.folder / "payroll.csv.age").read_bytes(), [SYSTEM]).decode().splitlines()
    filled = lines[1].removesuffix(",,,,,") + ",justified,,Amina,2026-07-01,"
    path = tmp_path / "payroll.csv.age"
    path.write_bytes(pyrage.encrypt("\n".join([lines[0], filled]).encode(), [OURS.to_public()]))
    book = sent_back(export(con, tmp_path, "r3", X=FOR_PEOPLE)["X"].workbook, tmp_path / "back.xlsx")
    leave(home, [path, book], "Otieno", None)
    con.close()
    with connect(home / "warehouse.duckdb") as again:
        taken = import_inbox(
            again, home, today=TODAY, imported_at=dt.datetime(2026, 7, 5, tzinfo=dt.UTC), two_people=[], reading=READING
        )
    assert [(one.name, one.problem, one.outcome.recorded) for one in taken] == [
        ("payroll.csv.age", None, 1), ("back.xlsx", None, 1)
    ]


@pytest.mark.parametrize(
    ("password", "reading", "words"),
    [
        ("changed", READING, "opens with no password that registry.yml has (of Y, X)"),
        (PASSWORD, Reading(), "has a password, and registry.yml names none"),
    ],
)
def test_a_wrong_or_missing_password_is_told_with_what_to_do(exported, tmp_path, password, reading, words):
    file = export(exported.con, tmp_path, "r2", X=FOR_PEOPLE)["X"]
    back = sent_back(file.workbook, tmp_path / "back.xlsx", password)
    (fault,) = refused(exported.con, back, reading=reading).faults
    assert words in fault.fault
    assert "programs.CODE.recipient.workbook_password" in fault.fault
    assert PASSWORD not in fault.fault


def test_what_age_does_not_open_is_told_with_what_to_do(exported, tmp_path):
    path = tmp_path / "payroll.csv.age"
    path.write_bytes(pyrage.encrypt(b"exception_id\n", [SYSTEM.to_public()]))
    (fault,) = refused(exported.con, path, reading=READING).faults
    assert f"have it sent again, encrypted for {OURS.to_public()}" in fault.fault
    (fault,) = refused(exported.con, path).faults
    assert "decisions.age_identity" in fault.fault
    path.write_bytes(b"no age file")
    (fault,) = refused(exported.con, path, reading=READING).faults
    assert "damaged" in fault.fault


def damaged(content: bytes, seed: int) -> bytes:
    """A file as bad disks and broken copies leave it: cut off, or with bits turned over, some where parts are told."""
    dice, changed = random.Random(seed), bytearray(content)
    if seed % 4 == 0:
        return bytes(changed[:dice.randrange(len(changed))])
    places = {1: range(len(changed)), 2: range(512), 3: range(len(changed) - 900, len(changed))}[seed % 4]
    if seed % 4 == 2 and b"<?xml" in content:
        places = range(content.index(b"<?xml"), content.index(b"<?xml") + 1000)  # how it was encrypted
    for place in dice.choices(places, k=dice.choice([1, 3, 20])):
        changed[place] ^= 1 << dice.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize(("delivery", "seeds"), [(Delivery(EN), 100), (FOR_PEOPLE, 24)])
def test_a_damaged_workbook_is_refused_or_read_and_never_an_error_of_ours(exported, tmp_path, delivery, seeds):
    content = export(exported.con, tmp_path, "r2", X=delivery)["X"].workbook.read_bytes()
    path, told = tmp_path / "back.xlsx", set()
    for seed in range(seeds):
        path.write_bytes(damaged(content, seed))
        told |= {wrong.phrase for wrong in read(path, "back.xlsx", READING).wrong}
    assert told >= ({"fault_no_workbook"} if delivery.is_plain else {"fault_no_workbook", "as_written"})


def test_a_workbook_whose_parts_say_an_unknown_version_of_zip_is_refused(exported, tmp_path):
    content = bytearray(exported.files["X"].workbook.read_bytes())
    at = content.index(b"PK\x01\x02")
    while at > 0:
        content[at + 6] ^= 1 << 6
        at = content.find(b"PK\x01\x02", at + 1)
    back = tmp_path / "back.xlsx"
    back.write_bytes(content)
    (fault,) = refused(exported.con, back).faults
    assert "cannot be read as a workbook" in fault.fault


def test_a_panic_over_a_workbook_is_its_damage_and_a_stop_is_not(exported, tmp_path, monkeypatch):
    back = sent_back(export(exported.con, tmp_path, "r2", X=FOR_PEOPLE)["X"].workbook, tmp_path / "back.xlsx")
    panic = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})
    for module, name in ((fastexcel, "read_excel"), (msoffcrypto, "OfficeFile")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, Mock(side_effect=panic("index out of bounds")))
            assert len(refused(exported.con, back, reading=READING).faults) == 1
            patch.setattr(module, name, Mock(side_effect=KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                bring_back(exported.con, back, reading=READING)


def test_damaged_files_in_the_inbox_are_set_aside_and_the_others_go_on(exported, tmp_path):
    con, home = exported.con, tmp_path / "home"
    back = sent_back(export(con, tmp_path, "r2", X=FOR_PEOPLE)["X"].workbook, tmp_path / "back.xlsx")
    for seed in range(1, 21, 2):
        bad = tmp_path / f"{seed}.xlsx"
        bad.write_bytes(damaged(back.read_bytes(), seed))
        leave(home, [bad], "Otieno", None)
    leave(home, [back], "Otieno", None)
    taken = import_inbox(
        con, home, today=TODAY, imported_at=dt.datetime(2026, 7, 5, tzinfo=dt.UTC), two_people=[], reading=READING
    )
    assert len(taken) == 11
    assert sum(file.outcome.recorded for file in taken if file.outcome) == 1
    assert sum(file.problem is not None for file in taken) >= 5
    assert not list((home / "inbox" / "decisions").iterdir())


def configured(tmp_path: Path, **changes) -> Registry:
    content = yaml.safe_load(yaml.safe_dump(SMALL))
    for key, value in changes.items():
        if key in content["programs"]:
            content["programs"][key] |= value
        else:
            content[key] = value
    (tmp_path / "registry.yml").write_text(yaml.safe_dump(content))
    return load(tmp_path / "registry.yml")


def test_registry_yml_says_language_and_recipient_and_shows_no_secret(tmp_path, monkeypatch):
    code = next(iter(SMALL["programs"]))
    monkeypatch.setenv("CODE_WORD", PASSWORD)
    monkeypatch.setenv("OUR_KEY", str(OURS))
    recipient = {"workbook_password": "${CODE_WORD}", "age": str(SYSTEM.to_public())}
    registry = configured(
        tmp_path, language="sw", decisions={"age_identity": "${OUR_KEY}"},
        **{code: {"language": "fr", "recipient": recipient}},
    )
    by_program = deliveries(tmp_path, registry)
    assert by_program[code] == Delivery(by_program[code].words, PASSWORD, str(SYSTEM.to_public()))
    assert by_program[code].words.language == "fr"
    assert {delivery.words.language for other, delivery in by_program.items() if other != code} <= {"sw"}
    reading = Reading.of(tmp_path, registry)
    assert (reading.passwords, reading.age_identity) == ({code: PASSWORD}, str(OURS))
    for shown in (repr(registry), repr(by_program), repr(reading), str(registry.model_dump())):
        assert PASSWORD not in shown
        assert str(OURS) not in shown


@pytest.mark.parametrize(
    ("program", "top", "words"),
    [
        ({"recipient": {"age": "age1nobody"}}, {}, "is no age recipient; expected a public key"),
        ({"recipient": {}}, {}, "names nobody"),
        ({"recipient": {"workbook_password": "${NOT_SET}"}}, {}, "NOT_SET is named but not set"),
        ({"language": "de"}, {}, "'de' is no language we have; expected en, fr, sw"),
        ({}, {"language": "xx"}, "language: 'xx' is no language"),
        ({}, {"decisions": {"age_identity": "AGE-SECRET"}}, "is no age identity"),
    ],
)
def test_what_is_wrong_in_registry_yml_is_told_before_anything_runs(tmp_path, program, top, words):
    code = next(iter(SMALL["programs"]))
    with pytest.raises(ConfigurationProblem) as problem:
        configured(tmp_path, **{code: program}, **top)
    assert words in str(problem.value)
    assert "AGE-SECRET" not in str(problem.value).replace("AGE-SECRET-KEY-1...", "")


def test_a_language_of_the_workspace_is_known(tmp_path):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "fr.yml").write_text("heading: {county: région}\n")
    registry = configured(tmp_path, language="fr")
    (delivery, *_) = deliveries(tmp_path, registry).values()
    assert delivery.words.texts["heading.county"] == "région"
