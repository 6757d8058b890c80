"""Each judgement, on a good walk and on what files make of it; and no false alarm on any recording that we have."""

import pathlib
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from data import builtin_clips, formats
from data.clip import InputError, MotionClip
from data.finding import Finding, worst
from data.plausibility.judge import JUDGEMENTS, judge, judged
from data.rigs import joint_maps
from data.rigs.retarget import Rig
from tests.data.formats.walk_files import change_rows, exchange_sides, mirror, set_frame_time, tilt, write_walk
from tests.messages import check_remedy

FRAMES = 39


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory, rig: Rig) -> str:
    return write_walk(tmp_path_factory.mktemp("walk") / "walk.bvh", rig).read_text()


def findings_of(path: pathlib.Path | str, unit: str | None = None) -> tuple[MotionClip, tuple[Finding, ...]]:
    clip = formats.read(path, unit=unit)
    return clip, judge(clip, joint_maps.detect(clip))


def not_good(findings: tuple[Finding, ...]) -> dict[str, str]:
    return {finding.name: finding.level for finding in findings if finding.level != "good"}


def lift(text: str, heights: np.ndarray) -> str:
    """Return the file with the root higher by these heights, cm."""
    return change_rows(text, lambda rows: rows + heights[:, None] * (np.arange(rows.shape[1]) == 1))


def scale_path(text: str, *factors: float) -> str:
    """Return the file with the path of the root scaled."""
    return change_rows(text, lambda rows: np.concatenate([rows[:, :3] * factors, rows[:, 3:]], axis=1))


def take(text: str, frames: list[int]) -> str:
    """Return the file with these frames."""
    return change_rows(text, lambda rows: rows[frames])


STAIRS = np.repeat([0.0, 20.0, 40.0, 20.0, 0.0], 8)[:FRAMES]
STOP = [*range(10), *[10] * 8, *range(18, FRAMES)]
LONG_SHANK = (r"(left_ankle\s*{\s*OFFSET \S+) -\S+", r"\1 -70.0")

