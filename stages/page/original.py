"""The figures of the original report, the course report from which this project grew."""

from typing import Any

FIGURES: dict[str, Any] = {
    "book": "a novel under copyright",
    "characters": 1_107_542,  # of the book
    "vocabulary_size": 80,  # distinct characters
    "hidden_size": 100,
    "init_std": 0.01,  # of U, W and V before the first update
    "sequence_length": 25,  # characters a window
    "learning_rate": 0.1,  # eta of AdaGrad
    "initial_accumulator": 0,  # where AdaGrad's G starts
    "updates_per_epoch": 44_301,
    "first_epoch": 1,  # its code counts from here, and stops on reaching the number of epochs
    "runs": [  # smooth losses in nats a window
        {"epochs": 5, "smooth_loss": 41.11},  # the minimum
        {"epochs": 10, "smooth_loss": 40.11},  # the last value, though it is called the minimum
    ],
    "gradient_differences": {  # largest absolute ones, by central differences
        "b": 7.56e-10,
        "c": 7.66e-10,
        "U": 3.83e-10,
        "W": 3.97e-10,
        "V": 3.97e-10,
    },
}
