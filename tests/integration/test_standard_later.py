"""The DCI standard's messages that are answered later: acknowledged, called back, subscribed to, and nothing sent to
where no caller is registered."""

import datetime as dt
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise

import duckdb
import pytest
from click.testing import CliRunner

from exchange.service.keys import add, keys, revoke
from exchange.spdci import store as store_module
from exchange.spdci import subscriptions, working
from exchange.spdci.callbacks import callback_for, checked_callback
from exchange.spdci.codes import Error, SearchReason, SubscribeReason, UnsubscribeReason
from exchange.spdci.events import changed, known
from exchange.spdci.problems import Rejected
from exchange.spdci.store import Delivery, Store, Transaction
from ibr.cli.main import cli
from ibr.config.publishing import Standard as Settings
from ibr.errors import UsageProblem
from tests.integration.service_warehouse import point_at, publish
from tests.integration.standard import ALL, as_specified, by_id, header, now, peers, search, search_item
from warehouse import audit

GRANT_HEAD = "20000255"


class Receiver:
    """The callbacks of a program's system; `statuses` and `bodies`: what the next posts are answered with, then 200 and
    nothing; `tokens`: the Authorization of each."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict]] = []
        self.statuses: list[int] = []
        self.bodies: list[bytes] = []
        self.tokens: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.received.append((self.path, body))
                outer.tokens.append(self.headers.get("Authorization"))
                status = outer.statuses.pop(0) if outer.statuses else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                answer = outer.bodies.pop(0) if outer.bodies else b""
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/mis"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def of(self, action: str) -> list[tuple[str, dict]]:
        return [one for one in self.received if one[1]["header"]["action"] == action]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module")
def peer(service_home, receiver, tmp_path_factory):
    home = tmp_path_factory.mktemp("later") / "home"
    yield from peers(service_home, home, "plain_http_hosts: [127.0.0.1], delivery_attempts: 3", callback=receiver.url)


@pytest.fixture(autouse=True)
def _nothing_received(receiver, monkeypatch):
    receiver.received.clear()
    receiver.statuses.clear()
    receiver.bodies.clear()
    receiver.tokens.clear()
    monkeypatch.setattr(working, "_FIRST_WAIT", working._FIRST_WAIT * 0)


def taken(done) -> str:
    assert done.status_code == 200, done.text
    message = as_specified(done.json(), "search", answer=True)["message"]
    assert message["ack_status"] == "ACK"
    return message["correlation_id"]


def called_back(peer, receiver, action: str, correlation_id: str) -> tuple[str, dict]:
    def holds():
        return next((one for one in receiver.of(action) if one[1]["message"]["correlation_id"] == correlation_id), None)

    path, told = peer.until(holds)
    return path, as_specified(told, path.partition("/registry/")[2])


def subscribe(*criteria: dict) -> dict:
    items = [
        {"reference_id": f"s{place}", "timestamp": now().isoformat(), "subscribe_criteria": one}
        for place, one in enumerate(criteria)
    ]
    message = {"transaction_id": "sub", "subscribe_request": items}
    return {"header": header("subscribe", len(items)), "message": message}


def event(kind: str, query: dict | None = None) -> dict:
    return {
        "reg_event_type": kind, "filter_type": "expression", "filter": query or {"UIN": GRANT_HEAD},
        "notify_record_type": "Member",
    }  # fmt: skip


def unsubscribe(*codes: str) -> dict:
    message = {"transaction_id": "u", "timestamp": now().isoformat(), "subscription_codes": list(codes)}
    return {"header": header("unsubscribe", len(codes)), "message": message}


def test_a_search_is_called_back_with_what_the_synchronous_one_answers(peer, receiver):
    items = [by_id(GRANT_HEAD, reference="a"), search_item({"given_name": "Akinyi"}, "expression", "b")]
    path, told = called_back(peer, receiver, "on-search", taken(peer.post("/registry/search", search(*items))))
    assert path == "/mis/registry/on-search"
    first, second = told["message"]["search_response"]
    (at_once, _) = peer.searched(*items)
    assert first["data"] == at_once["data"]
    assert (second["status"], second["status_reason_code"]) == ("rjct", SearchReason.CRITERIA)
    assert (told["header"]["status"], told["header"]["receiver_id"]) == ("succ", "test-client")
    assert told["signature"].startswith("Signature: ")


def test_a_callback_goes_to_the_senders_uri_at_its_registered_place(peer, receiver):
    uri = f"{receiver.url}/of/my/own"
    taken(peer.post("/registry/search", search(by_id(GRANT_HEAD), sender_uri=uri)))
    assert peer.until(lambda: receiver.of("on-search"))[0][0] == "/mis/of/my/own"


def test_a_callback_is_tried_again_with_the_same_number_follows_no_redirect_and_is_given_up(peer, receiver):
    receiver.statuses[:] = [302, 500]
    taken(peer.post("/registry/search", search(by_id(GRANT_HEAD))))
    peer.until(lambda: len(receiver.received) == 3)
    assert {path for path, _ in receiver.received} == {"/mis/registry/on-search"}
    assert len({told["header"]["message_id"] for _, told in receiver.received}) == 1
    receiver.received.clear()
    receiver.statuses[:] = [500] * 10
    taken(peer.post("/registry/search", search(by_id(GRANT_HEAD))))
    peer.until(lambda: len(receiver.received) == 3)
    peer.until(lambda: peer.standard.store.due(now()) is None)
    assert len(receiver.received) == 3, "no more than delivery_attempts"


def test_who_does_not_answer_holds_up_only_its_own_messages(tmp_path):
    store, begin = Store(tmp_path), now()
    for second, name in enumerate(("dead", "dead too", "alive")):
        caller, at = name.split()[0], begin + dt.timedelta(seconds=second)
        store.send(Delivery(name, caller, None, "https://mis.example.org", "notify", "succ", {}, 0), at)
    later = begin + dt.timedelta(minutes=1)
    dead = store.due(later)
    store.postpone(dead, later)
    sent = []
    while one := store.due(later):
        sent.append(one.delivery_id)
        store.delivered(one)
    assert (dead.delivery_id, sent) == ("dead", ["alive", "dead", "dead too"])
    store.close()


def test_a_try_ends_whatever_goes_wrong(peer, receiver, monkeypatch):
    monkeypatch.setattr(working, "_LONGEST_TRY", 0.1)
    left = "SELECT count(*) FROM standard_deliveries"
    store = peer.standard.store
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        silent_key = add(peer.home, "silent", "GRANT", ALL, now(), callback=url)
        taken(peer.post("/registry/search", search(by_id(GRANT_HEAD)), key=silent_key))
        peer.until(lambda: any(one.startswith("silent/") for one in peer.standard.tries))
        peer.until(lambda: store.con.execute(left).fetchone() == (0,), 5)
    unsigned = {"a number that no signature covers": 2**60}
    with store.lock:
        holder = keys(peer.home)[0].holder
        store.send(Delivery("x", holder, None, receiver.url, "on-search", "succ", unsigned, 0), now())
    store.to_send.set()
    peer.until(lambda: store.con.execute(left).fetchone() == (0,), 5)
    assert not receiver.received


def test_the_status_of_a_transaction_is_called_back(peer, receiver):
    first = taken(peer.post("/registry/search", search(by_id(GRANT_HEAD))))
    called_back(peer, receiver, "on-search", first)
    query = {"reference_id": "q", "txn_type": "search", "attribute_type": "correlation_id", "attribute_value": first}
    asked = {"header": header("txn-status"), "message": {"transaction_id": "t", "txnstatus_request": query}}
    path, told = called_back(peer, receiver, "txn-on-status", taken(peer.post("/registry/txn/status", asked)))
    assert path == "/mis/registry/txn/on-status"
    assert told["message"]["txnstatus_response"]["txn_status"]["correlation_id"] == first
    query["attribute_value"] = "none-of-ours"
    asked["header"] = header("txn-status")
    _, told = called_back(peer, receiver, "txn-on-status", taken(peer.post("/registry/txn/status", asked)))
    assert told["header"]["status"] == "rjct"
    assert "no such transaction" in told["header"]["status_reason_message"]


def test_subscriptions_that_are_not_made(peer, receiver):
    criteria = [event("LiveBirth"), event("death", {"poverty_score": {"lt": 5}}), event("death", {"UIN": "20000510"}),
                event("death", {"UIN": "20000510"})]  # fmt: skip
    _, told = called_back(peer, receiver, "on-subscribe", taken(peer.post("/registry/subscribe", subscribe(*criteria))))
    found = [one.get("status_reason_code") for one in told["message"]["subscribe_response"]]
    assert found == [SubscribeReason.NOTIFY_TYPES, SubscribeReason.PERSON, None, SubscribeReason.ALREADY]
    without = add(peer.home, "without", "GRANT", ALL, now())
    holder = keys(peer.home)[-1].holder
    correlation_id = taken(peer.post("/registry/subscribe", subscribe(event("death")), key=without))
    (one,) = peer.until(
        lambda: (peer.standard.store.find(holder, "subscribe", "correlation_id", [correlation_id]).answered or {})
        .get("subscribe_response")
    )  # fmt: skip
    assert one["status_reason_code"] == SubscribeReason.NOTIFY_DETAILS


def test_what_a_new_publication_shows_is_told_to_who_subscribed(peer, receiver):
    kinds = ("spdci-common:RegistryEventType:enrollement", "enrollement_status_change", "Deregister", "death")
    _, told = called_back(
        peer, receiver, "on-subscribe", taken(peer.post("/registry/subscribe", subscribe(*map(event, kinds))))
    )
    codes = [one["subscriptions"][0]["code"] for one in told["message"]["subscribe_response"]]
    unknown = "SELECT count(*) FROM standard_subscriptions WHERE state IS NULL AND ended_at IS NULL"
    peer.until(lambda: peer.standard.store.con.execute(unknown).fetchone() == (0,))
    assert not receiver.of("notify"), "what was so already is no event"
    with duckdb.connect(str(peer.home / "warehouse.duckdb")) as con:
        grant = "enrolment_id = 'two:15'"
        con.execute("INSERT INTO marts.fct_enrolments BY NAME SELECT * REPLACE ('new' AS enrolment_id, 'PENSION' AS "
                    f"program, 'person' AS benefit_unit, 'two:15' AS beneficiary_record_id) "
                    f"FROM marts.fct_enrolments WHERE {grant}")  # fmt: skip
        con.execute(f"UPDATE marts.fct_enrolments SET status = 'exited', exit_date = '2026-06-15' WHERE {grant}")
        con.execute("UPDATE registry.population SET is_deceased = true, death_date = '2026-06-20' "
                    "WHERE national_id = ?", [GRANT_HEAD])  # fmt: skip
    publish(peer.home, peer.home / "warehouse.duckdb", "20260702T010000Z", now())
    point_at(peer.home, "20260702T010000Z")
    peer.standard.service.snapshots.refresh()
    peer.until(lambda: len(receiver.of("notify")) == 4)
    seen = {}
    for path, one in receiver.of("notify"):
        assert path == "/mis/registry/notify"
        (notified,) = one["message"]["notify_event"]
        if notified["data"]["reg_event_type"].startswith("enrollement"):  # the two that the specification lists
            as_specified(one, "notify")
        data = notified["data"]
        benefit = data["reg_records"]["member"]["programme_identifier"]
        seen[data["reg_event_type"].rpartition(":")[2]] = (
            benefit["programme"]["programme_identifier"], benefit["enrolment_status"]
        )  # fmt: skip
    assert seen == {
        "enrollement": ("PENSION", "active"), "enrollement_status_change": ("GRANT", "exited"),
        "Deregister": ("GRANT", "exited"), "death": (None, None),
    }  # fmt: skip
    assert audit.last(peer.home, "subscriber_notified").details["count"] >= 1
    _unsubscribing(peer, receiver, codes)


def _unsubscribing(peer, receiver, codes: list[str]) -> None:
    other = add(peer.home, "other", "GRANT", ALL, now(), callback=receiver.url)
    steps = (
        ([codes[0]], other, UnsubscribeReason.CODE), ([codes[0], "x" * 99], None, UnsubscribeReason.CODE),
        (codes[:2], None, None), (codes[1:3], None, UnsubscribeReason.ALREADY),
    )  # fmt: skip
    for some, key, expected in steps:
        done = peer.post("/registry/unsubscribe", unsubscribe(*some), key=key)
        path, told = called_back(peer, receiver, "on-unsubscribe", taken(done))
        assert path == "/mis/registry/on-unsubscribe"
        assert told["message"].get("status_reason_code") == expected
        assert told["message"]["status"] == ("rjct" if expected else "succ")
    held = peer.standard.store.con.execute(
        "SELECT code FROM standard_subscriptions WHERE ended_at IS NULL AND code IN (?, ?, ?)", codes[:3]
    ).fetchall()
    assert held == [(codes[2],)], "all codes of a message, or none"


@pytest.mark.parametrize(
    ("kind", "before", "after", "expected"),
    [
        ("enrolled", {}, {"A": "active"}, ["A"]), ("enrolled", {"A": "standby"}, {"A": "active"}, ["A"]),
        ("enrolled", {"A": "suspended"}, {"A": "active"}, []), ("enrolled", {"A": "active"}, {}, []),
        ("left", {"A": "active"}, {}, ["A"]), ("left", {"A": "active", "B": "active"}, {"A": "exited"}, ["A", "B"]),
        ("left", {"A": "active"}, {"A": "suspended"}, []), ("left", {}, {"A": "exited"}, []),
        ("status_changed", {"A": "active"}, {"A": "suspended"}, ["A"]), ("status_changed", {}, {"A": "active"}, []),
        ("status_changed", {"A": "active"}, {"A": "active"}, []),
    ],
)  # fmt: skip
def test_what_is_an_event(kind, before, after, expected):
    made = [{"is_dead": False, "benefits": one} for one in (before, after)]
    assert changed(kind, *made) == expected
    assert changed("died", *made) == []


def test_who_may_not_ask_any_more_is_told_nothing_more(peer, receiver):
    key = add(peer.home, "leaves", "GRANT", ALL, now(), callback=receiver.url)
    _subscribed(peer, receiver, key, "20000850", "leaves")
    receiver.received.clear()
    revoke(peer.home, "leaves")
    _look_again(peer, "leaves")
    peer.until(lambda: _held(peer, "leaves") == 0)
    assert not receiver.received


def test_a_name_that_is_used_again_is_another_callers(peer, receiver):
    first = add(peer.home, "again", "GRANT", ALL, now(), callback=receiver.url)
    asked = search(by_id(GRANT_HEAD))
    told = peer.post("/registry/sync/search", asked, key=first).json()["message"]
    made = taken(peer.post("/registry/subscribe", subscribe(event("death")), key=first))
    _, subscribed = called_back(peer, receiver, "on-subscribe", made)
    (code,) = subscribed["message"]["subscribe_response"][0]["subscriptions"]
    revoke(peer.home, "again")
    second = add(peer.home, "again", "PENSION", ALL, now(), callback=receiver.url)
    assert peer.post("/registry/sync/search", asked, key=second).json()["header"]["status"] == "succ", "its first"
    query = {"reference_id": "q", "txn_type": "search", "attribute_type": "correlation_id",
             "attribute_value": told["correlation_id"]}  # fmt: skip
    asked = {"header": header("txn-status"), "message": {"transaction_id": "t", "txnstatus_request": query}}
    assert peer.post("/registry/sync/txn/status", asked, key=second).json()["header"]["status"] == "rjct"
    made = taken(peer.post("/registry/unsubscribe", unsubscribe(code["code"]), key=second))
    _, ended = called_back(peer, receiver, "on-unsubscribe", made)
    assert ended["message"]["status_reason_code"] == UnsubscribeReason.CODE


def test_what_is_old_goes_some_at_a_time_without_a_look_at_all(tmp_path, monkeypatch):
    monkeypatch.setattr(store_module, "_TOGETHER", 2)
    store = Store(tmp_path)
    for number in range(5):
        store.keep(Transaction(str(number), "c", "search", "t", None, None, {}, {}), ["r"], now())
        store.send(Delivery(str(number), "c", None, "https://mis.example.org", "notify", "succ", {}, 0), now())
    statements: list[str] = []
    store.con.set_trace_callback(statements.append)
    store.forget(now())
    store.con.set_trace_callback(None)
    for table in ("transactions", "references", "deliveries"):
        assert store.con.execute(f"SELECT count(*) FROM standard_{table}").fetchone() == (0,)
    assert sum(one.startswith("DELETE FROM standard_deliveries") for one in statements) == 3
    (deleting, *_) = [one for one in statements if one.startswith("DELETE FROM standard_transactions")]
    plan = [row[3] for row in store.con.execute(f"EXPLAIN QUERY PLAN {deleting}")]
    assert not [step for step in plan if step.startswith("SCAN")]
    indexed = "SELECT count(*) FROM pragma_index_list('standard_references') l, pragma_index_info(l.name) i "
    found = store.con.execute(f"{indexed} WHERE i.seqno = 0 AND i.name = 'correlation_id'").fetchone()
    assert found == (1,), "deleting a transaction looks for its references"
    store.close()


def test_a_message_of_subscriptions_counts_once_and_looks_for_each_by_its_index(tmp_path, monkeypatch):
    monkeypatch.setattr(subscriptions, "MOST_SUBSCRIPTIONS", 2)
    store = Store(tmp_path)
    add(tmp_path, "many", None, ALL, now(), callback="https://mis.example.org")
    (key,) = keys(tmp_path)
    asked = subscribe(*(event("death", {"UIN": number}) for number in ("1", "1", "2", "3")))["message"]
    taken = Transaction("c", key.holder, "subscribe", "t", None, None, asked, None)
    statements: list[str] = []
    store.con.set_trace_callback(statements.append)
    told = subscriptions.subscribe(store, key, taken, "c", now())["subscribe_response"]
    store.con.set_trace_callback(None)
    assert [one.get("status_reason_code") for one in told] == [
        None, SubscribeReason.ALREADY, None, SubscribeReason.NOTIFY_DETAILS,
    ]  # fmt: skip
    assert statements[0] == "BEGIN IMMEDIATE", "it waits for whoever writes, rather than fail after it has read"
    assert sum("count(*)" in one for one in statements) == 1
    (alike, *_) = [one for one in statements if "EXISTS" in one]
    plan = [row[3] for row in store.con.execute(f"EXPLAIN QUERY PLAN {alike}")]
    assert any("caller=? AND person=? AND event=?" in step for step in plan)
    store.close()


def _subscribed(peer, receiver, key: str | None, number: str, caller: str) -> None:
    """A caller's subscription to a death, looked at once."""
    made = taken(peer.post("/registry/subscribe", subscribe(event("death", {"UIN": number})), key=key))
    called_back(peer, receiver, "on-subscribe", made)
    peer.until(lambda: _held(peer, caller, "version IS NOT NULL") == 1)


