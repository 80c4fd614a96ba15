"""A headless Chromium without a network, in which a test opens the page."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def missing() -> str | None:
    """Return what is missing to drive a browser, in words, or None."""
    if not CHROMIUM:
        return "no chromium here; install Debian's package of that name"
    if not find_spec("playwright"):
        return "no package playwright here; install what requirements.txt has"
    return None


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield a browser."""
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Any, path: Path, width: int = 1280, **options: Any) -> Iterator[Any]:
    """Yield the page at `path`, opened without a network; raise for whatever it complains of."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **options)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: _note(request.url, complaints))
    page.goto(path.resolve().as_uri())
    yield page
    context.close()
    assert complaints == []


def _note(url: str, complaints: list[str]) -> None:
    if not url.startswith(("file:", "data:")):
        complaints.append(f"asked for {url}")
