"""The standard's threads: one answers the messages that wait and looks at new publications, one sends."""

import datetime as dt
import logging
import threading
from collections.abc import Callable

import orjson
import urllib3

from exchange.service.keys import Key, keys
from exchange.service.problems import Refused
from exchange.service.snapshot import NotAvailable
from exchange.spdci import events, search
from exchange.spdci.answering import searched, status_of, words_of
from exchange.spdci.callbacks import authorization, callback_for
from exchange.spdci.problems import Rejected
from exchange.spdci.standard import NEEDED, Standard, overall
from exchange.spdci.store import Delivery, Transaction
from exchange.spdci.subscriptions import end_all, end_over, subscribe, to_look_at, unsubscribe
from warehouse.audit import Entry, record_all

_LOG = logging.getLogger("ibr.service")
_TOGETHER = 1_000  # subscriptions that are looked up in one go
_DEFERRED = dt.timedelta(minutes=1)  # for what failed
_LONGEST_ANSWER = 64 * 1024  # bytes of an acknowledgement that are read
_SECONDS = 10.0  # that a caller's system may be silent
_LONGEST_TRY = 15.0  # seconds, whatever it sends
_FIRST_WAIT, _LONGEST_WAIT = dt.timedelta(seconds=5), dt.timedelta(hours=1)  # between two tries


