import pathlib

import pytest
import yaml

from data.clip import InputError
from pipelines.config import RunConfig
from pipelines.reconstruction import run_folder

CONFIG = RunConfig(clip="builtin:walk", seed=4)


def test_a_new_folder_holds_configuration_and_provenance(tmp_path: pathlib.Path) -> None:
    folder = run_folder.create(tmp_path / "runs" / "walk", CONFIG)
    assert folder.config == CONFIG
    provenance = yaml.safe_load((folder / "run.yaml").read_text())
    assert {"command", "started", "commit", "versions"} <= provenance.keys()
    assert provenance["versions"]["jax"]


def test_a_second_run_leaves_nothing_of_the_first(tmp_path: pathlib.Path) -> None:
    folder = run_folder.create(tmp_path, CONFIG)
    folder.write_text("metrics.json", "{}")
    (tmp_path / "notes.txt").write_text("the user's own")
    run_folder.create(tmp_path, CONFIG)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml", "notes.txt", "run.yaml"]


def test_a_finished_run_keeps_the_configuration_it_was_made_with(tmp_path: pathlib.Path) -> None:
    folder = run_folder.create(tmp_path / "run", CONFIG)
    made_with = (folder / "config.yaml").read_text().replace("seed: 4", "seed: 4  # as it was")
    (folder / "config.yaml").write_text(made_with)
    (folder / run_folder.METRICS).write_text("{}")
    run_folder.reopen(tmp_path / "run", CONFIG)
    assert (folder / "config.yaml").read_text() == made_with


def test_a_run_does_not_go_on_with_another_recording(tmp_path: pathlib.Path) -> None:
    """Of the files that a run reads, the skeleton beside an AMC file too."""
    for changed in ("take.amc", "person.asf", "map.yaml"):
        for name in ("take.amc", "person.asf", "map.yaml"):
            (tmp_path / name).write_text("as it was")
        settings = {"clip": str(tmp_path / "take.amc"), "input": {"joint_map": tmp_path / "map.yaml"}}
        config = RunConfig.model_validate(settings)
        run_folder.create(tmp_path / "run", config)
        run_folder.reopen(tmp_path / "run", config)
        (tmp_path / changed).write_text("another")
        with pytest.raises(InputError, match=f"{changed} has changed since the run in .* began: start it again"):
            run_folder.reopen(tmp_path / "run", config)


def test_a_folder_of_something_else_is_left_alone(tmp_path: pathlib.Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="is not empty and holds no run: choose another folder"):
        run_folder.create(tmp_path, CONFIG)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_configuration_of_something_else_is_no_run(tmp_path: pathlib.Path) -> None:
    (tmp_path / "config.yaml").write_text("a: 1")
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / "mine.txt").write_text("years of work")
    with pytest.raises(InputError, match="is not empty and holds no run: choose another folder"):
        run_folder.create(tmp_path, CONFIG)
    assert (tmp_path / "config.yaml").read_text() == "a: 1"
    assert (tmp_path / "checkpoint" / "mine.txt").is_file()
