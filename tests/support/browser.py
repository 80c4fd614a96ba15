"""A page in a real browser, which has no network, and whose errors fail the test."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
PROGRAM = next((path for path in map(shutil.which, _NAMES) if path), None)
MISSING = f"no browser: none of {', '.join(_NAMES)} is on the PATH (apt-get install chromium)"


@contextmanager
def launched() -> Iterator[Browser]:
    """Yield the system's browser, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, **settings: object) -> Iterator[Page]:
    """Yield an empty page; `settings` are those of Browser.new_context, such as color_scheme.

    Raises AssertionError at the end where the page said anything on its console, its script failed,
    or it asked for anything that is not in its own file.
    """
    complaints: list[str] = []
    with browser.new_context(offline=True, **settings) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", lambda request: complaints.extend(_outside(request.url)))
        yield page
    assert not complaints, "\n".join(complaints)


def _outside(address: str) -> list[str]:
    inside = address.startswith(("file:", "data:", "blob:", "about:"))
    return [] if inside else [f"asks for {address}"]
