"""The page's network writes what the compiled engine writes, character for character."""

import sys
import unicodedata

import numpy as np
import pytest

from rnn import rng
from rnn.data.vocabulary import Vocabulary
from rnn.engine import Draw, compiled
from rnn.errors import UnknownCharacter
from rnn.evaluation import sampling
from rnn.training.snapshot import Snapshot
from stages.common import paths
from stages.page import inline, writer
from tests.support.networks import network, numbers
from tests.support.project import PROJECT

SCRIPTS = PROJECT / paths.PAGE_SOURCES / "script"
LETTERS = "".join(map(chr, range(32, 112)))
CASES = {  # by name: the characters, m, the type, the standard deviation of the parameters
    "default": (LETTERS, 100, "float32", 0.3),
    "float64": (LETTERS, 100, "float64", 0.3),
    "tiny": ("ab", 3, "float32", 2.0),
    "more than a byte holds": ("".join(map(chr, range(0x4E00, 0x4E00 + 300))), 37, "float32", 0.5),
    "beyond 16 bits": ("abc🌊🐚", 20, "float64", 0.7),
    "saturated": (LETTERS[:20], 33, "float32", 30.0),
}
WRITE = """
({ setting, length }) => {
  const primed = vocabulary.encode(setting.prime);
  const writing = new Writing(net, primed, { ...setting, seed: BigInt(setting.seed) });
  const text = [], probabilities = [];
  for (let i = 0; i < length; i += 1) {
    const { index, probability } = writing.next();
    text.push(vocabulary.characters[index]);
    probabilities.push(probability);
  }
  return { text: text.join(""), probabilities };
}
"""


def snapshot(case):
    characters, m, dtype, std = CASES[case]
    parameters = network(len(characters), m, std, seed=5).astype(dtype)
    hidden = numbers(6).uniform(-1, 1, m).astype(dtype)
    return Snapshot(parameters, Vocabulary(characters), hidden, 1, update=5, smooth_loss=1.5)


def load(page, snapshot, unknown="error"):
    """Have the page hold a network and its vocabulary, as `net` and `vocabulary`."""
    modules = (inline.joined_modules(SCRIPTS, name) for name in ("network", "vocabulary"))
    page.set_content("<p></p>")
    page.add_script_tag(content="\n".join(modules))
    page.evaluate(
        """(data) => {
          globalThis.net = new Network(data);
          globalThis.vocabulary = new Vocabulary(data.characters, data.alike, data.unknown);
        }""",
        writer.block(snapshot, unknown),
    )


def random_setting(draws, characters):
    """Return settings as people choose them, and at their limits."""
    temperature = draws.choice(
        [0.0, 1.0, float(draws.uniform(0.05, 2)), 10 ** draws.uniform(-9, 2)]
    )
    return {
        "prime": "".join(draws.choice(list(characters), draws.integers(0, 30))),
        "temperature": float(temperature),
        "topK": [None, int(draws.integers(1, 2 * len(characters)))][draws.integers(2)],
        "topP": [1.0, float(1 - draws.uniform(0, 1))][draws.integers(2)],
        "seed": str([draws.integers(0, 100), draws.integers(0, 2**63)][draws.integers(2)]),
    }


@pytest.mark.long
@pytest.mark.parametrize(("case", "count"), [(case, 40) for case in CASES])
def test_a_thousand_characters_are_those_of_the_compiled_engine(page, case, count):
    model = snapshot(case)
    load(page, model)
    draws = numbers(sorted(CASES).index(case))
    for _ in range(count):
        setting = random_setting(draws, model.vocabulary.characters)
        there = sampling.write(
            compiled,
            model,
            1000,
            Draw(setting["temperature"], setting["topK"], setting["topP"]),
            rng.generator(int(setting["seed"])),
            setting["prime"],
        )
        here = page.evaluate(WRITE, {"setting": setting, "length": 1000})
        assert here["text"] == there.text, setting
        assert here["probabilities"] == there.probabilities.tolist(), setting


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**63 - 1])
def test_random_numbers_are_those_of_numpy(page, seed):
    load(page, snapshot("tiny"))
    first = """(seed) => {
      const random = new Random(BigInt(seed));
      return Array.from({ length: 1000 }, () => random.next());
    }"""
    assert page.evaluate(first, str(seed)) == rng.generator(seed).random(1000).tolist()


def assigned():
    """Return all characters but those that have nothing near, being letters without case."""
    for character in map(chr, range(sys.maxunicode + 1)):
        category = unicodedata.category(character)
        alone = category == "Lo" and unicodedata.is_normalized("NFKD", character)
        if category not in ("Cn", "Cs", "Co") and not alone:
            yield character


ASSIGNED = list(assigned())
CASED = [each for each in ASSIGNED if unicodedata.category(each) in ("Ll", "Lm", "Lt", "Lu", "Mn")]


@pytest.mark.long
@pytest.mark.parametrize(
    ("characters", "unknown"),
    [
        ("".join(map(chr, range(32, 127))), "skip"),
        ("".join(map(chr, range(32, 127))), "nearest"),
        ("abcdefghijklmnopqrstuvwxyzäöüß ’“–\u0301", "nearest"),
        ("".join(each for each in CASED if each.casefold() == each), "nearest"),
        ("".join(each for each in CASED if each.casefold() != each), "nearest"),
    ],
)
def test_every_character_of_unicode_is_read_as_python_reads_it(page, characters, unknown):
    vocabulary = Vocabulary.of(characters)
    load(page, Snapshot(network(len(vocabulary), 2), vocabulary, np.zeros(2), 0, 0, 1.0), unknown)
    indices = "(text) => [...text].map((character) => vocabulary.indicesOf(character))"
    here = page.evaluate(indices, "".join(ASSIGNED))
    there = [indices_or_none(vocabulary, each, unknown) for each in ASSIGNED]
    different = [
        (unicodedata.name(each, repr(each)), mine, its)
        for each, mine, its in zip(ASSIGNED, here, there, strict=True)
        if mine != its
    ]
    assert not different


def indices_or_none(vocabulary, text, unknown):
    try:
        return vocabulary.encode(text, unknown=unknown).tolist()
    except UnknownCharacter:
        return None
