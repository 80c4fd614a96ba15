"""The loss on text that was held out."""

import numpy as np
import pytest

from rnn import model
from rnn.data.windows import HeldOut
from rnn.engine import compiled, reference
from rnn.training import held_out
from tests.support.networks import network, numbers


@pytest.mark.parametrize("engine", [reference, compiled])
def test_the_loss_is_that_of_the_equations_with_the_state_carried_from_before(engine):
    """Read in one piece: 2,000 characters before, then each held-out one once."""
    book, parameters = numbers().integers(0, 9, 2700), network()
    start = 2345
    _, o = model.forward(parameters, np.zeros(7), book[start - 2001 : -1])
    log_p = model.log_softmax(o)[2000:]
    expected = -log_p[np.arange(len(log_p)), book[start:]].mean()
    assert len(log_p) == len(book) - start
    loss = held_out.loss(engine, parameters, HeldOut(book, start))
    assert loss == pytest.approx(expected, rel=1e-12)


def test_a_network_that_has_learnt_nothing_guesses():
    loss = held_out.loss(reference, network(std=0.01), HeldOut(np.tile(np.arange(9), 100), 800))
    assert loss == pytest.approx(np.log(9), rel=0.01)
