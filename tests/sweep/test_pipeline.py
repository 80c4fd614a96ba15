"""What DVC is told of the sweep's stages."""

import pytest
from ruamel.yaml import YAML

from stages.common.startup import PACKAGES
from sweep import paths
from tests.support.imports import cover, project_files
from tests.support.project import PROJECT

STAGES = YAML(typ="safe").load(PROJECT / "sweep/dvc.yaml")["stages"]


@pytest.mark.parametrize("stage", STAGES)
def test_the_deps_of_a_stage_are_exactly_the_code_that_it_imports(stage):
    deps = set(STAGES[stage]["deps"]) - {str(paths.TRIALS)}
    code = {path for path in deps if path.split("/")[0] in PACKAGES}
    assert code == cover(project_files(f"sweep.{stage}"))
