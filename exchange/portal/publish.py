"""Building the portal from the newest publication, and swapping it in."""

import itertools
import shutil
from pathlib import Path

import duckdb

from exchange.portal import cubes, figures, pages
from exchange.portal.labels import names_of
from exchange.portal.maps import Map, outlines, tile_grid
from exchange.portal.words import languages
from ibr.config import Registry
from ibr.errors import ConfigurationProblem
from warehouse.audiences.policy import NumberAudience, load_policy

FOLDER, _STORE = "public", ".public"
_AUDIENCE = "public"


def check(home: Path, registry: Registry) -> None:
    """Whether the portal's settings can be met: its languages and boundaries. Raises ConfigurationProblem."""
    if registry.portal.enabled:
        _site(home, registry)
        if boundaries := registry.portal.boundaries:
            outlines(home / boundaries.file, boundaries.code_property)


def publish(home: Path, registry: Registry) -> Path | None:
    """Build the portal of the current publication and make `public/` it; its first page.

    Reads the public's file of that publication and nothing else. Nobody sees half of the pages: `public` is a link that
    is moved when all are written. Those before stay until the next, for who is reading or copying them. Without a
    public's file, or where the portal is switched off, there is none, and None is returned.
    """
    file = home / "published" / "current" / f"{_AUDIENCE}.duckdb"
    link, store = home / FOLDER, home / _STORE
    if not registry.portal.enabled or not file.is_file():
        _remove(link)
        shutil.rmtree(store, ignore_errors=True)
        return None
    store.mkdir(exist_ok=True)
    folder = _free(store, file.resolve().parent.name)
    building = store / f".building-{folder.name}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    with duckdb.connect(str(file), read_only=True) as con:
        pages.write(building, _content(con, home, registry), _site(home, registry))
    building.rename(folder)
    kept = {folder.name, link.resolve().name}
    following = home / f".{FOLDER}-next"
    following.unlink(missing_ok=True)
    following.symlink_to(folder.relative_to(home), target_is_directory=True)
    if not link.is_symlink():
        _remove(link)  # a folder, as a backup restores it
    following.replace(link)
    for old in store.iterdir():
        if old.name not in kept:
            shutil.rmtree(old)
    return link / "index.html"


def _remove(link: Path) -> None:
    if link.is_symlink():
        link.unlink()
    elif link.exists():
        shutil.rmtree(link)


def _free(store: Path, version: str) -> Path:
    """A folder that is not there yet: a version is built again when somebody goes back to it."""
    return next(path for number in itertools.count(1) if not (path := store / f"{version}-{number}").exists())


def _content(con: duckdb.DuckDBPyConnection, home: Path, registry: Registry) -> pages.Content:
    names = names_of(con)
    found = {cube.subject.name: cube for cube in cubes.read(con)}
    boundaries = registry.portal.boundaries
    placed: Map = outlines(home / boundaries.file, boundaries.code_property) if boundaries else tile_grid(names.places)
    return pages.Content(figures.about(con), figures.figures(con), found, names, placed)


def _site(home: Path, registry: Registry) -> pages.Site:
    known = languages(home)
    settings = registry.portal
    if unknown := [code for code in settings.languages if code not in known]:
        raise ConfigurationProblem(
            f"portal.languages names {', '.join(unknown)}; expected of {', '.join(sorted(known))}, or put "
            "portal/words/LANGUAGE.yml beside registry.yml"
        )
    audience = load_policy(home).get(_AUDIENCE)
    smallest = audience.smallest_cell if isinstance(audience, NumberAudience) else 0
    return pages.Site(
        registry.country, registry.currency, settings.title, smallest, [known[code] for code in settings.languages]
    )
