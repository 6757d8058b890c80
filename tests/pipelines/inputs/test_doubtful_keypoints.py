"""Keypoints of built-in motions that a camera saw: good ones leave no doubt, and what is wrong with others is found.

What no judgement finds is in docs/metrics.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from jaxtyping import Bool, Float
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, from_field_of_view
from data.finding import Finding
from data.keypoints.clip import KeypointClip
from data.keypoints.sets import NAMES
from data.rotations import to_wxyz
from diffphy.body.landmarks import landmarks
from diffphy.physics.scene import ground
from diffphy.reconstruction.camera import project
from pipelines.config import Body, load
from pipelines.inputs import seen_person
from pipelines.inputs.keypoints import build_subject_from_keypoints
from pipelines.inputs.kinematic_fit import physics_camera
from pipelines.inputs.prepare import prepare
from pipelines.inputs.visible_frames import take_seen_part
from pipelines.reconstruction.motion_file import poses
from tests.messages import check_remedy

SIZE = (1280, 720)
FRAMES, FPS, RATE = 39, 30.0, 15.0
STATURE = 1.69  # m, of the built-in humanoid


@pytest.fixture(autouse=True, scope="module")
def unpolished() -> Iterator[None]:
    """Nothing is judged after the fit of the keypoints. So a body with bones need not follow it here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen_person, "polish_motion", lambda subject, *_: subject)
        yield


@dataclass(frozen=True)
class Seen:
    """What is given to a run: keypoints, and the camera as the user knows it."""

    clip: KeypointClip
    camera: CalibratedCamera


def judge(seen: Seen) -> dict[str, Finding]:
    part = take_seen_part(seen.clip, seen.camera, None, None)
    subject = build_subject_from_keypoints([part], Body(height_m=STATURE), ground(), RATE)
    return {finding.name: finding for finding in subject.clip.findings}


@cache
def points(motion: str) -> tuple[Float[np.ndarray, "T K 3"], tuple[str, ...]]:
    """Return the keypoints of OpenPose's body in the world, m, and their names."""
    subject = prepare(load(None, {"clip": f"builtin:{motion}"}))
    followed = subject.retargeted
    pose = poses(subject.humanoid, followed.position[:FRAMES], followed.rotation[:FRAMES])
    bodies, offset, names = landmarks(subject.person, NAMES["body_25"])
    turn = Rotation.from_quat(pose.rotation[:, bodies].reshape(-1, 4), scalar_first=True)
    places = pose.position[:, bodies] + turn.apply(np.tile(offset, (FRAMES, 1))).reshape(FRAMES, -1, 3)
    return places - np.append(places.mean(axis=(0, 1))[:2], 0.0), tuple(names)


def place_camera(turn: float = 40.0, pitch: float = -6.0, roll: float = 0.0, distance: float = 5.0) -> CalibratedCamera:
    """Return a camera 1.4 m above the floor that looks at the origin.

    Args:
        turn: From where it looks, degrees.
        pitch: Angle by which it looks up, degrees.
        roll: Angle by which it is turned about its axis, degrees.
        distance: How far away it is, m.
    """
    level = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    about = Rotation.from_euler("z", turn, degrees=True)
    rotation = Rotation.from_euler("zx", [roll, -pitch], degrees=True) * level * about
    center = about.inv().apply([0.0, -distance, 1.4])
    lens = from_field_of_view(60.0, SIZE)
    return replace(lens, rotation=to_wxyz(rotation), translation=-rotation.apply(center), has_pose=True)


def see(motion: str = "walk", camera: CalibratedCamera | None = None, noise: float = 3.0, aside: float = 0.0) -> Seen:
    """Return what a camera sees, with noise, pixels. The person stands a little aside, m."""
    camera = place_camera() if camera is None else camera
    places, names = points(motion)
    pixel = np.asarray(
        project(physics_camera(camera), (places + np.array([aside, 0.0, 0.0])).astype(np.float32)), float
    )
    noisy = pixel + np.random.default_rng(0).normal(scale=noise, size=pixel.shape)
    return Seen(KeypointClip("film", FPS, names, noisy, np.ones(pixel.shape[:2])), camera)


GOOD = {
    "a walk from aside": ("walk", place_camera(40.0), 3.0),
    "a walk from ahead": ("walk", place_camera(0.0, distance=5.5), 4.0),
    "a walk from behind": ("walk", place_camera(200.0), 5.0),
    "a jump": ("jump", place_camera(100.0, distance=5.5), 4.0),
    "a dance": ("dance_a", place_camera(160.0), 3.0),
    "another dance": ("dance_b", place_camera(300.0, distance=6.0), 4.0),
    "a punch": ("punch", place_camera(20.0, distance=5.5), 4.0),
    "a kick": ("kick", place_camera(250.0), 5.0),
    "a cartwheel": ("cartwheel", place_camera(60.0, distance=6.0), 4.0),
    "a turn": ("spin", place_camera(320.0), 3.0),
}


