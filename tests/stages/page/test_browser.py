import pytest

from tests.support import browser as browsers


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("console.error('broken')", "error: broken"),
        ("setTimeout(() => { throw new Error('broken') })", "broken"),
        ("new Image().src = 'https://example.org/a.png'", "asks for https://example.org/a.png"),
    ],
)
def test_a_page_that_complains_or_asks_for_more_fails_its_test(browser, script, complaint):
    with pytest.raises(AssertionError, match=complaint), browsers.opened(browser) as page:
        page.set_content(f"<script>{script}</script>")
        page.wait_for_timeout(100)


def test_a_page_that_is_well_passes(page):
    page.set_content("<p>well</p>")
    assert page.text_content("p") == "well"
