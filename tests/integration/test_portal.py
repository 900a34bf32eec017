"""The portal of a small country: what its pages tell, what they withhold, and that it follows the publication."""

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from exchange import portal
from exchange.portal import charts
from exchange.portal.labels import Names, Speaker
from exchange.portal.words import languages
from ibr.config import load
from ibr.errors import ConfigurationProblem
from tests.portal import REGISTRY, publish_a_country
from warehouse.publication import make_current


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("portal") / "workspace"
    publish_a_country(home)
    portal.publish(home, load(home / "registry.yml"))
    return home


def page(home: Path, name: str) -> str:
    return (home / "public" / name).read_text(encoding="utf-8")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


def test_there_is_a_folder_for_each_language_and_the_first_page_is_the_defaults(home):
    public = home / "public"
    assert {folder.name for folder in public.iterdir() if folder.is_dir()} == {"en", "fr", "sw", "data"}
    first = page(home, "index.html")
    assert '<html lang="en">' in first
    assert "Cash transfers in Testland" in first
    for language, word in (("fr", "Chiffres clés"), ("sw", "Takwimu kuu")):
        assert word in page(home, f"{language}/index.html")
        assert f'<html lang="{language}">' in page(home, f"{language}/index.html")


def test_the_first_page_loads_little_and_nothing_from_elsewhere(home):
    public = home / "public"
    assert sum((public / name).stat().st_size for name in ("index.html", "style.css")) < 100_000
    for file in public.rglob("*.*"):
        if file.suffix in (".html", ".css", ".js"):
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"(src|href)=.?https?:|url\(|@import", text.replace("url(#", "")), file.name


def test_every_link_leads_somewhere(home):
    for file in (home / "public").resolve().rglob("*.html"):
        links = _Links()
        links.feed(file.read_text(encoding="utf-8"))
        for link in links.found:
            place, _, anchor = link.partition("#")
            if link.startswith("data:"):
                continue
            target = (file.parent / place).resolve() if place else file
            assert target.is_file(), f"{file.name}: {link}"
            assert not anchor or f'id="{anchor}"' in target.read_text(encoding="utf-8"), f"{file.name}: {link}"


def test_small_numbers_are_withheld_and_look_like_neither_zero_nor_nothing(home):
    rows = {row[0]: row for row in csv.reader(
        (home / "public/en/tables/receipt-alms-recipients-by-county-cycle.csv").read_text("utf-8-sig").splitlines()
    )}  # fmt: skip
    assert rows["Chebet"][1:] == ["[c]"] * 6
    assert rows["Akiru"][1:] == ["[c]"] * 6, "the smallest other number goes too, or the total would tell"
    assert rows["Barasa"][1] == "61"
    assert "Imani" not in rows, "nobody is paid there"
    assert rows["Total"][1:] == [str(4 + sum(30 * i + m for i in (1, 2, 4, 5, 6, 7, 8))) for m in range(1, 12, 2)]
    told = page(home, "en/tables/receipt-alms.html")
    assert '<td class="withheld"><span aria-hidden="true">[c]</span><span class="spoken">withheld</span></td>' in told
    households = page(home, "index.html").split("Households with a benefit")[1][:200]
    assert "[c]" in households
    assert ">7<" not in households


def test_no_page_nor_file_holds_a_number_that_is_withheld(home):
    """Not in the script's data either."""
    data = (home / "public/data/receipt.js").read_text(encoding="utf-8")
    cells = json.loads(data[data.index("{"):data.rindex(")")])["cells"]
    withheld = [cell for cell in cells if len(cell) == 3]
    assert len(withheld) == 2 * 6 * 2
    assert all(cell[1] == [None, None] for cell in withheld)


def test_names_of_the_data_are_text_and_no_formula(home):
    assert "Alms &lt;for all&gt;" in page(home, "index.html")
    assert "Alms <for all>" not in page(home, "index.html")
    assert "'=wrong details" in (home / "public/en/tables/grievances-by-reason.csv").read_text("utf-8-sig")


def test_charts_and_maps_have_a_title_a_description_and_a_table(home):
    trends = page(home, "en/trends.html")
    assert trends.count("<svg") == trends.count("<title id=") == trends.count("<desc id=") == 4
    assert trends.count("<table>") == 2
    counties = page(home, "en/counties.html")
    assert counties.count('role="img"') == 3
    assert "<title>Chebet: withheld</title>" in counties
    assert "<title>Imani: none</title>" in counties


def test_every_column_says_what_it_is_and_in_which_unit(home):
    def rows(name: str, language: str = "en") -> list[list[str]]:
        text = (home / "public" / language / "tables" / f"{name}.csv").read_text("utf-8-sig")
        return list(csv.reader(text.splitlines()))

    assert rows("counties")[0] == [
        "County", "Share covered (%) – Any program", "Recipients – ALMS, Nov–Dec 2025",
        "Recipients – BREAD, Nov–Dec 2025",
    ]  # fmt: skip
    assert rows("counties")[5] == ["Ekai", "27.50", "161", "161"]
    assert rows("receipt-alms-by-cycle", "fr")[0] == ["Cycle de paiement", "Bénéficiaires", "Montant payé (XTS)"]
    assert rows("coverage-all-by-county")[0][-1] == "Share covered (%)"


