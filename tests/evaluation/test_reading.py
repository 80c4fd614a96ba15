"""A network's states and its surprise, character by character."""

import numpy as np
import pytest

from rnn import model
from rnn.data.windows import HeldOut
from rnn.engine import ENGINES
from rnn.evaluation.reading import read
from tests.support.networks import BOOK, network


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("length", [1, 7, 20, 100])
def test_the_states_and_the_surprise_are_those_of_the_reference(name, length):
    parameters = network()
    reading = read(ENGINES[name], parameters, HeldOut(BOOK, 100), length)
    text = BOOK[100 : 100 + length]
    assert reading.text.tolist() == text.tolist()
    # HeldOut's warm-up is of whole windows of 100 characters, of which here there is none.
    hidden, o = model.forward(parameters, np.zeros(7), BOOK[99 : 100 + len(text)])
    assert reading.hidden == pytest.approx(hidden[2:], abs=1e-12)
    log_p = model.log_softmax(o)[np.arange(len(text)), text]
    assert reading.bits == pytest.approx(-log_p / np.log(2), abs=1e-12)
