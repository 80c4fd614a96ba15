"""The page's form has the network write what the command writes with the same settings."""

import re

import pytest

from stages import synthesize_best
from stages.common import params, paths
from tests.support import browser as browsers

pytestmark = pytest.mark.long

SETTINGS = {"prime": "On day", "temperature": "0.7", "top_k": "", "top_p": "", "length": "120"}
SETTINGS |= {"seed": "5"}
WAIT = 60_000  # milliseconds, on a machine that has much else to do


@pytest.fixture
def here(finished, monkeypatch):
    """Return the address of a finished project's page; the working folder is that project's."""
    monkeypatch.chdir(finished)
    return (finished / paths.PAGE).as_uri()


def told(settings, **changes):
    """Return what `stages.synthesize_best` writes with the form's settings, as text and sample."""
    there = params.load()
    asked = {
        "prime": settings["prime"],
        "temperature": float(settings["temperature"]),
        "top_k": int(settings["top_k"]) if settings["top_k"] else None,
        "top_p": float(settings["top_p"]) if settings["top_p"] else 1.0,
        "length": int(settings["length"]),
        "seed": int(settings["seed"]),
        "stop": "",
    }
    chosen = there.synthesize_best.model_copy(update=asked | changes)
    sample = synthesize_best.write(chosen, there)
    return sample.prime + sample.text, sample


def fill(page, settings):
    for name, value in settings.items():
        page.locator(f"#writer [name={name}]").fill(value)


def written(page):
    """Return the whole text, once it is there."""
    page.locator("#writer").get_by_text("bits on average").wait_for(timeout=WAIT)
    return page.locator("#writer .written").evaluate("(element) => element.textContent")


def press(page, name):
    page.locator("#writer").get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"prime": "", "seed": str(2**63 - 1)},
        {"temperature": "0"},
        {"temperature": "1.3", "top_k": "4"},
        {"temperature": "1", "top_p": "0.83", "prime": "\nNell\n"},
    ],
)
def test_the_form_writes_what_the_command_writes(page, here, changes):
    settings = SETTINGS | changes
    page.goto(here)
    fill(page, settings)
    press(page, "Write")
    assert written(page) == told(settings)[0]


def test_the_form_begins_with_the_settings_of_the_pipeline(page, here):
    page.goto(here)
    press(page, "Write")
    assert written(page) + "\n" == paths.BEST_TEXT.read_text(encoding="utf-8")


def test_stopped_and_continued_it_writes_the_same_text(page, here):
    page.goto(here)
    fill(page, SETTINGS | {"length": "20000"})
    press(page, "Write")
    page.locator("#writer .drawn > :nth-child(100)").wait_for(timeout=WAIT)
    press(page, "Stop")
    first = written(page)
    fill(page, {"length": "100"})
    press(page, "Continue")
    page.wait_for_function(
        "(length) => document.querySelector('#writer .written').textContent.length === length",
        arg=len(first) + 100,
        timeout=WAIT,
    )
    count = len(first) + 100 - len(SETTINGS["prime"])
    assert 100 <= count - 100 < 20000
    assert written(page) == told(SETTINGS, length=count)[0]


