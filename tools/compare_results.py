"""Compare what `dvc repro` has made with what the last commit records; `make verify` does this.

All that is promised must have the same bytes. Not promised are the figures of the gradient check:
they are the rounding noise of the CPU's linear algebra. So its table may differ, and the report in
the rows that show it.
"""

import re
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

RESULTS = "dvc.lock"
NOISE = "data/gradient_check/table.json"
REPORT = "reports/report.md"
ROW_OF_NOISE = re.compile(r"(?m)^\| [UWVbc] \|.*\n")


def main() -> None:
    """Exit with the paths of the outputs that differ, if any do."""
    made, recorded = hashes(Path(RESULTS).read_text()), hashes(committed(RESULTS))
    different = {path for path in {*made, *recorded} if made.get(path) != recorded.get(path)}
    different -= {NOISE}
    if without_noise(Path(REPORT).read_text()) == without_noise(committed(REPORT)):
        different -= {REPORT}
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


def without_noise(report: str) -> str:
    """Return the report without the rows that are not promised."""
    return ROW_OF_NOISE.sub("", report)


if __name__ == "__main__":
    main()
