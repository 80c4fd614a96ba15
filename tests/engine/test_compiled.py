"""The compiled engine computes what the reference computes, and the same bits on every CPU."""

import math
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn import model
from rnn.engine import Draw, compilation, compiled, passes, reference
from rnn.engine.gradient import gradient
from rnn.optimizers import AdaGrad
from tests.support import forked
from tests.support.networks import ADAGRAD, arrays, batches, learner, network, numbers, windows
from tests.support.project import PROJECT

pytestmark = pytest.mark.usefixtures("compiled_code")
SIZES = [
    # K, m, T
    (2, 1, 1),
    (3, 2, 1),
    (5, 7, 3),
    (16, 16, 16),
    (17, 33, 5),
    (80, 100, 25),
    (83, 130, 26),
    (300, 33, 40),
    (1000, 5, 7),
]


class Momentum(NamedTuple):
    """A rule for which a gradient of zero is a step, of two slots, for tests."""

    decay: float

    zero_gradient_is_no_step = False

    def slots(self, parameters):
        return parameters.filled(0.0), parameters.filled(1.0)

    def step(self, theta, slots, g, rate):
        velocity, count = slots
        velocity = self.decay * velocity + g
        return theta - rate * velocity / count, (velocity, count + g * g)


class Descent(NamedTuple):
    """A rule without settings or slots, for tests."""

    zero_gradient_is_no_step = True

    def slots(self, parameters):
        return ()

    def step(self, theta, slots, g, rate):
        return theta - rate * g, ()


def train(engine, learner, windows, rule=ADAGRAD, rate=0.1, clip=5.0):
    return engine.train(learner, windows, rule, np.full((len(windows), 5), rate), clip)


@pytest.mark.parametrize("rule", [ADAGRAD, Momentum(0.5), Descent()])
@pytest.mark.parametrize(("K", "m", "T"), SIZES)
def test_200_updates_have_the_losses_of_the_reference(K, m, T, rule):
    one, other = (learner(network(K, m, std=0.01), rule) for _ in range(2))
    rate = 0.1 if rule is ADAGRAD else 0.001
    expected = train(reference, one, batches(K, T, 200), rule, rate)
    losses = train(compiled, other, batches(K, T, 200), rule, rate)
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    for right, array in zip(arrays(one), arrays(other), strict=True):
        np.testing.assert_allclose(array, right, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("K", "m", "T"), SIZES)
def test_the_losses_of_windows_without_learning_are_those_of_the_reference(K, m, T):
    parameters, text = network(K, m, std=0.1), windows(K, T, 20)
    h, before = numbers().uniform(-1, 1, m), parameters.copy()
    expected, states = reference.foretell(parameters, h, text)
    losses, other_states = compiled.foretell(parameters, h, text)
    np.testing.assert_allclose(losses, expected, rtol=1e-12)
    np.testing.assert_allclose(other_states, states, rtol=1e-10, atol=1e-14)
    assert states.shape == (21, m)
    for each in (states, other_states):
        np.testing.assert_array_equal(each[0], numbers().uniform(-1, 1, m))
    assert all(map(np.array_equal, parameters, before))


@pytest.mark.parametrize("engine", [reference, compiled])
def test_the_loss_of_a_window_is_the_same_bits_with_learning_and_without(engine):
    parameters, text = network(30, 20).astype("float32"), windows(30, 6, 1)
    one = learner(parameters)
    (hidden,) = one.hidden.copy()
    loss, (_, after) = engine.foretell(parameters, hidden, text)
    assert train(engine, one, text[:, None]).tolist() == loss.tolist()
    np.testing.assert_array_equal(one.hidden[0], after)


@pytest.mark.parametrize(("K", "m", "T"), SIZES)
def test_the_gradients_of_a_window_are_those_of_the_reference(K, m, T):
    parameters, h, (window,) = network(K, m, 0.1), numbers(1).uniform(-1, 1, m), windows(K, T, 1)
    _, expected, after = model.gradients(parameters, h, window[:-1], window[1:])
    gradients, (hidden,) = gradient(compiled, parameters, h[None], window[None])
    np.testing.assert_allclose(hidden, after, rtol=0, atol=1e-12)
    for array, right in zip(gradients, expected, strict=True):
        assert np.abs(array - right).max() <= 1e-12 * max(np.abs(right).max(), 1e-3)


