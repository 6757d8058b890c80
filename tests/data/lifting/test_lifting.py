"""Keypoints become poses in space: the library's own poses are found again, turned as they are."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.camera import from_field_of_view
from data.clip import InputError
from data.keypoints.clip import KeypointClip
from data.keypoints.rays import rays_of_pixels
from data.lifting import lifting
from tests.messages import check_remedy

FPS, FRAMES, HEIGHT, DEPTH = 30.0, 40, 1.8, 5.0
MATCHED = [lifting.LIFTED.index(name) for name in lifting.MATCHED]


def standing(yaw: np.ndarray) -> np.ndarray:
    """A pose of the library that turns, the pelvis at rest: (T, 16, 3), x to the camera's right, y ahead, z up."""
    upright = lifting.library().positions
    pose = upright[np.argmax(upright[:, lifting.LIFTED.index("head"), 2])] * HEIGHT
    return np.stack([Rotation.from_euler("z", angle).apply(pose) for angle in yaw])


def filmed(
    pose: np.ndarray, tilt: float, aside: float = 0.4, roll: float = 0.0
) -> tuple[np.ndarray, KeypointClip, np.ndarray, np.ndarray]:
    """The pose along the axes of a camera that looks down by `tilt`, rolled about its axis; its keypoints, their rays,
    and the vertical."""
    lens = from_field_of_view(50.0, (1280, 720))
    to_camera = Rotation.from_matrix([[1, 0, 0], [0, 0, -1], [0, 1, 0]])  # of a level one
    turn = Rotation.from_euler("z", roll) * Rotation.from_euler("x", tilt) * to_camera
    relative = turn.apply(pose.reshape(-1, 3)).reshape(pose.shape)
    there = relative[:, MATCHED] + Rotation.from_euler("z", roll).apply([aside, 0.0, DEPTH])
    pixel = there[..., :2] / there[..., 2:] * lens.focal + lens.principal
    clip = KeypointClip("turn", FPS, lifting.MATCHED, pixel, np.ones(pixel.shape[:2]))
    up = np.tile(turn.apply([0.0, 0.0, 1.0]), (FRAMES, 1))
    return relative, clip, rays_of_pixels(lens, pixel), up


def error(found: np.ndarray, true: np.ndarray) -> float:
    """Mean distance of the joints, m."""
    return float(np.linalg.norm(found - true, axis=-1).mean())


@pytest.mark.parametrize("tilt", [0.0, 0.3])
def test_a_pose_that_turns_is_found_as_it_is_turned(tilt: float) -> None:
    relative, clip, ray, up = filmed(standing(np.linspace(-0.5, 2.5, FRAMES)), tilt)
    assert error(lifting.lift(clip, ray, HEIGHT, up), relative) < 0.06
    assert error(lifting.lift(clip, ray, HEIGHT), relative) < 0.12


@pytest.mark.parametrize("roll", [0.5, np.pi / 2, np.pi])
def test_a_camera_may_be_rolled_where_the_vertical_is_known(roll: float) -> None:
    relative, clip, ray, up = filmed(standing(np.linspace(-0.5, 2.5, FRAMES)), 0.1, roll=roll)
    assert error(lifting.lift(clip, ray, HEIGHT, up), relative) < 0.06


@pytest.mark.parametrize("aside", [0.0, 1.5])
@pytest.mark.parametrize("unseen", ["ankle", "knee ankle", "wrist", "elbow wrist"])
def test_limbs_that_are_never_seen_do_not_move_the_rest(unseen: str, aside: float) -> None:
    """As where the feet are out of the picture; wherever in it the person is."""
    relative, clip, ray, up = filmed(standing(np.linspace(-0.5, 2.5, FRAMES)), 0.1, aside)
    lost = [name.endswith(tuple(unseen.split())) for name in clip.names]
    clip.confidence[:, lost] = 0.0
    ray[:, lost] = 0.0
    found = lifting.lift(clip, ray, HEIGHT, up)
    there = [index for index, name in enumerate(lifting.LIFTED) if not name.endswith(tuple(unseen.split()))]
    assert error(found[:, there], relative[:, there]) < 0.08


@pytest.mark.parametrize(("frames", "fps"), [(2, 30.0), (3, 240.0), (16, 240.0)])
def test_few_frames_are_enough(frames: int, fps: float) -> None:
    relative, clip, ray, up = filmed(standing(np.linspace(0.0, 0.5, FRAMES)), 0.1)
    few = replace(clip, fps=fps, pixel=clip.pixel[:frames], confidence=clip.confidence[:frames])
    assert error(lifting.lift(few, ray[:frames], HEIGHT, up[:frames]), relative[:frames]) < 0.1


def test_keypoints_at_one_place_are_refused() -> None:
    _, clip, ray, _ = filmed(standing(np.zeros(FRAMES)), 0.1)
    with pytest.raises(InputError, match="has all keypoints at one place: give keypoints of a person") as refused:
        lifting.lift(clip, np.zeros_like(ray), HEIGHT)
    check_remedy(str(refused.value))


def test_keypoints_that_are_lost_or_wrong_change_little() -> None:
    relative, clip, ray, up = filmed(standing(np.linspace(0.0, 1.0, FRAMES)), 0.1)
    rng = np.random.default_rng(2)
    clip.confidence[rng.uniform(size=clip.confidence.shape) < 0.2] = 0.0
    ray = np.where(clip.confidence[..., None] > 0, ray, 1e3)
    wrong = rng.uniform(size=clip.confidence.shape) < 0.03
    ray[wrong] += 0.2
    found = lifting.lift(clip, ray, HEIGHT, up)
    assert np.median(np.linalg.norm(found - relative, axis=-1)) < 0.1


def test_bones_are_as_long_as_they_appear() -> None:
    """A person with long thighs and short arms; the legs together are those of the height."""
    pose = standing(np.linspace(0.0, 2.0, FRAMES))
    factor = dict.fromkeys(lifting.LIFTED[1:], 1.0)
    factor |= {f"{side}_knee": 1.1 for side in ("left", "right")}
    factor |= {f"{side}_{joint}": 0.9 for side in ("left", "right") for joint in ("elbow", "wrist")}
    relative, clip, ray, up = filmed(lifting.set_bone_lengths(pose, factor, HEIGHT), 0.0)
    found = lifting.lift(clip, ray, HEIGHT, up)

    def length(place: np.ndarray, near: str, far: str) -> float:
        return float(
            np.linalg.norm(place[:, lifting.LIFTED.index(near)] - place[:, lifting.LIFTED.index(far)], axis=1).mean()
        )

    for bone in (("left_hip", "left_knee"), ("left_knee", "left_ankle")):
        assert length(found, *bone) == pytest.approx(length(relative, *bone), rel=0.06)
    # A short arm looks like one that leans: half of what it lacks is seen.
    arm = "right_shoulder", "right_elbow"
    assert length(relative, *arm) < length(found, *arm) < length(pose, *arm) * 0.97
    legs = length(found, "left_hip", "left_knee") + length(found, "left_knee", "left_ankle")
    assert legs == pytest.approx(0.491 * HEIGHT, rel=0.03)


def test_the_library_faces_ahead_and_has_both_sides() -> None:
    poses = lifting.library()
    across = poses.of("left_hip") - poses.of("right_hip")
    np.testing.assert_allclose(across[:, 0], 0.0, atol=1e-9)
    assert (across[:, 1] > 0).all()
    half = len(poses.positions) // 2
    np.testing.assert_allclose(poses.of("left_wrist")[:half] * [1, -1, 1], poses.of("right_wrist")[half:], atol=1e-9)
