from collections.abc import Iterator

import pytest

from pipelines.config import RunConfig, load
from pipelines.reconstruct import reconstruct
from pipelines.run_folder import RunFolder

QUICK = {
    "clip": "builtin:walk",
    "windows.length_s": 0.4,
    "windows.stride_s": 0.4,
    "optimizer.max_evals": 3,
    "output.video": False,
}


@pytest.fixture(scope="session")
def quick_config() -> RunConfig:
    """A reconstruction of 1.3 s in four windows that takes few evaluations, and so does not follow closely."""
    return load(None, QUICK)


@pytest.fixture(scope="session", autouse=True)
def compiled_programs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keeps what the commands compile in pytest's cache, which all workers share, and not in the user's."""
    cache = request.config.cache
    assert cache is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache.mkdir("compiled")))
        yield


@pytest.fixture(scope="session")
def quick_run(tmp_path_factory: pytest.TempPathFactory, quick_config: RunConfig) -> RunFolder:
    """A finished run."""
    path = tmp_path_factory.mktemp("runs") / "walk"
    reconstruct(quick_config, path)
    return RunFolder(path)
