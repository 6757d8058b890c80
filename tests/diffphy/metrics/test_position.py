"""The MPJPE family on motions with known errors."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from diffphy.metrics import mpjpe, mpjpe_2d, mpjpe_g, mpjpe_pa, mpjpe_rigid, procrustes, tilt_deg, w_mpjpe, wa_mpjpe

ROOT = 0


@pytest.fixture
def motion():
    """230 frames of 5 joints, of the size of a person."""
    return np.random.default_rng(0).normal(scale=0.5, size=(230, 5, 3))


def similarities(count):
    """A different rotation, translation and scale for each of `count` frames."""
    random = np.random.default_rng(1)
    rotation = Rotation.random(count, rng=random).as_matrix()
    return random.uniform(0.5, 2.0, count), rotation, random.normal(size=(count, 3))


def moved(points, scale, rotation, translation):
    return scale[:, None, None] * np.einsum("tij,tpj->tpi", rotation, points) + translation[:, None]


def test_nothing_is_zero_away_from_itself(motion):
    for error in (mpjpe_g, mpjpe_pa, w_mpjpe, wa_mpjpe):
        assert error(motion, motion) < 1e-9
    assert mpjpe(motion, motion, ROOT) == 0


def test_a_translation_counts_in_the_world_only(motion):
    displaced = motion + np.array([0.03, 0.0, 0.04])
    assert mpjpe_g(displaced, motion) == pytest.approx(50.0)
    assert mpjpe(displaced, motion, ROOT) == pytest.approx(0.0, abs=1e-9)
    assert mpjpe_pa(displaced, motion) == pytest.approx(0.0, abs=1e-9)


def test_one_joint_off_is_shared_by_all_joints(motion):
    displaced = motion.copy()
    displaced[:, 3, 1] += 0.1
    assert mpjpe_g(displaced, motion) == pytest.approx(100 / 5)
    assert mpjpe(displaced, motion, ROOT) == pytest.approx(100 / 5)


def test_a_displaced_root_moves_all_others_in_the_root_aligned_error(motion):
    displaced = motion.copy()
    displaced[:, ROOT, 0] += 0.1
    assert mpjpe(displaced, motion, ROOT) == pytest.approx(100 * 4 / 5)


def test_one_rigid_motion_is_undone_by_the_rigid_error_and_a_scale_is_not(motion):
    _, rotation, translation = similarities(1)
    turned = motion @ rotation[0].T + translation
    assert mpjpe_rigid(turned, motion) == pytest.approx(0.0, abs=1e-9)
    centred = motion - motion.mean((0, 1))
    assert mpjpe_rigid(1.1 * turned, motion) == pytest.approx(100 * np.linalg.norm(centred, axis=-1).mean(), rel=1e-6)
    assert mpjpe_pa(1.1 * turned, motion) == pytest.approx(0.0, abs=1e-9)


def test_a_rigid_alignment_keeps_the_scale_and_never_mirrors(motion):
    mirrored = motion * [1.0, 1.0, -1.0]
    aligned = procrustes(mirrored, motion, rigid=True)
    np.testing.assert_array_equal(aligned.scale, 1.0)
    np.testing.assert_allclose(np.linalg.det(aligned.rotation), 1.0)


@pytest.mark.parametrize("angle", [0.0, 1e-3, 2.1, 90.0, 180.0])
def test_the_tilt_is_the_turn_of_the_vertical_alone(angle):
    about_vertical = Rotation.from_euler("z", 70.0, degrees=True)
    about_horizontal = Rotation.from_euler("x", angle, degrees=True)
    rotation = (about_vertical * about_horizontal * about_vertical).as_matrix()
    assert tilt_deg(rotation) == pytest.approx(angle, abs=1e-6)


def test_any_similarity_in_each_frame_is_undone_by_pa(motion):
    result = moved(motion, *similarities(len(motion)))
    assert mpjpe_pa(result, motion) == pytest.approx(0.0, abs=1e-9)
    assert mpjpe(result, motion, ROOT) > 100


def test_a_mirror_image_is_not_undone(motion):
    mirrored = motion * np.array([1.0, -1.0, 1.0])
    assert mpjpe_pa(mirrored, motion) > 100


def test_procrustes_finds_the_transform(motion):
    scale, rotation, translation = similarities(len(motion))
    found = procrustes(motion, moved(motion, scale, rotation, translation))
    np.testing.assert_allclose(found.scale, scale, rtol=1e-9)
    np.testing.assert_allclose(found.rotation, rotation, atol=1e-9)
    np.testing.assert_allclose(found.translation, translation, atol=1e-9)


def test_procrustes_is_least_squares_and_never_mirrors(motion):
    """Compared with scipy's rotation fit on mirrored points. There the best orthogonal matrix is a reflection."""
    source, target = motion[:20], motion[:20] * np.array([1.0, -1.0, 1.0])
    found = procrustes(source, target)
    np.testing.assert_allclose(np.linalg.det(found.rotation), 1.0, rtol=1e-9)
    for frame in range(20):
        centred = [points[frame] - points[frame].mean(0) for points in (source, target)]
        best = Rotation.align_vectors(centred[1], centred[0])[0]
        np.testing.assert_allclose(found.rotation[frame], best.as_matrix(), atol=1e-6)


def test_procrustes_of_coincident_points_only_translates():
    found = procrustes(np.zeros((1, 4, 3)), np.ones((1, 4, 3)))
    np.testing.assert_allclose(found.apply(np.zeros((1, 4, 3))), 1.0)


def test_one_similarity_a_chunk_is_undone_by_both_chunk_errors(motion):
    transforms = similarities(3)
    chunk_of_frame = np.arange(len(motion)) // 100
    result = moved(motion, *(part[chunk_of_frame] for part in transforms))
    assert w_mpjpe(result, motion) == pytest.approx(0.0, abs=1e-9)
    assert wa_mpjpe(result, motion) == pytest.approx(0.0, abs=1e-9)
    assert w_mpjpe(result, motion, chunk=110) > 100


def test_drift_within_a_chunk_shows_most_where_only_its_start_is_aligned(motion):
    static = np.repeat(motion[:1], 100, axis=0)
    drift = 0.002 * np.maximum(np.arange(100) - 1, 0)  # none in the first two frames, so their alignment does nothing
    result = static + drift[:, None, None] * np.array([1.0, 0.0, 0.0])
    assert w_mpjpe(result, static) == pytest.approx(1000 * drift.mean())
    assert wa_mpjpe(result, static) < 0.6 * w_mpjpe(result, static)


def test_keypoints_count_in_pixels_and_only_where_visible():
    reference = np.zeros((2, 3, 2))
    result = np.zeros((2, 3, 2))
    result[0, 0] = [3.0, 4.0]
    result[1, 2] = [0.0, 100.0]
    visible = np.ones((2, 3), bool)
    visible[1, 2] = False
    assert mpjpe_2d(result, reference) == pytest.approx(105 / 6)
    assert mpjpe_2d(result, reference, visible) == pytest.approx(5 / 5)
    assert np.isnan(mpjpe_2d(result, reference, np.zeros((2, 3), bool)))
