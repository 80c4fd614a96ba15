"""The page in a browser: what is pointed at, pressed and chosen changes what it should."""

import importlib.resources
import json
import re
from contextlib import contextmanager

import pytest

from rnn.data.vocabulary import Vocabulary
from stages import report
from stages.common import paths
from tests.support import browser as browsers
from tests.support import handed

pytestmark = pytest.mark.long


@contextmanager
def opened(browser, path, width=1280, **options):
    """Yield a page that is opened from its file; at the end, raise for whatever it complains of."""
    screen = {"width": width, "height": 900}
    with browsers.opened(browser, viewport=screen, **options) as page:
        page.goto(path.resolve().as_uri())
        yield page


@pytest.fixture
def page(browser, finished):
    with opened(browser, finished / paths.PAGE) as page:
        yield page


def test_from_a_file_without_a_network_nothing_is_complained_of(page):
    assert page.locator("h1").inner_text() == "A network learns to write"
    assert page.locator("#curve svg.curve").is_visible()


def test_the_slider_and_the_arrow_keys_show_one_snapshot_after_another(page):
    frames, slider = page.locator("#film .frames > li"), page.locator("#film input[type=range]")
    last = frames.count() - 1
    visible = page.locator("#film .frames > li:visible")
    assert last > 0 and visible.get_attribute("data-update") == frames.nth(last).get_attribute(
        "data-update"
    )
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert visible.get_attribute("data-update") == frames.nth(last - 1).get_attribute("data-update")
    page.locator("#film button").focus()
    page.keyboard.press("ArrowRight")
    assert visible.get_attribute("data-update") == frames.nth(last).get_attribute("data-update")
    assert visible.count() == 1


def test_the_film_plays_and_its_mark_moves_along_the_curve(page):
    page.clock.install()
    mark = page.locator("#curve .snapshot")
    page.locator("#film input[type=range]").fill("0")
    places = [mark.get_attribute("cx")]
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(1300)
    places.append(mark.get_attribute("cx"))
    assert float(places[0]) < float(places[1])
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(5000)
    assert mark.get_attribute("cx") == places[1]


def test_pointing_at_the_curve_and_the_arrow_keys_read_it(page):
    readout, drawing = page.locator("#curve output"), page.locator("#curve svg.curve")
    before = readout.inner_text()
    drawing.hover(position={"x": 300, "y": 100})
    pointed = readout.inner_text()
    assert pointed != before and re.match(r"Update [\d,]+, epoch \d+: smooth loss ", pointed)
    drawing.focus()
    page.keyboard.press("ArrowRight")
    assert readout.inner_text() != pointed
    assert drawing.get_attribute("aria-valuetext") == readout.inner_text()
    page.keyboard.press("Home")
    assert readout.inner_text().startswith("Update 1,")


def test_dragging_zooms_and_escape_shows_the_whole_run(page):
    drawing, whole = page.locator("#curve svg.curve"), page.get_by_role("button", name="Whole run")
    line = page.locator("#curve .smooth")
    before = line.get_attribute("d")
    assert whole.is_disabled()
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    page.mouse.move(box["x"] + 400, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 600, box["y"] + 120, steps=3)
    assert page.locator("#curve .selection").count() == 1
    page.mouse.up()
    assert line.get_attribute("d") != before and whole.is_enabled()
    drawing.focus()
    page.keyboard.press("Escape")
    assert line.get_attribute("d") == before and whole.is_disabled()
    page.keyboard.press("+")
    assert line.get_attribute("d") != before
    page.keyboard.press("-")
    assert line.get_attribute("d") == before


def test_the_switches_change_the_unit_and_the_axis(page):
    readout, line = page.locator("#curve output"), page.locator("#curve .smooth")
    metrics = page.locator("#curve output b").nth(1)
    bits = float(metrics.inner_text().split()[0])
    page.get_by_label("nats a window").check()
    nats = float(metrics.inner_text().split()[0])
    assert (
        nats == pytest.approx(25 * 0.6931 * bits, rel=0.01)
        and "nats a window" in readout.inner_text()
    )
    before = line.get_attribute("d")
    page.get_by_label("linear").check()
    assert line.get_attribute("d") != before


def test_a_unit_that_is_chosen_colours_the_passage(page):
    def shades():
        return page.locator("#units .written i").evaluate_all("all => all.map((i) => i.className)")

    before = shades()
    first = page.locator("#units .unit-name").inner_text()
    page.locator("#units select").select_option(index=3)
    assert shades() != before
    assert page.locator("#units .unit-name").inner_text() != first
    page.locator("#units select").select_option(index=0)
    assert shades() == before  # as it stood in the page


