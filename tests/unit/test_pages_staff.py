"""Who may use the pages: names are one person's however they are written."""

import datetime as dt

import pytest

from exchange.pages import staff
from exchange.pages.staff import Profile
from ibr.errors import UsageProblem

NOW = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)


def add(home, name: str) -> None:
    staff.add(home, name, Profile.SECRETARIAT, None, None, NOW)


def test_nobody_can_have_two_names_to_decide_under(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    home = tmp_path / "workspace"
    home.mkdir()
    add(home, "P. Kamau")
    for name in ("P Kamau", "p.kamau", "P-KAMAU"):
        with pytest.raises(UsageProblem, match="already"):
            add(home, name)
    with pytest.raises(UsageProblem, match="nobody was named"):
        add(home, " . ")
    add(home, "R. Kamau")
    assert staff.Roll(home).find("p kamau").name == "P. Kamau"
    staff.remove(home, "P Kamau")
    assert [one.name for one in staff.members(home)] == ["R. Kamau"]