@pytest.mark.parametrize("engine", [reference, compiled])
@given(st.integers(2, 40), st.integers(1, 40), st.integers(1, 30), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_an_update_is_made_with_the_very_gradients_that_are_checked(engine, K, m, T, seed):
    """From a sum of zero, G after an update is the clipped gradient squared, to the last bit."""
    start, text = learner(network(K, m, 1.0, seed), AdaGrad(0.0, 1e-8)), batches(K, T, 1, 1, seed)
    gradients, _ = gradient(engine, start.parameters, start.hidden, text[0])
    train(engine, start, text, AdaGrad(0.0, 1e-8), clip=0.7)
    for G, g in zip(start.slots[0], gradients, strict=True):
        clipped = np.clip(g, -0.7, 0.7)
        np.testing.assert_array_equal(G, clipped * clipped)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_how_many_updates_a_call_makes_changes_no_bit(dtype):
    K, m, T = 30, 20, 6
    text, rates = batches(K, T, 60), np.linspace(0.2, 0.01, 300).reshape(60, 5)
    one, other = (learner(network(K, m, 0.1).astype(dtype)) for _ in range(2))
    losses = compiled.train(one, text, ADAGRAD, rates, 5.0)
    pieces = [
        compiled.train(other, text[first:last], ADAGRAD, rates[first:last], 5.0)
        for first, last in ((0, 1), (1, 14), (14, 60))
    ]
    np.testing.assert_array_equal(np.concatenate(pieces), losses)
    assert all(map(np.array_equal, arrays(one), arrays(other)))


@pytest.mark.parametrize("engine", [reference, compiled])
def test_each_update_and_each_parameter_has_a_rate_of_its_own(engine):
    text, start, after = batches(9, 5, 3), learner(network()), learner(network())
    rates = np.zeros((3, 5))
    rates[1, 1] = 0.1  # of W, in the second update
    engine.train(after, text, ADAGRAD, rates, 5.0)
    moved = [not np.array_equal(*pair) for pair in zip(start[0], after[0], strict=True)]
    assert moved == [False, True, False, False, False]


def test_a_large_network_and_vocabulary_work():
    K, m, T = 3000, 2048, 2
    losses = train(compiled, learner(network(K, m, 0.01).astype("float32")), batches(K, T, 2))
    np.testing.assert_allclose(losses, T * np.log(K), rtol=0.01)


def test_the_largest_vocabulary_and_window_work():
    K, m, T = 65_000, 3, 1000
    losses = train(compiled, learner(network(K, m, 0.01).astype("float32")), batches(K, T, 1))
    np.testing.assert_allclose(losses, T * np.log(K), rtol=0.01)


def test_streams_for_which_the_machine_lacks_memory_are_refused_at_once(monkeypatch):
    monkeypatch.setattr(passes, "memory", lambda: 2**20)
    with pytest.raises(MemoryError, match="GiB for 900 streams of 100 characters and 7 units"):
        train(compiled, learner(network(), B=900), batches(9, 100, 1, 900))


def test_the_memory_of_this_machine_is_known():
    assert 2**28 < passes.memory() < math.inf


def test_a_network_that_is_not_finite_has_a_loss_that_is_not_finite():
    start = learner(network())
    start.parameters.W[0, 0] = np.nan
    assert np.isnan(train(compiled, start, batches(9, 5, 1))).all()


@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("length", [1, 2, 30])
def test_samples_are_those_of_the_reference_after_a_text_of_any_length(temperature, length):
    parameters, h = network(40, 20, std=0.5), numbers(1).uniform(-1, 1, 20)
    read, uniforms = windows(40, length, 1)[0, 1:], numbers().random(200)
    before = h.copy()
    expected, expected_p = reference.sample(parameters, h, read, Draw(temperature), uniforms)
    drawn, probabilities = compiled.sample(parameters, h, read, Draw(temperature), uniforms)
    np.testing.assert_array_equal(drawn, expected)
    np.testing.assert_allclose(probabilities, expected_p, rtol=1e-9)
    np.testing.assert_array_equal(h, before)


def test_a_character_without_probability_is_never_drawn():
    parameters, h = network(), numbers(1).uniform(-1, 1, 7)
    parameters.c[[0, 8]] = -1e6
    for uniform in (0.0, np.nextafter(1.0, 0.0)):
        drawn, _ = compiled.sample(parameters, h, np.array([3]), Draw(1.0), np.full(5, uniform))
        assert not np.isin(drawn, (0, 8)).any()


@pytest.mark.parametrize("engine", [reference, compiled])
def test_a_gradient_without_bound_is_not_cut(engine):
    parameters = network(std=3.0)
    hidden, (window,) = numbers(1).uniform(-1, 1, 7), windows(9, 5, 1)
    gradients, _ = gradient(engine, parameters, hidden[None], window[None])
    assert max(np.abs(array).max() for array in gradients) > 1 and math.isfinite(gradients.b.sum())


def test_initial_parameters_are_these_bits_everywhere():
    """NumPy promises the bits of a bit generator; a new version that broke this would fail here."""
    rng = numbers(42)
    assert rng.random(3).tolist() == [0.7739560485559633, 0.4388784397520523, 0.8585979199113825]
    parameters = model.initial_parameters(80, 100, 0.01, numbers(0))
    assert digest(parameters) == "c2e7d1e529d6daf2ab70802727e00bb8"


def digest(arrays):
    import hashlib

    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()[:32]


@pytest.mark.long
def test_an_edit_in_any_compiled_module_leaves_the_old_compiled_code_behind(tmp_path):
    """Numba itself looks at the file of the calling function alone."""
    shutil.copytree(PROJECT / "rnn", tmp_path / "rnn", ignore=shutil.ignore_patterns("__pycache__"))
    unset = ("NUMBA_CACHE_DIR", "PYTHONPATH")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    script = "from rnn.engine import compilation; print(compilation.FOLDER)"
    folders = set()
    modules = [
        path.relative_to(PROJECT / "rnn")
        for folder in compilation.FOLDERS
        for path in sorted(folder.rglob("*.py"))
    ]
    assert {path.parent.name for path in modules} == {"engine", "optimizers"}
    for module in (*modules, None):
        done = forked.python("-c", script, cwd=tmp_path, env=environment, timeout=240)
        assert done.stdout.startswith(str(tmp_path)), done.stderr
        folders.add(done.stdout)
        if module:
            path = tmp_path / "rnn" / module
            path.write_text(path.read_text() + "# edited\n")
    assert len(folders) == len(modules) + 1


def test_every_module_that_compiles_is_in_a_folder_that_is_watched():
    used = {
        path.parent
        for path in (PROJECT / "rnn").rglob("*.py")
        if re.search(r"(?m)^(@compiled|@inlined|@intrinsic|@overload)", path.read_text())
    }
    assert used and used <= set(compilation.FOLDERS)


@pytest.mark.long
def test_20_000_updates_are_the_same_bytes_on_every_cpu_and_with_any_threads():
    """LLVM compiles for one CPU after another; each runs here, and all must agree.

    What it compiles is kept beside the rest, and is found there for as long as no source changes.
    """
    cpus = ["", "generic", *(cpu for cpu, needs in OTHER_CPUS.items() if needs in flags())]
    with ThreadPoolExecutor() as pool:
        results = dict(zip(cpus, pool.map(updates, cpus, cycle(["1", "2"])), strict=True))
    assert len(set(results.values())) == 1, results


def updates(cpu, threads):
    """Return what many updates print that are compiled for a CPU, or without a name for this."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    environment |= {"RNN_THREADS": threads, "OMP_NUM_THREADS": threads}
    if cpu:
        # Without the second, the host's own features would stay on.
        environment |= {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": ""}
    return subprocess.run(
        [sys.executable, "tests/support/updates.py", "float32", "float64"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        timeout=1200,
        check=True,
    ).stdout


# By what a CPU must have to run their code.
OTHER_CPUS = {"haswell": "avx2", "skylake-avx512": "avx512vl"}


def flags():
    try:
        with open("/proc/cpuinfo") as file:
            return file.read().split()
    except FileNotFoundError:
        return []
