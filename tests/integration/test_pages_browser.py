"""The pages in a real browser, on a telephone and a desk: no barriers, nothing cut off, by keys and without scripts."""

import threading
import time

import pytest
import uvicorn

from exchange.review.inbox import decisions_left
from exchange.service.app import make_app
from ibr.workspace import Workspace
from tests.browser import DESKTOP, PHONE, chromium, scrolls_sideways, violations
from tests.pages import add_people, password_of, publish, quick_passwords, small_queue  # noqa: F401

pytestmark = pytest.mark.needs_chromium


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("seen") / "home"
    small_queue(publish(home))
    return home


@pytest.fixture(scope="module")
def address(home):
    """The service, as `ibr serve` runs it, in a thread."""
    server = uvicorn.Server(uvicorn.Config(make_app(Workspace.at(home)), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def secrets(home):
    return add_people(home)


@pytest.fixture(scope="module")
def screen():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(screen, address, secrets):
    """Somebody of the secretariat who signs in for the first time, and chooses a password; what scripts complain of."""
    context = screen.new_context()
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/")
    page.fill("[name=name]", "Amina")
    page.fill("[name=password]", secrets["Amina"])
    page.click("main button")
    assert violations(page) == []
    page.fill("[name=password]", password_of("Amina"))
    page.fill("[name=again]", password_of("Amina"))
    page.click("main button")
    yield page
    context.close()


def test_no_page_has_a_barrier_or_scrolls_sideways(page, address):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/review")
    case = page.locator("main td a").first.get_attribute("href")
    for path in ("/", "/tables?subject=payroll&row=check&column=county", "/review", case):
        page.goto(f"{address}{path}")
        _looked_at(page, path)
    page.goto(f"{address}/enquiry")
    page.fill("[name=national_id]", "20413377")
    page.fill("[name=purpose]", "desk")
    page.click("main form button")
    assert page.locator(".notice.found").count() == 1
    assert "20413377" not in page.url
    _looked_at(page, "/enquiry")
    assert {url.split("/")[2] for url in asked if not url.startswith("data:")} == {address.split("/")[2]}
    assert page.faults == []


def _looked_at(page, path: str) -> None:
    for width, height in (PHONE, DESKTOP):
        page.set_viewport_size({"width": width, "height": height})
        assert not scrolls_sideways(page), (path, width)
        assert violations(page) == [], (path, width)


def test_cases_are_decided_by_keys_unless_they_are_switched_off(page, address, home):
    page.goto(f"{address}/review")
    page.click("main p a")
    page.wait_for_url("**/review/case/*")
    first = page.url
    page.keyboard.press("j")
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("k")
    page.wait_for_url(first)
    page.fill("[name=comment]", "2 cards")  # in a field a key writes
    page.uncheck("#keys")
    page.keyboard.press("2")
    assert decisions_left(home) == []
    page.check("#keys")
    page.keyboard.press("2")
    page.wait_for_selector(".notice.done")
    (left,) = decisions_left(home)
    assert (left.decision, left.by, left.comment) == ("different people", "Amina", "2 cards")
    page.click(".notice.done button")
    page.wait_for_url(f"{address}/review")
    assert decisions_left(home) == []


def test_without_scripts_the_whole_way_works(screen, address, secrets, home):
    context = screen.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/")
    page.fill("[name=name]", "Baraka")
    page.fill("[name=password]", secrets["Baraka"])
    page.click("main button")
    for field in ("password", "again"):
        page.fill(f"[name={field}]", password_of("Baraka"))
    page.click("main button")
    page.click("text=Tables")
    page.select_option("[name=column]", "status")
    page.click("main form button")
    assert "Enrolments by program and status" in page.locator("h3").inner_text()
    page.click("text=Review")
    page.click("main p a")
    assert not page.locator("#keys").is_visible()
    page.click("text=need more time")
    assert [left.by for left in decisions_left(home)] == ["Baraka"]
    page.click("text=Sign out")
    page.goto(f"{address}/review")
    assert page.url.startswith(f"{address}/sign-in")
    context.close()
