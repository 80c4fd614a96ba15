"""The winner of a sweep into params.yaml."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
from ruamel.yaml import YAML

from rnn.errors import Damaged
from rnn.storage import files
from stages.common import command, params
from stages.common import paths as of_the_project
from stages.common.params import Params
from sweep import paths


def main() -> None:
    """Write the winner's params into params.yaml; comments, order and seeds stay as they are."""
    found = files.read_json(paths.METRICS)
    if not isinstance(found, dict) or not isinstance(found.get("params"), dict):
        raise Damaged(paths.METRICS, "names no params")
    params.load()  # refuses a file that is wrong already
    text = of_the_project.PARAMS.read_text(encoding="utf-8")
    try:
        changed = params.with_values(text, found["params"])
    except KeyError as error:
        raise Damaged(paths.METRICS, f"{error.args[0]} is no param") from None
    params.check(Params, YAML(typ="safe").load(changed), f"{paths.METRICS}: ")
    files.write_text(of_the_project.PARAMS, changed)
    words = ", ".join(f"{param} {value}" for param, value in found["params"].items()) or "no param"
    print(f"{of_the_project.PARAMS}: {words}, as {found['winner']} has them; now `dvc repro`")


if __name__ == "__main__":
    command.run(main)
