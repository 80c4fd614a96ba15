"""At which rate each parameter learns at each update."""

import numpy as np
import pytest

from rnn.optimizers import rule_of
from rnn.optimizers.rates import Rates
from tests.support.networks import RULE


def rates(updates, hidden_size=100, **changes):
    section = RULE.model_copy(update={"learning_rate": 0.5, **changes})
    return Rates(section, rule_of(section), hidden_size, updates)


def test_without_a_fall_the_rate_is_constant():
    assert (rates(10, fall=0.0).take(0, 10)[:, 0] == 0.5).all()
    assert rates(10, fall=0.0).fall == 10


def test_the_rate_falls_in_a_straight_line_to_zero_over_the_last_share():
    each = rates(10, fall=0.4).take(0, 10)[:, 0]
    np.testing.assert_allclose(each, [0.5] * 7 + [0.375, 0.25, 0.125], rtol=1e-15)
    assert rates(10, fall=0.4).fall == 6


def test_it_may_fall_from_the_start():
    np.testing.assert_allclose(rates(4, fall=1.0).take(0, 4)[:, 0], [0.5, 0.375, 0.25, 0.125])


def test_before_the_fall_the_rates_do_not_depend_on_the_length_of_the_training():
    shorter, longer = rates(100, fall=0.2), rates(200, fall=0.2)
    np.testing.assert_array_equal(shorter.take(0, 80), longer.take(0, 80))
    assert (shorter.take(90, 1) < longer.take(90, 1)).all()


@pytest.mark.parametrize("pieces", [[10], [1] * 10, [3, 7]])
def test_the_rates_of_an_update_are_the_same_bits_in_any_pieces(pieces):
    whole = rates(30, fall=0.7).take(10, 10)
    starts = [10 + sum(pieces[:i]) for i in range(len(pieces))]
    cut = [rates(30, fall=0.7).take(*piece) for piece in zip(starts, pieces, strict=True)]
    np.testing.assert_array_equal(np.concatenate(cut), whole)


def test_recurrent_parameters_and_outputs_take_their_share_by_width():
    (each,) = rates(1, hidden_size=100, base_width=20.0).take(0, 1)
    np.testing.assert_allclose(each, [0.5, 0.1, 0.2, 0.1, 0.5])
    (each,) = rates(1, hidden_size=25, base_width=20.0).take(0, 1)
    np.testing.assert_allclose(each, [0.5, 0.4, 0.5, 0.4, 0.5])
    (each,) = rates(1, hidden_size=20, base_width=20.0).take(0, 1)
    assert (each == 0.5).all()
