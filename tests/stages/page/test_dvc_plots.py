"""What `dvc plots show` makes of the template in .dvc, in a browser without a network."""

import pytest
from dvc_render import VegaRenderer, render_html

from tests.support import browser as browsers
from tests.support.project import PROJECT

ROWS = [
    {"epoch": epoch, "bits": f"{bits}", "rev": revision}
    for revision in ("main", "workspace")
    for epoch, bits in ((1, 2.5), (2, 2.25), (3, 2.0))
]
CHECK = [
    {"parameter": name, "absolute": size, "method": method, "rev": "workspace"}
    for name in "UWV"
    for method, size in (("complex_step", 1e-15), ("central_differences", 1e-9))
]


@pytest.fixture
def drawn(browser, tmp_path):
    """Return a function that yields the page of some plots."""

    def show(*renderers):
        path = tmp_path / "index.html"
        render_html(list(renderers), path, html_template=PROJECT / ".dvc/plots.html")
        page.goto(path.as_uri())
        return page

    with browsers.opened(browser) as page:
        yield show


def test_each_revision_is_a_line_with_title_axes_and_legend(drawn):
    names = {"title": "Loss", "x_label": "epochs", "y_label": "bits a character"}
    page = drawn(VegaRenderer(ROWS, "loss", x="epoch", y="bits", **names))
    assert page.locator("h2").inner_text() == "Loss"
    assert page.locator("path.line[d*=L]").count() == 2
    assert {"epochs", "bits a character"} <= set(page.locator("svg text").all_text_contents())
    assert page.locator("li").all_inner_texts() == ["main", "workspace"]


def test_the_differences_of_the_gradients_are_marks_on_a_logarithmic_axis(drawn):
    folder = {"template": "gradients", "template_dir": str(PROJECT / ".dvc/plots")}
    page = drawn(VegaRenderer(CHECK, "check", x="parameter", y="absolute", **folder))
    assert page.locator("circle > title").count() == len(CHECK)
    said = page.locator("svg text").all_text_contents()
    assert {"U", "W", "V", "1e-9", "1e-15"} <= set(said)
    assert page.locator("li").all_inner_texts() == [
        "workspace, complex step",
        "workspace, central differences",
    ]


def test_a_plot_of_nothing_says_so(drawn):
    rows = [{"epoch": 1, "bits": "", "rev": "workspace"}]
    assert "Nothing to draw." in drawn(VegaRenderer(rows, "none", x="epoch", y="bits")).content()