# What is wrong -> what makes it so, what is found, and the unit that the user gives.
SPOILT: dict[str, tuple[Callable[[str], str], dict[str, str], str | None]] = {
    "nothing": (str, {}, None),
    "mirrored": (mirror, {"sides": "bad"}, None),
    "sides exchanged": (exchange_sides, {"sides": "bad"}, None),
    "upside down": (lambda text: tilt(text, 180.0), {"up axis": "doubtful"}, None),
    "tilted": (lambda text: tilt(text, 25.0), {"lean": "doubtful"}, None),
    "frame time of a second": (lambda text: set_frame_time(text, 1.0), {"rate": "doubtful"}, None),
    "frame time of a quarter": (lambda text: set_frame_time(text, 1 / 120), {"rate": "doubtful"}, None),
    "few frames": (lambda text: set_frame_time(take(text, [*range(0, FRAMES, 6)]), 0.2), {"rate": "doubtful"}, None),
    "every frame twice": (
        lambda text: take(text, sorted([*range(FRAMES)] * 2)),
        {"repeated frames": "doubtful"},
        None,
    ),
    "stops for 8 frames": (lambda text: take(text, STOP), {"repeated frames": "doubtful"}, None),
    "no path": (lambda text: scale_path(text, 0, 0, 0), {"path of the root": "doubtful"}, None),
    "in place, as in games": (lambda text: scale_path(text, 0, 1, 0), {"path of the root": "doubtful"}, None),
    "path in m, bones in cm": (
        lambda text: scale_path(text, 0.01, 0.01, 0.01),
        {"path of the root": "doubtful"},
        None,
    ),
    "drifts up": (lambda text: lift(text, np.linspace(0, 40, FRAMES)), {"floor": "doubtful"}, None),
    "on stairs": (lambda text: lift(text, STAIRS), {"floor": "doubtful"}, None),
    "a giant": (str, {"size": "doubtful"}, "0.0145"),
    "a child, or an adult in another unit": (str, {"size": "doubtful"}, "0.006"),
    "one long shank": (lambda text: re.sub(*LONG_SHANK, text), {"proportions": "doubtful"}, None),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_wrong_is_found(tmp_path: pathlib.Path, walk: str, how: str) -> None:
    """A spoilt file may make other measurements doubtful, too, but a good one makes none."""
    spoil, expected, unit = SPOILT[how]
    path = tmp_path / "walk.bvh"
    path.write_text(spoil(walk))
    _, findings = findings_of(path, unit)
    found = not_good(findings)
    assert expected.items() <= found.items()
    assert expected or not found
    for finding in findings:
        assert finding.value
        assert (finding.sentence == "") == (finding.level == "good")
        if finding.sentence:
            check_remedy(finding.sentence)
    assert worst(findings) == max(expected.values(), key=["good", "doubtful", "bad"].index, default="good")


def test_the_true_rate_of_repeated_frames_is_proposed(tmp_path: pathlib.Path, walk: str) -> None:
    path = tmp_path / "walk.bvh"
    path.write_text(set_frame_time(take(walk, sorted([*range(FRAMES)] * 2)), 1 / 60))
    _, findings = findings_of(path)
    (sentence,) = (finding.sentence for finding in findings if finding.name == "repeated frames")
    assert "each frame is there 2 times, so the true rate is 30 a second" in sentence


def test_a_bad_finding_refuses_unless_the_recording_is_taken_as_it_is(tmp_path: pathlib.Path, walk: str) -> None:
    path = tmp_path / "walk.bvh"
    path.write_text(mirror(walk))
    clip = formats.read(path)
    joint_map = joint_maps.detect(clip)
    with pytest.raises(InputError, match=r"point backwards, by \d+ cm on average, so the file is mirrored") as refused:
        judged(clip, joint_map)
    check_remedy(str(refused.value))
    assert worst(judged(clip, joint_map, as_is=True).findings) == "bad"


def test_legs_that_are_exchanged_for_some_frames_jump(walk: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "walk.bvh"
    path.write_text(walk)
    clip = formats.read(path)
    joint_map = joint_maps.detect(clip)
    positions = np.array(clip.positions)
    legs = [[clip.joint(f"{side}_{part}") for part in ("knee", "ankle", "toe")] for side in ("left", "right")]
    positions[12:19, legs[0]], positions[12:19, legs[1]] = (
        clip.positions[12:19, legs[1]],
        clip.positions[12:19, legs[0]],
    )
    found = {finding.name: finding for finding in judge(replace(clip, positions=positions), joint_map)}
    assert found["jumps"].level == "doubtful"
    assert "jump from frame 11 to 12, 18 to 19" in found["jumps"].sentence
    check_remedy(found["jumps"].sentence)


def test_knees_that_cross_are_found(walk: str, tmp_path: pathlib.Path) -> None:
    """As where the markers of the knees were exchanged for the whole recording."""
    path = tmp_path / "walk.bvh"
    path.write_text(walk)
    clip = formats.read(path)
    joint_map = joint_maps.detect(clip)
    knees, hips = ([clip.joint(f"{side}_{joint}") for side in ("left", "right")] for joint in ("knee", "hip"))
    positions = np.array(clip.positions)
    across = positions[:, hips[0]] - positions[:, hips[1]]
    positions[:, knees] += np.stack([-across, across], axis=1)
    found = {finding.name: finding for finding in judge(replace(clip, positions=positions), joint_map)}
    assert found["knees"].level == "doubtful"
    check_remedy(found["knees"].sentence)


def test_a_leap_at_the_beginning_is_no_drift_of_the_floor() -> None:
    clip = formats.read("builtin:jump")
    part = clip.between(0.5 * clip.duration, None)
    (floor,) = (finding for finding in judge(part, joint_maps.detect(clip)) if finding.name == "floor")
    assert "sinks" not in floor.value


def test_an_animal_with_a_persons_names_is_refused(walk: str, tmp_path: pathlib.Path) -> None:
    """On all fours in every frame, with a long trunk and long forelegs."""
    for joint, factor in (("upper_spine", 2.5), ("neck", 2.5), ("left_elbow", 1.6), ("right_elbow", 1.6)):
        walk = re.sub(
            rf"({joint}\s*{{\s*OFFSET) (\S+) (\S+) (\S+)",
            lambda found, k=factor: " ".join([found[1], *(f"{k * float(found[i]):.4f}" for i in (2, 3, 4))]),
            walk,
        )
    path = tmp_path / "dog.bvh"
    path.write_text(walk)
    clip = formats.read(path, up_axis="y", unit="cm")
    # The front of the body, turned from above the hips to ahead of them.
    front = [clip.joint(name) for name in clip.joint_names if re.search("spine|neck|clavicle|should|elbow|wrist", name)]
    hips = clip.positions[:, [clip.joint("pelvis")]]
    positions = np.array(clip.positions)
    positions[:, front] = hips + (positions[:, front] - hips)[..., [2, 1, 0]] * [1.0, 1.0, -1.0]
    # The forelegs, from above the shoulders to the ground.
    hands = [clip.joint(f"{side}_wrist") for side in ("left", "right")]
    positions[:, hands, 2] = positions[..., 2].min(axis=1, keepdims=True) + 0.05
    animal = replace(clip, positions=positions)
    with pytest.raises(InputError, match="shows no person: nobody stands upright in any frame") as refused:
        judged(animal, joint_maps.detect(clip))
    check_remedy(str(refused.value))
    (posture,) = (finding for finding in judge(animal, joint_maps.detect(clip)) if finding.name == "posture")
    assert posture.level == "doubtful"
    check_remedy(posture.sentence)


@pytest.mark.parametrize("name", builtin_clips.clip_paths())
def test_the_built_in_clips_are_good(name: str) -> None:
    """Flips, rolls, crawling and getting up are no reason for a doubt."""
    clip, findings = findings_of(f"builtin:{name}")
    assert not not_good(findings), clip.name
    assert len(findings) >= len(JUDGEMENTS) - 3


def test_recordings_of_laboratories_are_good(test_data: pathlib.Path) -> None:
    files = sorted((test_data / "mocap").rglob("*.*")) + sorted((test_data / "forces").rglob("*.*"))
    read = [path for path in files if path.suffix in (".bvh", ".amc", ".c3d", ".trc")]
    assert len(read) > 20
    doubts = {path.name: found for path in read if (found := not_good(findings_of(path)[1]))}
    # They stand on a box of 0.3 m before they jump down: the floor is not one plane.
    assert doubts == {"DJ1.trc": {"floor": "doubtful"}, "DJAsym1.trc": {"floor": "doubtful"}}
