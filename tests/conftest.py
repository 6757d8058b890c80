"""Makes the tests strict, and gives them their data."""

import os
import pathlib
from collections.abc import Iterator

import jax
import pytest

from pipelines.jax_setup import cache_folder, configure, set_compiler_flags

set_compiler_flags()
jax.config.update("jax_numpy_rank_promotion", "raise")


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
