"""Where in the book each update reads."""

import numpy as np
import pytest

from rnn.data.windows import HeldOut, Windows, split
from rnn.errors import InputError, TooShort
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
        assert windows.take(update, 1).tolist() == [[list(range(first, first + 6))]]
    assert windows.take(13, 3)[:, 0, 0].tolist() == [10, 15, 20]
    assert [windows.before_end_of_epoch(update) for update in (0, 10, 11, 21)] == [11, 1, 11, 1]


@pytest.mark.parametrize("B", [1, 2, 3, 7])
def test_streams_are_stretches_of_one_length_and_read_the_book_but_for_its_end(B):
    """Each character but the last few is read once an epoch, and is followed by its own next."""
    T, length = 5, 250
    windows = Windows(np.arange(length), T, batch_size=B)
    epoch = windows.take(0, windows.updates_per_epoch)
    assert epoch.shape == ((length - 1) // (B * T), B, T + 1)
    read = np.concatenate([epoch[:, stream, :-1].ravel() for stream in range(B)])
    np.testing.assert_array_equal(read, np.arange(len(read)))
    assert 0 <= length - 1 - len(read) < B * T
    np.testing.assert_array_equal(epoch[..., 1:], epoch[..., :-1] + 1)
    last = windows.take(2 * windows.updates_per_epoch - 1, 1)
    np.testing.assert_array_equal(last[0], epoch[-1])
    assert windows.next_character(windows.updates_per_epoch + 1) == epoch[1, 0, 0]


def test_more_streams_than_the_book_has_windows_are_refused():
    assert Windows(np.zeros(41, np.uint8), 5, batch_size=8).updates_per_epoch == 1
    with pytest.raises(TooShort, match="8 streams of a window of 5 need 41"):
        Windows(np.zeros(40, np.uint8), 5, batch_size=8)


def test_a_drawn_window_is_one_of_the_book_s():
    windows = Windows(np.arange(101), 25)
    starts = {int(windows.draw(numbers(seed))[0, 0]) for seed in range(50)}
    assert starts == {0, 25, 50, 75}
    assert windows.draw(numbers()).shape == (1, 26)


@pytest.mark.parametrize(("share", "start"), [(0.0, 100), (0.05, 95), (0.055, 95), (0.5, 50)])
def test_the_held_out_text_is_the_end_of_the_book(share, start):
    assert split(100, share) == start
    assert Windows(np.arange(100), 7, start).updates_per_epoch == (start - 1) // 7


@pytest.mark.parametrize("length", [4000, 151_234])
@pytest.mark.parametrize("characters", [1, 99, 100, 101, 1234])
def test_each_held_out_character_is_foretold_once_after_the_one_before_it(length, characters):
    held_out = HeldOut(np.arange(length), length - characters)
    read = np.concatenate([block[:, :-1].ravel() for block in held_out.blocks()])
    foretold = np.concatenate([block[:, 1:].ravel() for block in held_out.blocks()])
    np.testing.assert_array_equal(foretold, np.arange(length - characters, length))
    np.testing.assert_array_equal(read, foretold - 1)
    warm_up = held_out.warm_up()
    assert warm_up.shape == (20, 101) and warm_up[-1, -1] == length - characters - 1


@pytest.mark.parametrize("start", [1, 50, 101, 150])
def test_a_short_book_warms_up_on_what_it_has(start):
    warm_up = HeldOut(np.arange(200), start).warm_up()
    assert warm_up.shape == ((start - 1) // 100, 101)


@pytest.mark.parametrize("start", [0, 200])
def test_a_split_that_leaves_nothing_on_one_side_is_refused(start):
    with pytest.raises(TooShort, match="held out"):
        HeldOut(np.arange(200), start)