def _held(peer, caller: str, where: str = "true") -> int:
    query = f"SELECT count(*) FROM standard_subscriptions WHERE caller LIKE ? || '/%' AND ended_at IS NULL AND {where}"
    return peer.standard.store.con.execute(query, [caller]).fetchone()[0]


def test_a_key_whose_program_has_left_the_registry_is_refused_and_holds_up_nobody(peer, receiver, monkeypatch):
    key = add(peer.home, "its program left", "GRANT", ALL, now(), callback=receiver.url)
    _subscribed(peer, receiver, key, "20000850", "its program left")
    monkeypatch.delitem(peer.standard.service._registry.programs, "GRANT")
    done = peer.post("/registry/sync/search", search(by_id(GRANT_HEAD)), key=key)
    assert (done.status_code, done.json()["message"]["error"]["code"]) == (403, Error.FORBIDDEN)
    assert peer.post("/verify", {"purpose": "desk", "person": {}}, key=key).status_code == 403
    taken(peer.post("/registry/search", search(by_id(GRANT_HEAD)), key=key))
    _look_again(peer, "its program left")
    peer.until(lambda: _held(peer, "its program left") == 0)
    assert peer.standard.store.waiting(now()) is None


def _look_again(peer, caller: str) -> None:
    its = "UPDATE standard_subscriptions SET version = 'before' WHERE caller LIKE ? || '/%'"
    peer.standard.store.con.execute(its, [caller])
    peer.standard.store.all_looked_at = None


