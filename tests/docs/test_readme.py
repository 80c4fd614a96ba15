"""That the README shows what the pipeline makes, and fits on a few screens."""

import base64
import json
import math
import re
import shlex

import numpy as np
import pytest

from rnn.data.vocabulary import Vocabulary
from rnn.model import Parameters
from rnn.training.snapshot import Snapshot
from stages.common import paths
from tests.support.project import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")
BEFORE, AFTER = re.findall(r"(?ms)^```text\n(.*?)^```", README)


def test_it_is_short_and_no_line_of_it_is_long():
    lines = README.splitlines()
    assert len(lines) <= 150 and max(map(len, lines)) <= 100


def test_what_the_network_wrote_before_it_had_read_is_that_of_the_first_snapshot():
    report = (PROJECT / paths.REPORT).read_text(encoding="utf-8")
    first = re.search(r"(?s)\*\*Update 0\*\*.*?```text\n(.*?)```", report)[1]
    assert "".join(first.split()).startswith("".join(BEFORE.split()))


def best_network():
    """Return the best network, which the page holds."""
    page = (PROJECT / paths.PAGE).read_text(encoding="utf-8")
    data = json.loads(re.search(r'(?s)id="writer-data">(.*?)</script>', page)[1])
    arrays = {
        name: np.frombuffer(base64.b64decode(content), np.dtype(data["dtype"]).newbyteorder("<"))
        for name, content in data["arrays"].items()
    }
    K, m = len(arrays["c"]), len(arrays["b"])
    parameters = Parameters(
        U=np.ascontiguousarray(arrays["U_T"].reshape(K, m).T),
        W=np.ascontiguousarray(arrays["W_T"].reshape(m, m).T),
        V=np.ascontiguousarray(arrays["V_T"].reshape(m, K).T),
        b=arrays["b"],
        c=arrays["c"],
    )
    vocabulary = Vocabulary(data["characters"])
    return Snapshot(parameters, vocabulary, arrays["hidden"], data["next_index"], 0, 0.0)


def test_what_the_network_wrote_after_is_what_the_command_writes(project):
    best_network().save(project.root / paths.BEST)
    (options,) = re.findall(r"(?m)^python -m stages\.synthesize_best (.*)$", README)
    done = project.stage("synthesize_best", *shlex.split(options))
    assert done.returncode == 0, done.stderr
    assert AFTER.split() == done.stdout.split()


def test_it_takes_as_long_as_the_benchmark_says():
    times = (PROJECT / "benchmarks/pipeline.md").read_text(encoding="utf-8")
    (cold,) = re.findall(r"(?m)^\| all, one after the other \| ([\d.]+) \|", times)
    assert f"from the book to the report: {math.ceil(float(cold) / 60)} minutes\n" in README


@pytest.fixture(scope="module")
def metrics():
    """Return the metrics of all stages."""
    made = (paths.TRAIN_METRICS, paths.CORPUS_METRICS, paths.BASELINES)
    return {
        name: value
        for path in made
        for name, value in json.loads((PROJECT / path).read_text(encoding="utf-8")).items()
    }


def test_its_figures_are_those_of_the_metrics(metrics):
    assert f"\n{metrics['characters']:,} characters, {metrics['vocabulary_size']} dis" in README
    assert f"needs {metrics['held_out_bits']:.2f} bits a character" in README


def test_it_places_the_network_among_the_n_grams_as_the_metrics_do(metrics):
    orders = sum(name.endswith("_gram_bits") for name in metrics)
    bits = [metrics[f"{n}_gram_bits"] for n in range(1, orders + 1)]
    back = next(back for back, value in enumerate(bits) if value <= metrics["held_out_bits"])
    assert (
        f"better than looking back {back - 1} characters ({bits[back - 1]:.2f} bits),\n"
        f"not as good as {back} ({bits[back]:.2f})"
    ) in README
