from collections.abc import Iterator

import pytest

from pipelines.config import RunConfig, load
from pipelines.inputs import kinematic_fit
from pipelines.reconstruction.reconstruct import reconstruct
from pipelines.reconstruction.run_folder import RunFolder

QUICK = {
    "clip": "builtin:walk",
    "windows.length_s": 0.4,
    "windows.stride_s": 0.4,
    "optimizer.max_evals": 3,
    "output.video": False,
}


@pytest.fixture(scope="session", autouse=True)
def quick_fit() -> Iterator[None]:
    """The most likely motion behind keypoints, found in fewer evaluations than it takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kinematic_fit, "FIT_EVALUATIONS", 120)
        yield


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
