"""A real browser for tests: Debian's Chromium, driven by Playwright, and axe-core to look for barriers."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

PHONE, DESKTOP = (360, 740), (1280, 900)
# What WCAG 2.2 asks for at level AA, and good practice that costs nothing.
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], "preload": False}


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser that is installed; nothing is downloaded. For tests marked `needs_chromium`."""
    with sync_playwright() as playwright:
        # In a container there is neither a sandbox for root nor much shared memory.
        options = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
        try:
            yield browser
        finally:
            browser.close()


def violations(page: Page) -> list[str]:
    """What axe-core finds on a page: the rule, and the elements that break it."""
    found = Axe().run(page, options=_RULES)
    return [
        f"{one['id']}: {', '.join(str(node['target']) for node in one['nodes'][:5])}"
        for one in found.response["violations"]
    ]


def scrolls_sideways(page: Page) -> bool:
    """Whether a page is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
