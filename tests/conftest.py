"""Makes the tests strict, and gives them their data."""

import os
import pathlib
from collections.abc import Iterator

import jax
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from pipelines.jax_setup import cache_folder, configure, set_compiler_flags
from pipelines.reconstruction import reconstruct

set_compiler_flags()
# Compiling takes most of the suite's time, and a third of it without XLA's optimizations. The tests compute little, so
# they run no longer for it. Commands that tests start in a process of their own do the same: numbers stay comparable.
os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
jax.config.update("jax_disable_most_optimizations", True)
jax.config.update("jax_numpy_rank_promotion", "raise")

# These compile the same programs: one worker runs them all.
WINDOWS = {
    "tests/diffphy/reconstruction/test_windows.py",
    "tests/pipelines/evaluation/test_evaluate.py",
    "tests/pipelines/evaluation/test_evaluate_films.py",
    "tests/pipelines/experiments/test_table.py",
    "tests/pipelines/inputs/test_video.py",
    "tests/pipelines/reconstruction/test_motion_file.py",
    "tests/pipelines/reconstruction/test_reconstruct.py",
    "tests/pipelines/reconstruction/test_render.py",
    "tests/pipelines/inputs/test_synthetic_camera.py",
    "tests/pipelines/test_api.py",
}


class Scheduling(LoadFileScheduling):
    """A file's tests share what it compiles, so one worker runs them all."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "windows" if file in WINDOWS else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return Scheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def no_kept_traces() -> Iterator[None]:
    """Trace every program, because a test may change what a trace depends on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reconstruct, "keep_traces", lambda where: None)
        yield


@pytest.fixture
def float64() -> Iterator[None]:
    """Double precision inside the test, and inside it alone."""
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="session")
def test_data() -> pathlib.Path:
    """The folder of real recordings, DIFFPHY_TEST_DATA; tests that need it are skipped where it is absent."""
    folder = os.environ.get("DIFFPHY_TEST_DATA")
    if not folder or not pathlib.Path(folder).is_dir():
        pytest.skip("the recordings are not here: set DIFFPHY_TEST_DATA to their folder")
    return pathlib.Path(folder)


@pytest.fixture(scope="session", autouse=True)
def compiled_programs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keeps what is compiled in pytest's cache, which all workers share, and what the commands compile too, not in the
    user's: compiling takes most of the suite's time."""
    cache = request.config.cache
    assert cache is not None
    folder = str(cache.mkdir("compiled"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", folder)
        configure(cache_folder())
        yield
