"""What is done with a Ray cluster, on one that is made up: its tasks run at once, here."""

import pathlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from data.clip import InputError
from pipelines.config import RunConfig
from pipelines.evaluation import ray_cluster
from pipelines.evaluation.clip_task import ClipTask
from pipelines.evaluation.ray_cluster import run_on_cluster
from pipelines.reconstruction.run_folder import RunFolder
from tests.messages import check_remedy


class RayError(Exception):
    """A task's machine is gone."""


class FakeRay:
    """The part of Ray that is used."""

    exceptions = SimpleNamespace(RayError=RayError)

    def __init__(self) -> None:
        self.running = False
        self.settings: dict[str, Any] = {}

    def init(self, **settings: Any) -> None:
        self.running, self.settings = True, settings

    def shutdown(self) -> None:
        self.running = False

    def remote(self, **resources: Any) -> Callable:
        assert resources["num_cpus"] == 1
        results = iter(range(1000))

        def decorate(function: Callable) -> Any:
            return SimpleNamespace(remote=lambda *arguments: (next(results), lambda: function(*arguments)))

        return decorate

    def wait(self, waiting: list, num_returns: int) -> tuple[list, list]:
        return waiting[-num_returns:], waiting[:-num_returns]

    def get(self, result: tuple[int, Callable]) -> Any:
        return result[1]()


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    fake = FakeRay()
    monkeypatch.setattr(ray_cluster, "import_module", lambda name: fake)
    return fake


def tasks(root: pathlib.Path, *clips: str) -> dict[str, ClipTask]:
    return {clip: ClipTask(RunConfig(clip=f"builtin:{clip}"), root / clip) for clip in clips}


def test_the_files_of_a_run_come_back(tmp_path: pathlib.Path, ray: FakeRay, monkeypatch: pytest.MonkeyPatch) -> None:
    there = []

    def reconstruct_clip(task: ClipTask) -> dict[str, Any]:
        if task.config.clip == "builtin:broken":
            raise InputError("it is broken: repair it")
        there.append(task.path)
        task.path.mkdir()
        (task.path / "motion.npz").write_bytes(b"moves")
        (task.path / "metrics.json").write_text("{}")
        (task.path / "run.yaml").write_text("machine: far away\n")
        return {"result": 1}

    monkeypatch.setattr(ray_cluster, "reconstruct_clip", reconstruct_clip)
    outcomes = dict(run_on_cluster(tasks(tmp_path, "walk", "broken", "run"), "local"))
    assert outcomes["walk"].result == outcomes["run"].result == {"result": 1}
    assert outcomes["broken"].failure == "it is broken: repair it"
    for clip in ("walk", "run"):
        folder = RunFolder(tmp_path / clip)
        assert (folder / "motion.npz").read_bytes() == b"moves"
        assert folder.is_finished
        assert folder.config.clip == f"builtin:{clip}"
        assert folder.made_by == {"machine": "far away"}
    assert not (tmp_path / "broken").exists()
    assert not any(path.exists() or tmp_path in path.parents for path in there)
    assert not ray.running
    assert ray.settings["runtime_env"]["env_vars"]["OMP_NUM_THREADS"] == "1"


def test_a_machine_that_is_gone_loses_its_clip_alone(
    tmp_path: pathlib.Path, ray: FakeRay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get(result: Any) -> Any:
        raise RayError("the node died")

    monkeypatch.setattr(ray, "get", get)
    outcomes = dict(run_on_cluster(tasks(tmp_path, "walk"), "local"))
    assert outcomes["walk"].failure == "RayError: the node died"


def test_where_ray_is_absent_one_sentence_says_so(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(ray_cluster, "import_module", absent)
    with pytest.raises(
        InputError, match="--ray needs the package Ray, which is not installed: get it with make cluster"
    ) as refused:
        list(run_on_cluster(tasks(tmp_path, "walk"), "local"))
    check_remedy(str(refused.value))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no.such.host.invalid:6379"])
def test_an_address_without_a_cluster_is_said(tmp_path: pathlib.Path, ray: FakeRay, address: str) -> None:
    with pytest.raises(InputError, match=f"no Ray cluster can be used at {address}: ") as refused:
        list(run_on_cluster(tasks(tmp_path, "walk"), address))
    check_remedy(str(refused.value))
    assert not ray.running
