"""The page as a file: whole in itself, the same each time, and no book can put anything into it."""

import base64
import hashlib
import html.parser
import json
import re
import sys

import pytest

from rnn.data.vocabulary import Vocabulary
from stages import report
from stages.common import paths
from stages.page import inline, sections
from stages.page.html import visible
from tests.support import handed
from tests.support.project import PROJECT

SCRIPTS = PROJECT / paths.PAGE_SOURCES / "script"
HOSTILE = (
    "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>\"'`{{7*7}}"
    "\x00\x07\x1b[31m\u202e\u2066\u200f\u2028\u2029&lt;ａ🎉é𝒳]]>"
)


class Elements(html.parser.HTMLParser):
    """All elements of a page, and the texts of those that hold text alone."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.found, self.texts = [], {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.found:
            tag, attributes = self.found[-1]
            self.texts.setdefault(attributes.get("id") or attributes.get("type") or tag, data)


def hostile(folder):
    """Have every file that the report reads hold hostile text."""
    book = (HOSTILE + "abcde") * 3
    handed.write(folder, Vocabulary.of(book), book)
    for path, key in ((paths.EVOLUTION, "text"), (paths.BEST_TEXT_PROBABILITIES, "text")):
        value = json.loads(path.read_text())
        for entry in value if isinstance(value, list) else [value]:
            entry[key] = book
            if "probabilities" in entry:
                entry["probabilities"] = [0.5] * len(book)
        path.write_text(json.dumps(value))


def test_the_page_is_the_same_when_it_is_made_again(folder):
    report.main()
    first = paths.PAGE.read_bytes()
    paths.PAGE.unlink()
    report.main()
    assert paths.PAGE.read_bytes() == first


def test_the_page_is_the_same_without_the_newer_instructions_of_the_cpu(trained):
    before = trained.outputs()
    without = "NPY_DISABLE_CPU_FEATURES=AVX2 FMA3 AVX512F"
    command = (sys.executable, "-W", "ignore", "-m", "stages.report")
    done = trained.run("env", without, "OPENBLAS_CORETYPE=Prescott", *command)
    assert done.returncode == 0, done.stderr
    assert trained.outputs() == before


def test_the_page_names_no_other_file_and_no_address(folder):
    report.main()
    for tag, attributes in Elements(paths.PAGE.read_text()).found:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        for name in ("src", "href", "srcset", "action", "xlink:href"):
            address = attributes.get(name)
            assert address is None or address.startswith(("#", "data:image/"))
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    style = (paths.PAGE_SOURCES / "style.css").read_text()
    assert "url(" not in style and "@import" not in style


def test_the_policy_allows_this_script_and_this_style_and_nothing_else(folder):
    report.main()
    page = paths.PAGE.read_text()
    (policy,) = (
        attributes["content"]
        for tag, attributes in Elements(page).found
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data:"
    for tag, name in (("style", "style-src"), ('script type="module"', "script-src")):
        (text,) = re.findall(rf"(?s)<{tag}>(.*?)</{tag.split()[0]}>", page)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"


def test_a_hostile_book_puts_no_element_into_the_page(folder):
    report.main()
    plain = Elements(paths.PAGE.read_text())
    hostile(folder)
    report.main()
    written = paths.PAGE.read_text(encoding="utf-8")
    found = Elements(written)

    def kinds(elements):
        repeated = ("i", "b", "text", "line", "td", "th", "tr", "li", "circle", "option")
        return [tag for tag, _ in elements.found if tag not in repeated]

    assert kinds(found) == kinds(plain)
    assert "alert(1)</" not in written and not re.search("[\x00-\x08\x0b-\x1f\x7f]", written)


def test_a_text_in_a_json_block_stays_what_it_is_and_ends_nothing():
    block = inline.json_block({"text": HOSTILE})
    assert json.loads(block) == {"text": HOSTILE}
    assert not re.search("[<>&\u2028\u2029]", block)


def test_control_characters_are_shown_as_pictures():
    assert visible("a\nb\x00\x1b\x7f\t") == "a\nb␀␛␡␉"


def test_a_book_of_very_many_characters_makes_a_page_without_a_map_of_them(folder):
    book = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))
    handed.write(folder, Vocabulary.of(book), book)
    report.main()
    page = paths.PAGE.read_text(encoding="utf-8")
    assert 'id="characters"' not in page and len(page.encode()) < 2_000_000


def test_a_network_that_is_too_large_for_the_page_is_left_out(folder, monkeypatch):
    report.main()
    assert 'id="writes"' in paths.PAGE.read_text()
    monkeypatch.setattr(sections, "_LARGEST_NETWORK", 100)
    report.main()
    page = paths.PAGE.read_text()
    assert 'id="writes"' not in page and 'href="#writes"' not in page
    assert '<script type="application/json" id="writer-data">null</script>' in page


def test_modules_are_joined_in_order_without_imports_and_exports(tmp_path):
    for name, text in {
        "main": 'import { a } from "./a.js";\nimport { b } from "./b.js";\n\na(b);\n',
        "a": 'import { b } from "./b.js";\n\nexport function a() {}\n',
        "b": "export const b = 1;\n",
    }.items():
        (tmp_path / f"{name}.js").write_text(text)
    assert inline.joined_modules(tmp_path, "main") == "const b = 1;\n\nfunction a() {}\n\na(b);\n"


def test_top_level_names_are_unique_over_the_modules_of_the_script():
    joined = inline.joined_modules(SCRIPTS, "main")
    assert not re.search(r"(?m)^(import|export) ", joined)
    names = re.findall(r"(?m)^(?:async )?(?:function\*?|const|let|class) (\w+)", joined)
    for group in re.findall(r"(?m)^(?:const|let) [\[{](.*?)[\]}] =", joined):
        names += re.findall(r"\w+", group)
    assert len(names) == len(set(names)) > 10


def test_every_module_of_the_script_is_in_the_page():
    joined = inline.joined_modules(SCRIPTS, "main")
    for path in SCRIPTS.glob("*.js"):
        assert path.read_text().splitlines()[0] in joined


@pytest.mark.parametrize("text", ["</style>", "</STYLE", "<!--"])
def test_a_style_that_would_end_itself_is_refused(text):
    with pytest.raises(ValueError, match="style"):
        inline.verbatim(text, "style")


def test_the_default_book_s_page_is_small():
    assert (PROJECT / paths.PAGE).stat().st_size < 2_000_000