class Thread:
    """Does a piece of work after the other; where there is none, or it fails, it waits."""

    def __init__(self, name: str, work: Callable[[], bool], changed: threading.Event) -> None:
        self._work, self._changed, self._stop = work, changed, threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End after the piece of work that is being done."""
        self._stop.set()
        self._changed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._changed.clear()
            try:
                has_worked = self._work()
            except Exception as error:  # as a trail that cannot be written: the thread has to outlive it
                # The kind alone: an error's own words may hold what was asked.
                _LOG.warning("work on the standard's messages failed (%s); it is tried again", type(error).__name__)
                has_worked = False
            if not has_worked:
                self._changed.wait(timeout=1)


def answer_next(standard: Standard) -> bool:
    """Answer the message that waits longest, or look at some subscriptions; whether there was something to do."""
    standard.tidy()
    end_over(standard.store, standard.now())
    if standard.service.snapshots.problem:
        return False
    waiting = standard.store.waiting(standard.now())
    if waiting is None:
        return _look(standard)
    try:
        return _answer(standard, waiting)
    except Exception:
        standard.store.defer(waiting, standard.now() + _DEFERRED)
        raise


def send_next(standard: Standard) -> bool:
    """Send a message that is due; whether there was one."""
    due = standard.store.due(standard.now())
    if due is None:
        return False
    if not _may_be_sent(_key(standard, due.caller), due):
        standard.store.delivered(due)
        return True
    problem = _sent(standard, due)
    if problem is None or due.attempts + 1 >= standard.settings.delivery_attempts:
        standard.store.delivered(due)
        if problem:
            _LOG.warning("a callback was given up after %s tries (%s)", due.attempts + 1, problem)
    else:
        wait = min(_FIRST_WAIT * 2**due.attempts, _LONGEST_WAIT)
        standard.store.postpone(due, standard.now() + wait)
    return True


def _answer(standard: Standard, taken: Transaction) -> bool:
    key, now = _key(standard, taken.caller), standard.now()
    if key is None or not set(NEEDED) <= set(key.scopes):
        standard.store.drop(taken)
        return True
    if taken.action in ("subscribe", "unsubscribe"):
        _change_subscriptions(standard, key, taken, now)
        return True
    try:
        if taken.action == "search":
            searches = search.read_all(taken.asked["search_request"], whole=False)
            message = searched(standard, key, searches, taken.transaction_id, taken.correlation_id)
            status: str = overall(message["search_response"])
        else:
            message, status = status_of(standard, key, taken.asked, taken.correlation_id)
    except NotAvailable:
        return False
    except Refused:  # its program is none any more
        standard.store.drop(taken)
        return True
    standard.store.answer(taken, message, status, now)
    return True


def _change_subscriptions(standard: Standard, key: Key, taken: Transaction, now: dt.datetime) -> None:
    """Subscriptions made or ended, and the answer with their codes: both or neither."""
    with standard.store.together():
        if taken.action == "subscribe":
            _record(standard, "subscriptions_asked", key, len(taken.asked["subscribe_request"]))
            message = subscribe(standard.store, key, taken, taken.correlation_id, now)
            status: str = overall(message["subscribe_response"])
        else:
            _record(standard, "subscriptions_ended", key, len(taken.asked["subscription_codes"]))
            message, status = unsubscribe(standard.store, key, taken, taken.correlation_id, now)
        standard.store.answer(taken, message, status, now)


def _look(standard: Standard) -> bool:
    snapshot = standard.service.snapshots.snapshot
    if snapshot is None:
        return False
    some = to_look_at(standard.store, snapshot.version, _TOGETHER)
    if not some:
        return False
    key = _key(standard, some[0].caller)
    if key is None or key.callback is None or not set(NEEDED) <= set(key.scopes):
        end_all(standard.store, some[0].caller, standard.now())
        return True
    try:
        found = standard.look_up(key, some[0].purpose, [one.person for one in some])
    except Refused:  # its program is none any more
        end_all(standard.store, some[0].caller, standard.now())
        return True
    if told := events.compare(standard, key, some, found):
        _record(standard, "subscriber_notified", key, told)
        standard.store.to_send.set()
    return True


def _may_be_sent(key: Key | None, due: Delivery) -> bool:
    """Whether the caller is still there, and registered with the place."""
    try:
        return key is not None and callback_for(key, due.url, due.action) is not None
    except Rejected:
        return False


def _record(standard: Standard, action: str, key: Key, count: int) -> None:
    record_all(standard.home, [Entry(action, key.name, (), {"count": count})])


def _key(standard: Standard, holder: str) -> Key | None:
    return next((one for one in keys(standard.home) if one.holder == holder), None)


def _sent(standard: Standard, due: Delivery) -> str | None:
    """Send a message; None, or the kind of what went wrong.

    In a thread of its own: time limits of sockets start anew with every byte that drips in, and none of them holds for
    the search for an address. A try that goes on is left behind, one a caller.
    """
    before = standard.tries.get(due.caller)
    if before and before.is_alive():
        return "the try before goes on"
    problems: list[str | None] = []
    one = threading.Thread(target=lambda: problems.append(_posted(standard, due)), name="callback", daemon=True)
    standard.tries[due.caller] = one
    one.start()
    one.join(_LONGEST_TRY)
    return problems[0] if problems else "no answer in time"


def _posted(standard: Standard, due: Delivery) -> str | None:
    """Post a message, whose number stays the same from try to try."""
    timeout = urllib3.Timeout(connect=_SECONDS, read=_SECONDS)
    try:
        body = standard.envelope(
            due.action, due.message, due.status, due.receiver_id, message_id=due.delivery_id,
            words=words_of(due.action, due.status),
        )  # fmt: skip
        with urllib3.PoolManager(timeout=timeout, retries=False) as pool:
            response = pool.request(
                "POST", due.url, json=body, redirect=False, preload_content=False,
                headers=authorization(standard.home, due.caller),
            )  # fmt: skip
            answered = response.read(_LONGEST_ANSWER)
            response.release_conn()
    except Exception as error:  # whatever it is, the next is sent
        return type(error).__name__
    if not 200 <= response.status < 300:
        return f"status {response.status}"
    return "ack_status ERR" if _is_refused(answered) else None


def _is_refused(answered: bytes) -> bool:
    """Whether a system that answers with the standard's acknowledgement has not taken the message."""
    try:
        return bool(orjson.loads(answered)["message"]["ack_status"] == "ERR")
    except (ValueError, TypeError, KeyError):  # no acknowledgement: its status says that it has
        return False