def test_a_subscription_ends_at_its_end_and_keeps_nobodys_particulars(peer, receiver):
    key = add(peer.home, "for a while", "GRANT", ALL, now(), callback=receiver.url)
    _subscribed(peer, receiver, key, "20000850", "for a while")
    con = peer.standard.store.con
    its = "WHERE caller LIKE 'for a while/%'"
    con.execute(f"UPDATE standard_subscriptions SET ends_at = '2026-01-01T00:00:00Z' {its}")
    peer.until(lambda: _held(peer, "for a while") == 0)
    assert con.execute(f"SELECT person, state FROM standard_subscriptions {its}").fetchall() == [("", None)]
    _subscribed(peer, receiver, key, "20000850", "for a while")


def _answered(life: str) -> dict:
    register = {"status": "verified", "life": {"state": life}}
    return {"answer": "", "programs": {"outcome": "known", "enrolments": []}, "population_register": register}


def test_a_death_is_told_of_whom_the_register_knew_alive():
    steps = [known(_answered("could_not_check"), None)]
    for life in ("deceased", "alive", "could_not_check", "deceased", "could_not_check"):
        steps.append(known(_answered(life), None, steps[-1]))
    assert [one["is_dead"] for one in steps] == [None, True, False, False, True, True]
    told = [changed("died", before, after) for before, after in pairwise(steps)]
    assert told == [[], [], [], [None], []]


