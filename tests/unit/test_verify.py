"""Every verification status, each case in a small table against one small register."""

import datetime as dt

import duckdb
import pytest

from linkage.registry.verify import Status, verify

TODAY = dt.date(2026, 6, 30)
REGISTER = """
 id | national_id | given  | middle  | family  | born       | sex | died       | emigrated
  1 | 11111111    | Mary   | Wanjiku | Kamau   | 1950-03-04 | F   |            |
  2 | 22222222    | Peter  |         | Otieno  | 1980-11-25 | M   |            |
  3 | 33333333    | Joseph | Mwangi  | Njoroge | 1944-05-06 | M   | 2025-01-02 |
  4 | 44444444    | Grace  | Achieng | Otieno  | 2012-08-09 | F   |            | 2024-02-03
  5 |             | Hamisi | Ali     | Juma    | 1971-01-01 | M   |            |
  7 | 11111122    | Zuri   |         | Chebet  | 1999-03-04 | F   |            |
  8 | 11111112    | Noor   |         | Hassan  | 1961-02-03 | M   |            |
  6 | 66666666    | Halima | Omar    | Abdi    | 1990-07-01 | F   | 2027-01-01 |
"""
# What is compared with the register: name | born | precision | sex | ID | register person the engine matched
# | expected
# status | register person | mismatched fields | evidence
CASES = {
    "all agree": "Mary Wanjiku Kamau|1950-03-04|day|F|11111111||verified|1||national_id",
    "middle name missing": "Mary Kamau|1950-03-04|day|F|11111111||verified|1||national_id",
    "middle name used as given": "Wanjiku Kamau|1950-03-04|day|F|11111111||verified|1||national_id",
    "swapped": "Kamau Mary|1950-03-04|day|F|11111111||verified|1||national_id",
    "typo in a name": "Mary Wanjiku Kammau|1950-03-04|day|F|11111111||verified|1||national_id",
    "short form, same birth date": "Pete Otieno|1980-11-25|day|M|22222222||verified|2||national_id",
    "one letter, same birth date": "Peter Atieno|1980-11-25|day|M|22222222||verified|2||national_id",
    "one letter, another birth date": "Peter Atieno|1960-11-25|day|M|22222222||"
    "mismatch|2|family_name,birth_date|national_id",
    "initial": "M Kamau|1950-03-04|day|F|11111111||verified|1||national_id",
    "known variant": "Polly Kamau|1950-03-04|day|F|11111111||verified|1||national_id",
    "year only": "Mary Kamau|1950-01-01|year|F|11111111||verified|1||national_id",
    "year only, unsaid": "Mary Kamau|1950-07-01|day|F|11111111||verified|1||national_id",
    "day and month exchanged": "Mary Kamau|1950-04-03|day|F|11111111||verified|1||national_id",
    "one digit wrong": "Mary Kamau|1950-03-14|day|F|11111111||verified|1||national_id",
    "nothing but an ID and a name": "Mary Kamau||unknown||11111111||verified|1||national_id",
    "death to come": "Halima Abdi|1990-07-01|day|F|66666666||verified|6||national_id",
    "another birth date": "Mary Kamau|1961-09-17|day|F|11111111||mismatch|1|birth_date|national_id",
    "a year less": "Mary Kamau|1949-03-04|day|F|11111111||verified|1||national_id",
    "a decade more": "Mary Kamau|1960-03-04|day|F|11111111||mismatch|1|birth_date|national_id",
    "another year": "Mary Kamau|1962-07-01|day|F|11111111||mismatch|1|birth_date|national_id",
    "another sex": "Mary Kamau|1950-03-04|day|M|11111111||mismatch|1|sex|national_id",
    "another family name": "Mary Chebet|1950-03-04|day|F|11111111||mismatch|1|family_name|national_id",
    "another name altogether": "Ruth Chebet|1950-03-04|day|F|11111111||mismatch|1|given_name,family_name|national_id",
    "the ID is wrong": "Mary Chebet|1950-03-04|day|F|11111111|2|mismatch|2|national_id|key_7",
    "guardian's ID on a child": "Akinyi Otieno|2015-02-03|day|F|22222222||id_shared||given_name,birth_date,sex|",
    "guardian's, child found": "Grace Otieno|2012-08-09|day|F|22222222|4|id_shared|4|given_name,birth_date,sex|key_7",
    "dead": "Joseph Njoroge|1944-05-06|day|M|33333333||deceased|3||national_id",
    "dead, by match key": "Joseph Njoroge|1944-05-06|day|M||3|deceased|3||key_7",
    "dead, and birth date differs": "Joseph Njoroge|1930-12-29|day|M|33333333||deceased|3|birth_date|national_id",
    "found without an ID": "Hamisi Juma|1971-01-01|year|M||5|found_by_match_key|5||key_7",
    "mistyped, not in the register": "Mary Kamau|1950-03-04|day|F|11111191|1|mismatch|1|national_id|key_7",
    "mistyped, somebody else's": "Zuri Chebet|1999-03-04|day|F|11111112|7|mismatch|7|national_id|key_7",
    "ID not in the register": "Hamisi Juma|1971-01-01|year|M|99999999|5|found_by_match_key|5||key_7",
    "not there": "Zawadi Juma|1971-01-01|year|M|99999999||not_found|||",
    "only a name": "Hamisi Juma||unknown|M|||could_not_check|||",
    "only a birth date": "|1971-01-01|year|M|||could_not_check|||",
}


