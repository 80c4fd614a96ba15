"""Compare what `dvc repro` has made with what the last commit records; `make verify` does this.

All that is promised must have the same bytes. Not promised are the figures of the gradient check:
they are the rounding noise of the CPU's linear algebra. So its table may differ, the report in the
rows that show it, and the page between the comments that say so.
"""

import re
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

RESULTS = "dvc.lock"
NOISE = "data/gradient_check/table.json"
SHOW_NOISE = {
    "reports/report.md": re.compile(r"(?m)^\| [UWVbc] \|.*\n"),
    "reports/report.html": re.compile(
        r"(?s)<!-- rounding noise -->.*?<!-- end of rounding noise -->"
    ),
}


def main() -> None:
    """Exit with the paths of the outputs that differ, if any do."""
    made, recorded = hashes(Path(RESULTS).read_text()), hashes(committed(RESULTS))
    different = {path for path in {*made, *recorded} if made.get(path) != recorded.get(path)}
    different -= {NOISE}
    for path, noise in SHOW_NOISE.items():
        if path in made and noise.sub("", Path(path).read_text()) == noise.sub("", committed(path)):
            different -= {path}
    if different:
        sys.exit(f"error: not what {RESULTS} records: {', '.join(sorted(different))}")
    print(f"{len(recorded)} outputs: all that is promised has the bytes that {RESULTS} records")


def hashes(lock: str) -> dict[str, str]:
    """Return output -> hash."""
    stages = YAML(typ="safe").load(lock)["stages"].values()
    return {output["path"]: output["md5"] for stage in stages for output in stage["outs"]}


def committed(path: str) -> str:
    """Return what the last commit has at a path."""
    return subprocess.run(
        ["git", "show", f"HEAD:{path}"], capture_output=True, check=True, text=True
    ).stdout


if __name__ == "__main__":
    main()
