"""Pictures of the page for the README, into docs/; `make screenshots` makes them."""

import io
from pathlib import Path

from PIL import Image

from stages.common import paths
from tests.support import browser as browsers

FOLDER = Path("docs")
COLOURS = 256  # in a picture: enough for a page, and a third of the bytes
HEIGHTS = {1280: 1600, 390: 1700}  # pixels, by width
SECTIONS = ("top", "surprise")  # what a picture begins with, by the element's id


def main() -> None:
    """Take a picture of each section at each width, light and dark."""
    with browsers.launched() as browser:
        for width, height in HEIGHTS.items():
            for scheme in ("light", "dark"):
                screen = {"width": width, "height": height}
                with browsers.opened(browser, viewport=screen, color_scheme=scheme) as page:
                    page.goto(paths.PAGE.resolve().as_uri())
                    page.get_by_role("button", name="Write", exact=True).click()
                    page.locator("button[name=stop]:disabled").wait_for()  # it has written
                    for section in SECTIONS:
                        page.evaluate(SCROLL, section)
                        path = FOLDER / f"page-{section}-{width}-{scheme}.png"
                        save(page.screenshot(), path)
                        print(f"{path}: {path.stat().st_size:,} bytes")


SCROLL = """id => (document.getElementById(id) ?? document.body).scrollIntoView({
    behavior: "instant"
})"""


def save(picture: bytes, path: Path) -> None:
    """Write a picture in few colours."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
