"""The page: one HTML file that needs nothing but a browser."""

from typing import Any

from markupsafe import Markup

from stages.common import paths
from stages.page import inline, wording


def render(values: dict[str, Any], blocks: dict[str, Any]) -> str:
    """Return the page: the template with values put in, and beside it `blocks` for the script.

    Whatever comes from a book is text to the template, which escapes it, and JSON to the script,
    which puts it into the page as text. The policy in the page lets no script run but ours, and
    nothing be loaded.
    """
    environment = wording.environment(autoescape=True)
    environment.filters |= {"visible": visible, "scientific": scientific}
    style = (paths.PAGE_SOURCES / "style.css").read_text(encoding="utf-8")
    script = inline.joined_modules(paths.PAGE_SOURCES / "script", "main")
    policy = {
        "default-src": "'none'",
        "script-src": f"'{inline.content_hash(script)}'",
        "style-src": f"'{inline.content_hash(style)}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return environment.get_template("report.html.j2").render(
        values,
        policy="; ".join(f"{name} {value}" for name, value in policy.items()),
        style=inline.verbatim(style, "style"),
        script=inline.verbatim(script, "script"),
        blocks={name: inline.json_block(value) for name, value in blocks.items()},
    )


def visible(text: str) -> str:
    """Return text with Unicode's pictures in the place of control characters but line feeds."""
    pictures = {code: 0x2400 + code for code in range(0x20) if code != ord("\n")} | {0x7F: 0x2421}
    return text.translate(pictures)


def scientific(value: float) -> Markup:
    """Return `3.6 × 10⁻¹⁵`."""
    digits, power = f"{value:.1e}".split("e")
    return Markup("{} × 10<sup>{}</sup>").format(digits, f"{int(power)}".replace("-", "−"))