@pytest.mark.parametrize("case", GOOD)
def test_a_film_in_which_nothing_is_wrong_leaves_no_doubt(case: str) -> None:
    found = judge(see(*GOOD[case]))
    assert {finding.name: finding.sentence for finding in found.values() if finding.level != "good"} == {}


def with_pixels(seen: Seen, pixel: Float[np.ndarray, "T K 2"]) -> Seen:
    return replace(seen, clip=replace(seen.clip, pixel=pixel))


def hide(seen: Seen, *parts: str, frames: slice = slice(None)) -> Seen:
    """Return the keypoints without those whose name has one of the parts."""
    confidence = seen.clip.confidence.copy()
    confidence[frames, _having(seen, *parts)] = 0.0
    return replace(seen, clip=replace(seen.clip, confidence=confidence))


def _having(seen: Seen, *parts: str) -> Bool[np.ndarray, " K"]:
    return np.array([any(part in name for part in parts) for name in seen.clip.names])


def mix(seen: Seen, other: Seen, which: Bool[np.ndarray, "*shape"]) -> Seen:
    """Return the first person's keypoints, and those of another one where it says so."""
    return with_pixels(seen, np.where(which[..., None], other.clip.pixel, seen.clip.pixel))


def exchange_legs(seen: Seen, frames: Bool[np.ndarray, " T"]) -> Seen:
    names = seen.clip.names
    other = {"left_knee": "right_knee", "left_ankle": "right_ankle"}
    other |= {right: left for left, right in other.items()}
    exchanged = seen.clip.pixel[:, [names.index(other.get(name, name)) for name in names]]
    return with_pixels(seen, np.where(frames[:, None, None], exchanged, seen.clip.pixel))


def without_pose(seen: Seen) -> Seen:
    return replace(seen, camera=from_field_of_view(60.0, SIZE))


NOW_AND_THEN = (np.arange(FRAMES) // 3) % 2 == 1
PAN = np.linspace(-150.0, 150.0, FRAMES)[:, None, None] * np.array([1.0, 0.0])
SHUFFLED = np.random.default_rng(1).permutation(FRAMES)

# What is wrong -> what is given, and what is found.
SPOILT: dict[str, tuple[Callable[[], Seen], str]] = {
    "a camera held at a slant, of which nothing is said": (
        lambda: without_pose(see(camera=place_camera(roll=20.0))),
        "gravity",
    ),
    "a camera held at a slant that is taken for level": (
        lambda: replace(see(camera=place_camera(roll=20.0)), camera=place_camera()),
        "lean",
    ),
    "pictures upside down": (lambda: with_pixels(see(), np.array(SIZE) - 1 - see().clip.pixel), "pose"),
    "a camera that turns": (lambda: with_pixels(see(), see().clip.pixel + PAN), "stand"),
    "half the size of the pictures": (lambda: with_pixels(see(), see().clip.pixel / 2), "stand"),
    "frames in disorder": (lambda: with_pixels(see(), see().clip.pixel[SHUFFLED]), "stand"),
    "two persons by turns": (
        lambda: mix(see(), see("dance_a", aside=1.2), NOW_AND_THEN[:, None]),
        "far keypoints",
    ),
    "the arms of another person": (
        lambda: mix(see(), see("dance_a", aside=1.2), _having(see(), "shoulder", "elbow", "wrist", "nose")[None]),
        "far keypoints",
    ),
    "legs exchanged now and then": (lambda: exchange_legs(see(), NOW_AND_THEN), "far keypoints"),
    "keypoints far off": (lambda: see(noise=30.0), "far keypoints"),
    "keypoints named wrongly": (
        lambda: with_pixels(see(), np.roll(see().clip.pixel, 7, axis=1)),
        "far keypoints",
    ),
    "feet that are never seen": (lambda: hide(see(), "ankle", "toe", "heel"), "feet"),
    "only shoulders and hips": (lambda: hide(see(), "ankle", "toe", "heel", "knee", "elbow", "wrist"), "joints"),
    "a person who is away for 0.6 s": (lambda: hide(see(), "", frames=slice(12, 30)), "gaps"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_what_is_wrong_is_found(case: str) -> None:
    spoil, expected = SPOILT[case]
    found = judge(spoil())
    assert found[expected].level != "good", {name: finding.value for name, finding in found.items()}
    check_remedy(found[expected].sentence)
