"""Options that follow from the configuration model."""

from collections.abc import Mapping
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pipelines.command_line.diffphy import main
from pipelines.command_line.settings_as_options import Overrides, with_settings
from pipelines.config import RunConfig
from pipelines.settings.option import options_of

# What users and their scripts know. A new option is added here; none of these may change.
KEYS = {
    "--seed": "seed",
    "--asf": "input.asf",
    "--body-model": "input.body_model",
    "--sequence": "input.sequence",
    "--joint-map": "input.joint_map",
    "--up-axis": "input.up_axis",
    "--units": "input.unit",
    "--as-is": "input.as_is",
    "--fps": "input.fps",
    "--floor": "input.floor_m",
    "--start": "input.start_s",
    "--end": "input.end_s",
    "--crop": "input.crop",
    "--shift": "input.shift",
    "--person": "input.person",
    "--image-size": "input.image_size",
    "--film": "input.film",
    "--camera": "camera.file",
    "--camera-name": "camera.name",
    "--fov": "camera.fov_deg",
    "--camera-up": "camera.up",
    "--camera-unit": "camera.unit_m",
    "--camera-pitch": "camera.pitch_deg",
    "--camera-roll": "camera.roll_deg",
    "--camera-height": "camera.height_m",
    "--height": "body.height_m",
    "--mass": "body.mass_kg",
    "--body": "body.mesh",
    "--optimizer": "optimizer.name",
    "--max-evals": "optimizer.max_evals",
    "--quality": "optimizer.quality",
    "--feedback": "output.feedback",
    "--video": "output.video",
    "--side-by-side": "output.side_by_side",
}


def given(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The settings that `diffphy reconstruct` hands on for these arguments."""
    seen: dict[str, Any] = {}

    def run(*, overrides: Mapping[str, Any], **_: Any) -> None:
        seen.update((key, value) for key, value in overrides.items() if value is not None)

    monkeypatch.setattr("pipelines.reconstruction.reconstruct_command.run", run)
    monkeypatch.setattr(
        "pipelines.command_line.settings_as_options.load", lambda *_: None
    )  # some of these need each other
    with pytest.raises(SystemExit) as stopped:
        main(["reconstruct", *arguments])
    assert stopped.value.code == 0
    return seen


def test_every_option_sets_its_key() -> None:
    assert {option.name: key for key, _, option in options_of(RunConfig)} == KEYS


def test_every_option_explains_itself() -> None:
    for key, field, _ in options_of(RunConfig):
        assert field.description, key


def test_what_is_not_given_is_left_to_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(["builtin:walk"], monkeypatch) == {"clip": "builtin:walk"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--no-video"], {"output.video": False}),
        (["--video", "--side-by-side"], {"output.video": True, "output.side_by_side": True}),
        (
            ["--camera-up", "-y", "--up-axis", "z", "--units", "cm"],
            {"camera.up": "-y", "input.up_axis": "z", "input.unit": "cm"},
        ),
        (["--crop", "0,1,2,3", "--image-size", "64x48"], {"input.crop": "0,1,2,3", "input.image_size": "64x48"}),
        (["--shift", "cam1:3 cam2:-1"], {"input.shift": "cam1:3 cam2:-1"}),
        (["--floor", "-0.5", "--max-evals", "3"], {"input.floor_m": -0.5, "optimizer.max_evals": 3}),
    ],
)
def test_options_become_settings(
    arguments: list[str], expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert given(arguments, monkeypatch) == expected


def test_the_options_stand_where_the_command_has_its_overrides() -> None:
    seen: list[Any] = []
    app = typer.Typer()

    @app.command()
    @with_settings("body.height_m", "input.fps")
    def walk(name: str, *, overrides: Overrides, loud: bool = False) -> None:
        """Walk."""
        seen.extend((name, dict(overrides), loud))

    done = CliRunner().invoke(app, ["anna", "--height", "1.7", "--loud"])
    assert done.exit_code == 0, done.output
    assert seen == ["anna", {"input.fps": None, "body.height_m": 1.7}, True]
    text = CliRunner().invoke(app, ["--help"]).output
    assert text.index("--loud") < text.index("--fps") < text.index("--height")
    assert CliRunner().invoke(app, ["anna", "--mass", "70"]).exit_code == 2


def test_a_setting_that_is_no_option_is_a_mistake_of_the_command() -> None:
    with pytest.raises(KeyError, match="body.sex"):
        with_settings("body.sex")
