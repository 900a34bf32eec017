"""What the engine must reach, and whether it did. Targets are not tuned to results: they were set before."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.results import Figures, ratio

Bound = float | Callable[[Figures], float | None]


@dataclass(frozen=True)
class Target:
    """A figure of ours, by name, and the bound that it is to reach, or to stay within.

    `what`: the figure in words. `bound` may be taken from the peer's figures. `unit`: how it is shown (page.py).
    `asked`: the bound in words, where a number would not say it.
    """

    name: str
    what: str
    bound: Bound
    unit: str = "accuracy"
    at_most: bool = False
    asked: str = ""

    def judge(self, ours: Figures, peer: Figures) -> Figures:
        """For a row: what was asked for, what was reached (the peer's too), and `met`: None where it is unknown."""
        got = ratio(ours, peer) if self.name == "time_share" else ours.get(self.name)
        bound = self.bound(peer) if callable(self.bound) else self.bound
        met: bool | None = None
        if "failed" in ours:
            met = False
        elif got is not None and bound is not None:
            met = got <= bound if self.at_most else got >= bound
        return {
            "what": self.what,
            "asked": self.asked,
            "at_most": self.at_most,
            "bound": bound,
            "unit": self.unit,
            "got": got,
            "peer": peer.get(self.name),
            "met": met,
        }


def at_least(name: str, what: str, bound: float, unit: str = "accuracy") -> Target:
    """One of our figures is to reach a bound."""
    return Target(name, what, bound, unit)


def at_most(name: str, what: str, bound: float, unit: str) -> Target:
    """One of our figures is to stay within a bound."""
    return Target(name, what, bound, unit, at_most=True)


def no_lower_than_peer(name: str, what: str) -> Target:
    """One of our figures is to be no lower than the peer's."""
    return Target(name, what, lambda peer: peer.get(name), asked="no lower than the peer's")


def share_of_peers_time(bound: float, asked: str) -> Target:
    """Our seconds are to be at most this share of the peer's, in the same run."""
    return Target("time_share", "time, as a share of the peer's", bound, "share", at_most=True, asked=asked)
