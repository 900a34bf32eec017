"""The report of a run: one HTML file that needs no network and holds no personal data."""

from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from linkage.results import LinkageResult

_TEMPLATES = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True)
WIDTH = 860


def write_report(result: LinkageResult, path: Path) -> None:
    """Write the run's report to `path`: what the model learned, key by key yield, weights of all pairs, time."""
    matched, review = result.counts.get("match", 0), result.counts.get("review", 0)
    html = _TEMPLATES.get_template("report.html.j2").render(
        is_register=result.model["job"] != "deduplicate",
        thresholds=result.thresholds,
        counts=[(name.replace("_", " "), value) for name, value in result.counts.items()],
        notes=result.notes,
        weights_chart=_weights_chart(result),
        histogram_chart=_histogram_chart(result),
        review_share=100 * review / max(matched + review, 1),
        keys=result.keys,
        fields=list(result.model["fields"].values()),
        stages=result.seconds,
    )
    path.write_text(html, encoding="utf-8")


def _weights_chart(result: LinkageResult) -> Markup:
    bars = [
        (f["title"], level) for f in result.model["fields"].values() for level in f["levels"] if not _is_nested(level)
    ]
    most = max([abs(level["weight"]) for _, level in bars] + [1.0])
    middle, scale, height = 580, 250 / most, 17
    rows, last = [], None
    for i, (title, level) in enumerate(bars):
        y = 8 + i * height
        label = f"{title}: {level['label']}" if title != last else level["label"]
        last = title
        for weight, depth, colour in (
            (level["weight"], 9, "#1f6f8b" if level["weight"] >= 0 else "#b5533c"),
            (max(min(level["household_weight"], most), -most), 3, "#c9a227"),
        ):
            x, width = min(middle, middle + weight * scale), abs(weight * scale)
            rows.append(
                f'<rect x="{x:.1f}" y="{y + (0 if depth == 9 else 9)}" width="{width:.1f}" height="{depth}" '
                f'fill="{colour}"/>'
            )
        rows.append(f'<text x="{middle - 262}" y="{y + 9}" text-anchor="end">{escape(label[:52])}</text>')
        rows.append(f'<text x="{WIDTH + 8}" y="{y + 9}" text-anchor="end">{level["weight"]:+.1f}</text>')
    return _svg(rows, 16 + len(bars) * height, "Weights by field and level")


def _is_nested(level: dict[str, object]) -> bool:
    return "(finer place same)" in str(level["label"]) or "(finer place different)" in str(level["label"])


def _histogram_chart(result: LinkageResult) -> Markup:
    if not result.histogram:
        return Markup("<p>No pairs were compared.</p>")
    low, high = result.histogram[0][0], result.histogram[-1][0]
    most = max(pairs for _, pairs in result.histogram)
    step = (WIDTH - 40) / max((high - low) / 2 + 1, 1)
    rows = []
    for edge, pairs in result.histogram:
        x, tall = 30 + (edge - low) / 2 * step, 160 * pairs / most
        colour = "#1f6f8b" if edge >= 0 else "#b9c4cd"
        rows.append(
            f'<rect x="{x:.1f}" y="{170 - tall:.1f}" width="{max(step - 1, 1):.1f}" height="{tall:.1f}" '
            f'fill="{colour}"><title>{edge} to {edge + 2} bits: {pairs:,} pairs</title></rect>'
        )
        if edge % 10 == 0:
            rows.append(f'<text x="{x:.1f}" y="186" text-anchor="middle">{edge}</text>')
    return _svg(rows, 195, "Candidate pairs by match weight in bits")


def _svg(rows: list[str], height: int, title: str) -> Markup:
    # Every label was escaped where the row was made.
    return Markup(
        f'<svg viewBox="0 0 {WIDTH + 20} {height}" width="{WIDTH + 20}" role="img" aria-label="{title}">'
        f"{''.join(rows)}</svg>"
    )
