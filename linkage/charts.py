"""The report's pictures, as SVG text: no script, no network, and readable in print.

Every label passes through `text`, which escapes it. Lengths are in the SVG's own units, WIDTH across.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from linkage.clerical.estimates import wilson
from linkage.evidence import SMALLEST_GROUP, Curve, GroupRate, SamplePair
from linkage.prior import log_odds
from linkage.results import KeyYield

WIDTH = 760
MATCH, REVIEW, NEITHER, AGAINST, RELATIVES = "#1d5c7a", "#d08c1d", "#b4bec7", "#a8452f", "#c9a227"
_INK, _FAINT, _GRID = "#1c2733", "#5d6b78", "#e3e8ed"
# Where a scale of rates may begin, and into how many round steps it then falls.
_FLOORS = ((0.99, 5), (0.95, 5), (0.9, 5), (0.8, 4), (0.7, 3), (0.6, 4), (0.5, 5), (0.0, 5))


def text(x: float, y: float, label: object, anchor: str = "start", style: str = "") -> str:
    """A label; `style` one of the classes of the report's style sheet (faint, strong)."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{style}">{escape(label)}</text>'


def rect(x: float, y: float, width: float, height: float, colour: str, hint: str = "") -> str:
    """A bar, with words for the mouse that rests on it."""
    told = f"<title>{escape(hint)}</title>" if hint else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" fill="{colour}">{told}</rect>'
    )


