"""Input that is wrong, empty, huge or strange ends in a clear message or a correct result."""

import duckdb
import pytest
import yaml

from ibr.errors import ConfigurationProblem, UsageProblem
from linkage import Specification, deduplicate, explain, link_files, match_register

COLUMNS = {"given_name": "g", "family_name": "f", "birth_date": "d", "national_id": "n"}
SPECIFICATION = Specification.from_mapping({"record_id": "id", "columns": COLUMNS})
GIVEN = [
    "amina",
    "brian",
    "carol",
    "david",
    "esther",
    "fatuma",
    "george",
    "halima",
    "isaac",
    "joyce",
    "kevin",
    "lydia",
    "moses",
    "naomi",
    "omar",
    "peter",
]
FAMILY = [
    "abdi",
    "barasa",
    "chebet",
    "dida",
    "ekal",
    "farah",
    "gitau",
    "hassan",
    "ireri",
    "juma",
    "kamau",
    "langat",
    "mutua",
    "njoroge",
    "otieno",
    "patel",
]


def people(con, rows, name="people"):
    con.execute(f"create or replace table {name} (id varchar, g varchar, f varchar, d varchar, n varchar)")
    if rows:
        con.executemany(f"insert into {name} values (?, ?, ?, ?, ?)", rows)


def village(count=200):
    """Different people, each second one listed twice with a slip of the pen."""
    rows = []
    for i in range(count):
        given, family = GIVEN[i % 16], FAMILY[(i // 16 + i) % 16]
        date = f"{1950 + i % 60}-{1 + i % 12:02}-{1 + (i * 7) % 28:02}"
        rows.append((f"a{i:04}", given, family, date, str(20000000 + i * 7919)))
        if i % 2:
            rows.append((f"b{i:04}", given, family[:-1] + "i", date, str(20000000 + i * 7919)))
    return rows


def entities(con):
    return dict(con.execute("select record_id, entity_id from o.clusters").fetchall())


def test_a_village_is_linked():
    con = duckdb.connect()
    people(con, village())
    result = deduplicate(con, SPECIFICATION, "people", "o")
    found = entities(con)
    assert result.counts["records"] == 300
    assert all(found[f"b{i:04}"] == f"a{i:04}" for i in range(1, 200, 2))
    assert result.counts["entities"] == 200
    assert not con.execute("select 1 from duckdb_tables() where table_name like 'lk!_%' escape '!'").fetchall()


def test_zero_records():
    con = duckdb.connect()
    people(con, [])
    with pytest.raises(UsageProblem, match="no records"):
        deduplicate(con, SPECIFICATION, "people", "o")


def test_one_record():
    con = duckdb.connect()
    people(con, [("a", "amina", "abdi", "1990-01-02", None)])
    result = deduplicate(con, SPECIFICATION, "people", "o")
    assert entities(con) == {"a": "a"}
    assert result.counts["candidate_pairs"] == 0


def test_repeated_and_missing_identifiers():
    con = duckdb.connect()
    people(con, [("a", "x", "y", None, None)] * 2)
    with pytest.raises(UsageProblem, match="not unique"):
        deduplicate(con, SPECIFICATION, "people", "o")
    people(con, [(None, "x", "y", None, None)])
    with pytest.raises(UsageProblem, match="have no id"):
        deduplicate(con, SPECIFICATION, "people", "o")


def test_a_column_that_is_not_there():
    con = duckdb.connect()
    con.execute("create table people as select 1 as id, 'x' as g")
    with pytest.raises(ConfigurationProblem, match="its columns are id, g"):
        deduplicate(con, SPECIFICATION, "people", "o")
    with pytest.raises(UsageProblem, match="not found"):
        deduplicate(con, SPECIFICATION, "nowhere", "o")


def test_all_columns_empty():
    con = duckdb.connect()
    people(con, [("a", None, "", " ", "n/a"), ("b", None, None, None, None)])
    with pytest.raises(ConfigurationProblem, match="usable value"):
        deduplicate(con, SPECIFICATION, "people", "o")


def test_one_column_empty():
    con = duckdb.connect()
    people(con, [(*row[:4], None) for row in village()])
    deduplicate(con, SPECIFICATION, "people", "o")
    assert len(set(entities(con).values())) == pytest.approx(200, abs=4)


@pytest.mark.parametrize("count", [5_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_identical_records(count):
    con = duckdb.connect()
    con.execute(
        "create table people as select i::varchar as id, 'amina' as g, 'abdi' as f, '1990-03-04' as d, '29384756' as n "
        f"from range({count}) t(i)"
    )
    result = deduplicate(con, SPECIFICATION, "people", "o")
    assert result.counts["entities"] == 1
    assert result.counts["match"] == count - 1
    assert any("repeat another" in note for note in result.notes)


def test_learning_without_rest_is_told(monkeypatch):
    con = duckdb.connect()
    people(con, village())
    assert not any("come to rest" in note for note in deduplicate(con, SPECIFICATION, "people", "o").notes)
    monkeypatch.setattr("linkage.weights.ROUNDS", 2)
    assert any("come to rest after 2 rounds" in note for note in deduplicate(con, SPECIFICATION, "people", "o").notes)


def test_strange_values():
    con = duckdb.connect()
    rows = village()
    rows += [
        ("long", "x" * 10_000, "y" * 10_000, "1990-05-05", "9" * 10_000),
        ("emoji", "🙂🙂", "🎉", "2190-01-01", "🆔"),
        ("quote'", "O'Brien\"; drop table people; --", "\\", "31/31/1990", "' or 1=1"),
        ("arabic-1", "محمد", "عبد الله", "1980-02-03", None),
        ("arabic-2", "محمد", "عبد الله", "03/02/1980", None),
        ("amharic-1", "አበበ", "በቀለ", "2190-02-03", None),
        ("amharic-2", "አበበ", "በቀለ", "2190-02-03", None),
        ("nothing", None, None, None, None),
    ]
    people(con, rows)
    deduplicate(con, SPECIFICATION, "people", "o")
    found = entities(con)
    assert len(found) == len(rows)
    assert found["arabic-2"] == "arabic-1"
    assert found["amharic-2"] == "amharic-1"
    assert found["nothing"] == "nothing"


def test_decisions_bind():
    con = duckdb.connect()
    people(con, village())
    con.execute("create table decided (record_id_l varchar, record_id_r varchar, decision varchar)")
    con.execute(
        "insert into decided values ('a0000', 'a0002', 'same'), ('b0001', 'a0001', 'different'), "
        "('a0001', 'zz', 'same')"
    )
    deduplicate(con, SPECIFICATION, "people", "o", decisions="decided")
    found = entities(con)
    assert found["a0000"] == found["a0002"]
    assert found["a0001"] != found["b0001"]
    pairs = con.execute("select record_id_l, record_id_r, verdict from o.pairs where match_key = 'decision'").fetchall()
    assert ("a0000", "a0002", "match") in pairs
    assert not con.execute("select 1 from o.pairs where record_id_l = 'a0001' and record_id_r = 'b0001'").fetchall()


def test_a_model_is_saved_and_scores_only_its_own_columns(tmp_path):
    con = duckdb.connect()
    people(con, village())
    result = deduplicate(con, SPECIFICATION, "people", "o")
    first = entities(con)
    saved = tmp_path / "model.yml"
    saved.write_text(yaml.safe_dump(result.model))
    again = SPECIFICATION.model_copy(update={"model": str(saved)})
    deduplicate(con, again, "people", "o")
    assert entities(con) == first
    other = Specification.from_mapping(
        {"record_id": "id", "columns": {"given_name": "g", "birth_date": "d"}, "model": str(saved)}
    )
    with pytest.raises(ConfigurationProblem, match="other columns"):
        deduplicate(con, other, "people", "o")


def test_explain_agrees_with_the_score():
    con = duckdb.connect()
    people(con, village())
    result = deduplicate(con, SPECIFICATION, "people", "o")
    weight, probability = con.execute(
        "select match_weight, match_probability from o.pairs where record_id_l = 'a0001' and record_id_r = 'b0001'"
    ).fetchone()
    found = explain(con, SPECIFICATION, "people", "b0001", "a0001", result.model)
    assert found.verdict == "match"
    assert found.match_weight == pytest.approx(weight, abs=0.01)
    assert found.match_probability == pytest.approx(probability, abs=0.001)
    assert "identifier" in found.keys
    assert any("family name" in line for line in found.lines)
    bits = sum(f.weight + f.frequency_adjustment for f in found.fields)
    assert bits == pytest.approx(found.total_weight, abs=0.01)
    assert found.start + bits + found.household == pytest.approx(found.odds, abs=0.01)
    assert found.match_probability == pytest.approx(1 / (1 + 2**-found.odds))
    assert found.lines[0].startswith("b0001 and a0001 are taken for one person. Probability ")
    stranger = explain(con, SPECIFICATION, "people", "a0001", "a0099", result.model)
    assert " are not taken for one person. Probability less than 0.0001" in stranger.lines[0]
    assert "No match key" in stranger.lines[-1]
    with pytest.raises(UsageProblem, match="No record"):
        explain(con, SPECIFICATION, "people", "b0001", "zz", result.model)


def test_match_register():
    con = duckdb.connect()
    rows = village()
    people(con, [row for row in rows if row[0].startswith("b")], "records")
    people(con, [row for row in rows if row[0].startswith("a")], "register")
    result = match_register(con, SPECIFICATION, "records", "register", None, "o")
    found = con.execute(
        "select record_id, register_id, verdict, match_probability, runner_up_probability from o.matches"
    ).fetchall()
    assert len(found) == 100
    assert all(register == "a" + record[1:] for record, register, *_ in found)
    assert all(verdict == "match" and runner < best for *_, verdict, best, runner in found)
    assert result.counts["register"] == 200


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        ("id,g\n1,José\n".encode("latin-1"), "not in UTF-8"),
        (b"id,g\n" + b"1,Jose\n" * 3 + b"2,Jose,x\n", "line 5 has 3 values, the header 2"),
        (b"id,g,G\n1,Amina,x\n", "column(s) g, G more than once"),
        (b"id,g\n1,Amina\n", 'input."people.csv"'),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, content, said):
    (tmp_path / "people.csv").write_bytes(content)
    (tmp_path / "spec.yml").write_text(yaml.safe_dump({"record_id": "id", "columns": COLUMNS}))
    with pytest.raises((UsageProblem, ConfigurationProblem), match=r"people\.csv") as raised:
        link_files(tmp_path / "spec.yml", tmp_path / "people.csv", tmp_path / "out")
    assert said in str(raised.value)
    assert "Jos" not in str(raised.value)


def test_files(tmp_path):
    con = duckdb.connect()
    people(con, village())
    con.execute(f"copy people to '{tmp_path}/people.csv'")
    specification = tmp_path / "spec.yml"
    specification.write_text(yaml.safe_dump({"record_id": "id", "columns": COLUMNS}))
    link_files(specification, tmp_path / "people.csv", tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "clusters.parquet", "model.yml", "pairs.parquet", "report.html",
    ]  # fmt: skip
    report = (tmp_path / "out" / "report.html").read_text()
    assert "<svg" in report
    assert "http://" not in report.replace("http://www.w3.org", "")
    assert "amina" not in report
    link_files(specification, tmp_path / "people.csv", tmp_path / "register", tmp_path / "people.csv")
    assert (tmp_path / "register" / "matches.parquet").exists()
    with pytest.raises(UsageProblem, match="no such file"):
        link_files(specification, tmp_path / "absent.csv", tmp_path / "out")
