"""What the documents consist of: headings, links, blocks of code, commands."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from ruamel.yaml import YAML

from tests.support.project import PROJECT

DOCUMENTS = sorted(
    path.relative_to(PROJECT).as_posix()
    for pattern in ("*.md", "docs/*.md")
    for path in PROJECT.glob(pattern)
)
_PARSER = MarkdownIt("commonmark").enable("table")


class Link(NamedTuple):
    """A link or a picture."""

    line: int  # of the paragraph in which it stands
    target: str
    names: tuple[str, ...]  # what of its text is set as code


class Block(NamedTuple):
    """A fenced block."""

    line: int
    kind: str  # what follows the fence, such as sh
    content: str
    after: Link | None  # the Python file that is named last before it, by a link or as code


class Document(NamedTuple):
    """What is looked at of a document."""

    headings: tuple[str, ...]  # as plain text
    links: tuple[Link, ...]
    blocks: tuple[Block, ...]
    code: tuple[str, ...]  # what is set as code within a sentence
    prose: str  # all but the blocks


@cache
def document(path: str) -> Document:
    """Return the parts of a document, by its path in the project."""
    text = (PROJECT / path).read_text(encoding="utf-8")
    headings, links, blocks, code, prose = [], [], [], [], text.splitlines()
    after = None
    tokens = _PARSER.parse(text)
    for index, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "fence":
            blocks.append(Block(line, token.info.strip(), token.content, after))
            prose[token.map[0] : token.map[1]] = [""] * (token.map[1] - token.map[0])
        elif token.type == "html_block":
            links += _links_of_html(token.content, line)
        elif token.type == "inline":
            here = _links(token.children, line)
            spans = [child.content for child in token.children if child.type == "code_inline"]
            files = [Link(line, span, ()) for span in spans if re.fullmatch(r"[\w/]+\.py", span)]
            for link in (*files, *here):
                after = link if link.target.endswith(".py") else after
            links, code = links + here, code + spans
            if tokens[index - 1].type == "heading_open":
                headings.append(_text(token.children))
    return Document(tuple(headings), tuple(links), tuple(blocks), tuple(code), "\n".join(prose))


def _links(tokens: list[Token], line: int) -> list[Link]:
    links, names, target = [], [], None
    for token in tokens:
        if token.type == "link_open":
            names, target = [], token.attrs["href"]
        elif token.type == "code_inline":
            names.append(token.content)
        elif token.type == "link_close":
            links.append(Link(line, target, tuple(names)))
        elif token.type == "image":
            links.append(Link(line, token.attrs["src"], ()))
        elif token.type == "html_inline":
            links += _links_of_html(token.content, line)
    return links


def _links_of_html(html: str, line: int) -> list[Link]:
    return [Link(line, target, ()) for target in re.findall(r'(?:href|src|srcset)="([^"]*)"', html)]


def _text(tokens: list[Token]) -> str:
    return "".join(token.content for token in tokens if token.type in ("text", "code_inline"))


def anchors(headings: tuple[str, ...]) -> set[str]:
    """Return the anchors that GitHub gives to headings."""
    given: dict[str, int] = {}
    found = set()
    for heading in headings:
        slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        count = given.get(slug, 0)
        given[slug] = count + 1
        found.add(f"{slug}-{count}" if count else slug)
    return found


def commands(block: Block) -> list[str]:
    """Return the command lines of a block, without their comments."""
    lines = block.content.replace("\\\n", " ").splitlines()
    bare = (re.sub(r"(^|\s+)#( .*)?$", "", line).strip() for line in lines)
    return [" ".join(line.split()) for line in bare if line]


@cache
def files_in_git() -> frozenset[str]:
    """Return the paths of all files in git, and of the folders that they are in."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    files = {name for name in listed if name}
    folders = {str(parent) for name in files for parent in Path(name).parents}
    return frozenset(files | folders)


@cache
def definitions(path: str) -> dict[str, tuple[int, int]]:
    """Return the names that a file defines, each with its first and last line, from 1 on.

    A name is as it is said in its own module and from others: `gradients` and `model.gradients`;
    of a method, with its class. Raises ValueError for a kind of file of which it is not known.
    """
    text, file = (PROJECT / path).read_text(encoding="utf-8"), Path(path)
    if file.suffix == ".py":
        found = dict(_python(ast.parse(text).body))
    elif file.suffix == ".yaml":
        found = dict.fromkeys(_keys(YAML(typ="safe").load(text)), (0, 0))
    elif file.suffix == ".js":
        found = dict.fromkeys(re.findall(r"(?:function|const|let|class) (\w+)", text), (0, 0))
    elif file.suffix == ".md":  # what it speaks of
        found = dict.fromkeys(document(path).code, (0, 0))
    elif file.name == "Makefile":
        found = dict.fromkeys(re.findall(r"(?m)^([\w-]+):", text), (0, 0))
    else:
        raise ValueError(f"what {path} defines is not known")
    return found | {f"{file.stem}.{name}": lines for name, lines in found.items()}


def _python(body: list[ast.stmt], owner: str = "") -> list[tuple[str, tuple[int, int]]]:
    found = []
    for node in body:
        lines = node.lineno, node.end_lineno
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append((owner + node.name, lines))
            if isinstance(node, ast.ClassDef):
                found += _python(node.body, f"{owner}{node.name}.")
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (name for target in targets for name in ast.walk(target))
            found += [(owner + name.id, lines) for name in names if isinstance(name, ast.Name)]
    return found


def _keys(value: object, *place: str) -> list[str]:
    found = [".".join(place)] if place else []
    if isinstance(value, dict):
        for name, inner in value.items():
            found += _keys(inner, *place, str(name))
    return found
