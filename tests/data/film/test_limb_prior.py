"""How people hold their limbs: the definition of a pose, the mixtures, and what the prior that ships finds likely."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.stats import multivariate_normal

from data.film.anatomical_poses import HABITS
from data.film.learn_limb_prior import fit_mixture, learn, poses_of_motion
from data.film.limb_prior import LIMBS, LimbPrior, PoseMixture, limb_pose, limb_prior, load

# A person who faces x, z up, stands with the left arm stretched forwards and the right thigh forwards, right knee bent.
STANDING = {
    "left_hip": [0, 0.1, 0.9],
    "left_knee": [0, 0.1, 0.5],
    "left_ankle": [0, 0.1, 0.1],
    "right_hip": [0, -0.1, 0.9],
    "right_knee": [0.4, -0.1, 0.9],
    "right_ankle": [0.4, -0.1, 0.5],
    "left_shoulder": [0, 0.2, 1.4],
    "left_elbow": [0.3, 0.2, 1.4],
    "left_wrist": [0.6, 0.2, 1.4],
    "right_shoulder": [0, -0.2, 1.4],
    "right_elbow": [0, -0.5, 1.4],
    "right_wrist": [0, -0.5, 1.6],
}
PERSON = {joint: np.array([place], float) for joint, place in STANDING.items()}


def test_a_pose_is_the_directions_of_the_bones_outwards_backwards_and_up() -> None:
    expected = {
        ("left", "arm"): [0, -1, 0, 0, -1, 0],
        ("right", "arm"): [1, 0, 0, 0, 0, 1],
        ("left", "leg"): [0, 0, -1, 0, 0, -1],
        ("right", "leg"): [0, -1, 0, 0, 0, -1],
    }
    for (side, limb), pose in expected.items():
        np.testing.assert_allclose(limb_pose(PERSON, side, limb)[0], pose, atol=1e-12)


def test_a_pose_stays_when_the_person_turns_moves_and_grows() -> None:
    turn = Rotation.from_rotvec([0.3, -1.1, 2.0])
    moved = {joint: 1.7 * turn.apply(place) + [3, 2, 1] for joint, place in PERSON.items()}
    for side in ("left", "right"):
        for limb in LIMBS:
            np.testing.assert_allclose(limb_pose(moved, side, limb), limb_pose(PERSON, side, limb), atol=1e-12)


def test_a_pose_is_the_same_on_the_other_side_of_a_mirrored_person() -> None:
    other = {"left": "right", "right": "left"}
    mirrored = {
        f"{other[side]}_{joint}": place * [1, -1, 1]
        for (side, _, joint), place in ((name.partition("_"), place) for name, place in PERSON.items())
    }
    for side in ("left", "right"):
        for limb in LIMBS:
            np.testing.assert_allclose(limb_pose(mirrored, side, limb), limb_pose(PERSON, other[side], limb))


def test_the_density_of_a_mixture_is_that_of_scipy() -> None:
    rng = np.random.default_rng(0)
    roots = rng.normal(size=(3, 6, 6))
    covariances = roots @ roots.swapaxes(1, 2) + np.eye(6)
    weights, means = np.array([0.2, 0.3, 0.5]), rng.normal(size=(3, 6))
    mixture = PoseMixture(weights, means, np.linalg.inv(covariances), np.linalg.slogdet(covariances)[1])
    poses = rng.normal(size=(5, 6))
    density = sum(
        weight * multivariate_normal(mean, covariance).pdf(poses)
        for weight, mean, covariance in zip(weights, means, covariances, strict=True)
    )
    np.testing.assert_allclose(mixture.log_density(poses), np.log(density))


def test_a_mixture_is_found_again_whatever_the_weights_of_its_samples() -> None:
    rng = np.random.default_rng(1)
    means = np.array([np.zeros(6), np.full(6, 4.0)])
    samples = np.concatenate([rng.normal(means[0], 0.5, (900, 6)), rng.normal(means[1], 0.5, (100, 6))])
    weights = np.repeat([0.5 / 900, 0.5 / 100], [900, 100])  # so both are as likely
    mixture = fit_mixture(samples, weights, 2, rng)
    order = np.argsort(mixture.means[:, 0])
    np.testing.assert_allclose(mixture.weights, [0.5, 0.5], atol=1e-6)
    np.testing.assert_allclose(mixture.means[order], means, atol=0.15)
    variances = np.linalg.inv(mixture.precisions).diagonal(axis1=1, axis2=2)
    np.testing.assert_allclose(np.sqrt(variances.mean(axis=1)), np.hypot(0.5, 0.12), atol=0.03)


def test_the_prior_that_ships_is_what_the_command_learns(tmp_path: Path) -> None:
    learned = learn()
    learned.save(tmp_path / "prior.npz")
    again = load(tmp_path / "prior.npz")
    poses = poses_of_motion("builtin:walk")
    for limb in LIMBS:
        here, shipped = getattr(again, limb), getattr(limb_prior(), limb)
        np.testing.assert_array_equal(here.means, getattr(learned, limb).means)
        np.testing.assert_allclose(here.log_density(poses[limb]), shipped.log_density(poses[limb]), atol=0.01)
    assert (Path(__file__).parents[3] / "data" / "film" / "limb_prior.npz").stat().st_size < 100_000


def directions(*vectors: tuple[float, float, float]) -> np.ndarray:
    return np.concatenate([np.array(vector) / np.linalg.norm(vector) for vector in vectors])[None]


@pytest.mark.parametrize(
    ("limb", "likely", "unlikely"),
    [
        pytest.param("leg", [(0, 0, -1), (0, 0.3, -1)], [(0, 0, -1), (0, -0.8, -1)], id="knees-bend-backwards"),
        pytest.param("arm", [(0, 0, -1), (0, -1, 0)], [(0, 0, -1), (0, 1, 0)], id="elbows-bend-forwards"),
        pytest.param("leg", [(0.1, -1, 0), (0, 0, -1)], [(0.1, 1, 0), (0, 0, -1)], id="thighs-go-up-in-front"),
        pytest.param("leg", [(0.1, -1, -0.1), (0, 0, -1)], [(1, -0.2, 0.3), (0, 0, -1)], id="sitting"),
        pytest.param("arm", [(0.2, -0.3, -1), (-0.8, -1, 0)], [(0.2, -0.3, -1), (1, 0.8, 0.5)], id="folded-arms"),
    ],
)
def test_what_people_do_is_likelier(
    limb: str, likely: list[tuple[float, float, float]], unlikely: list[tuple[float, float, float]]
) -> None:
    mixture: PoseMixture = getattr(limb_prior(), limb)
    assert mixture.log_density(directions(*likely)) > mixture.log_density(directions(*unlikely)) + 3.0


def gain(prior: LimbPrior, limb: str, poses: np.ndarray) -> float:
    """Mean log likelihood of poses, nats; 0 for a prior that finds all directions as likely."""
    bones = np.random.default_rng(0).normal(size=(50_000, 2, 3))
    anything = (bones / np.linalg.norm(bones, axis=-1, keepdims=True)).reshape(-1, 6)
    mixture: PoseMixture = getattr(prior, limb)
    return float(mixture.log_density(poses).mean() - np.log(np.exp(mixture.log_density(anything)).mean()))


def test_habits_are_poses_of_their_limb() -> None:
    rng = np.random.default_rng(0)
    assert {habit.limb for habit in HABITS.values()} == set(LIMBS)
    for habit in HABITS.values():
        poses = habit.draw(rng, 200)
        bones = poses.reshape(-1, 2, 3)
        np.testing.assert_allclose(np.linalg.norm(bones, axis=-1), 1.0)
    seated = HABITS["legs sit"].draw(rng, 200).mean(axis=0)
    assert seated[1] < -0.8  # thighs forwards
    assert seated[5] < -0.8  # shanks down
    assert HABITS["arms hang and bend"].draw(rng, 200).mean(axis=0)[4] < -0.3  # forearms forwards
    # Where the wrist is, in metres from the shoulder, for an upper arm of 0.30 and a forearm of 0.26.
    places = {
        name: habit.draw(rng, 2000).reshape(-1, 2, 3).mean(axis=0).T @ [0.30, 0.26]
        for name, habit in HABITS.items()
        if name.startswith("hands") or name == "arms folded"
    }
    np.testing.assert_allclose(places["hands on hips"], [0.03, 0.0, -0.37], atol=0.08)
    np.testing.assert_allclose(places["arms folded"], [-0.22, -0.22, -0.20], atol=0.08)
    np.testing.assert_allclose(places["hands at the face"], [-0.12, -0.25, 0.15], atol=0.12)
    np.testing.assert_allclose(places["hands behind the head"], [0.03, 0.05, 0.20], atol=0.12)


@pytest.mark.parametrize(
    ("file", "arm", "leg"), [("walking_1", 4.5, 4.5), ("running_1", 1.0, 3.5), ("jumping_4", 2.0, 3.5)]
)
def test_motions_of_others_are_likely(cmu: Path, file: str, arm: float, leg: float) -> None:
    """Recorded motions of people who are not in the built-in motions."""
    (path,) = cmu.glob(f"*/{file}.bvh")
    poses = poses_of_motion(str(path))
    assert gain(limb_prior(), "arm", poses["arm"]) > arm
    assert gain(limb_prior(), "leg", poses["leg"]) > leg
