"""The tables that only `dvc plots` reads."""

from stages.page import tables


def test_the_losses_of_each_epoch_stand_beside_those_of_n_grams():
    epochs = [{"mean_bits": 2.5, "held_out_bits": 2.25}, {"mean_bits": 2.0, "held_out_bits": 2.1}]
    assert tables.losses(epochs, [5.0, 4.0, 3.0, 2.5, 2.0]) == (
        "epoch,mean,held_out,3_back,4_back\n"
        "1,2.500000,2.250000,2.500000,2.000000\n"
        "2,2.000000,2.100000,2.500000,2.000000\n"
    )


def test_columns_that_have_no_values_are_those_of_the_means():
    assert tables.losses([{"mean_bits": 2.5}], []) == (
        "epoch,mean,held_out,3_back,4_back\n1,2.500000,2.500000,2.500000,2.500000\n"
    )


def test_a_share_of_nothing_is_empty():
    entries = [{"update": 0, "known_word_share": None}, {"update": 5, "known_word_share": 0.5}]
    assert tables.evolution(entries) == "update,known_word_share\n0,\n5,0.500000\n"
