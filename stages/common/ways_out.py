"""What a user is to do about an error of `rnn`, in terms of params.yaml and of DVC."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rnn import errors
from stages.common import paths


def explained(error: errors.InputError) -> str:
    """Return in one line the fact and the way out; a stage's own error says both itself."""
    way_out = WAYS_OUT.get(type(error))
    if way_out is None:
        return str(error)
    return errors.printable(f"{error}; {way_out if isinstance(way_out, str) else way_out(error)}")


def _in_place_of(error: errors.Unreadable) -> str:
    if error.path in (paths.PARAMS, paths.PIPELINE):
        return "run this in the project's folder"
    ours = [path for path in vars(paths).values() if isinstance(path, Path)]
    if any(error.path.is_relative_to(path) for path in ours):
        return "run `dvc repro` to make it"
    return "set corpus.path to a text file"  # of all that is read, the book alone is the user's


LEARN_SLOWER = "lower the optimiser's learning_rate, or raise adagrad.initial_accumulator"
WAYS_OUT: dict[type[errors.InputError], str | Callable[[Any], str]] = {
    errors.Unreadable: _in_place_of,
    errors.Forbidden: "make it readable",
    errors.Damaged: "delete it and run `dvc repro` to make it anew",
    errors.Mismatched: (
        "run `dvc repro --force preprocess`, then `dvc repro`, to make both from the same book"
    ),
    errors.Overwritten: "run it again",
    errors.Busy: "wait for it or stop it",
    errors.WrongEncoding: lambda error: f"set corpus.encoding to {error.suggestion}",
    errors.UnfitBook: "set corpus.path to another text",
    errors.TooShort: (
        "take a longer book, a shorter window (train.sequence_length, "
        "gradient_check.sequence_length), fewer streams (train.batch_size) or another "
        "corpus.holdout"
    ),
    errors.UnknownCharacter: "use those only, or set corpus.unknown to nearest or skip",
    errors.Diverged: LEARN_SLOWER,
    errors.BadEnvironment: "unset it to use all cores",
}
