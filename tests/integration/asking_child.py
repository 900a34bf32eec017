"""One night of asking in a process of its own, to be killed: python -m tests.integration.asking_child HOME URL."""

import sys
from pathlib import Path

from pipelines.replication.lookup.pace import Clock
from tests.integration.lookups import Nights

PEOPLE = [str(10_000_000 + number) for number in range(30)]


def main(home: Path, url: str) -> None:
    nights = Nights(home, url, parallel=2)
    nights.clock = Clock()
    nights.people(*PEOPLE)
    nights.ask()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
