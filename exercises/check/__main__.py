"""Checks the exercises in their order: `python -m exercises.check`."""

import argparse
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from exercises.check import learning, measuring, network, vocabulary, writing
from exercises.check.student import Mistake, NotDone, call, find, guarded, stopped_at
from exercises.parameters import Parameters, initial_parameters

EXERCISES: tuple[Callable[[], None], ...] = (  # in order; each has the name of what it checks
    vocabulary.distinct_characters,
    vocabulary.encode,
    vocabulary.decode,
    vocabulary.window,
    network.softmax,
    network.forward,
    network.loss,
    network.backward,
    learning.clip,
    learning.adagrad,
    writing.draw,
    writing.at_temperature,
    writing.write,
    learning.adam,
    measuring.bits_a_character,
)
UPDATES = 20_000  # about a minute, and about once through the book
BOOK = Path(__file__).parents[2] / "data" / "raw" / "tide-clock.txt"
_HIDDEN_SIZE, _WINDOW, _TEMPERATURE = 100, 25, 0.7
_WIDTH = 88


def main(arguments: list[str] | None = None) -> int:
    """Check the exercises, then let the network learn; return 0 if all is well, else 1."""
    parser = argparse.ArgumentParser(prog="python -m exercises.check", description=__doc__)
    parser.add_argument(
        "--updates",
        type=int,
        default=UPDATES,
        help=f"of the training once all exercises are done ({UPDATES}: about a minute); 0: none",
    )
    updates = parser.parse_args(arguments).updates
    console = Console(highlight=False, soft_wrap=True, markup=False)
    try:
        return 0 if _check(console) and (updates < 1 or _show(console, updates)) else 1
    except KeyboardInterrupt as stop:
        _say(console, f"{stopped_at(stop) or 'Stopped'}, by Ctrl-C.")
        return 1


def _check(console: Console) -> bool:
    for number, check in enumerate(EXERCISES, start=1):
        name, file = check.__name__, f"exercises/{_module(check)}.py"
        line = f"{number:2} {name:20} {file}"
        try:
            find(_module(check), name)
            check()
        except NotDone:
            console.print(f"  - {line}", style="yellow")
            done = f"{number - 1} of {len(EXERCISES)} exercises pass."
            _say(
                console,
                f"{done} Next is exercise {number}: {name}, in {file}. Its docstring says what "
                "is wanted; write it in place of `raise NotImplementedError`, and check again.",
            )
            return False
        except Mistake as mistake:
            console.print(f"  x {line}", style="red")
            _say(console, *mistake.paragraphs)
            return False
        console.print(f"  + {line}", style="green")
    _say(console, f"All {len(EXERCISES)} exercises pass.")
    return True


def _show(console: Console, updates: int) -> bool:
    """Train the student's network on the default book, and show what it writes before and after."""
    try:
        text = BOOK.read_text(encoding="utf-8")
    except OSError as error:
        _say(console, f"The book cannot be read, so there is no training. {error}")
        return False
    try:
        _train(console, text, updates)
    except Mistake as mistake:
        _say(console, "The training cannot go on.", *mistake.paragraphs)
        return False
    return True


def _train(console: Console, text: str, updates: int) -> None:
    train = find("training", "train")
    characters = call("vocabulary.distinct_characters", text)
    indices = call("vocabulary.encode", text, characters)
    start = initial_parameters(len(characters), _HIDDEN_SIZE, np.random.default_rng(0))
    _say(
        console,
        f"Now it learns: {updates} updates on {text.splitlines()[0]}, {len(text)} characters. What "
        f"it writes before, at temperature {_TEMPERATURE}:",
    )
    console.print(_written(start, characters, text[0]))
    counted = track(range(updates), "learning", console=console)
    learnt, losses = guarded("train", train, start, indices, counted, _WINDOW)
    _say(console, f"What it writes after, at temperature {_TEMPERATURE}:")
    console.print(_written(learnt, characters, text[0]))
    last = losses[-1000:].mean()
    bits = call("measuring.bits_a_character", float(last), _WINDOW)
    _say(
        console,
        f"Loss of its last {min(updates, 1000)} windows: {last:.2f} nats a window, {bits:.2f} bits "
        f"a character. It began with {losses[0]:.2f} nats; knowing nothing costs {_WINDOW} log "
        f"{len(characters)} = {_WINDOW * np.log(len(characters)):.2f}.",
    )


def _written(parameters: Parameters, characters: str, first: str) -> str:
    h = np.zeros(_HIDDEN_SIZE)
    rng = np.random.default_rng(1)
    indices = call("writing.write", parameters, h, characters.index(first), 400, rng, _TEMPERATURE)
    lines = call("vocabulary.decode", indices, characters).split("\n")
    return textwrap.indent("\n".join(textwrap.fill(line, _WIDTH - 4) for line in lines), "    ")


def _module(check: Callable[[], None]) -> str:
    return check.__module__.rpartition(".")[2]


def _say(console: Console, *paragraphs: str) -> None:
    console.print(f"\n{laid_out(*paragraphs)}\n")


def laid_out(*paragraphs: str) -> str:
    """Return paragraphs in lines that fit a terminal; one that begins with spaces as it is."""
    return "\n\n".join(
        paragraph if paragraph.startswith(" ") else textwrap.fill(paragraph, _WIDTH)
        for paragraph in paragraphs
    )


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # a terminal may lack a character of the book
    sys.exit(main())