def test_what_is_kept_long_enough_goes(peer):
    store, days = peer.standard.store, peer.standard.registry.service.keep_jobs_days
    peer.searched(by_id(GRANT_HEAD, reference="stays"))
    peer.searched(by_id(GRANT_HEAD, reference="goes"))
    old = (now() - dt.timedelta(days=days, minutes=1)).isoformat()
    store.con.execute("UPDATE standard_transactions SET accepted_at = ? WHERE correlation_id IN (SELECT correlation_id "
                      "FROM standard_references WHERE reference_id = 'goes')", [old])  # fmt: skip
    peer.standard._tidied_at -= dt.timedelta(hours=2)
    holder = keys(peer.home)[0].holder
    peer.until(lambda: store.find(holder, "search", "reference_id_list", ["goes"]) is None)
    assert store.find(holder, "search", "reference_id_list", ["stays"]) is not None
    assert store.con.execute("SELECT count(*) FROM standard_references WHERE reference_id = 'goes'").fetchone() == (0,)


@pytest.mark.parametrize("path", ["on-search", "on-subscribe", "on-unsubscribe", "notify", "txn/on-status"])
def test_a_callback_to_us_is_acknowledged_and_nothing_follows(peer, path):
    action = {"txn/on-status": "txn-on-status"}.get(path, path)
    message = {"transaction_id": "x", "correlation_id": "c-1"}
    done = peer.post(f"/registry/{path}", {"header": header(action, status="succ"), "message": message})
    told = done.json()["message"]
    assert (done.status_code, told["ack_status"], told["correlation_id"]) == (200, "NACK", "c-1")
    assert peer.post(f"/registry/{path}", {"header": header("search"), "message": message}).status_code == 400
    for nothing in ({}, {"message": {}}, {"message": None}):
        bare = peer.post(f"/registry/{path}", {"header": header(action, status="rjct"), **nothing})
        assert (bare.status_code, bare.json()["message"]["ack_status"]) == (200, "NACK"), "its header says why, alone"
    for no_object in ([], "", 0):
        odd = {"header": header(action, status="rjct"), "message": no_object}
        assert peer.post(f"/registry/{path}", odd).status_code == 400