def line(x1: float, y1: float, x2: float, y2: float, colour: str = _GRID, dash: str = "") -> str:
    """A thin line."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{dashed}/>'


def svg(parts: Sequence[str], height: float, title: str) -> Markup:
    """The picture of parts that were escaped where they were made; `title` is what a screen reader says."""
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def threshold_curve(curve: Curve, limits: dict[str, float]) -> Markup:
    """Expected precision and recall by threshold, and the pairs taken in, on a scale of odds."""
    left, right, top, middle, bottom = 48, WIDTH - 96, 26, 206, 300
    points = curve.points
    low, high = log_odds(points[0].threshold), log_odds(points[-1].threshold)
    rates = [(curve.precision(p), curve.recall(p)) for p in points]
    least = min(min(pair) for pair in rates)
    floor, lines = next(f for f in _FLOORS if least >= f[0])
    most = max(p.pairs for p in points) or 1

    def across(threshold: float) -> float:
        return left + (log_odds(threshold) - low) / (high - low) * (right - left)

    def up(rate: float) -> float:
        return middle - (rate - floor) / (1 - floor) * (middle - top)

    parts = []
    for step in range(lines + 1):
        rate = floor + (1 - floor) * step / lines
        parts += [line(left, up(rate), right, up(rate)), text(left - 6, up(rate) + 4, f"{rate:.4g}", "end", "faint")]
    for p in points:
        if p.threshold in (0.01, 0.1, 0.5, 0.9, 0.99, 0.999):
            parts.append(text(across(p.threshold), bottom + 16, f"{p.threshold:g}", "middle", "faint"))
    steps = [across(p.threshold) for p in points]
    for i, p in enumerate(points):
        x = (steps[i - 1] + steps[i]) / 2 if i else left
        until = (steps[i] + steps[i + 1]) / 2 if i + 1 < len(steps) else right
        tall = 62 * p.pairs / most
        hint = f"from {p.threshold:g}: {p.pairs:,} pairs"
        parts.append(rect(x, bottom - tall, until - x - 1, tall, NEITHER, hint))
    parts.append(text(right + 8, bottom - 4, "pairs taken in", style="faint"))
    parts.append(text(left - 6, bottom - 62 + 4, _short(most), "end", "faint"))
    for name, threshold, colour in (("match", limits["match"], MATCH), ("review", limits["review"], REVIEW)):
        x = across(threshold)
        parts += [line(x, top - 8, x, bottom, colour, "4 3"), text(x, top - 13, f"{name} {threshold:g}", "middle")]
    for series, colour in enumerate((MATCH, AGAINST)):
        path = " ".join(
            f"{x:.1f},{up(rate[series]):.1f}" for x, rate in zip(steps, rates, strict=True)
        )
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{up(r[series]):.1f}" r="2.4" fill="{colour}"/>'
                  for x, r in zip(steps, rates, strict=True)]  # fmt: skip
    ends = sorted((up(rates[-1][i]), i) for i in (0, 1))
    second = max(ends[1][0], ends[0][0] + 15)
    for y, i in ((ends[0][0], ends[0][1]), (second, ends[1][1])):
        parts.append(text(right + 8, y + 4, ("precision", "recall")[i], style="strong"))
    return svg(parts, bottom + 24, "Expected precision, recall and number of pairs by threshold")


def histogram(pairs: list[tuple[int, int]], match: float, review: float) -> Markup:
    """Pairs by match weight, two bits a bar, on a logarithmic scale; `match` and `review` in the same bits."""
    if not pairs:
        return Markup("<p>No pairs were compared.</p>")
    low, high = pairs[0][0], pairs[-1][0]
    left, right, top, bottom = 48, WIDTH - 8, 24, 190
    decades = max(1, math.ceil(math.log10(max(n for _, n in pairs) + 1)))
    step = (right - left) / ((high - low) / 2 + 1)

    def across(weight: float) -> float:
        return left + (min(max(weight, low), high + 2) - low) / 2 * step

    parts = []
    for decade in range(decades + 1):
        y = bottom - (bottom - top) * decade / decades
        parts += [line(left, y, right, y), text(left - 6, y + 4, _short(10**decade), "end", "faint")]
    for edge, count in pairs:
        tall = (bottom - top) * math.log10(max(count, 1) + (count == 1) * 0.3) / decades
        colour = MATCH if edge + 1 >= match else REVIEW if edge + 1 >= review else NEITHER
        x = across(edge)
        parts.append(rect(x, bottom - tall, max(step - 1, 1), tall, colour, f"{edge} to {edge + 2} bits: {count:,}"))
        if edge % 10 == 0:
            parts.append(text(x, bottom + 16, edge, "middle", "faint"))
    for weight, colour, name, anchor, aside in (
        (review, REVIEW, "review", "end", -4), (match, MATCH, "match", "start", 4),
    ):  # fmt: skip
        x = across(weight)
        parts += [line(x, top - 10, x, bottom, colour, "4 3"), text(x + aside, top - 6, name, anchor)]
    return svg(parts, bottom + 24, "Candidate pairs by match weight in bits")


def weights(fields: Sequence[dict[str, Any]]) -> Markup:
    """Bits of every agreement level: thick for one person, thin for people of one household."""
    rows = [(f, level) for f in fields for level in f["levels"] if not _is_nested(level["label"])]
    most = max([abs(level["weight"]) for _, level in rows] + [1.0])
    middle, height = 520.0, 16
    scale = 200 / most
    parts, y, last = [], 4.0, None
    for f, level in rows:
        if f is not last:
            y += 6 if last is not None else 0
            parts.append(text(0, y + 11, f["title"], style="strong"))
            last = f
        parts.append(text(middle - 208, y + 11, _cut(level["label"], 38), "end"))
        for weight, depth, colour in (
            (level["weight"], 9.0, MATCH if level["weight"] >= 0 else AGAINST),
            (max(min(level["household_weight"], most), -most), 3.0, RELATIVES),
        ):
            parts.append(rect(min(middle, middle + weight * scale), y + (3 if depth == 9 else 12),
                              abs(weight * scale), depth, colour))  # fmt: skip
        parts.append(text(WIDTH, y + 11, f"{level['weight']:+.1f}", "end"))
        y += height
    parts.insert(0, line(middle, 0, middle, y, _FAINT))
    return svg(parts, y + 4, "Weights by field and level")


def key_bars(keys: Sequence[KeyYield], most_shown: int = 15) -> Markup:
    """Matches that each key was the first to find; keys that brought none are told together."""
    found = sorted((k for k in keys if k.new_matches), key=lambda k: (-k.new_matches, k.name))
    if not found:
        return Markup("<p>No key brought a match.</p>")
    shown, rest = found[:most_shown], found[most_shown:]
    bars = [(k.name, k.new_matches) for k in shown]
    if rest:
        bars.append((f"{len(rest)} more keys", sum(k.new_matches for k in rest)))
    most, left = max(n for _, n in bars), 300
    parts = []
    for i, (name, n) in enumerate(bars):
        y, long = 4 + i * 19, (WIDTH - left - 90) * n / most
        parts += [text(left - 8, y + 12, _cut(name, 46), "end"), rect(left, y + 2, long, 12, MATCH),
                  text(left + long + 6, y + 12, f"{n:,}", style="faint")]  # fmt: skip
    return svg(parts, 8 + len(bars) * 19, "Matches first found by each key")


def group_rates(rates: Sequence[GroupRate], overall: float) -> Markup:
    """The share linked of each group of one kind: a dot with its 95% interval, and how far it is from the share of all.

    The scale is as wide as the dots need. Groups of fewer than SMALLEST_GROUP records have no dot.
    """
    left, wide, right = 178, 300, 490
    whiskers = {i: wilson(r.matched, r.records) for i, r in enumerate(rates) if r.records >= SMALLEST_GROUP}
    low = math.floor(min([overall] + [bound[0] for bound in whiskers.values()]) * 20) / 20
    high = math.ceil(max([overall] + [bound[1] for bound in whiskers.values()]) * 20) / 20

    def across(share: float) -> float:
        return left + (share - low) / (high - low) * wide

    height = 24 + len(rates) * 20
    parts = [text(right + 84, 12, "records", "end", "faint"), text(right + 162, 12, "linked", "end", "faint"),
             text(WIDTH - 2, 12, "in review only", "end", "faint")]  # fmt: skip
    for step in range(5):
        share = low + (high - low) * step / 4
        x = across(share)
        parts += [line(x, 18, x, height - 4), text(x, 12, f"{100 * share:.4g}%", "middle", "faint")]
    parts.append(line(across(overall), 16, across(overall), height - 2, _INK, "2 2"))
    for i, rate in enumerate(rates):
        y = 20 + i * 20
        name = rate.group if rate.group is not None else "smaller groups"
        parts += [text(left - 14, y + 12, _cut(name, 28), "end"), text(right + 84, y + 12, f"{rate.records:,}", "end")]
        if i not in whiskers:
            parts.append(text(right + 162, y + 12, "too few", "end", "faint"))
            continue
        linked, colour = rate.matched / rate.records, MATCH if rate.matched >= overall * rate.records else AGAINST
        parts += [rect(min(across(linked), across(overall)), y + 6, abs(across(linked) - across(overall)), 4, colour),
                  line(across(whiskers[i][0]), y + 8, across(whiskers[i][1]), y + 8, _FAINT),
                  f'<circle cx="{across(linked):.1f}" cy="{y + 8}" r="4" fill="{colour}"/>',
                  text(right + 162, y + 12, f"{linked:.1%}", "end", "strong"),
                  text(WIDTH - 2, y + 12, f"{rate.review / rate.records:.1%}", "end")]  # fmt: skip
    return svg(parts, height, "Share of records linked, by group")


@dataclass
class _Step:
    label: str
    change: float
    note: str = ""


def waterfall(pair: SamplePair) -> Markup:
    """Bits added one after the other, from the odds of any pair to the odds of this one."""
    steps = [_Step("before anything is compared", pair.prior)]
    for f in pair.fields:
        steps.append(_Step(f.title, f.weight, f.level))
        if f.rarity:
            steps.append(_Step("", f.frequency_adjustment, f"the value is {f.rarity} than most"))
    if abs(pair.household) >= 0.05:
        steps.append(_Step("a household", pair.household, "would agree on much of this too"))
    if pair.rivals is not None and abs(pair.rivals) >= 0.05:
        steps.append(_Step("other candidates", pair.rivals, "in the register for this record"))
    total, reached = 0.0, [0.0]
    for step in steps:
        total += step.change
        reached.append(total)
    low, high = min(reached), max(reached)
    left, right, height = 384, WIDTH - 106, 17
    scale = (right - left) / max(high - low, 1.0)
    zero = left - low * scale
    parts, at = [], 0.0
    for i, step in enumerate(steps):
        y, until = 4 + i * height, at + step.change
        colour = _FAINT if i == 0 else MATCH if step.change >= 0 else AGAINST
        parts += [text(0, y + 12, _cut(step.label, 28), style="strong"), text(152, y + 12, _cut(step.note, 42)),
                  rect(left + (min(at, until) - low) * scale, y + 2, max(abs(step.change) * scale, 0.8), 12, colour),
                  text(WIDTH - 52, y + 12, _signed(step.change), "end"),
                  text(WIDTH, y + 12, _signed(until), "end", "faint")]  # fmt: skip
        if i + 1 < len(steps):
            x = left + (until - low) * scale
            parts.append(line(x, y + 2, x, y + height + 14, _FAINT))
        at = until
    end = 4 + len(steps) * height
    parts.insert(0, line(zero, 0, zero, end + 4, _INK, "2 2"))
    parts += [text(min(zero, WIDTH - 110), end + 16, "even odds", "middle", "faint"),
              text(WIDTH - 52, end + 16, "bits", "end", "faint"),
              text(WIDTH, end + 16, "total", "end", "faint")]  # fmt: skip
    return svg(parts, end + 22, f"Evidence on {pair.record_id_l} and {pair.record_id_r}")


def _is_nested(label: str) -> bool:
    return "(finer place same)" in label or "(finer place different)" in label


def _signed(weight: float) -> str:
    """Bits with a sign, and a zero that is not negative."""
    return f"{round(weight, 1) + 0.0:+.1f}"


def _cut(label: object, length: int) -> str:
    said = str(label)
    return said if len(said) <= length else said[: length - 1].rstrip() + "…"


def _short(number: float) -> str:
    """1,200,000 as 1.2M, for an axis."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:g}"
