"""Taking a source's next batch, and what becomes of it. One batch a run: each is judged by itself."""

import datetime as dt
from pathlib import Path

from ibr.config import Source
from ibr.errors import ContractBroken
from pipelines.replication.inbox.arrivals import Candidate, ready, scan
from pipelines.replication.inbox.batch import Batch, BatchFile, Origin, State, batch_name
from pipelines.replication.inbox.pieces import UnusableZip, copy_hashed
from pipelines.replication.inbox.store import Store
from warehouse import audit


class BatchRefused(ContractBroken):
    """A batch was refused; it is out of the inbox, and its reason with it."""


def next_ready(code: str, source: Source, home: Path, at: dt.datetime) -> Candidate | None:
    """The candidate that the next run will take, if there is one."""
    return next(iter(ready(scan(Store(home, code).inbox, source, at))), None)


def take_next(code: str, source: Source, home: Path, at: dt.datetime) -> tuple[list[str], str | None]:
    """Copy the next whole batch of the inbox into the store.

    One that was taken and not merged, as its run was killed, is the next. One that was accepted before is no news: its
    files go. `at`: when the run began. Returns what is taken: nothing where nothing lies there, several where tables
    come by themselves and the mirror needs each once; and the date (ISO 8601) of the newest of all batches. Raises
    BatchRefused for a batch that cannot be taken.
    """
    store = Store(home, code)
    with store.locked():
        for candidate in ready(scan(store.inbox, source, at)):
            if _is_enough(store, source):
                break
            _take(store, candidate, at)
        return [b.batch for b in store.taken()], max((b.date for b in store.batches() if b.date), default=None)


def _is_enough(store: Store, source: Source) -> bool:
    """Whether something was taken, and every table has arrived at least once."""
    arrived = {file.table for batch in store.batches() for file in batch.files}
    return bool(store.taken()) and arrived.issuperset(source.tables)


def _take(store: Store, candidate: Candidate, at: dt.datetime) -> None:
    """Make a candidate a batch of the store, unless it is one already or somebody is writing to it."""
    earlier = store.batches()
    with store.building() as folder:
        try:
            batch = _copied(store, candidate, folder, at)
        except UnusableZip as damage:
            candidate = Candidate(candidate.name, others=[candidate.pieces[0].whole], problem=str(damage))
            batch = _copied(store, candidate, folder, at)
        if not all(piece.is_unchanged() for piece in candidate.pieces):
            return
        if batch.batch in {one.batch for one in earlier}:
            store.clear(batch)
            return
        audit.record(store.home, "batch_taken", details={
            "source": store.code, "batch": batch.batch, "files": [file.sha256 for file in batch.files],
        })
        store.put(folder, batch)
    if problem := candidate.problem or _problem(candidate, batch, earlier, at):
        raise _refused(store, batch, problem)


def _copied(store: Store, candidate: Candidate, folder: Path, at: dt.datetime) -> Batch:
    sums = {piece: copy_hashed(piece, folder / piece.name) for piece in candidate.pieces}
    files = [
        BatchFile(e.piece.name, e.table, e.sends, e.piece.size, sums[e.piece], e.rows) for e in candidate.entries
    ]
    contents = [f"{file.table} {file.sends} {file.sha256}" for file in files] or list(sums.values())
    origins = {str(piece.place.relative_to(store.inbox)): piece for piece in candidate.pieces}
    return Batch(
        batch=batch_name(candidate.date, candidate.version, contents),
        date=candidate.date.isoformat() if candidate.date else None,
        version=candidate.version,
        state=State.TAKEN,
        received_at=at.isoformat(),
        files=files,
        others=[piece.name for piece in candidate.others],
        origins=[Origin(path, p.place.stat().st_size, p.modified_ns) for path, p in origins.items()],
    )


def accept(home: Path, code: str, names: list[str]) -> None:
    """Keep batches after the merge of them has committed."""
    store = Store(home, code)
    with store.locked():
        for batch in store.taken():
            if batch.batch in names:
                store.accept(batch)


def refused(home: Path, code: str, error: ContractBroken) -> ContractBroken:
    """Refuse what was taken, for what was found in it; returns the error that says where it lies now."""
    store = Store(home, code)
    with store.locked():
        told = [_refused(store, batch, str(error)) for batch in store.taken()]
    return told[-1] if told else error


def _refused(store: Store, batch: Batch, reason: str) -> BatchRefused:
    said = reason.removeprefix(f"source {store.code}, ").removeprefix(f"source {store.code}: ")
    audit.record(store.home, "batch_refused", details={"source": store.code, "batch": batch.batch})
    store.refuse(batch, said)
    dated = f"batch of {batch.date}" if batch.date else "batch"
    return BatchRefused(
        f"source {store.code}: {dated} refused: {said}; its files lie in quarantine/{store.code}/{batch.batch}, with "
        "the reason beside them"
    )


def _problem(candidate: Candidate, batch: Batch, earlier: list[Batch], at: dt.datetime) -> str | None:
    """Why a batch whose files are all there cannot be taken."""
    for entry, file in zip(candidate.entries, batch.files, strict=True):
        if entry.sha256 and entry.sha256.lower() != file.sha256:
            return (
                f"{file.file} is not the file that the manifest describes (its SHA-256 is another); it was changed, or "
                "damaged on its way: send file and manifest again"
            )
    if candidate.date and candidate.date > at.date() + dt.timedelta(days=1):
        return f"its date, {candidate.date}, lies in the future; mend it in the manifest or in the names of the files"
    for file in batch.files:
        for other in earlier:
            if (other.date, other.version) == (batch.date, batch.version) and other.of_table(file.table):
                return (
                    f"a batch of {batch.date} with table {file.table} arrived on {other.received_at[:10]}, and this "
                    f"one has other content. If it corrects that one, send it as version {batch.version + 1}"
                )
    return None