@pytest.mark.parametrize(
    "url",
    ["ftp://mis.example.org", "https://", "https://user:secret@mis.example.org", "https://mis.example.org/?a=1", "mis",
     "http://mis.example.org", "https://mis.example.org:99999", "https://mis.example.org\\@evil.example"],
)  # fmt: skip
def test_a_place_that_answers_are_not_sent_to(url):
    with pytest.raises(UsageProblem, match="--callback"):
        checked_callback(url, Settings())


@pytest.mark.parametrize(
    "sender_uri",
    ["http://mis.example.org/on-search", "https://mis.example.org:8443/x", "https://mis.example.org@evil.example/",
     "https://mis.example.org.evil.example/", "https://evil.example/https://mis.example.org", "//mis.example.org/x",
     "https://mis.example.org/base/x?next=https://evil.example", "https://mis.example.org/own",
     "https://mis.example.org/basement", "https://mis.example.org/base/../own", "https://mis.example.org/base/%2e%2E/own",
     "https://mis.example.org/base/..%5cown"],
)  # fmt: skip
def test_a_sender_uri_is_below_the_registered_url_or_refused(peer, sender_uri):
    add(peer.home, f"n{abs(hash(sender_uri))}", None, ALL, now(), callback="https://mis.example.org/base")
    key = keys(peer.home)[-1]
    assert callback_for(key, None, "on-search") == "https://mis.example.org/base/registry/on-search"
    for below in ("https://mis.example.org/base", "https://MIS.example.org/base/own"):
        assert callback_for(key, below, "on-search") == below
    with pytest.raises(Rejected) as refused:
        callback_for(key, sender_uri, "on-search")
    assert refused.value.code == Error.SENDER_URI


