"""Makes the tests strict, and gives them their data."""

import os
import pathlib

import jax
import pytest

jax.config.update("jax_numpy_rank_promotion", "raise")

REPOSITORY = pathlib.Path(__file__).parent.parent


@pytest.fixture(scope="session")
def test_data() -> pathlib.Path:
    """The folder of real recordings, DIFFPHY_TEST_DATA; tests that need it are skipped where it is absent."""
    folder = pathlib.Path(os.environ.get("DIFFPHY_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the recordings are not in {folder}; set DIFFPHY_TEST_DATA")
    return folder
