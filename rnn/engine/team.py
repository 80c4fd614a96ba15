"""Threads that make one update together, phase by phase.

Each phase is cut into as many shares as there are threads. A thread takes its own share and, when
it is done with it, any that nobody has begun; the next phase begins when all shares are done. So
where another process has the core of one, the others do its work, and wait for nobody who has not
begun. What is added up, and in which order, does not depend on who does it: any number of threads
gives the same bytes.

Phases take microseconds, for which locks are slow. So a thread that waits looks again and again,
then gives way to others, then sleeps a little.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from llvmlite import ir

from rnn.engine.compilation import inlined, intrinsic, types
from rnn.errors import BadEnvironment

VARIABLE = "RNN_THREADS"
MOST = 256
# A thread more is worth its meetings from so many multiplications an update on; of a single stream
# only where it has so many units of its own.
_WORTH_A_THREAD, _UNITS_A_THREAD = 1_000_000, 128
_FEW_STREAMS = 16
_LOOKS, _YIELDS, _MICROSECONDS = 2_000, 1_000, 50
_LINE = 8  # int64s in a line of the CPU's caches, which two counters must not share


class Team(NamedTuple):
    """A thread's place among those that work together."""

    rank: int  # from 0 on
    size: int
    # int64, a line each: how many shares are done, of all phases; and for each share, the last
    # phase of which it has been taken.
    board: np.ndarray


def _board(size: int) -> np.ndarray:
    return np.zeros((1 + size) * _LINE, np.int64)


def allowed() -> int:
    """Return how many threads may be used: RNN_THREADS, or else the cores of this process.

    Raises BadEnvironment where the variable is no number from 1 to 256.
    """
    value = os.environ.get(VARIABLE, "").strip()
    if not value:
        return min(_cores(), MOST)
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= MOST):
        raise BadEnvironment(f"{VARIABLE} is {value!r}, but threads are a number from 1 to {MOST}")
    return int(value)


def _cores() -> int:
    """Return how many cores the process may use: by its affinity, and by its control group."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, min(cores, round(int(quota) / int(period))))
    except (OSError, ValueError):  # no control group, or no limit
        return cores


def helpful(B: int, m: int, K: int, T: int) -> int:
    """Return how many threads an update is worth: more would wait for each other.

    Streams are shared out; of a few wide ones the hidden units are.
    """
    shares = max(B, m // _UNITS_A_THREAD)
    return max(1, min(shares, 3 * B * T * m * (m + K) // _WORTH_A_THREAD))


def together(size: int, work: Callable[[Team], None]) -> None:
    """Call `work` in so many threads at once, or in as many as the system lets start."""
    board = _board(size)
    ready, members = threading.Event(), 1

    def follow(rank: int) -> None:
        ready.wait()
        work(Team(rank, members, board))

    threads = []
    for rank in range(1, size):
        thread = threading.Thread(target=follow, args=(rank,), daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system lets no more start
            break
        threads.append(thread)
    members += len(threads)
    ready.set()
    work(Team(0, members, board))
    for thread in threads:
        thread.join()


@inlined
def part(count, share, shares):
    """Return the first of a share's part of `count` things, and the one after its last."""
    return share * count // shares, (share + 1) * count // shares


@inlined
def shares_units(team, B, m):
    """Tell whether the threads share out the units of all streams, or the streams.

    Where each would have few streams of many units, W would pass through every core for a few rows:
    then each has columns of its own.
    """
    return team.size > 1 and m >= 2 * _UNITS_A_THREAD and B // team.size < _FEW_STREAMS


@inlined
def take(team, phase, turn):
    """Return a share that nobody has taken in this phase, or -1; in turn 0, the member's own.

    Phases count from 1 on. Where a share is taken, `finish` must follow; where all turns are over,
    `meet`.
    """
    if team.size == 1:
        return 0
    share = (team.rank + turn) % team.size
    place = (1 + share) * _LINE
    last = _read(team.board, place)
    return share if last < phase and _replace(team.board, place, last, phase) else -1


@inlined
def finish(team):
    """Say that a share is done: what was written is then seen by all."""
    if team.size > 1:
        _add(team.board, 0, 1)


@inlined
def meet(team, phase):
    """Wait until all shares of a phase are done."""
    looks = 0
    while team.size > 1 and _read(team.board, 0) < phase * team.size:
        looks += 1
        if looks > _LOOKS + _YIELDS:
            _usleep(_MICROSECONDS)
        elif looks > _LOOKS:
            _sched_yield()


_sched_yield = types.ExternalFunction("sched_yield", types.int32())
_usleep = types.ExternalFunction("usleep", types.int32(types.uint32))


@intrinsic
def _read(typing, board, index):
    """Return a number that other threads change."""

    def generate(context, builder, signature, values):
        return builder.load_atomic(_pointer(context, builder, signature, values), "acquire", 8)

    return types.int64(board, types.intp), generate


@intrinsic
def _add(typing, board, index, value):
    """Add to a number that other threads change, and return what it was."""

    def generate(context, builder, signature, values):
        pointer = _pointer(context, builder, signature, values)
        return builder.atomic_rmw("add", pointer, values[2], "seq_cst")

    return types.int64(board, types.intp, types.int64), generate


@intrinsic
def _replace(typing, board, index, old, new):
    """Put a number in the place of another, and tell whether that was still there."""

    def generate(context, builder, signature, values):
        pointer = _pointer(context, builder, signature, values)
        found = builder.cmpxchg(pointer, values[2], values[3], "seq_cst", "seq_cst")
        return builder.extract_value(found, 1)

    return types.boolean(board, types.intp, types.int64, types.int64), generate


def _pointer(context, builder, signature, values) -> ir.Value:
    data = context.make_array(signature.args[0])(context, builder, values[0]).data
    return builder.gep(data, [values[1]])