def test_a_character_that_is_pointed_at_tells_its_surprise_in_both_texts(page):
    data = json.loads(page.locator("#surprise-data").text_content())
    readout = page.locator("#surprise-figure output")
    page.locator("[data-kind=network] i").nth(4).hover()
    for kind in ("network", "ngram"):
        assert f"{data[kind][4]:.2f} bits" in readout.inner_text()
        assert page.locator(f"[data-kind={kind}] i.at").count() == 1
    before = readout.inner_text()
    page.locator("[data-kind=ngram]").focus()
    page.keyboard.press("ArrowRight")
    assert readout.inner_text() != before
    page.get_by_label("difference of the two").check()
    classes = page.locator("[data-kind=network] i").evaluate_all(
        "all => all.map((i) => i.className)"
    )
    assert all(name.startswith("a") for name in classes)


@pytest.mark.parametrize("width", [360, 600, 768, 900, 1280])
def test_no_width_of_a_screen_scrolls_sideways(browser, finished, width):
    with opened(browser, finished / paths.PAGE, width) as page:
        for details in page.locator("summary").all():
            details.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser, finished, scheme):
    source = importlib.resources.files("axe_playwright_python") / "axe.min.js"
    with opened(browser, finished / paths.PAGE, color_scheme=scheme) as page:
        for details in page.locator("summary").all():
            details.click()
        page.locator("#writer [name=prime]").fill("day 3")
        page.locator("#writer [name=temperature]").fill("2")
        page.get_by_role("button", name="Write", exact=True).click()
        page.locator("#writer").get_by_text("bits on average").wait_for(timeout=60_000)
        page.locator("#writer .drawn > i").first.hover()
        page.evaluate(source.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run(document).then(({ violations }) => violations)")
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []


def test_without_script_everything_can_be_read(browser, finished):
    with opened(browser, finished / paths.PAGE, java_script_enabled=False) as page:
        frames = page.locator("#film .frames > li")
        assert frames.count() > 1 and all(frame.is_visible() for frame in frames.all())
        assert page.locator("#curve img").evaluate("image => image.naturalWidth") > 0
        assert page.locator("#weights img").evaluate("image => image.naturalWidth") > 0
        assert page.locator("#units .written i").first.is_visible()
        assert page.locator("button:visible, input:visible, select:visible").count() == 0


def test_on_paper_all_snapshots_are_there_and_no_controls(page):
    page.emulate_media(media="print")
    assert all(frame.is_visible() for frame in page.locator("#film .frames > li").all())
    assert page.locator("button:visible, input:visible, select:visible").count() == 0


def test_the_keyboard_alone_reaches_every_control(page):
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.closest('figure')?.id"))
    assert {"curve", "film", "surprise-figure", "units"} <= reached


HOSTILE = (
    "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>\"'`{{7*7}}"
    "\x00\x07\x1b[31m\u202e\u2066\u200f\u2028\u2029&lt;ａ🎉é𝒳]]>"
)
TEXTS = {
    "hostile": HOSTILE + "abcde",
    "Chinese": "潮水鐘在港口敲了三下，奈爾把它寫在本子上。",
    "Arabic": "كتبت نيل أن المد جاء في الساعة الثالثة، ثم أغلقت الدفتر.",
    "a long word": "a" * 500 + " b",
    "many characters": "".join(map(chr, range(0x4E00, 0x4E00 + 20_000))),
}


@pytest.mark.parametrize("name", TEXTS)
def test_any_book_is_shown_as_text_and_nothing_else(browser, folder, name):
    book = TEXTS[name] * 40
    handed.write(folder, Vocabulary.of(book), book)
    entries = [entry | {"text": TEXTS[name][:5000]} for entry in handed.VALUES[paths.EVOLUTION]]
    paths.EVOLUTION.write_text(json.dumps(entries))
    report.main()
    assert paths.PAGE.stat().st_size < 4_000_000
    with opened(browser, paths.PAGE, 360) as page:
        page.on("dialog", lambda _: pytest.fail("a script of the book's has run"))
        shown = page.locator("#film .frames > li blockquote").first.text_content()
        expected = report.html.visible(TEXTS[name][:5000])
        assert shown == expected
        assert page.locator("img[src=x], script:not([type])").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        direction = page.locator("#film blockquote").first.evaluate(
            "e => getComputedStyle(e).direction"
        )
        assert direction == ("rtl" if name == "Arabic" else "ltr")
