"""Asking for many people: a few threads, within the pace, each answer kept as it comes."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ibr.errors import ContractBroken, IbrError, SourceUnreachable
from pipelines.replication.lookup.pace import Clock, Pace
from pipelines.replication.lookup.service import Outcome, Reply, Service, Silent

FIRST_WAIT = 1.0  # seconds before a second try; each further wait is four times as long
LONGEST_WAIT = 120.0  # a service that asks for a longer one wants no more calls for now
SILENT_IN_A_ROW = 10  # people, each with all its tries, after whom the service counts as gone
MALFORMED_IN_A_ROW = 20  # answers after which its contract counts as another
TOLD_EVERY = 5.0  # seconds between two words on progress


@dataclass
class Asked:
    """What a run's asking came to, in people. `trouble`: what ended it early, or None; `pause`: the seconds for which
    the service wants no more calls, where it said so."""

    people: int
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    trouble: IbrError | None = None
    pause: float | None = None

    @property
    def done(self) -> int:
        return sum(self.outcomes.values())

    @property
    def words(self) -> str:
        """How the asking went, in one line."""
        counts = ", ".join(f"{count:,} {outcome.replace('_', ' ')}" for outcome, count in sorted(self.outcomes.items()))
        pause = f"; the service wants no calls for {self.pause:.0f} s" if self.pause else ""
        return f"asked for {self.done:,} people{': ' if counts else ''}{counts}{pause}"


def ask_all(
    code: str,
    service: Service,
    national_ids: Sequence[str],
    pace: Pace,
    clock: Clock,
    *,
    parallel: int,
    retries: int,
    keep: Callable[[str, Reply], None],
    progress: Callable[[str], None],
) -> Asked:
    """Ask for each ID, in order, until all are asked for, the pace allows no more, or the service is in trouble.

    `keep` gets each reply before the next call of its thread; it is called by one thread at a time.
    """
    asking = _Asking(code, service, national_ids, pace, clock, retries, keep, progress)
    with ThreadPoolExecutor(max_workers=parallel, thread_name_prefix=f"ask-{code}") as pool:
        threads = [pool.submit(asking.run) for _ in range(parallel)]
        try:
            for thread in threads:
                thread.result()
        finally:
            pace.spend()  # whatever ended one thread, an interruption too, ends the others
    return asking.asked


class _Asking:
    """What the threads share."""

    def __init__(
        self, code: str, service: Service, national_ids: Sequence[str], pace: Pace, clock: Clock, retries: int,
        keep: Callable[[str, Reply], None], progress: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.asked = Asked(len(national_ids))
        self._code, self._service, self._pace, self._clock = code, service, pace, clock
        self._retries, self._keep, self._progress = retries, keep, progress
        self._ids: Iterator[str] = iter(national_ids)
        self._lock = threading.Lock()
        self._silent_calls = self._malformed = 0
        self._begun = self._told = clock.now()

    def run(self) -> None:
        """One thread's work."""
        try:
            while (national_id := self._next()) is not None and (reply := self._ask(national_id)) is not None:
                self._note(national_id, reply)
        except IbrError as error:
            with self._lock:
                self.asked.trouble = self.asked.trouble or error
            self._pace.spend()
        except BaseException:
            self._pace.spend()  # or the others would go on, and nobody would hear of this until they end
            raise

    def _next(self) -> str | None:
        with self._lock:
            return next(self._ids, None)

    def _ask(self, national_id: str) -> Reply | None:
        """The service's reply, after further tries where they may help; None where there are no more calls."""
        tries = 0
        while self._pace.wait():
            try:
                reply = self._service.ask(national_id)
            except Silent as silent:
                self._count_silence(silent)
                if silent.wait is not None and silent.wait > LONGEST_WAIT:
                    self.asked.pause = silent.wait
                    self._pace.spend()
                    return None
                if silent.wait is not None:
                    self._pace.hold(silent.wait)
                if tries == self._retries:
                    return Reply(Outcome.SILENT, silent.reason)
                if silent.wait is None:
                    self._clock.sleep(FIRST_WAIT * 4**tries)
                tries += 1
            else:
                with self._lock:
                    self._silent_calls = 0
                return reply
        return None

    def _count_silence(self, silent: Silent) -> None:
        with self._lock:
            self._silent_calls += 1
            is_gone = self._silent_calls >= SILENT_IN_A_ROW * (self._retries + 1)
        if is_gone:
            raise SourceUnreachable(
                f"source {self._code}: the service does not answer: {self._silent_calls} calls in a row failed "
                f"({silent.reason}); what it answered before is kept. Look at the service and the network, run again",
                may_pass=True,
            )

    def _note(self, national_id: str, reply: Reply) -> None:
        with self._lock:
            self._keep(national_id, reply)
            self.asked.outcomes[reply.outcome] += 1
            if reply.outcome is not Outcome.SILENT:
                self._malformed = self._malformed + 1 if reply.outcome is Outcome.MALFORMED else 0
            is_broken = self._malformed >= MALFORMED_IN_A_ROW
            self._tell()
        if is_broken:
            raise ContractBroken(
                f"source {self._code}: {MALFORMED_IN_A_ROW} answers in a row do not fit lookup in registry.yml "
                f"({reply.reason}); the last good answers stay. Ask the register what changed, and mend the block"
            )

    def _tell(self) -> None:
        now = self._clock.now()
        if now - self._told < TOLD_EVERY:
            return
        self._told = now
        left = (now - self._begun) / self.asked.done * (self.asked.people - self.asked.done)
        self._progress(
            f"{self._code}: asked for {self.asked.done:,} of {self.asked.people:,} people, about {_words(left)} left"
        )


def _words(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
