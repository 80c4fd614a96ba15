"""The compiled engine computes what the reference computes, and the same bits on every CPU."""

import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn import model
from rnn.engine import compilation, compiled, reference
from rnn.model import Parameters
from tests.support.networks import network, numbers
from tests.support.project import PROJECT

LEARNING = {"learning_rate": 0.1, "epsilon": 1e-8, "clip": 5.0}
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


def start(K, m, dtype="float64", std=0.1):
    parameters = network(K, m, std).astype(dtype)
    memory = Parameters(*(np.full_like(array, 10.0) for array in parameters))
    return parameters, memory, numbers(1).uniform(-1, 1, m).astype(dtype)


def book(K, length):
    return numbers(2).integers(0, K, length).astype(np.min_scalar_type(K - 1))


@pytest.mark.parametrize(("K", "m", "T"), SIZES)
def test_200_updates_have_the_losses_of_the_reference(K, m, T):
    indices = book(K, 200 * T + 1)
    one, other = start(K, m, std=0.01), start(K, m, std=0.01)
    expected = reference.advance(*one, indices, T, **LEARNING)
    losses = compiled.advance(*other, indices, T, **LEARNING)
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    for right, array in zip(
        (*one[0], *one[1], one[2]), (*other[0], *other[1], other[2]), strict=True
    ):
        np.testing.assert_allclose(array, right, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("K", "m", "T"), SIZES)
def test_the_gradients_of_a_window_are_those_of_the_reference(K, m, T):
    parameters, _, h = start(K, m)
    window = book(K, T + 1)
    loss, expected, after = model.gradients(parameters, h, window[:-1], window[1:])
    compiled_loss, gradients, compiled_after = compiled.gradients(
        parameters, h, window[:-1], window[1:]
    )
    assert compiled_loss == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(compiled_after, after, rtol=1e-12, atol=1e-14)
    for gradient, right in zip(gradients, expected, strict=True):
        assert np.abs(gradient - right).max() <= 1e-12 * max(np.abs(right).max(), 1e-3)


@given(st.integers(2, 40), st.integers(1, 40), st.integers(1, 30), st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_an_update_is_made_with_the_very_gradients_that_are_checked(K, m, T, seed):
    """From a memory of zero, G after an update is the clipped gradient squared, to the last bit."""
    parameters = network(K, m, std=1.0, seed=seed)
    h, window = numbers(seed).uniform(-1, 1, m), numbers(seed).integers(0, K, T + 1)
    loss, gradients, after = compiled.gradients(parameters, h, window[:-1], window[1:])
    memory = Parameters(*(np.zeros_like(array) for array in parameters))
    losses = compiled.advance(parameters, memory, h, window, T, 0.1, 1e-8, clip=0.7)
    assert losses.tolist() == [loss]
    np.testing.assert_array_equal(h, after)
    for G, g in zip(memory, gradients, strict=True):
        clipped = np.clip(g, -0.7, 0.7)
        np.testing.assert_array_equal(G, clipped * clipped)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_how_many_updates_a_call_makes_changes_no_bit(dtype):
    K, m, T = 30, 20, 6
    indices = book(K, 60 * T + 1)
    one, other = start(K, m, dtype), start(K, m, dtype)
    losses = compiled.advance(*one, indices, T, **LEARNING)
    pieces = [
        compiled.advance(*other, indices[first * T : last * T + 1], T, **LEARNING)
        for first, last in ((0, 1), (1, 14), (14, 60))
    ]
    np.testing.assert_array_equal(np.concatenate(pieces), losses)
    for a, b in zip((*one[0], *one[1], one[2]), (*other[0], *other[1], other[2]), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_large_network_and_vocabulary_work():
    K, m, T = 3000, 2048, 2
    parameters, memory, h = start(K, m, "float32", 0.01)
    losses = compiled.advance(parameters, memory, h, book(K, 2 * T + 1), T, **LEARNING)
    np.testing.assert_allclose(losses, T * np.log(K), rtol=0.01)


def test_the_largest_vocabulary_and_window_work():
    K, m, T = 65_000, 3, 1000
    parameters, memory, h = start(K, m, "float32", 0.01)
    losses = compiled.advance(parameters, memory, h, book(K, T + 1), T, **LEARNING)
    np.testing.assert_allclose(losses, T * np.log(K), rtol=0.01)


def test_a_network_that_is_not_finite_has_a_loss_that_is_not_finite():
    parameters, memory, h = start(9, 7)
    parameters.W[0, 0] = np.nan
    assert np.isnan(compiled.advance(parameters, memory, h, book(9, 6), 5, **LEARNING)).all()


@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0, 2.0])
def test_samples_are_those_of_the_reference(temperature):
    parameters, _, h = start(40, 20, std=0.5)
    uniforms = numbers().random(200)
    expected, expected_probabilities = reference.sample(parameters, h, 3, temperature, uniforms)
    drawn, probabilities = compiled.sample(parameters, h, 3, temperature, uniforms)
    np.testing.assert_array_equal(drawn, expected)
    np.testing.assert_allclose(probabilities, expected_probabilities, rtol=1e-9)


