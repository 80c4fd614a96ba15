"""What a stage depends on and what it writes, which must not change while it runs.

DVC reads params and hashes deps when a stage's command has ended, not when it begins: it would
record what was edited meanwhile with the result of what stood there before. So a stage's last act
is to compare all that dvc.yaml says it depends on with what it was when the stage began, and its
outputs with what it wrote.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from rnn.errors import InputError
from rnn.storage import files, locking
from rnn.storage.stamp import stamp
from stages.common import params, paths, startup
from stages.common.params import Params

_PATIENCE = 60.0  # seconds for another process at the stage, which ends soon if its DVC was killed


class Inputs:
    """The params and deps of a stage, as they were when it began."""

    def __init__(self, stage: str, file: Path) -> None:
        with files.open_input(file) as opened:
            pipeline = YAML(typ="safe", pure=True).load(opened)["stages"][stage]
        self._stage = stage
        self._params_stamp = stamp(paths.PARAMS)
        self.params = params.load()
        keys = [key for key in pipeline["params"] if isinstance(key, str)]  # else all are
        whole = [Path(name) for key in pipeline["params"] if isinstance(key, dict) for name in key]
        values = {name: str(value) for name, value in params.flat(self.params).items()}
        self._keys = [_filled(key, values) for key in keys]
        self._deps = [file, *(Path(_filled(dep, values)) for dep in pipeline["deps"])]
        self._deps += [path for path in whole if path != paths.PARAMS]
        self._outputs = [
            Path(name)
            for kind in ("outs", "metrics", "plots")
            for name, options in map(_output, pipeline.get(kind, []))
            if not options.get("persist")  # of these, most is from before
        ]
        self._stamps = self._current_stamps()
        # Modules were read before, while imports went on.
        for path, found in self._stamps.items():
            if path in startup.CODE and found != startup.CODE[path]:
                raise InputError(f"{path}: was edited while it was imported; run it again")

    def require_unchanged(self) -> None:
        """Raise InputError that names what has changed since the stage began, if anything has."""
        if change := self.change():
            raise self.stopped_by(change)

    def stopped_by(self, change: str) -> InputError:
        """Return the error for a change."""
        return InputError(
            f"{self._stage}: stopped by {change}, while it ran: its result is not that of what is "
            "there now; run it again"
        )

    def change(self) -> str | None:
        """Return what has changed since the stage began, in words, or None."""
        now = self._current_stamps()
        for path in sorted({*now, *self._stamps}):
            if now.get(path) != self._stamps.get(path):
                return f"a change of {path}"
        params_stamp = stamp(paths.PARAMS)
        if params_stamp == self._params_stamp:
            return None
        before = _values(self.params, self._keys)
        try:
            after = _values(params.load(), self._keys)
        except InputError as error:
            return f"a change of {error}"
        for key in before:
            if before[key] != after[key]:
                return f"a change of {key} in {paths.PARAMS} from {before[key]!r} to {after[key]!r}"
        self._params_stamp = params_stamp
        return None

    def changed_output(self) -> str | None:
        """Return what of the outputs is not what this process has written, in words, or None.

        `dvc checkout` in a second terminal, say, puts older ones in their place.
        """
        written = {
            path: written
            for path, written in files.WRITTEN.items()
            if any(path.is_relative_to(output) for output in self._outputs)
        }
        there = (path for output in self._outputs for path in _parts(output))
        found = {path: stamp(path) for path in there if not path.is_dir()}
        for path in sorted({*written, *found}):
            if written.get(path) is None or found.get(path) != written[path]:
                return f"a change of {path}, which it writes"
        return None

    def _current_stamps(self) -> dict[Path, tuple[int, ...] | None]:
        return {path: stamp(path) for dep in self._deps for path in _parts(dep)}


@contextmanager
def held(stage: str, file: Path = paths.PIPELINE) -> Iterator[Inputs]:
    """Yield the inputs of a stage, and let no other process run it; at the end, look once more.

    `file` is the dvc.yaml that has the stage. Raises InputError that names what has changed, or
    the process that is at work on the stage.
    """
    work = f"stage {stage} in this folder"
    with locking.take(paths.lock(stage), work, lambda seconds: seconds > _PATIENCE):
        inputs = Inputs(stage, file)
        try:
            yield inputs
        except InputError as error:
            change = inputs.change()
            if change is None or change in str(error):
                raise
            raise inputs.stopped_by(change) from error  # which it may well have caused
        if change := inputs.changed_output():
            raise inputs.stopped_by(change)
        inputs.require_unchanged()


def _parts(path: Path) -> Iterator[Path]:
    """Yield a path and, of a folder, all that is in it but for what .dvcignore names."""
    # Python changes a folder of code when it puts its compiled code there.
    if not (path.is_dir() and path.parts[0] in startup.PACKAGES):
        yield path
    for part in sorted(path.rglob("*")):
        if "__pycache__" not in part.parts and not fnmatch(part.name, ".*.tmp"):
            yield part


def _output(entry: str | dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the path of an output in dvc.yaml, and its options."""
    return next(iter(entry.items())) if isinstance(entry, dict) else (entry, {})


def _filled(text: str, values: dict[str, str]) -> str:
    """Return an entry of dvc.yaml with the values of the params that it names in their place."""
    return re.sub(r"\$\{([\w.]+)\}", lambda found: values[found[1]], text)


def _values(settings: Params, keys: list[str]) -> dict[str, Any]:
    """Return param -> value for the params that `keys` name, or whose sections they name."""
    return {
        name: value
        for name, value in params.flat(settings).items()
        if not keys or any(f"{name}.".startswith(f"{key}.") for key in keys)
    }
