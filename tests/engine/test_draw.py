"""Characters are drawn from the likeliest alone, by either engine: see `rnn.engine.Draw`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn.engine import Draw, compiled, reference
from tests.support.networks import network, numbers

ENGINES = pytest.mark.parametrize("engine", [reference, compiled])


def network_of(logits):
    """Return a network that always has these logits, and a hidden state."""
    parameters = network(len(logits), 3)
    return parameters._replace(V=0 * parameters.V, c=np.array(logits, float)), np.zeros(3)


def sample(engine, logits, draw, uniforms):
    return engine.sample(*network_of(logits), np.array([0]), draw, np.array(uniforms))


def distribution(logits, draw):
    """Return the distribution that `draw` leaves, by the words of its definition."""
    weights = np.exp((np.array(logits) - max(logits)) / draw.temperature)
    p = {k: weight / weights.sum() for k, weight in enumerate(weights)}
    in_order = sorted(p, key=lambda k: (-p[k], k))[: draw.top_k]
    p = {k: p[k] / sum(p[k] for k in in_order) for k in in_order}
    nucleus = []
    for k in in_order:
        if nucleus and draw.top_p < 1 and sum(p[k] for k in nucleus) >= draw.top_p:
            break
        nucleus.append(k)
    return {k: p[k] / sum(p[k] for k in nucleus) for k in sorted(nucleus)}


@pytest.mark.parametrize("top_p", [1e-9, 0.1, 0.5, 0.9, 0.999, 1.0])
@pytest.mark.parametrize("top_k", [None, 1, 2, 7, 29, 30, 65_000])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
@ENGINES
def test_a_draw_is_by_the_inverse_of_what_is_left_of_the_distribution(
    engine, temperature, top_k, top_p
):
    draw = Draw(temperature, top_k, top_p)
    for seed in range(3):
        logits, uniforms = numbers(seed).normal(0, 2, 30), numbers(seed).random(50)
        left = distribution(logits, draw)
        drawn, probabilities = sample(engine, logits, draw, uniforms)
        places = np.searchsorted(np.cumsum(list(left.values())), uniforms, side="right")
        assert drawn.tolist() == [list(left)[place] for place in places]
        np.testing.assert_allclose(probabilities, [left[k] for k in drawn], rtol=1e-9)


@given(
    st.lists(st.integers(-2, 2), min_size=2, max_size=40),
    st.none() | st.integers(1, 45),
    st.sampled_from([1e-300, 0.31, 0.73, 1 - 1e-16, 1.0]),
)
def test_of_equally_likely_characters_the_first_stay(logits, top_k, top_p):
    draw = Draw(1.0, top_k, top_p)
    left = distribution(logits, draw)
    uniforms = (np.cumsum(list(left.values())) - np.array(list(left.values())) / 2).tolist()
    for engine in (reference, compiled):
        drawn, _ = sample(engine, logits, draw, uniforms)
        assert drawn.tolist() == list(left)


@ENGINES
def test_four_equally_likely_characters_make_two_halves(engine):
    for draw in (Draw(1.0, top_k=2), Draw(1.0, top_p=0.5), Draw(1.0, top_k=3, top_p=0.5)):
        drawn, probabilities = sample(engine, [1.0] * 4, draw, [0.0, 0.49, 0.51, 0.99])
        assert drawn.tolist() == [0, 0, 1, 1]
        assert probabilities.tolist() == [0.5] * 4


@ENGINES
def test_the_one_likeliest_is_what_temperature_zero_takes(engine):
    parameters, h, uniforms = network(40, 20, std=0.5), np.zeros(20), numbers().random(100)
    expected = engine.sample(parameters, h, np.array([1]), Draw(0.0), uniforms)
    for draw in (Draw(1.0, top_k=1), Draw(2.0, top_p=1e-300), Draw(0.0, top_k=9, top_p=0.5)):
        drawn, probabilities = engine.sample(parameters, h, np.array([1]), draw, uniforms)
        assert drawn.tolist() == expected[0].tolist()
        assert (probabilities == 1).all()


def test_as_many_as_there_are_changes_no_bit():
    parameters, h, uniforms = network(40, 20, std=0.5), np.zeros(20), numbers().random(100)
    expected = compiled.sample(parameters, h, np.array([1]), Draw(1.0), uniforms)
    for top_k in (40, 65_000):
        found = compiled.sample(parameters, h, np.array([1]), Draw(1.0, top_k), uniforms)
        assert all(map(np.array_equal, found, expected))


def test_what_has_no_probability_is_not_among_the_likeliest():
    logits = [0.0, -1e6, 0.0, -1e6]
    for uniform in (0.0, np.nextafter(1.0, 0.0)):
        for draw in (Draw(1.0, top_k=3), Draw(1.0, top_p=1 - 1e-16)):
            drawn, probabilities = sample(compiled, logits, draw, [uniform])
            assert drawn[0] in (0, 2) and probabilities[0] == 0.5


def test_the_largest_vocabulary_is_drawn_from_by_both_engines_alike():
    logits, uniforms = numbers().normal(0, 1, 65_000), numbers(1).random(3)
    for draw in (Draw(1.0, top_k=30_000), Draw(1.0, top_p=0.9), Draw(1.0, 50_000, 0.95)):
        expected, expected_p = sample(reference, logits, draw, uniforms)
        drawn, probabilities = sample(compiled, logits, draw, uniforms)
        assert drawn.tolist() == expected.tolist()
        np.testing.assert_allclose(probabilities, expected_p, rtol=1e-9)
