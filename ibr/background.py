"""Work that may have to be left behind: a driver that waits for a stalled server hears no interruption."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import NoReturn

_PREFIX = "ibr background: "


def start(work: Callable[[], None], name: str) -> Future[None]:
    """Run `work` in a thread that does not keep the process from ending; its end, or its error, is the future's."""
    done: Future[None] = Future()

    def run() -> None:
        try:
            work()
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=run, name=_PREFIX + name, daemon=True).start()
    return done


def leave(code: int) -> NoReturn:
    """End the process with an exit code; at once where work was left behind, under which the interpreter's own end
    aborts."""
    if any(thread.name.startswith(_PREFIX) for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