def test_a_callback_counts_what_it_holds(peer, receiver):
    made = taken(peer.post("/registry/search", search(by_id(GRANT_HEAD), by_id("20000510", reference="r2"))))
    _, told = called_back(peer, receiver, "on-search", made)
    assert (told["header"]["total_count"], told["header"]["completed_count"]) == (2, 2)


def test_a_subscription_whose_code_could_not_be_kept_for_its_caller_was_not_made(peer, receiver, monkeypatch):
    answer, failed = Store.answer, []

    def fails_once(*arguments):
        if not failed:
            failed.append(True)
            raise RuntimeError
        return answer(*arguments)

    monkeypatch.setattr(Store, "answer", fails_once)
    monkeypatch.setattr(working, "_DEFERRED", working._DEFERRED * 0)
    made = taken(peer.post("/registry/subscribe", subscribe(event("Deregister", {"UIN": "20000510"}))))
    _, told = called_back(peer, receiver, "on-subscribe", made)
    (one,) = told["message"]["subscribe_response"]
    assert failed
    assert one["subscriptions"][0]["status"] == "subscribe"


def test_one_event_of_one_person_may_be_subscribed_to_in_two_programmes(peer, receiver):
    codes = set()
    for programme in ("PENSION", "GRANT", "GRANT"):
        asked = event("enrollement_status_change", {"UIN": "20000510", "programme": programme})
        made = taken(peer.post("/registry/subscribe", subscribe(asked)))
        _, told = called_back(peer, receiver, "on-subscribe", made)
        (one,) = told["message"]["subscribe_response"]
        codes.add(one.get("status_reason_code") or one["subscriptions"][0]["code"])
    assert len(codes) == 3
    assert SubscribeReason.ALREADY in codes


