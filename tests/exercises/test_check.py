"""The checks pass what is right, and tell what is wrong."""

from collections import Counter

import pytest

from exercises.check.__main__ import EXERCISES, main
from exercises.check.student import Mistake
from tests.exercises.mistakes import WRONG
from tests.support.students import changed, handed_in

CHECKS = {check.__name__: check for check in EXERCISES}


def refusal(folder, wrong):
    source = changed(wrong.module, wrong.function, wrong.old, wrong.new)
    with handed_in(folder, {wrong.module: source}), pytest.raises(Mistake) as refused:
        CHECKS[wrong.function]()
    return str(refused.value)


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_mistake_is_named(tmp_path, wrong):
    assert wrong.says in refusal(tmp_path, wrong)


def test_each_exercise_has_three_wrong_solutions_at_least():
    counts = Counter(wrong.function for wrong in WRONG)
    assert set(counts) == set(CHECKS)
    assert min(counts.values()) >= 3
