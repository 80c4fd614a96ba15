"""The winner of a sweep into params.yaml."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
import io

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
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 1000
    values = yaml.load(of_the_project.PARAMS.read_text(encoding="utf-8"))
    for param, value in found["params"].items():
        section, _, name = param.partition(".")
        if name not in values.get(section, {}):
            raise Damaged(paths.METRICS, f"{param} is no param")
        values[section][name] = value
    changed = io.StringIO()
    yaml.dump(values, changed)
    params.check(Params, YAML(typ="safe").load(changed.getvalue()), f"{paths.METRICS}: ")
    files.write_text(of_the_project.PARAMS, changed.getvalue())
    words = ", ".join(f"{param} {value}" for param, value in found["params"].items()) or "no param"
    print(f"{of_the_project.PARAMS}: {words}, as {found['winner']} has them; now `dvc repro`")


if __name__ == "__main__":
    command.run(main)
