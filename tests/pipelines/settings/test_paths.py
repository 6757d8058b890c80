"""Paths in a configuration are found by their type."""

import hashlib
from pathlib import Path

import pytest
from pydantic import Field

from pipelines.config import RunConfig
from pipelines.reconstruction.run_folder import fingerprints
from pipelines.settings.paths import change_paths, path_settings
from pipelines.settings.section import Section


class Shoes(Section):
    """A section that the program does not know."""

    scan: Path | None = None
    soles: tuple[Path, ...] = ()
    laces: dict[str, Path] = Field(default_factory=dict)
    size: str = "43"


class Shod(RunConfig):
    """A run with settings that the program does not know."""

    shoes: Shoes = Shoes()
    floor_plan: Path | None = None


@pytest.fixture
def shod() -> Shod:
    shoes = Shoes(scan=Path("scan.obj"), soles=(Path("left.obj"), Path("right.obj")), laces={"red": Path("red.txt")})
    return Shod(clip="builtin:walk", shoes=shoes, floor_plan=Path("plan.txt"))


def test_every_path_is_found_with_its_key(shod: Shod) -> None:
    assert dict(path_settings(shod)) == {
        "shoes.scan": Path("scan.obj"),
        "shoes.soles.0": Path("left.obj"),
        "shoes.soles.1": Path("right.obj"),
        "shoes.laces.red": Path("red.txt"),
        "floor_plan": Path("plan.txt"),
    }


def test_every_path_and_nothing_else_is_changed(shod: Shod) -> None:
    changed = change_paths(shod, lambda path: path.with_suffix(".new"))
    assert changed.shoes.soles == (Path("left.new"), Path("right.new"))
    assert changed.model_dump(exclude={"shoes", "floor_plan"}) == shod.model_dump(exclude={"shoes", "floor_plan"})
    assert changed.shoes.size == "43"
    assert shod.floor_plan == Path("plan.txt")


def test_a_new_path_is_absolutised_and_fingerprinted_without_further_code(
    shod: Shod, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _, path in path_settings(shod):
        path.write_text(path.name)
    absolute = shod.with_absolute_paths()
    assert isinstance(absolute, Shod)
    assert absolute.shoes.scan == tmp_path.resolve() / "scan.obj"
    assert absolute.clip == "builtin:walk"
    assert fingerprints(absolute) == {
        str(tmp_path.resolve() / path): hashlib.sha256(path.name.encode()).hexdigest()
        for _, path in path_settings(shod)
    }


def test_the_paths_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every path that a configuration names today, so that a change of a type does not lose one."""
    monkeypatch.chdir(tmp_path)
    keys = (
        "input.asf",
        "input.body_model",
        "input.joint_map",
        "input.film",
        "dataset.root",
        "camera.file",
        "body.mesh",
    )
    settings: dict = {"clip": "walk.bvh"}
    for key in keys:
        section, name = key.split(".")
        settings.setdefault(section, {})[name] = f"{name}.file"
    absolute = RunConfig.model_validate(settings).with_absolute_paths()
    assert dict(path_settings(absolute)) == {key: tmp_path.resolve() / f"{key.split('.')[1]}.file" for key in keys}
    assert absolute.clip == str(tmp_path.resolve() / "walk.bvh")
