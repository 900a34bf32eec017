"""Tables of rules edited to nonsense are refused, all mistakes at once, before anything is built."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pipelines.dbt
from expectations import check_rules
from ibr.errors import ConfigurationProblem

PROGRAMS = ["OPCT", "PWSD-CT", "CT-OVC", "HSNP", "CFA"]
SOURCES = ["nsnp", "ctovc", "hsnp", "cfa"]
# `ibr` with another folder of rules in front of its arguments.
RUN = """
import pathlib, sys
import pipelines.dbt
pipelines.dbt.RULES_DIR = pathlib.Path(sys.argv.pop(1))
from ibr.cli import main
main()
"""


@pytest.fixture
def rules(tmp_path) -> Path:
    """The shipped tables, to be edited."""
    folder = tmp_path / "rules"
    folder.mkdir()
    for path in pipelines.dbt.RULES_DIR.glob("*.csv"):
        shutil.copy(path, folder)
    return folder


def edit(rules: Path, table: str, right: str, wrong: str) -> None:
    path = rules / f"{table}.csv"
    text = path.read_text()
    assert right in text
    path.write_text(text.replace(right, wrong, 1))


def add(rules: Path, table: str, line: str) -> None:
    with (rules / f"{table}.csv").open("a") as file:
        file.write(line + "\n")


def told(rules: Path) -> list[str]:
    with pytest.raises(ConfigurationProblem) as refused:
        check_rules(rules, PROGRAMS, SOURCES)
    message = str(refused.value)
    assert len(message.splitlines()) == 1
    count, *mistakes = message.replace(": ", " | ", 1).split(" | ")
    assert count.startswith(f"{len(mistakes)} mistake")
    return mistakes


def test_the_shipped_rules_hold():
    check_rules(pipelines.dbt.RULES_DIR, PROGRAMS, SOURCES)


def test_a_program_that_the_country_does_not_have(rules):
    with pytest.raises(ConfigurationProblem, match=r"program is HSNP; expected a program of registry\.yml: OPCT, CFA"):
        check_rules(rules, ["OPCT", "CFA"], SOURCES)


def test_an_area_stands_once(rules):
    lines = len((rules / "areas.csv").read_text().splitlines())
    add(rules, "areas", "KE001,Another Mombasa,county,,KE001,,,,")
    assert told(rules) == [f"areas.csv line {lines + 1}: KE001 stands on lines 2 and {lines + 1}"]


# Edits of the shipped tables, and what is said of them.
MISTAKES = [
    ("eligibility_rules", "E1,OPCT,categorical,,65,,,", "E1,OPCT,categorical,,65,,KE999,", [
        "line 2: area_code is KE999; expected an area_code of areas.csv",
    ]),
    ("area_crosswalk", "nsnp,1,,,KE001", "nsnp,1,,,KE777", [
        "line 2: area_code is KE777; expected an area_code of areas.csv",
    ]),
    ("overlap_rules", "P1,OPCT,PWSD-CT,household", "P1,OPTC,PWSD-CT,house", [
        "line 2: program_a is OPTC; expected a program of registry.yml",
        "line 2: level is house; expected one of person, household",
    ]),
    ("overlap_rules", "P2,OPCT", "P3,", ["line 3: program_a is empty", "line 4: P3 stands on lines 3 and 4"]),
    ("overlap_rules", "S1,OPCT,OPCT,person,prohibited,One registration a programme,2013-07-01,",
     "S1,OPCT,OPCT,person,prohibited,,01/07/2013,2013-02-30", [
         "line 5: valid_from is 01/07/2013; expected a day as 2026-06-30",
         "line 5: valid_to is 2013-02-30; expected a day as 2026-06-30",
     ]),
    ("transfer_values", "OPCT,2000,2,2013-07-01,", "OPCT,-2000,0,2013-07-01,2012-07-01", [
        "line 2: monthly_amount is -2000; expected an amount, 0 or more",
        "line 2: months_per_cycle is 0; expected a whole number, 1 or more",
        "line 2: ends (2012-07-01) before it begins (2013-07-01)",
    ]),
    ("transfer_values", "HSNP,2700", "HSNP,two", ["line 5: monthly_amount is two; expected an amount, 0 or more"]),
    ("payroll_checks", "deceased_still_paid,,high,,true", "deceased_still_paid,,grave,,perhaps", [
        "line 2: severity is grave; expected one of high, medium, low",
        "line 2: is_active is perhaps; expected true or false",
    ]),
    ("payroll_checks", "never_collected,,medium,3", "never_collected,,medium,", [
        "line 17: threshold is empty, and this rule counts from a number on",
    ]),
    ("risk_rules", "pension_found,40", "pension_found,-40", [
        "line 2: weight is -40; expected a whole number, 1 or more",
    ]),
    ("survivorship_rules", "sex,1,register_first", "sax,0,register_frist", [
        "line 15: field is sax; expected one of full_name,",
        "line 15: position is 0; expected a whole number, 1 or more",
        "line 15: rule is register_frist; expected one of register_first,",
    ]),
    ("survivorship_rules", "birth_date,4,most_frequent,", "birth_date,3,most_precise,nsnp", [
        "line 13: expected sources where the rule is source_priority and nowhere else",
        "line 13: birth_date, 3 stands on lines 12 and 13",
        "line 13: birth_date, most_precise stands on lines 11 and 13",
    ]),
    ("survivorship_rules", "area_code,2,verified_first,", "area_code,2,source_priority,nsnp nobody", [
        "line 25: sources is nsnp nobody; expected sources of registry.yml",
    ]),
    ("survivorship_rules", "phone,1,most_recent", "phone,1,most_precise", [
        "line 22: expected most_precise for birth_date alone",
    ]),
    ("life_cycle_rules", "exit_when_youngest_reaches", "exit_when_bored", [
        "line 2: rule is exit_when_bored; expected one of exit_when_youngest_reaches",
    ]),
]  # fmt: skip


def test_all_mistakes_are_named_at_once_with_their_lines(rules):
    for table, right, wrong, _ in MISTAKES:
        edit(rules, table, right, wrong)
    found = told(rules)
    expected = [f"{table}.csv {said}" for table, _, _, said_of in MISTAKES for said in said_of]
    assert len(found) == len(expected)
    for said in expected:
        assert [one for one in found if one.startswith(said)], said


def test_two_rules_are_not_in_force_at_once(rules):
    add(rules, "overlap_rules", "P9,PWSD-CT,OPCT,household,allowed,,2020-01-01,2020-12-31")  # in whatever order
    add(rules, "transfer_values", "OPCT,3000,2,2030-01-01,")
    add(rules, "life_cycle_rules", "U9,,update_after_months,12,,2020-01-01,")
    pattern = r".*csv line (\d+): is in force on the same days as line (\d+), .*"
    lines = [re.fullmatch(pattern, one) for one in told(rules)]
    assert [line and line.groups() for line in lines] == [("12", "2"), ("7", "2"), ("8", "3")]


def test_a_rule_may_follow_another(rules):
    edit(rules, "transfer_values", ",2013-07-01,", ",2013-07-01,2025-12-31")
    add(rules, "transfer_values", "OPCT,2500,2,2026-01-01,")
    check_rules(rules, PROGRAMS, SOURCES)


def test_a_check_that_is_left_out_is_missed(rules):
    """A misspelt check would not run, and nobody would notice."""
    edit(rules, "payroll_checks", "paid_above_value", "paid_above_valu")
    misspelt, left_out = told(rules)
    assert "reason_code is paid_above_valu; expected one of" in misspelt
    assert left_out.startswith("payroll_checks.csv: no line for paid_above_value;")


def test_files_that_are_none(rules):
    (rules / "risk_rules.csv").unlink()
    edit(rules, "transfer_values", "monthly_amount", "amount")
    (rules / "overlap_rules.csv").write_text("rule_code,program_a\nP1,OPCT,more,and,more\n")
    unreadable, without, missing = told(rules)
    assert "overlap_rules.csv: cannot be read; expected UTF-8, columns divided by commas" in unreadable
    assert "transfer_values.csv: column(s) monthly_amount are missing" in without
    assert missing.startswith("risk_rules.csv: is missing; expected a file with columns rule_code")


def test_a_run_refuses_them_before_anything_is_built(rules, tmp_path):
    edit(rules, "overlap_rules", "OPCT,PWSD-CT,household", "OPTC,PWSD-CT,house")
    edit(rules, "transfer_values", "OPCT,2000", "OPCT,-2000")
    edit(rules, "payroll_checks", ",,high,", ",,grave,")
    home = tmp_path / "workspace"
    home.mkdir()
    shutil.copy(Path(__file__).parents[2] / "sample_country" / "registry.yml", home)
    command = [sys.executable, "-c", RUN, str(rules), "run", "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == ConfigurationProblem.exit_code == 3
    (line,) = done.stderr.strip().splitlines()
    assert "4 mistakes in the rules" in line
    assert [path.name for path in home.iterdir()] == ["registry.yml"]
