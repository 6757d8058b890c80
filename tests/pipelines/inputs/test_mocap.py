"""Recordings of laboratories and of AMASS become a subject. tests/data tests how they are read."""

import pathlib
import re

import numpy as np
import pytest

from data.clip import InputError
from data.rigs import joint_maps
from pipelines.config import Input, RunConfig, load
from pipelines.inputs import mocap
from pipelines.inputs.mocap import prepare_mocap, put_on_floor, read_clip
from pipelines.inputs.prepare import prepare
from pipelines.inputs.subject import build_keyframes
from pipelines.reconstruction import run_folder
from tests.data.formats.test_trc import write as write_trc
from tests.messages import check_remedy
from tests.pipelines.evaluation.plates import STANDING


def test_joints_that_were_not_recorded_are_followed_in_their_rotations_alone(gait: pathlib.Path) -> None:
    subject = prepare(RunConfig(clip=str(gait)))
    tracked = {subject.retargeted.rig.keys[body] for body in subject.tracked}
    legs = {f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle")}
    assert tracked == {"pelvis", *legs}
    arm = subject.retargeted.rig.keys.index("left_shoulder")
    upper_arm = subject.retargeted.joint_positions()[:, [arm, arm + 1]]
    assert (upper_arm[:, 0, 2] - upper_arm[:, 1, 2] > 0.2).all()


def test_the_body_model_is_part_of_the_run(
    amass: tuple[pathlib.Path, pathlib.Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run finds it from any folder, and its fingerprint is kept."""
    motion, model = amass
    monkeypatch.chdir(model.parent)
    config = RunConfig.model_validate({"clip": motion.name, "input": {"body_model": model.name}})
    absolute = config.with_absolute_paths()
    assert absolute.input.body_model == model.resolve()
    assert str(model.resolve()) in run_folder.fingerprints(absolute)


def test_the_floor_is_where_the_body_rests_or_is_given() -> None:
    """The height that is returned is how far the clip was moved down."""
    clip = read_clip("builtin:walk", Input()).shifted(0.4)
    for given in (None, 0.3):
        recording = put_on_floor(clip, Input(floor_m=given))
        assert recording.floor_m == pytest.approx(0.4 if given is None else given, abs=0.03)
        np.testing.assert_allclose(recording.clip.positions, clip.positions - [0.0, 0.0, recording.floor_m])
        assert recording.joint_map == joint_maps.detect(clip)
        (note,) = recording.clip.notes[len(clip.notes) :]
        assert note.startswith(f"floor: {recording.floor_m:+.3f} m, ")
        assert note.endswith("as given") is (given is not None)


def test_a_floor_on_which_nobody_can_stand_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(mocap.terminal, "warn", warnings.append)
    clip = read_clip("builtin:walk", Input())
    put_on_floor(clip, Input(floor_m=0.4))
    assert not warnings
    put_on_floor(clip, Input(floor_m=1.0))
    put_on_floor(clip, Input(floor_m=-90.0))
    (above, below) = warnings
    assert above.startswith("the given floor, 1 m, is ")
    assert "above where the body rests: give it in metres" in above
    assert "below where the body rests: give it in metres" in below
    with pytest.raises(InputError, match="90 m, is above the whole body, 89.99 m above where .*: give it in metres"):
        put_on_floor(clip, Input(floor_m=90.0))


def test_a_recording_that_is_too_short_for_the_control_rate_is_said() -> None:
    config = load(None, {"clip": "builtin:walk", "simulation.control_fps": 10.0, "input.end_s": 0.05})
    with pytest.raises(InputError, match="builtin:walk lasts 0.067 s, less than two control frames at 10") as refused:
        prepare_mocap("builtin:walk", config)
    check_remedy(str(refused.value))


def test_the_loss_gets_the_forces_of_the_recording_as_means_over_control_frames() -> None:
    """A walk carries its weight on the whole, one foot after the other; what a recording does not tell is said."""
    subject = prepare_mocap("builtin:walk", load(None, {"clip": "builtin:walk"}))
    forces = build_keyframes(subject).forces
    assert forces is not None
    assert forces.total[:, 2].mean() == pytest.approx(1.0, abs=0.05)
    np.testing.assert_allclose(forces.foot.sum(axis=1), forces.total[:, 2], atol=1e-5)
    assert (forces.foot.max(axis=0) > 0.9).all()
    assert (forces.foot.min(axis=0) < 0.01).all()
    np.testing.assert_array_equal(forces.total[0], forces.total[1])
    assert not any("ground forces" in note for note in subject.clip.notes)
    crawl = prepare_mocap("builtin:crawl", load(None, {"clip": "builtin:crawl"}))
    on_hands = build_keyframes(crawl).forces
    assert on_hands is not None
    assert on_hands.known.mean() < 0.2
    assert any("something else than the feet" in note for note in crawl.clip.notes)


def test_feet_that_hover_while_they_stand_get_lower_soles(tmp_path: pathlib.Path) -> None:
    """The right ankle of somebody who stands is recorded 2 cm too high."""
    centres = {
        f"{letter}{joint}": np.tile([1000.0 * x, 1000.0 * sign * y, 1000.0 * z], (100, 1))
        for letter, sign in (("L", 1.0), ("R", -1.0))
        for joint, (x, y, z) in STANDING.items()
    }
    centres["RAJC"][:, 2] += 20.0
    still = str(write_trc(tmp_path / "still.trc", centres))
    subject = prepare_mocap(still, load(None, {"clip": still, "input.as_is": True}))
    (note,) = (each for each in subject.clip.notes if each.startswith("soles: "))
    assert re.search(r"the left one 0\.00\d m \w+, the right one 0\.0(19|20|21) m lower", note)
    soles = [
        np.asarray(subject.humanoid.contact_offset)[[body == foot for body in subject.humanoid.contact_body], 2]
        for foot in (subject.humanoid.body("left_foot"), subject.humanoid.body("right_foot"))
    ]
    np.testing.assert_allclose(soles[0] - soles[1], 0.02, atol=0.001)
    assert subject.recorded is not None
    np.testing.assert_allclose(subject.recorded.reach, 1.0, atol=1e-6)
