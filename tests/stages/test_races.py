"""What changes while `dvc repro` runs does not make dvc.lock lie."""

import pytest

from tests.support import races


@pytest.mark.long
def test_whatever_changes_while_dvc_runs_what_it_records_is_true(tmp_path):
    races.Race(tmp_path, seed=2).run(changes=5)
