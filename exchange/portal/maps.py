"""Where the counties lie on a map: a grid of tiles, or the country's own boundaries."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ibr.errors import ConfigurationProblem

WIDTH = 100.0  # of a map, in its own units
_LARGEST = 5_000_000  # bytes of a GeoJSON file: what a page can carry is far less
_FINEST = 0.25  # units; points nearer to each other are one


@dataclass(frozen=True)
class Shape:
    """A county on the map: the path of its outline, and where its name stands."""

    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Map:
    """A map in a box of `WIDTH` by `height`. `tile`: the side of a tile; 0 where there are outlines."""

    shapes: Mapping[str, Shape]
    height: float
    tile: float = 0.0


def tile_grid(places: Mapping[str, tuple[float, float]]) -> Map:
    """A grid with a tile a county, each near where it lies; `places`: longitude and latitude by code."""
    from scipy.optimize import linear_sum_assignment  # heavy, and only here

    codes = sorted(places)
    if not codes:
        return Map({}, 0.0)
    points = np.array([places[code] for code in codes], dtype=float)
    points[:, 1] *= -1
    span = np.maximum(np.ptp(points, axis=0), 1e-9)
    # Half as many tiles again as counties, so that the outline of the country shows.
    columns = max(1, round(math.sqrt(1.5 * len(codes) * min(max(span[0] / span[1], 0.5), 2.0))))
    rows = max(1, math.ceil(1.5 * len(codes) / columns))
    # Counties crowd where people live: half by place, half by order, spreads them over the grid.
    order = points.argsort(axis=0).argsort(axis=0) / max(1, len(codes) - 1)
    spread = 0.5 * (points - points.min(axis=0)) / span + 0.5 * order
    grid = np.array([(x, y) for y in range(rows) for x in range(columns)], dtype=float)
    target = spread * [columns - 1, rows - 1]
    cost = ((target[:, None, :] - grid[None, :, :]) ** 2).sum(axis=2)
    chosen = grid[linear_sum_assignment(cost)[1]]
    chosen -= chosen.min(axis=0)
    side = WIDTH / (chosen[:, 0].max() + 1)
    shapes = {
        code: Shape(_square(x * side, y * side, side * 0.94), x * side + side * 0.47, y * side + side * 0.47)
        for code, (x, y) in zip(codes, chosen, strict=True)
    }
    return Map(shapes, side * (chosen[:, 1].max() + 1), side)


def _square(x: float, y: float, side: float) -> str:
    return f"M{x:.2f} {y:.2f}h{side:.2f}v{side:.2f}h-{side:.2f}z"


def outlines(file: Path, code_property: str) -> Map:
    """The map of a GeoJSON file; `code_property`: where a feature says its county's code.

    Raises ConfigurationProblem if the file is not there, too large, no GeoJSON, or has no such features.
    """
    features = _features(file)
    drawn: dict[str, list[np.ndarray]] = {}
    for feature in features:
        code = (feature.get("properties") or {}).get(code_property)
        if code is not None:
            drawn.setdefault(str(code), []).extend(_rings(feature.get("geometry") or {}))
    drawn = {code: rings for code, rings in drawn.items() if rings}
    if not drawn:
        raise ConfigurationProblem(
            f"portal.boundaries: {file} has no polygon with {code_property!r}; expected the county's code in it"
        )
    every = np.concatenate([ring for rings in drawn.values() for ring in rings])
    west, south = every.min(axis=0)
    east, north = every.max(axis=0)
    # A degree of longitude is shorter away from the equator.
    flat = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / max((east - west) * flat, 1e-9)
    shapes = {}
    for code, rings in sorted(drawn.items()):
        placed = [np.column_stack([(ring[:, 0] - west) * flat * scale, (north - ring[:, 1]) * scale]) for ring in rings]
        largest = max(placed, key=lambda ring: float(np.prod(np.ptp(ring, axis=0))))
        x, y = (largest.min(axis=0) + largest.max(axis=0)) / 2
        shapes[code] = Shape("".join(_path(ring) for ring in placed), float(x), float(y))
    return Map(shapes, (north - south) * scale)


def _features(file: Path) -> list[dict[str, Any]]:
    try:
        if file.stat().st_size > _LARGEST:
            raise ConfigurationProblem(
                f"portal.boundaries: {file} has {file.stat().st_size // 1_000_000} MB; expected at most "
                f"{_LARGEST // 1_000_000}: simplify the outlines"
            )
        content = json.loads(file.read_text(encoding="utf-8"))
        return list(content["features"])
    except OSError:
        raise ConfigurationProblem(f"portal.boundaries: {file} is not there; expected a GeoJSON file") from None
    except (ValueError, KeyError, TypeError):
        raise ConfigurationProblem(
            f"portal.boundaries: {file} is no GeoJSON; expected a FeatureCollection with the counties' polygons"
        ) from None


def _rings(geometry: dict[str, Any]) -> Iterator[np.ndarray]:
    polygons = {"Polygon": lambda c: [c], "MultiPolygon": lambda c: c}.get(geometry.get("type", ""), lambda c: [])
    for polygon in polygons(geometry.get("coordinates") or []):
        for ring in polygon:
            yield np.array([point[:2] for point in ring], dtype=float).reshape(-1, 2)


def _path(ring: np.ndarray) -> str:
    """A ring as an SVG path, of points that are far enough apart to be seen."""
    kept = [ring[0]]
    for point in ring[1:-1]:
        if np.abs(point - kept[-1]).max() >= _FINEST:
            kept.append(point)
    if len(kept) < 3:
        return ""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in kept) + "z"
