"""One night in a process of its own, to be killed: python -m tests.integration.replicating_child HOME RUN_ID."""

import datetime as dt
import sys
from pathlib import Path

from pipelines.replication.landing import land
from pipelines.replication.merge import merge
from tests.integration.replication import Nights

TABLES = {"people": {"key": ["id"], "cursor": "version"}, "words": {}}


def main(home: Path, run_id: str) -> None:
    nights = Nights(home, **TABLES)
    nights.source.limits.vanished_share = 1.0
    at = dt.datetime.now(dt.UTC)
    print("begun", flush=True)
    landing = land("mis", nights.source, home, run_id, at=at)
    merge(nights.warehouse, "mis", nights.source, landing, home, run_id=run_id, loaded_at=at)
    nights.warehouse.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
