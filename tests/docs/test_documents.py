"""That what the documents point at and quote is there."""

import ast
import posixpath
import re
import textwrap
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.documents import DOCUMENTS, Link, anchors, definitions, document, files_in_git
from tests.support.project import PROJECT

each_document = pytest.mark.parametrize("path", DOCUMENTS)
OTHER_NAMES_OF_SH = {"", "bash", "shell", "console", "zsh", "shell-session"}
# What MathJax (GitHub) and KaTeX (GitLab) both know, and the documents use.
MATHEMATICS = {
    *("aligned", "max", "min", "log", "tanh", "exp"),
    *("sum", "frac", "tfrac", "sqrt", "partial", "pm", "odot", "approx", "leftarrow", "dots"),
    *("mathrm", "mathsf", "text", "begin", "end", "quad", "qquad"),
    *("theta", "eta", "mu", "nu", "beta", "varepsilon"),
}


def target_of(path: str, link: Link) -> tuple[str, str]:
    """Return the path in the project and the anchor that a link leads to."""
    target, _, anchor = link.target.partition("#")
    folder = posixpath.dirname(path)
    return posixpath.normpath(posixpath.join(folder, target)) if target else path, anchor


def inner_links(path: str) -> list[tuple[Link, str, str]]:
    links = (link for link in document(path).links if not re.match(r"https?:", link.target))
    return [(link, *target_of(path, link)) for link in links]


@each_document
def test_each_link_leads_to_a_file_in_git_and_to_a_heading_that_it_has(path):
    for link, target, anchor in inner_links(path):
        place = f"{path}:{link.line}: {link.target}"
        assert target in files_in_git(), f"{place}: no such file in git"
        assert not re.match(r"L\d", anchor), f"{place}: lines move; name a function instead"
        if anchor:
            assert target.endswith(".md"), f"{place}: no headings"
            assert anchor in anchors(document(target).headings), f"{place}: no such heading"


@each_document
def test_what_a_link_sets_as_code_is_defined_in_the_file_that_it_leads_to(path):
    for link, target, _ in inner_links(path):
        for name in link.names:
            if not (target == name or target.endswith(f"/{name}") or (PROJECT / target).is_dir()):
                place = f"{path}:{link.line}: {link.target}"
                assert name in definitions(target), f"{place}: {name} is not there"


@each_document
def test_every_test_and_make_target_and_stage_that_a_document_names_is_there(path):
    tests = {
        name
        for file in PROJECT.glob("tests/**/test_*.py")
        for name in definitions(file.relative_to(PROJECT).as_posix())
    }
    for code in document(path).code:
        if re.fullmatch(r"test_\w+", code):
            assert code in tests, f"{path}: {code}"
        if command := re.match(r"make ([a-z]\w*)", code):
            assert command[1] in definitions("Makefile"), f"{path}: {code}"
        if command := re.match(r"python -m ([\w.]+)", code):
            module = command[1].replace(".", "/")
            found = {f"{module}.py", f"{module}/__main__.py"} & files_in_git()
            assert found or module.startswith("distributed/"), f"{path}: {code}"


@each_document
def test_commands_stand_in_blocks_of_sh(path):
    """Where they are looked at: see test_commands."""
    for block in document(path).blocks:
        kind = (block.kind or " ").split(maxsplit=1)
        assert kind and kind[0] not in OTHER_NAMES_OF_SH, f"{path}:{block.line}: {block.kind!r}"


def quotations(path: str) -> list[tuple[int, str, list[str], str]]:
    """Return line, source, quoted lines and the lines among which these must stand, of each block.

    What follows the name of a file that is not in git is that of a file for the reader to write.
    """
    found = []
    for block in document(path).blocks:
        if block.kind != "python":
            continue
        assert block.after, f"{path}:{block.line}: which file is quoted?"
        if block.after not in document(path).links and block.after.target not in files_in_git():
            continue
        source, _ = target_of(path, block.after)
        lines = (PROJECT / source).read_text(encoding="utf-8").splitlines()
        for name in block.after.names[-1:]:
            first, last = definitions(source)[name]
            lines = lines[first - 1 : last]
        found.append((block.line, source, block.content.splitlines(), lines))
    return found


@each_document
def test_a_block_of_python_that_is_not_run_is_quoted_from_what_the_last_link_names(path):
    for place, source, quoted, lines in quotations(path):
        count = len(quoted)
        stretches = (lines[start : start + count] for start in range(len(lines) - count + 1))
        assert any(
            textwrap.dedent("\n".join(stretch)).splitlines() == quoted for stretch in stretches
        ), f"{path}:{place}: not in {source}"


def test_no_line_of_the_equations_is_left_out():
    source = "rnn/model.py"
    quoted = {
        line.strip()
        for _, of, lines, _ in quotations("docs/equations.md")
        if of == source
        for line in lines
    }
    text = (PROJECT / source).read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name != "initial_parameters":
            _docstring, *body = node.body
            lines = text.splitlines()[body[0].lineno - 1 : node.end_lineno]
            missing = {line.strip() for line in lines} - quoted - {""}
            assert not missing, f"{node.name}: {missing}"


@each_document
def test_mathematics_is_what_the_usual_hosts_all_render(path):
    """Inline between $` and `$, which must not touch a letter; else in a block of math."""
    prose = document(path).prose
    formulas = [block.content for block in document(path).blocks if block.kind == "math"]
    for found in re.finditer(r"\$`([^`]+)`\$", prose):
        formulas.append(found[1])
        around = prose[found.start() - 1], prose[found.end() : found.end() + 1]
        assert not any(re.match(r"[\w$\\-]", sign) for sign in around), found[0]
    assert "$" not in re.sub(r"\$`[^`]+`\$|`[^`]*`", "", prose), "mathematics in other marks"
    for formula in formulas:
        words = set(re.findall(r"\\([a-zA-Z]+)", re.sub(r"\\(begin|end)\{aligned\}", "", formula)))
        assert words <= MATHEMATICS, f"{path}: {formula}: try it in MathJax and in KaTeX"
        braces = re.sub(r"\\[{}]", "", formula)
        assert braces.count("{") == braces.count("}"), formula


@pytest.mark.parametrize("path", sorted(PROJECT.glob("docs/*.svg")), ids=lambda path: path.name)
def test_a_drawing_is_sound_and_loads_nothing(path: Path):
    text = path.read_text(encoding="utf-8")
    ElementTree.fromstring(text)
    assert not re.search(r"(?:href|src)=\"(?!#)|url\((?!#)|@import|<script", text)


def test_anchors_are_those_of_github():
    headings = ("What a `dvc repro` costs: time, money", "Écrire", "p − y", "Twice", "Twice")
    assert anchors(headings) == {
        "what-a-dvc-repro-costs-time-money",
        "écrire",
        "p--y",
        "twice",
        "twice-1",
    }
