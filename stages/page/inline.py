"""Style and script put into the page itself, so that it is one file which needs no other.

The script is written as modules. Browsers load a module from a file only if it comes from a server,
so they are joined into one: the lines that import and the word export go, and top-level names are
to be unique over all of them, which a test holds.
"""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from markupsafe import Markup

_IMPORT = re.compile(r'(?m)^import \{[^}]*\} from "\./(\w+)\.js";\n')
_EXPORT = re.compile(r"(?m)^export (?=(?:async )?(?:function|const|let|class)\b)")
# What would end a block, or begin a comment in it; in U+2028 and U+2029 old readers see a new line.
_UNSAFE = {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def joined_modules(folder: Path, entry: str) -> str:
    """Return the module `entry` with all that it imports, directly or not, before it."""
    modules: dict[str, str] = {}

    def visit(name: str) -> None:
        if name in modules:
            return
        text = (folder / f"{name}.js").read_text(encoding="utf-8")
        modules[name] = ""  # those that import each other come in either order
        for imported in _IMPORT.findall(text):
            visit(imported)
        del modules[name]
        modules[name] = _EXPORT.sub("", _IMPORT.sub("", text)).strip("\n")

    visit(entry)
    return "\n\n".join(modules.values()) + "\n"


def verbatim(text: str, tag: str) -> Markup:
    """Return our own style or script as it stands. Raises ValueError where it would end its tag."""
    if re.search(rf"(?i)</{tag}|<!--", text):
        raise ValueError(f"the page's {tag} holds what would end it")
    return Markup(text)


def json_block(value: Any) -> Markup:
    """Return JSON that no text in it can end or turn into markup."""
    text = json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )
    return Markup(text.translate(str.maketrans(_UNSAFE)))


def content_hash(text: str) -> str:
    """Return what a Content-Security-Policy names an inline block by: that of its UTF-8."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
