"""How many sources are copied beside each other."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from pipelines.replication.places import Places


def test_no_more_than_there_are_places_for():
    places, at_once, most = Places(3), [], []

    def copied(source: int) -> int:
        with places.one():
            at_once.append(source)
            most.append(len(at_once))
            time.sleep(0.01)
            at_once.remove(source)
        return source

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(copied, range(20))) == list(range(20))
    assert max(most) <= 3


def test_sources_that_hang_hold_nobody_up_and_their_places_come_back():
    places, answers = Places(2, longest_wait=0.05), threading.Event()

    def hanging() -> None:
        with places.one():
            answers.wait()

    def copied(source: int) -> int:
        with places.one():
            return source

    with ThreadPoolExecutor(20) as pool:
        held = [pool.submit(hanging) for _ in range(4)]
        assert list(pool.map(copied, range(10))) == list(range(10))
        answers.set()
        assert all(one.result(timeout=10) is None for one in held)
    assert [places._free.acquire(blocking=False) for _ in range(3)] == [True, True, False], "both are free again"