def _table(text: str) -> list[list[str | None]]:
    lines = [line.split("|") for line in text.strip().splitlines()[1:]]
    return [[cell.strip() or None for cell in line] for line in lines]


def _connection() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("""
        CREATE SCHEMA linkage_work;
        CREATE TABLE population (register_id VARCHAR, national_id VARCHAR, given_name VARCHAR, middle_name
        VARCHAR,
            family_name VARCHAR, birth_date DATE, sex VARCHAR, death_date DATE, emigrated_date DATE,
            full_name VARCHAR, is_deceased BOOLEAN);
        CREATE TABLE persons (record_id VARCHAR, given_name VARCHAR, middle_name VARCHAR, family_name VARCHAR,
            full_name VARCHAR, birth_date DATE, birth_date_precision VARCHAR, sex VARCHAR, national_id
            VARCHAR);
        CREATE TABLE linkage_work.person_crosswalk (member_id VARCHAR, uid VARCHAR);
        CREATE TABLE matches (record_id VARCHAR, register_id VARCHAR, match_key VARCHAR, match_probability
        DOUBLE,
            verdict VARCHAR, runner_up_probability DOUBLE);
        CREATE TABLE variants AS SELECT 'polly' AS name, 'mary' AS canonical""")
    con.executemany(
        "INSERT INTO population VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, false)", _table(REGISTER)
    )
    return con


def _add(
    con: duckdb.DuckDBPyConnection, record: str, case: str, person: str | None = None, verdict: str = "match"
) -> None:
    name, born, precision, sex, number, matched = [part or None for part in case.split("|")[:6]]
    con.execute(
        "INSERT INTO persons VALUES (?, NULL, NULL, NULL, ?, ?, ?, ?, ?)",
        [record, name, born, precision, sex, number],
    )
    con.execute("INSERT INTO linkage_work.person_crosswalk VALUES (?, ?)", [record, person or record])
    if matched:
        con.execute("INSERT INTO matches VALUES (?, ?, 'key_7', 0.97, ?, 0.01)", [record, matched, verdict])


def _verify(con: duckdb.DuckDBPyConnection) -> dict[str, tuple]:
    verify(con, "persons", "population", "matches", TODAY, name_variants="variants")
    rows = con.execute(
        "SELECT record_id, status, register_id, mismatched_fields, match_key FROM linkage_work.verification"
    ).fetchall()
    return {record: tuple(rest) for record, *rest in rows}


@pytest.mark.parametrize("split", [False, True])
def test_cases(split: bool) -> None:
    """Each alone: whole name in one column, and in parts."""
    for what, case in CASES.items():
        con = _connection()
        _add(con, "r", case)
        if split:
            con.execute("""
                UPDATE persons SET given_name = split_part(full_name, ' ', 1), family_name =
                split_part(full_name, ' ', -1)
                WHERE full_name IS NOT NULL""")
        status, register_id, fields, evidence = case.split("|")[6:]
        assert _verify(con)["r"] == (
            status,
            register_id or None,
            fields.split(",") if fields else [],
            evidence or None,
        ), what


def test_every_status_has_a_case() -> None:
    assert {case.split("|")[6] for case in CASES.values()} == {status.value for status in Status}


def test_id_used_by_several_persons() -> None:
    con = _connection()
    _add(con, "owner", "Mary Kamau|1950-03-04|day|F|11111111|")
    _add(con, "owner again", "Mary W Kamau|1950-01-01|year|F|11111111|")
    _add(con, "other", "Mary Kamau|1975-10-22|day|F|11111111|")
    _add(con, "unknown ID, one", "Ruth Chebet|1975-10-22|day|F|98989898|")
    _add(con, "unknown ID, two", "Zawadi Juma|1935-10-22|day|F|98989898|")
    found = {record: status for record, (status, *_) in _verify(con).items()}
    assert found == {
        "owner": "id_shared",
        "owner again": "id_shared",
        "other": "id_shared",
        "unknown ID, one": "id_shared",
        "unknown ID, two": "id_shared",
    }