def test_an_axis_counts_in_millions_where_numbers_are_long(home):
    labels = ["a", "b"]
    speaker = Speaker(languages()["fr"], Names({}, {}, {}), "XTS")
    long, short = (charts.line(labels, values, speaker) for values in ([2.2e6, 15e6], [800.0, 150_000.0]))
    assert long.is_in_millions
    assert [text for _, text in long.ticks] == ["0", "5", "10", "15"]
    assert not short.is_in_millions
    assert short.ticks[-1][1] == "150 000"
    assert "<figcaption>Montant payé (XTS, millions)</figcaption>" in page(home, "fr/trends.html")


def test_the_portal_follows_the_publication_also_back(home, tmp_path):
    folder = tmp_path / "workspace"
    first = publish_a_country(folder)
    registry = load(folder / "registry.yml")
    assert portal.publish(folder, registry) == folder / "public" / "index.html"
    before = (folder / "public").resolve()
    second = publish_a_country(folder, "UPDATE marts.rpt_kpis SET value = 99999 WHERE kpi = 'persons'")
    portal.publish(folder, registry)
    assert second.version in page(folder, "index.html")
    assert "99,999" in page(folder, "index.html")
    assert before.is_dir(), "who was copying the pages before still finds them"
    make_current(folder / "warehouse.duckdb", folder, first.version)
    portal.publish(folder, registry)
    assert "12,345" in page(folder, "index.html")
    assert not before.exists()
    assert len(list((folder / ".public").iterdir())) == 2
    assert [path.name for path in folder.iterdir() if "next" in path.name] == []


def test_a_run_killed_while_it_wrote_leaves_the_last_portal(home, tmp_path, monkeypatch):
    folder = tmp_path / "workspace"
    publish_a_country(folder)
    registry = load(folder / "registry.yml")
    portal.publish(folder, registry)
    whole = page(folder, "index.html")

    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("exchange.portal.pages.write", killed)
        with pytest.raises(KeyboardInterrupt):
            portal.publish(folder, registry)
    assert page(folder, "index.html") == whole
    portal.publish(folder, registry)
    assert len(list((folder / ".public").iterdir())) == 2


def test_switched_off_or_not_published_there_is_none(tmp_path):
    folder = tmp_path / "workspace"
    made = publish_a_country(folder)
    portal.publish(folder, load(folder / "registry.yml"))
    (folder / "registry.yml").write_text(REGISTRY + "portal: {enabled: false}\n", encoding="utf-8")
    assert portal.publish(folder, load(folder / "registry.yml")) is None
    assert not (folder / "public").exists()
    (folder / "registry.yml").write_text(REGISTRY, encoding="utf-8")
    made.path("public").unlink()
    assert portal.publish(folder, load(folder / "registry.yml")) is None


def square(code: str, x: float, y: float) -> dict:
    ring = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]
    return {"type": "Feature", "properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def test_settings_and_words_of_a_workspace_take_their_place(tmp_path):
    folder = tmp_path / "workspace"
    publish_a_country(folder)
    words = folder / "portal" / "words"
    words.mkdir(parents=True)
    (words / "fr.yml").write_text("nav: {counties: Départements}\n", encoding="utf-8")
    content = {"type": "FeatureCollection", "features": [square(f"C{i}", i % 3, i // 3) for i in range(1, 10)]}
    (folder / "portal" / "counties.geojson").write_text(json.dumps(content), encoding="utf-8")
    (folder / "registry.yml").write_text(
        REGISTRY + "portal:\n  title: Filets sociaux\n  languages: [fr]\n"
        "  boundaries: {file: portal/counties.geojson, code_property: code}\n", encoding="utf-8",
    )  # fmt: skip
    registry = load(folder / "registry.yml")
    portal.check(folder, registry)
    portal.publish(folder, registry)
    first = page(folder, "index.html")
    assert "<h1>Filets sociaux</h1>" in first
    assert "Départements" in first
    assert 'class="map outlines"' in first
    assert sorted(path.name for path in (folder / "public").iterdir() if path.is_dir()) == ["data", "fr"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("{languages: [en, xx]}", "portal.languages names xx; expected of en, fr, sw"),
        ("{boundaries: {file: none.geojson, code_property: c}}", "none.geojson is not there"),
        ("{boundaries: {file: registry.yml, code_property: c}}", "is no GeoJSON"),
        ("{boundaries: {file: other.geojson, code_property: c}}", "has no polygon with 'c'"),
    ],
)
def test_a_mistake_in_the_settings_is_told_before_anything_is_published(home, tmp_path, settings, said):
    (tmp_path / "other.geojson").write_text(json.dumps({"features": [square("C1", 0, 0)]}), encoding="utf-8")
    (tmp_path / "registry.yml").write_text(REGISTRY + f"portal: {settings}\n", encoding="utf-8")
    with pytest.raises(ConfigurationProblem) as caught:
        portal.check(tmp_path, load(tmp_path / "registry.yml"))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
