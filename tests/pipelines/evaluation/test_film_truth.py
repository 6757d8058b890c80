"""Errors against a truth that was made from the motion itself, so that each error is known."""

import pathlib
from dataclasses import replace

import numpy as np
import pytest

from data.clip import InputError
from data.formats import joint_arrays
from data.joint_tracks import JointTracks
from diffphy.metrics import mpjpe_pa, mpjpe_rigid
from pipelines.evaluation.film_truth import read_truth
from pipelines.evaluation.force_comparison import compare_forces
from pipelines.evaluation.joint_comparison import ARMS, LEGS, compare_joints, find_offset
from tests.messages import check_remedy
from tests.pipelines.evaluation.films import NAMES, WEIGHT, in_another_world, plates_under, squat, write_joints

FILM = np.arange(120) / 30
MARKERS = np.arange(450) / 100


def test_a_motion_in_another_world_has_no_error_but_its_tilt() -> None:
    figures = compare_joints(in_another_world(squat(FILM), 12.5), squat(FILM)).figures
    assert figures["tilt_deg"] == pytest.approx(12.5, abs=1e-6)
    for key in ("mpjpe_rigid_mm", "mpjpe_pa_mm", "pa_legs_mm", "pa_arms_mm", "offset_s"):
        assert figures[key] == pytest.approx(0.0, abs=1e-6), key
    assert figures["compared_s"] == pytest.approx(FILM[-1])


@pytest.mark.parametrize("offset", [-0.735, 0.0, 0.31, 1.0])
def test_the_offset_of_the_clocks_is_found(offset: float) -> None:
    """The markers have another rate. What is left is what linear interpolation costs."""
    film = in_another_world(squat(FILM + 0.4), 3.0, later_s=offset)
    compared = compare_joints(film, squat(MARKERS))
    assert compared.figures["offset_s"] == pytest.approx(offset, abs=1e-9)
    assert compared.error_mm.mean() < 0.1
    assert compared.time_s[0] >= 0.0


def test_a_larger_person_has_an_error_that_only_pa_forgives() -> None:
    truth = squat(FILM)
    figures = compare_joints(replace(truth, positions=1.1 * truth.positions), truth).figures
    assert figures["mpjpe_pa_mm"] == pytest.approx(0.0, abs=1e-6)
    assert (figures["mpjpe_rigid_mm"] or 0.0) > 20.0


def test_the_offset_is_not_the_one_that_leaves_out_the_errors() -> None:
    """A body of the wrong size has the smallest error where it is bent most."""
    film = replace(squat(FILM), positions=1.2 * squat(FILM).positions)
    assert find_offset(film, squat(MARKERS)) == 0.0


def test_a_person_who_stands_still_has_no_offset() -> None:
    still = replace(squat(FILM), positions=np.repeat(squat(FILM).positions[:1], len(FILM), axis=0))
    figures = compare_joints(still, still).figures
    assert figures["mpjpe_rigid_mm"] == pytest.approx(0.0, abs=1e-6)
    assert (figures["likeness"], figures["offset_s"]) == (0.0, 0.0)


def test_one_arm_that_is_off_is_the_arms_error_alone() -> None:
    truth = squat(FILM)
    wrong = truth.positions.copy()
    wrong[:, NAMES.index("left_wrist")] += [0.0, 0.0, 0.2]
    compared = compare_joints(replace(truth, positions=wrong), truth)
    assert compared.figures["pa_legs_mm"] == pytest.approx(0.0, abs=1e-6)
    assert (compared.figures["pa_arms_mm"] or 0.0) > 20.0
    assert compared.error_mm.mean() == pytest.approx(compared.figures["mpjpe_rigid_mm"])


def test_frames_without_truth_do_not_count() -> None:
    truth = squat(FILM)
    gap = truth.positions.copy()
    gap[40:50, 3] = np.nan
    compared = compare_joints(squat(FILM), replace(truth, positions=gap))
    assert compared.figures["mpjpe_rigid_mm"] == pytest.approx(0.0, abs=1e-6)
    assert len(compared.time_s) == len(FILM) - 11  # nothing leads from the frame before to its neighbour


def test_legs_alone_can_be_compared() -> None:
    figures = compare_joints(squat(FILM).select(LEGS), squat(FILM).select(LEGS)).figures
    assert figures["pa_arms_mm"] is None
    assert figures["mpjpe_rigid_mm"] == pytest.approx(0.0, abs=1e-6)


def test_a_truth_of_another_time_is_refused() -> None:
    with pytest.raises(InputError, match="share less than 60 %") as refused:
        find_offset(squat(FILM), squat(MARKERS + 20.0))
    check_remedy(str(refused.value))


@pytest.fixture
def joints() -> JointTracks:
    return squat(MARKERS)


def run_forces(ends: np.ndarray, right: float = 0.5) -> dict[str, np.ndarray]:
    """The plates' own forces, as means over 1/30 s."""
    before = ends - 1 / 30
    total = WEIGHT * (1.0 - 0.15 * (np.cos(4.0 * ends) - np.cos(4.0 * before)) / 4.0 * 30)
    return {"total": total, "right": right * total, "left": (1 - right) * total}


ENDS = 0.2 + np.arange(1, 100) / 30