def test_owner_of_a_shared_id_is_still_known() -> None:
    con = _connection()
    _add(con, "owner", "Mary Kamau|1950-03-04|day|F|11111111|")
    _add(con, "child", "Juma Kamau|2015-10-22|day|M|11111111|")
    found = _verify(con)
    assert found["owner"] == ("id_shared", "1", [], "national_id")
    assert found["child"] == ("id_shared", None, ["given_name", "birth_date", "sex"], None)


def test_one_person_in_two_clusters_shares_no_id() -> None:
    con = _connection()
    _add(con, "one", "Mary Kamau|1950-03-04|day|F|11111111|")
    _add(con, "two", "Mary W Kamau|1950-01-01|year|F|11111111|")
    assert {status for status, *_ in _verify(con).values()} == {"verified"}


def test_records_of_one_person_agree() -> None:
    con = _connection()
    _add(con, "with ID", "Mary Kamau|1950-03-04|day|F|11111111|", "P1")
    _add(con, "no ID", "Mary Kamau|1950-03-04|day|F||", "P1")
    _add(con, "matched elsewhere", "Mary Kamau|1950-03-04|day|F||2", "P1")
    _add(con, "cannot be checked", "Mary Kamau||unknown|F||", "P1")
    found = _verify(con)
    assert found["with ID"] == ("verified", "1", [], "national_id")
    assert found["no ID"] == ("found_by_match_key", "1", [], "same_person")
    assert found["matched elsewhere"] == ("found_by_match_key", "1", [], "same_person")
    assert found["cannot be checked"] == ("could_not_check", None, [], None)


def test_review_is_not_found_but_keeps_its_probability() -> None:
    con = _connection()
    _add(con, "r", "Hamisi Juma|1971-01-01|year|M||5", verdict="review")
    assert _verify(con)["r"][:2] == ("not_found", None)
    assert con.execute("SELECT match_probability FROM linkage_work.verification").fetchone() == (0.97,)


def test_unavailable_register_is_never_not_found() -> None:
    con = _connection()
    for number, case in enumerate(CASES.values()):
        _add(con, str(number), case)
    counts = verify(con, "persons", None, None, TODAY).by_status
    assert counts["could_not_check"] == len(CASES)
    assert sum(counts.values()) == len(CASES)


def test_what_an_earlier_check_found_is_known_while_the_register_is_away() -> None:
    con = _connection()
    _add(con, "dead", "Mary Kamau|1950-03-04|day|F||")
    _add(con, "new", "Mary Kamau|1950-03-04|day|F||")
    con.execute("""
        CREATE TABLE earlier AS SELECT 'dead' AS record_id, 'deceased' AS status, '1' AS register_id,
            'national_id' AS match_key, DATE '2025-01-02' AS register_death_date,
            NULL::DATE AS register_emigrated_date""")
    verify(con, "persons", None, None, TODAY, earlier="earlier")
    rows = con.execute(
        "SELECT record_id, status, register_id, register_death_date FROM linkage_work.verification ORDER BY 1"
    ).fetchall()
    assert rows == [
        ("dead", "could_not_check", "1", dt.date(2025, 1, 2)),
        ("new", "could_not_check", None, None),
    ]


def test_dates_of_the_register_travel_along() -> None:
    con = _connection()
    _add(con, "dead", "Joseph Njoroge|1944-05-06|day|M|33333333|")
    _add(con, "emigrated", "Grace Otieno|2012-08-09|day|F|44444444|")
    _verify(con)
    rows = con.execute(
        "SELECT record_id, register_death_date, register_emigrated_date FROM linkage_work.verification ORDER BY 1"
    ).fetchall()
    assert rows == [("dead", dt.date(2025, 1, 2), None), ("emigrated", None, dt.date(2024, 2, 3))]


def test_register_holding_an_id_twice_is_read_in_the_record_s_favour() -> None:
    con = _connection()
    con.execute(
        "INSERT INTO population (register_id, national_id, given_name, family_name) VALUES ('0', '11111111', 'X', 'Y')"
    )
    _add(con, "r", "Mary Kamau|1950-03-04|day|F|11111111|")
    assert _verify(con)["r"][:2] == ("verified", "1")


def test_one_person_with_a_wrong_birth_date_shares_no_id() -> None:
    con = _connection()
    _add(con, "right", "Mary Kamau|1950-03-04|day|F|11111111|", "P1")
    _add(con, "wrong", "Mary Kamau|1970-03-04|day|F|11111111|", "P1")
    found = {record: status for record, (status, *_) in _verify(con).items()}
    assert found == {"right": "verified", "wrong": "mismatch"}
