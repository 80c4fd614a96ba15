"""Where in the book each update reads."""

import numpy as np
import pytest

from rnn.data.windows import Windows
from rnn.errors import InputError
from tests.support.networks import numbers


@pytest.mark.parametrize(("length", "updates"), [(26, 1), (50, 1), (51, 2), (517_244, 20_689)])
def test_an_epoch_has_as_many_updates_as_whole_windows_fit(length, updates):
    assert Windows(np.zeros(length, np.uint8), 25).updates_per_epoch == updates


@pytest.mark.parametrize("length", [0, 1, 25])
def test_a_book_shorter_than_a_window_and_its_next_character_is_refused(length):
    with pytest.raises(InputError, match="needs 26"):
        Windows(np.zeros(length, np.uint8), 25)


def test_windows_follow_one_another_and_overlap_in_a_character_epoch_after_epoch():
    windows = Windows(np.arange(58), 5)  # eleven windows, and two characters left over
    for update in (0, 3, 11, 25):
        first = 5 * (update % 11)
        assert windows.position(update) == windows.next_character(update) == first
        assert windows.take(update, 1).tolist() == [list(range(first, first + 6))]
    assert windows.take(13, 3)[:, 0].tolist() == [10, 15, 20]
    assert [windows.before_end_of_epoch(update) for update in (0, 10, 11, 21)] == [11, 1, 11, 1]


def test_a_drawn_window_is_one_of_the_book_s():
    windows = Windows(np.arange(101), 25)
    starts = {int(windows.draw(numbers(seed))[0]) for seed in range(50)}
    assert starts == {0, 25, 50, 75}
    assert windows.draw(numbers()).shape == (26,)