def test_the_plates_own_forces_have_no_error(joints: JointTracks) -> None:
    compared, note = compare_forces(run_forces(ENDS), ENDS, plates_under(joints), joints, WEIGHT)
    assert compared is not None
    for part, share in (("total", 1.0), ("right", 0.5), ("left", 0.5)):
        assert compared.figures[f"{part}_force_error_pct"] == pytest.approx(0.0, abs=0.01)
        assert compared.figures[f"{part}_force_r"] == pytest.approx(1.0, abs=1e-4)
        assert compared.figures[f"{part}_force_mean_bw"] == pytest.approx(share, rel=0.05)
        assert compared.figures[f"{part}_compared_s"] == pytest.approx(len(ENDS) / 30)
    assert compared.figures["total_plates_peak_bw"] == pytest.approx(1.15, abs=0.005)
    assert note == "body weight 600 N, from the mass that is given"


def test_a_force_that_is_shifted_is_off_by_the_shift(joints: JointTracks) -> None:
    run = run_forces(ENDS)
    run["total"], run["right"] = run["total"] + 0.1 * WEIGHT, run["right"] + 0.1 * WEIGHT
    compared, _ = compare_forces(run, ENDS, plates_under(joints), joints, WEIGHT)
    assert compared is not None
    assert compared.figures["total_force_error_pct"] == pytest.approx(10.0, abs=0.01)
    assert compared.figures["right_force_error_pct"] == pytest.approx(10.0, abs=0.01)
    assert compared.figures["left_force_error_pct"] == pytest.approx(0.0, abs=0.01)
    assert compared.figures["total_force_r"] == pytest.approx(1.0, abs=1e-4)


def test_weight_on_the_wrong_foot_is_an_error_of_the_feet_alone(joints: JointTracks) -> None:
    compared, _ = compare_forces(run_forces(ENDS, right=0.9), ENDS, plates_under(joints), joints, WEIGHT)
    assert compared is not None
    assert compared.figures["total_force_error_pct"] == pytest.approx(0.0, abs=0.01)
    assert compared.figures["left_force_error_pct"] == pytest.approx(40.0, rel=0.03)
    assert compared.figures["right_force_mean_bw"] == pytest.approx(0.9, rel=0.05)
    assert compared.figures["right_plates_mean_bw"] == pytest.approx(0.5, rel=0.05)


def test_plates_that_nobody_is_on_tell_nothing(joints: JointTracks) -> None:
    plates = plates_under(joints)
    assert compare_forces(run_forces(ENDS), ENDS, replace(plates, force_N=0 * plates.force_N), joints)[0] is None
    assert compare_forces(run_forces(ENDS), ENDS + 20.0, plates, joints, WEIGHT)[0] is None


def test_the_truth_keeps_what_can_be_compared(tmp_path: pathlib.Path) -> None:
    more = JointTracks(("pelvis", *NAMES), FILM, np.concatenate([np.zeros((120, 1, 3)), squat(FILM).positions], axis=1))
    write_joints(tmp_path / "joints.npz", more, wham=more)
    truth = read_truth(tmp_path / "joints.npz")
    assert truth.joints.names == LEGS + ARMS
    assert truth.others.keys() == {"wham"}
    assert truth.plates is None


def test_a_joint_that_is_rarely_known_is_not_compared(tmp_path: pathlib.Path) -> None:
    """Otherwise only the frames would count in which it is known."""
    tracks = squat(FILM)
    tracks.positions[20:, NAMES.index("left_wrist")] = np.nan
    write_joints(tmp_path / "joints.npz", tracks)
    assert read_truth(tmp_path / "joints.npz").joints.names == tuple(n for n in LEGS + ARMS if n != "left_wrist")
    tracks.positions[20:, NAMES.index("left_knee")] = np.nan
    write_joints(tmp_path / "joints.npz", tracks)
    with pytest.raises(InputError, match="has no left_knee in 60 % of the frames") as refused:
        read_truth(tmp_path / "joints.npz")
    check_remedy(str(refused.value))


@pytest.mark.parametrize(
    ("system", "names", "said"),
    [("wham", NAMES, "has no marker_truth"), (joint_arrays.TRUTH, NAMES[1:], "has no left_hip")],
)
def test_a_truth_without_legs_is_refused(
    system: str, names: tuple[str, ...], said: str, tmp_path: pathlib.Path
) -> None:
    tracks = squat(FILM).select(names)
    arrays = {f"{system}_time_s": FILM, f"{system}_joint_position_z_up_m": tracks.positions}
    np.savez(tmp_path / "joints.npz", joint_names=np.array(names), **arrays)
    with pytest.raises(InputError, match=said) as refused:
        read_truth(tmp_path / "joints.npz")
    check_remedy(str(refused.value))


def test_the_published_errors_of_another_system_are_found_again(test_data: pathlib.Path) -> None:
    """OpenCap Monocular in two films, on its own clock: 39 and 29 mm, 45 and 37 mm. Its clock is late by some 30 ms."""
    for film, whole, pa in (("phone_squat", 39.0, 29.2), ("phone_walk", 45.0, 36.3)):
        truth = read_truth(test_data / "video" / film / "joints.npz")
        other = truth.others["opencap_monocular"]
        assert mpjpe_rigid(other.positions, truth.joints.positions) == pytest.approx(whole, abs=0.1)
        assert mpjpe_pa(other.positions, truth.joints.positions) == pytest.approx(pa, abs=0.1)
        figures = compare_joints(other, truth.joints).figures
        assert figures["offset_s"] == pytest.approx(0.03, abs=0.015)
        assert (figures["mpjpe_rigid_mm"] or 0.0) < whole