def test_a_callback_bears_the_callers_token_and_is_tried_again_where_it_is_not_taken(peer, receiver, tmp_path):
    (tmp_path / "token.txt").write_text("s3cret-of-theirs\n")
    command = ["service", "keys", "add", "with a token", "--program", "PENSION", "--scope", "verify",
               "--scope", "enrolments", "--callback", receiver.url, "--home", str(peer.home), "--json"]  # fmt: skip
    done = CliRunner().invoke(cli, [*command, "--callback-token-file", str(tmp_path / "token.txt")])
    assert done.exit_code == 0, done.output
    assert not any(b"s3cret" in file.read_bytes() for file in peer.home.glob("service.sqlite*"))
    receiver.bodies[:] = [json.dumps({"message": {"ack_status": "ERR"}}).encode(), b"no acknowledgement"]
    made = taken(peer.post("/registry/search", search(by_id(GRANT_HEAD)), key=json.loads(done.output)["key"]))
    peer.until(lambda: len(receiver.of("on-search")) == 2)
    assert receiver.tokens == ["Bearer s3cret-of-theirs"] * 2
    first, second = (told["message"]["correlation_id"] for _, told in receiver.of("on-search"))
    assert first == second == made


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", "caf\u00e9".encode()])
def test_a_file_that_holds_no_token_adds_no_key(peer, tmp_path, content):
    (tmp_path / "token.txt").write_bytes(content)
    command = ["service", "keys", "add", "no token", "--callback-token-file", str(tmp_path / "token.txt")]
    with pytest.raises(UsageProblem, match=r"token.txt holds no token"):
        CliRunner().invoke(cli, [*command, "--home", str(peer.home)], catch_exceptions=False)
    assert "no token" not in [one.name for one in keys(peer.home)]
