import pytest

from pipelines.reconstruction import motion_file
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import RunFolder


@pytest.fixture(scope="session")
def motion(quick_run: RunFolder) -> ReconstructedMotion:
    """The motion of a finished run."""
    return motion_file.load(quick_run)
