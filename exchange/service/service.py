"""The service behind its routes: who asks, may they, the answers, the trail."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from exchange.enquiries.question import holds_a_number
from exchange.service.answers import as_rows
from exchange.service.asking import Asking, Desk, entry, told
from exchange.service.jobs import Jobs, Part, Worker
from exchange.service.keys import Key, Keyring
from exchange.service.limits import Limits
from exchange.service.metrics import Metrics
from exchange.service.models import Person
from exchange.service.problems import Refused
from exchange.service.snapshot import NotAvailable, Snapshots
from ibr.config import Registry
from warehouse.audit import Entry, record_all

IN_BULK = 1_000  # persons that a batch looks up in one go
PERSONS_A_CALL = 100  # of a batch cost its caller as much as one call


def now() -> dt.datetime:
    """The time; freshness and jobs are the only things that look at the clock."""
    return dt.datetime.now(dt.UTC)


class Service:
    """Everything that a running service holds; `close` ends it."""

    def __init__(self, home: Path, registry: Registry) -> None:
        settings = registry.service
        self._home, self._registry = home, registry
        self.snapshots = Snapshots(home, dt.timedelta(hours=settings.max_age_hours), now, settings.lookups)
        self.snapshots.refresh()
        self.metrics = Metrics()
        self._keyring, self._limits = Keyring(home), Limits(settings.calls_per_second, settings.burst)
        self.desk = Desk(home, self.snapshots, settings.lookups)
        self.jobs = Jobs(home)
        self._tidied_at = dt.datetime.min.replace(tzinfo=dt.UTC)
        self.tidy()
        self._worker = Worker(self.jobs, self._part)

    def close(self) -> None:
        """Answer what waits, and end; jobs go on when the service is back."""
        self.desk.close()
        self._worker.close()
        self.jobs.close()

    def tidy(self) -> None:
        """Remove jobs that are kept no longer, once an hour."""
        if now() - self._tidied_at > dt.timedelta(hours=1):
            self._tidied_at = now()
            self.jobs.forget(self._tidied_at - dt.timedelta(days=self._registry.service.keep_jobs_days))

    def told_again(self, key: Key, job_id: str, part: int) -> None:
        """Record that the answers of a part of a job were fetched; whom they told of is recorded with the answers."""
        record_all(self._home, [Entry("job_part_told", key.name, (), {"job_id": job_id, "part": part})])

    def caller(self, authorization: str | None) -> Key:
        """Whose key a request bears. Raises Refused."""
        kind, _, secret = (authorization or "").partition(" ")
        key = self._keyring.find(secret.strip()) if kind.lower() == "bearer" else None
        if key is None:
            raise Refused(401, "no_key", "expected the header Authorization: Bearer KEY, with a key of this service")
        return key

    def asking(self, key: Key, program: str | None, purpose: str, *, is_household: bool = False) -> Asking:
        """What a caller may ask. Raises Refused before anything is looked at, so that nothing can be told from it."""
        if "verify" not in key.scopes:
            raise Refused(403, "not_in_scope", "this key has no scope verify")
        if key.program and key.program not in self._registry.programs:
            raise Refused(403, "not_in_scope", "the program of this key is none that this registry has any more")
        if program and program not in self._registry.programs:
            raise Refused(422, "unknown_program", "program is none that this registry has")
        if program and key.program and program != key.program:
            raise Refused(403, "not_in_scope", "this key asks for another program")
        if holds_a_number(purpose):
            raise Refused(422, "purpose_holds_a_number", "purpose holds a number; it is kept, so leave it out")
        program = program or key.program
        return Asking(key, program, purpose, self._registry.carrier(program) if program else "", is_household)

    def spend(self, key: Key, persons: int = 1, *, spent: float = 0.0) -> None:
        """Count a call, of which `spent` was counted before its size was known. Raises Refused where a caller asks more
        than it may."""
        if wait := self._limits.wait(key.name, max(1.0, persons / PERSONS_A_CALL), spent):
            raise Refused(429, "too_many_requests", "this key asks more than it may", wait)

    async def few(self, persons: Sequence[Person], asking: Asking) -> bytes:
        """The answers on a person or a household."""
        answers = await self.desk.ask(persons, asking)
        return self._counted(answers)

    def many(self, persons: Sequence[Person], asking: Asking) -> bytes:
        """The answers on many persons, all of one snapshot. Raises NotAvailable, and what the trail raises."""
        with self.snapshots.using() as snapshot:
            checked = []
            for begin in range(0, len(persons), IN_BULK):
                some = persons[begin : begin + IN_BULK]
                with snapshot.in_bulk:
                    rows = as_rows(some, [asking.source] * len(some))
                    checked += snapshot.bulk.check(rows, with_records=asking.with_records)
            answers = told(persons, checked, asking, snapshot)
        record_all(self._home, [entry(asking, answers)])
        return self._counted(answers)

    def _part(self, part: Part) -> bytes | None:
        """The answers of a part of a job; None where nothing can be looked up now, or its key was revoked."""
        if self._keyring.has_revoked(part.key):
            self.jobs.drop(part.job_id)
            self.jobs.changed.set()
            return None
        asking = Asking(part.key, part.program, part.purpose, self._source(part.program))
        try:
            return self.many(part.persons, asking)
        except NotAvailable:
            return None

    def _source(self, program: str | None) -> str:
        return self._registry.carrier(program) if program in self._registry.programs else ""

    def _counted(self, answers: dict[str, Any]) -> bytes:
        self.metrics.answers(Counter(one["answer"] for one in answers["persons"]))
        return orjson.dumps(answers)
