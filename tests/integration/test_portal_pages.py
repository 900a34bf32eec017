"""The portal in a real browser, on a telephone and on a desk: no barriers, nothing cut off, a tabulator that works."""

import csv
from pathlib import Path

import pytest

from exchange import portal
from ibr.config import load
from tests.browser import DESKTOP, PHONE, chromium, scrolls_sideways, violations
from tests.portal import publish_a_country

pytestmark = pytest.mark.needs_chromium
PAGES = ["index.html", "en/trends.html", "en/counties.html", "en/tables/index.html", "en/tables/receipt-alms.html",
         "fr/methods.html"]  # fmt: skip


@pytest.fixture(scope="module")
def public(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("portal") / "workspace"
    publish_a_country(home)
    portal.publish(home, load(home / "registry.yml"))
    return home / "public"


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_has_a_barrier_or_scrolls_sideways(browser, public, size):
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for name in PAGES:
        page.goto((public / name).as_uri())
        assert not scrolls_sideways(page), name
        assert violations(page) == [], name
    assert {url.split(":")[0] for url in asked} <= {"file", "data"}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_on_a_telephone_nothing_is_cut_off_unseen(browser, public, language):
    """What each program paid stands in blocks, and no label of a chart leaves the screen."""
    page = browser.new_page(viewport={"width": PHONE[0], "height": PHONE[1]})
    page.goto((public / language / "index.html").as_uri())
    for cell in page.locator("table.words td").all():
        box = cell.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE[0]
    assert page.locator("table.words td[data-label]").count() == page.locator("table.words td").count() > 0
    page.goto((public / language / "trends.html").as_uri())
    for label in page.locator("svg .tick").all():
        assert label.bounding_box()["x"] >= 0, label.text_content()


def test_somebody_makes_a_table_of_her_own(browser, public):
    page = browser.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto((public / "en/tables/index.html").as_uri())
    page.select_option("select[name=program]", label="ALMS")
    page.select_option("select[name=column]", label="Payment cycle")
    heads = page.locator("#result thead th").all_inner_texts()
    assert heads[:2] == ["County", "Jan–Feb 2025"]
    small = page.locator("#result tbody tr", has_text="Chebet").locator("td").all_inner_texts()
    assert {text.split("\n")[0] for text in small} == {"[c]"}
    assert page.locator("#result tbody tr.total td").first.inner_text() == "1,001"
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "recipients-and-payments-recipients-county-payment-cycle-alms.csv"
    title, *rows = csv.reader(download.value.path().read_text(encoding="utf-8-sig").splitlines())
    assert title == ["Recipients and payments · Recipients · County × Payment cycle · ALMS"]
    assert rows[0] == heads
    assert "Chebet" in [row[0] for row in rows]
    page.select_option("select[name=column]", label="Program")
    page.select_option("select[name=cycle]", label="May–Jun 2025")
    assert page.locator("#result thead th").all_inner_texts() == ["County", "ALMS", "BREAD"]
    assert page.locator("#result tbody tr.total td").all_inner_texts() == ["1,029", "1,029"]
    page.select_option("select[name=subject]", label="Grievances")
    page.wait_for_selector("#result >> text=Payment short")
    assert faults == []


def test_without_scripts_the_tables_are_links_to_pages(browser, public):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((public / "en/tables/index.html").as_uri())
    assert not page.locator("#own").is_visible()
    page.click("text=ALMS")
    assert page.locator("h1").inner_text() == "Recipients and payments: ALMS"
    assert page.locator("table").count() == 3
