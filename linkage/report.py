"""The report of a run: one HTML file that needs no network and no script, and holds no value of any record.

What is said and shown is chosen here; how it looks is in report.html.j2 and charts.py.
"""

from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2

from linkage import charts
from linkage.evidence import SMALLEST_GROUP, Curve, Evidence, Joined
from linkage.prior import log_odds
from linkage.results import LinkageResult
from linkage.usable import NAMES_ALONE_NOTE

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_FIGURES = {
    "records": "records", "register": "people in the register", "entities": "different people",
    "candidate_pairs": "pairs compared", "match": "matches", "review": "for review",
}  # fmt: skip


def write_report(result: LinkageResult, path: Path) -> None:
    """Write the run's report to `path`.

    First in words what was found and how sure it is; then thresholds, sample pairs, groups and keys where the result
    carries evidence; then what the model learned.
    """
    is_register = result.model["job"] != "deduplicate"
    html = _TEMPLATES.get_template("report.html.j2").render(
        is_register=is_register,
        thresholds=result.thresholds,
        figures=[(name, result.counts[key]) for key, name in _FIGURES.items() if key in result.counts],
        summary=summary(result),
        notes=[note for note in result.notes if note != NAMES_ALONE_NOTE],  # the summary says that one
        weights_chart=charts.weights(list(result.model["fields"].values())),
        histogram_chart=charts.histogram(result.histogram, **_in_bits(result, is_register)),
        keys_chart=charts.key_bars(result.keys),
        keys=result.keys,
        fields=list(result.model["fields"].values()),
        stages=result.seconds,
        **(_evidence(result.evidence, result.thresholds) if result.evidence else {}),
    )
    path.write_text(html, encoding="utf-8")


def summary(result: LinkageResult) -> list[str]:
    """What was found and how sure it is, in plain words: paragraphs."""
    counts, matched, review = result.counts, result.counts.get("match", 0), result.counts.get("review", 0)
    is_register = result.model["job"] != "deduplicate"
    if not is_register:
        fewer = counts["records"] - counts["entities"]
        found = (
            f"Of the pairs of records compared, {matched:,} are matches and {review:,} are for review. The clusters, "
            f"which weigh all pairs together, take the {counts['records']:,} records for {counts['entities']:,} "
            f"different people: {fewer:,} records repeat somebody who is there already."
        )
    else:
        share = percent(matched / max(counts["records"], 1))
        found = (
            f"Of {counts['records']:,} records, {matched:,} ({share}) were found among the {counts['register']:,} "
            f"people of the register. For {review:,} more there is a candidate for a person to look at, and for "
            f"{counts['records'] - matched - review:,} none good enough."
        )
    if result.evidence is None:
        return [found]
    if NAMES_ALONE_NOTE in result.notes:
        return [f"{found} How many of them are right cannot be said.", f"{NAMES_ALONE_NOTE}."]
    sure, caution = _how_sure(result.evidence.curve, result.thresholds, is_register)
    return [f"{found} {sure}", *_clusters_in_words(result.evidence.joined), caution]


def _clusters_in_words(joined: Joined | None) -> list[str]:
    """How clusters come to hold pairs that are no matches, and which of the two to use for what."""
    if joined is None or not (joined.review or joined.not_listed):
        return []
    right = f", of which {percent(joined.expected_review / joined.review)} should be right" if joined.review else ""
    return [
        f"The clusters hold {joined.pairs:,} pairs of records. {joined.matches:,} of them are matches, "
        f"{joined.review:,} are for review{right}, and {joined.not_listed:,} are not listed as pairs: together through "
        "other records, or copies of one record. Where a mistake would cost somebody something, act on matches and "
        "look at the rest; take the clusters where everybody must have one number, as in counting people."
    ]


def _how_sure(curve: Curve, limits: dict[str, float], is_register: bool) -> tuple[str, str]:
    match, review = curve.at(limits["match"]), curve.at(limits["review"])
    whom = "all the pairs of one person that it expects among those compared"
    if is_register:
        whom = "all the records whose person it expects among those compared"
    between = review.pairs - match.pairs
    sure = (
        f"By the model's own probabilities {_count(match.pairs - match.expected_matches)} of the {match.pairs:,} "
        f"matches should be wrong, {percent(1 - curve.precision(match))}, and the matches hold "
        f"{percent(curve.recall(match))} of {whom}; "
    )
    if between:
        right = (review.expected_matches - match.expected_matches) / between
        sure += f"with those for review, of which {percent(right)} should be right, {percent(curve.recall(review))}."
    else:
        sure += "there is nothing between the thresholds to review."
    caution = (
        "These are estimates of the model about itself. They know nothing of a person whose two records no match key "
        "brought together, and they are only as good as the model: a sample of pairs judged by clerks measures them."
    )
    return sure, caution


def percent(share: float) -> str:
    """A share as a percentage, with as many digits as keep what is not all from looking like all, or nothing."""
    is_extreme = 0 < share < 0.01 or 0.99 < share < 1
    for digits in (2, 3) if is_extreme else (1,):
        shown = f"{share:.{digits}%}"
        if (shown != f"{1:.{digits}%}" or share >= 1) and (shown != f"{0:.{digits}%}" or share <= 0):
            return shown
    return "more than 99.999%" if share > 0.5 else "less than 0.001%"


def _count(expected: float) -> str:
    return "fewer than 1" if expected < 0.5 else f"about {round(expected):,}"


def _in_bits(result: LinkageResult, is_register: bool) -> dict[str, float]:
    """The thresholds on the histogram's scale: odds against a register, match weights (odds less prior) else."""
    shift = 0.0 if is_register else log_odds(result.model["prior"]["same_person"])
    return {name: log_odds(value) - shift for name, value in result.thresholds.items()}


def _evidence(evidence: Evidence, limits: dict[str, float]) -> dict[str, Any]:
    kinds = []
    for kind, rates in groupby(evidence.groups, key=lambda rate: rate.kind):
        shown = list(rates)
        overall = sum(r.matched for r in shown) / max(sum(r.records for r in shown), 1)
        kinds.append({"title": kind, "overall": overall, "chart": charts.group_rates(shown, overall)})
    curve = evidence.curve
    return {
        "curve_chart": charts.threshold_curve(curve, limits),
        "curve": [
            {
                "threshold": p.threshold,
                "is_limit": next((name for name in ("match", "review") if limits[name] == p.threshold), ""),
                "pairs": p.pairs,
                "precision": curve.precision(p),
                "recall": curve.recall(p),
            }
            for p in curve.points
        ],
        "samples": [{"pair": pair, "chart": charts.waterfall(pair)} for pair in evidence.pairs],
        "kinds": kinds,
        "smallest_group": SMALLEST_GROUP,
    }
