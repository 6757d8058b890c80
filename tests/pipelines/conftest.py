import pathlib
from collections.abc import Callable, Generator, Mapping
from typing import Any

import numpy as np
import pytest

from data import formats
from data.clip import InputError
from pipelines.config import RunConfig, load
from pipelines.process_pool import Outcome, describe_failure
from pipelines.reconstruction.reconstruct import reconstruct
from pipelines.reconstruction.run_folder import RunFolder
from tests.data import body_models
from tests.data.formats.test_c3d import leg_centres, write

QUICK = {
    "clip": "builtin:walk",
    "windows.length_s": 0.4,
    "windows.stride_s": 0.4,
    "optimizer.max_evals": 3,
    "optimizer.first_max_evals": 12,
    "optimizer.second_pass": {"length_s": 0.4, "stride_s": 0.4, "max_evals": 2},  # compiled already
    "output.video": False,
}


@pytest.fixture(scope="session")
def quick_config() -> RunConfig:
    """A reconstruction of 1.3 s in four windows that takes few evaluations, and so does not follow closely."""
    return load(None, QUICK)


@pytest.fixture(scope="session")
def quick_run(tmp_path_factory: pytest.TempPathFactory, quick_config: RunConfig) -> RunFolder:
    """A finished run."""
    path = tmp_path_factory.mktemp("runs") / "walk"
    reconstruct(quick_config, folder=path)
    return RunFolder(path)


@pytest.fixture
def gait(tmp_path: pathlib.Path) -> pathlib.Path:
    """A walk of which only the legs were recorded."""
    return write(tmp_path / "gait.c3d", leg_centres(formats.read("builtin:walk")))


@pytest.fixture
def amass(tmp_path: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """A motion and the body model that goes with it."""
    poses, walk = body_models.upright_poses(24)
    np.savez(tmp_path / "take.npz", poses=poses, trans=walk, mocap_framerate=60.0)
    return tmp_path / "take.npz", body_models.write_npz(tmp_path / "model.npz", body_models.arrays(52, 16))


def run_here(
    function: Callable[[Any], Any], tasks: Mapping[str, Any], jobs: int, **options: Any
) -> Generator[tuple[str, Outcome]]:
    """Run tasks as `run_in_processes` does, but in this process, which has compiled the programs already."""
    del jobs, options
    for name, task in tasks.items():
        try:
            yield name, Outcome(function(task))
        except InputError as error:
            yield name, Outcome(failure=describe_failure(error))
