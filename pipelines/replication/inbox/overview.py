"""What an operator asks of inboxes: what waits for what, and what was refused and not sent anew."""

import datetime as dt
from pathlib import Path

from ibr.config import Registry, Source
from pipelines.replication.inbox.arrivals import scan
from pipelines.replication.inbox.batch import Batch, State
from pipelines.replication.inbox.store import Store


def open_batches(home: Path, registry: Registry, at: dt.datetime) -> list[dict[str, str]]:
    """Batches that are not in a mirror, a row each: source, batch, state (waiting, whole, taken, refused), and why."""
    return [
        {"source": code, "batch": batch, "state": state, "reason": reason}
        for code, source in registry.sources.items()
        if source.is_inbox
        for batch, state, reason in _of_source(Store(home, code), source, at)
    ]


def _of_source(store: Store, source: Source, at: dt.datetime) -> list[tuple[str, str, str]]:
    lying = [
        (c.name, "waiting" if c.waits_for else "whole", f"waits for {c.waits_for}" if c.waits_for else "the next run")
        for c in scan(store.inbox, source, at)
    ]
    known = store.batches()
    arrived = {file.table for batch in known for file in batch.files}
    missing = [name for name in source.tables if name not in arrived]
    reason = f"waits for a batch with table {', '.join(missing)}" if missing else "the next run merges it"
    taken = [(batch.batch, "taken", reason) for batch in store.taken()]
    refused = [(b.batch, "refused", b.reason or "") for b in store.refused() if not _is_settled(b, known)]
    return [*lying, *taken, *refused]


def _is_settled(refused: Batch, known: list[Batch]) -> bool:
    """Whether a batch for the same tables was accepted since."""
    tables = {file.table for file in refused.files}
    since = [b for b in known if b.state is State.ACCEPTED and b.received_at > refused.received_at]
    return bool(since) and tables <= {file.table for batch in since for file in batch.files}