def test_a_character_without_probability_is_never_drawn():
    parameters, _, h = start(9, 7)
    parameters.c[[0, 8]] = -1e6
    for uniform in (0.0, np.nextafter(1.0, 0.0)):
        drawn, _ = compiled.sample(parameters, h, 3, 1.0, np.full(5, uniform))
        assert not np.isin(drawn, (0, 8)).any()


def test_reading_gives_the_hidden_state_of_the_reference():
    parameters, _, h = start(40, 20)
    x = book(40, 30)
    expected = reference.feed(parameters, h, x)
    np.testing.assert_allclose(compiled.feed(parameters, h, x), expected, rtol=1e-12)


def test_initial_parameters_are_these_bits_everywhere():
    """NumPy promises the bits of a bit generator; a new version that broke this would fail here."""
    rng = numbers(42)
    assert rng.random(3).tolist() == [0.7739560485559633, 0.4388784397520523, 0.8585979199113825]
    parameters = model.initial_parameters(80, 100, 0.01, numbers(0))
    assert digest(parameters) == "c2e7d1e529d6daf2ab70802727e00bb8"


def digest(arrays):
    import hashlib

    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()[:32]


def test_an_edit_in_any_compiled_module_leaves_the_old_compiled_code_behind(tmp_path):
    """Numba itself looks at the file of the calling function alone."""
    shutil.copytree(PROJECT / "rnn", tmp_path / "rnn", ignore=shutil.ignore_patterns("__pycache__"))
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    command = [
        sys.executable,
        "-c",
        "from rnn.engine import compilation; print(compilation.FOLDER)",
    ]
    folders = set()
    for module in (*compilation.MODULES, None):
        run = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        folders.add(run.stdout)
        if module:
            path = tmp_path / "rnn" / module
            path.write_text(path.read_text() + "# edited\n")
    assert len(folders) == len(compilation.MODULES) + 1


def test_every_module_that_compiles_is_among_those_that_are_watched():
    used = {
        str(path.relative_to(PROJECT / "rnn"))
        for path in (PROJECT / "rnn").rglob("*.py")
        if re.search(r"(?m)^(@compiled|@inlined|@intrinsic|@overload)", path.read_text())
    }
    assert used | {"compilation.py"} == set(compilation.MODULES)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_20_000_updates_are_the_same_bytes_on_every_cpu_and_with_any_threads(tmp_path, dtype):
    """LLVM compiles for one CPU after another; each runs here, and all must agree."""
    cpus = ["", "generic", "haswell", "skylake-avx512"] if on_x86_with_avx512() else ["", "generic"]
    runs = []
    for number, cpu in enumerate(cpus):
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / str(number))}
        threads = str(1 + number % 2)
        environment["PYTHONPATH"] = str(PROJECT)
        environment |= {"NUMBA_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        if cpu:
            # Without the second, the host's own features would stay on.
            environment |= {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": ""}
        runs.append(
            subprocess.Popen(
                [sys.executable, "tests/support/updates.py", dtype],
                cwd=PROJECT,
                env=environment,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    results = {cpu: run.communicate(timeout=200)[0] for cpu, run in zip(cpus, runs, strict=True)}
    assert all(run.returncode == 0 for run in runs)
    assert len(set(results.values())) == 1, results


def on_x86_with_avx512():
    try:
        with open("/proc/cpuinfo") as file:
            return "avx512vl" in file.read()
    except FileNotFoundError:
        return False