def test_a_link_holds_all_settings_and_writes_when_it_is_opened(browser, here):
    settings = SETTINGS | {"prime": "day 3\nNell wrote, ", "top_k": "6", "top_p": "0.9"}
    with browsers.opened(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(here)
        fill(page, settings)
        press(page, "Share as link")
        page.locator("#writer").get_by_text("copied").wait_for()
        link = page.evaluate("navigator.clipboard.readText()")
        assert link == page.url
    with browsers.opened(browser) as page:
        page.goto(link)
        assert written(page) == told(settings)[0]
        for name, value in settings.items():
            assert page.locator(f"#writer [name={name}]").input_value() == value
        page.goto(link.replace("seed=5", "seed=6"))  # which loads nothing anew
        page.wait_for_function("document.querySelector('[name=seed]').value === '6'")
        assert written(page) == told(settings, seed=6)[0]


def test_the_text_is_copied_as_it_was_written(browser, here):
    with browsers.opened(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(here)
        fill(page, SETTINGS)
        press(page, "Write")
        written(page)
        press(page, "Copy text")
        page.locator("#writer").get_by_text("copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == told(SETTINGS)[0]


def test_arrow_keys_alone_show_what_was_likely_at_each_character(page, here):
    page.goto(here)
    fill(page, SETTINGS)
    page.keyboard.press("Enter")  # in the field of the seed
    written(page)
    _, sample = told(SETTINGS)
    text = page.locator("#writer .drawn")
    for _ in range(30):
        page.keyboard.press("Tab")
        if text.evaluate("(element) => element === document.activeElement"):
            break
    for place in range(1, 10):
        page.keyboard.press("ArrowRight")
        readout = page.locator("#writer output")
        drawn, *likeliest = (float(p) for p in re.findall(r"([\d.]+) %", readout.inner_text()))
        assert drawn == pytest.approx(100 * sample.probabilities[place], abs=0.051)
        assert 1 <= len(likeliest) <= 5
        assert likeliest == sorted(likeliest, reverse=True) and sum(likeliest) < 100.5
        assert page.locator("#writer .at").text_content() == sample.text[place]
    page.keyboard.press("ArrowLeft")
    assert page.locator("#writer .at").text_content() == sample.text[8]


def test_a_character_pointed_at_or_tapped_shows_what_was_likely(browser, here):
    with browsers.opened(browser, has_touch=True) as page:
        page.goto(here)
        fill(page, SETTINGS | {"temperature": "1"})
        press(page, "Write")
        written(page)
        readouts = []
        for place, act in ((1, "hover"), (2, "tap")):
            getattr(page.locator("#writer .drawn > i").nth(place), act)()
            readouts.append(page.locator("#writer output").inner_text())
        assert all("The likeliest here" in readout for readout in readouts)
        assert readouts[0] != readouts[1]


def test_the_ground_of_a_character_is_its_surprise_in_whole_bits(page, here):
    page.goto(here)
    fill(page, SETTINGS | {"temperature": "2"})
    press(page, "Write")
    written(page)
    _, sample = told(SETTINGS, temperature=2.0)
    grounds = page.locator("#writer .drawn > i").evaluate_all(
        "(all) => all.map((i) => i.className)"
    )
    expected = [f"s{sum(p <= 2.0**-bits for bits in range(1, 8))}" for p in sample.probabilities]
    assert grounds == expected and len(set(grounds)) > 3


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"prime": "day ☃"}, "“☃” (U+2603), character 5 of the prime, is not among the"),
        ({"seed": str(2**63)}, f"The seed is a whole number from 0 to {2**63 - 1}."),
        ({"seed": "1e3"}, "The seed is a whole number from 0 to"),
        ({"top_p": "0"}, "Top p is above 0."),
    ],
)
def test_settings_that_the_command_refuses_are_refused(page, here, changes, complaint):
    page.goto(here)
    fill(page, SETTINGS | changes)
    press(page, "Write")
    page.locator("#writer").get_by_text(complaint).wait_for()
    assert page.locator("#writer .drawn > i").count() == 0


def test_the_text_appears_in_steps_but_all_at_once_for_who_wants_no_motion(browser, here):
    steps = {}
    for motion in ("no-preference", "reduce"):
        with browsers.opened(browser, reduced_motion=motion) as page:
            page.goto(here)
            fill(page, SETTINGS | {"length": "300"})
            page.evaluate("""() => {
              globalThis.steps = 0;
              new MutationObserver((changes) => (steps += changes.length)).observe(
                document.querySelector("#writer .drawn"), { childList: true });
            }""")
            press(page, "Write")
            written(page)
            steps[motion] = page.evaluate("steps")
    assert steps["no-preference"] == 300
    assert steps["reduce"] < 150
