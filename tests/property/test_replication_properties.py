"""Whatever happens to a source between nights, the mirror ends up equal to it, and every night can be had again."""

import datetime as dt
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.as_of import image
from tests.integration.replication import Nights

_ids = st.integers(1, 12)
_step = st.one_of(
    st.tuples(st.just("put"), _ids, st.text(max_size=8).filter(lambda t: "\x00" not in t), st.integers(-5, 5)),
    st.tuples(st.just("delete"), _ids),
)


@settings(max_examples=15, deadline=None)
@given(nights_of_steps=st.lists(st.lists(_step, max_size=8), min_size=1, max_size=4))
def test_a_mirror_follows_its_source(nights_of_steps):
    with tempfile.TemporaryDirectory() as folder:
        nights = Nights(Path(folder), people={"key": ["id"], "cursor": "version"})
        nights.source.limits.vanished_share = 1.0
        db = nights.database()
        db.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, amount REAL, version INTEGER)")
        version, known = 0, []
        for steps in nights_of_steps:
            for step in steps:
                version += 1
                if step[0] == "delete":
                    db.execute("DELETE FROM people WHERE id = ?", [step[1]])
                else:
                    db.execute("INSERT OR REPLACE INTO people VALUES (?, ?, ?, ?)", [*step[1:], version])
            nights.replicate()
            expected = db.execute("SELECT id, name, amount, version FROM people ORDER BY 1").fetchall()
            assert nights.live("people", "id, name, amount, version") == expected
            known.append(expected)
        for night, expected in enumerate(known, 1):
            then = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC) + dt.timedelta(days=night)
            as_of = image("warehouse", "mirror_mis", "people", then)
            assert nights.ask(f"SELECT id, name, amount, version FROM ({as_of}) ORDER BY 1") == expected
        nights.warehouse.close()
        db.close()
