"""Units, up axis, reference pose and first frame: detected, said, and overridable."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.clip import InputError, MotionClip
from data.conventions import frame_rate, to_clip
from data.formats import bvh
from data.rotations import to_wxyz
from data.skeleton import Skeleton
from data.units import METRES_PER_UNIT
from tests.data.conftest import mixamo_skeleton, smooth_rotations

TO_Y_UP = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])  # our (x, y, z) as the file's (z, x, y)


def read(
    axes: np.ndarray,
    metres: float,
    *,
    unit: str | None = None,
    up_axis: str | None = None,
    fps: float | None = None,
    first: np.ndarray | None = None,
    first_frame: int = 1,
    jump: float = 0.0,
) -> MotionClip:
    """A person standing still for 1 s, as a file with these axes and this unit would have him.

    He has the rotations `first` in frame 1 and stands `jump`, m, elsewhere in frame 21 alone.
    """
    ours = mixamo_skeleton()
    skeleton = Skeleton(ours.joint_names, ours.parents, ours.offsets @ axes.T / metres)
    translations = np.tile(skeleton.offsets, (31, 1, 1))
    rotations = smooth_rotations(31, len(ours.joint_names), 0.02, seed=0)
    if first is not None:
        rotations[0] = first
    translations[20, 0, 0] += jump / metres
    return to_clip(
        "clip",
        "clip",
        1 / 30,
        skeleton,
        translations,
        rotations,
        up_axis=up_axis,
        unit=unit,
        fps=fps,
        first_frame=first_frame,
    )


@pytest.mark.parametrize("unit", METRES_PER_UNIT)
def test_the_unit_is_the_one_that_makes_an_adult(unit):
    clip = read(TO_Y_UP, METRES_PER_UNIT[unit])
    assert f"unit: {unit}, from the body's size" in clip.notes
    np.testing.assert_allclose(clip.rest_positions, mixamo_skeleton().rest_positions, atol=1e-12)


@pytest.mark.parametrize(("axes", "up"), [(TO_Y_UP, "y"), (np.eye(3), "z"), (TO_Y_UP @ TO_Y_UP, "x")])
def test_the_up_axis_is_the_one_along_which_the_body_stands(axes, up):
    clip = read(axes, 1.0)
    assert f"up axis: {up}, from the zero pose and the motion" in clip.notes
    np.testing.assert_allclose(clip.rest_positions, mixamo_skeleton().rest_positions, atol=1e-12)


def test_what_the_user_names_is_used():
    clip = read(TO_Y_UP, 0.01, unit="cm", up_axis="y", fps=60.0)
    assert {"unit: cm, as given", "up axis: y, as given", "frame rate: 60 per second, as given"} <= set(clip.notes)
    assert clip.fps == 60.0
    assert not any("from the file" in note for note in clip.notes)


def test_names_that_do_not_exist_and_absurd_scales_are_refused():
    with pytest.raises(InputError, match="unknown unit 'ells': use one of m, cm"):
        read(TO_Y_UP, 1.0, unit="ells")
    with pytest.raises(InputError, match="unknown up axis 'w': use one of x, y, z"):
        read(TO_Y_UP, 1.0, up_axis="w")
    for fps in (0.0, 0.99, 10_001.0, np.nan, np.inf):
        with pytest.raises(InputError, match=f"no recording has {fps:g} frames a second: give --fps from 1 to 10000"):
            read(TO_Y_UP, 1.0, fps=fps)
    with pytest.raises(InputError, match=r"absurd scale.* 173.2 m.*--units"):
        read(TO_Y_UP, 0.01, unit="m")
    with pytest.raises(InputError, match="clip has bones of no length"):
        read(TO_Y_UP, np.inf)


def test_a_zero_pose_that_lies_down_is_replaced_by_an_upright_frame():
    """As in files whose zero pose is a row of bones: the root's rotation stands the body up."""
    ours = mixamo_skeleton()
    tipped = Rotation.from_euler("y", 90, degrees=True)
    skeleton = Skeleton(ours.joint_names, ours.parents, tipped.apply(ours.offsets))
    rotations = np.tile([1.0, 0.0, 0.0, 0.0], (31, len(ours.joint_names), 1))
    rotations[:, 0] = to_wxyz(tipped.inv())
    translations = np.tile(skeleton.offsets, (31, 1, 1))
    clip = to_clip("clip", "clip", 1 / 30, skeleton, translations, rotations, up_axis="z", unit="m")
    assert "reference pose: frame 1, as the zero pose is not upright" in clip.notes
    np.testing.assert_allclose(clip.rest_positions, ours.rest_positions, atol=1e-12)
    assert clip.rotations is not None
    np.testing.assert_allclose(clip.rest_rotations, clip.rotations[0], atol=1e-12)


def test_a_t_pose_before_the_motion_is_left_out():
    raised_arms = smooth_rotations(31, len(mixamo_skeleton().joint_names), 3.0, seed=1)[8]
    clip = read(TO_Y_UP, 1.0, first=raised_arms)
    assert clip.num_frames == 30
    assert any(note.startswith("start: frame 2") for note in clip.notes)
    assert read(TO_Y_UP, 1.0).num_frames == 31
    # At one frame a second the arms have all the time they need.
    assert read(TO_Y_UP, 1.0, first=raised_arms, fps=1.0).num_frames == 31


def test_a_jump_is_named_by_the_frame_of_the_file():
    raised_arms = smooth_rotations(31, len(mixamo_skeleton().joint_names), 3.0, seed=1)[8]
    for first, first_frame, frames in ((None, 1, (20, 21)), (raised_arms, 1, (20, 21)), (raised_arms, 101, (120, 121))):
        with pytest.raises(
            InputError, match=r"clip: the root jumps 9\.00 m from frame {} to frame {}: ".format(*frames)
        ):
            read(TO_Y_UP, 0.01, unit="cm", first=first, first_frame=first_frame, jump=9.0)
    notes = read(TO_Y_UP, 0.01, first=raised_arms, first_frame=101).notes
    assert any(note.startswith("start: frame 102,") for note in notes)


def test_cmu_conversions_start_after_their_t_pose(cmu):
    for path in (cmu / "12_01_walk.bvh", cmu / "out_of_domain" / "salsa_02.bvh"):
        clip = bvh.read(path)
        assert any(note.startswith("start: frame") for note in clip.notes)
        speed = np.linalg.norm(np.diff(clip.positions[:12], axis=0), axis=-1) * clip.fps
        assert speed.max() < 20.0


@pytest.mark.parametrize(("frame_time", "fps"), [(0.0083333, 120.0), (0.033332, 30.0), (0.0625, 16.0)])
def test_rounded_frame_times_give_whole_rates(frame_time, fps):
    assert frame_rate(frame_time, "clip") == fps


def test_a_rate_that_is_not_whole_is_kept():
    assert frame_rate(1 / 29.97, "clip") == pytest.approx(29.97)
