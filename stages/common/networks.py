"""The networks that the training has left, for the stages that hold them against the book."""

from collections.abc import Iterator
from pathlib import Path

from rnn.data.vocabulary import Vocabulary
from rnn.errors import InputError, Mismatched
from rnn.training.snapshot import Snapshot
from stages.common import paths


def snapshots(vocabulary: Vocabulary) -> Iterator[Snapshot]:
    """Return the snapshots in the order of their updates, each read when it is its turn.

    Raises InputError where there are none; what `load` raises comes when it is their turn.
    """
    found = sorted(paths.SNAPSHOTS.glob("*.npz"))
    if not found:
        raise InputError(f"{paths.SNAPSHOTS}: holds no snapshots; run `dvc repro train`")
    return (load(path, vocabulary) for path in found)


def load(path: Path, vocabulary: Vocabulary) -> Snapshot:
    """Return the network at `path`. Raises Mismatched where it was trained on another book's."""
    snapshot = Snapshot.load(path)
    if snapshot.vocabulary != vocabulary:
        raise Mismatched(f"{path}: has another vocabulary than {paths.VOCABULARY}")
    return snapshot
