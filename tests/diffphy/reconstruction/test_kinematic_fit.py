"""The most likely motion is nearer to the true motion than the rough one, and smoother."""

from dataclasses import fields, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics, scene
from diffphy.physics.kinematics import Pose
from diffphy.reconstruction import kinematic_fit
from diffphy.reconstruction.kinematic_terms import TERMS, Uncertainty
from diffphy.reconstruction.observation import Keyframes
from optimus.minimisation import Result, minimise
from tests.diffphy.motions import identity_rotations, on_the_ground

FRAMES, RATE = 30, 25.0
# The legs of this walking body swing without bending the knees. So its feet slide, and the ground does not carry it.
LOOSE = Uncertainty(joint=0.05, acceleration=8.0, slide=1e3, balance=1e3)


def poses(humanoid: Humanoid, position: Any, rotation: Any) -> Pose:
    return jax.vmap(kinematics.forward_kinematics, (None, 0, 0))(humanoid, jnp.asarray(position), jnp.asarray(rotation))


def lbfgs(evaluate, x0) -> Result:
    return minimise(evaluate, x0, "lbfgs", max_evals=120)


@pytest.fixture(scope="module")
def truth(humanoid: Humanoid) -> Keyframes:
    """A body that walks along x and swings its arms and legs."""
    time = np.arange(FRAMES) / RATE
    swing = 0.5 * np.sin(2 * np.pi * time)
    turn = np.zeros((FRAMES, 20, 3))
    for body, sign in (("left_thigh", 1), ("right_thigh", -1), ("left_upper_arm", -1), ("right_upper_arm", 1)):
        turn[:, humanoid.body(body), 1] = sign * swing
    rotation = Rotation.from_rotvec(turn.reshape(-1, 3)).as_quat(scalar_first=True).reshape(FRAMES, 20, 4)
    position = np.stack([0.9 * (time - time.mean()), np.zeros(FRAMES), np.full(FRAMES, 0.95)], axis=1)
    with jax.enable_x64(True):
        joints = np.asarray(poses(humanoid, position, rotation).position)
    return Keyframes(position, rotation, joints, np.ones(20), np.ones(FRAMES))


def rough(truth: Keyframes, seed: int = 0) -> Keyframes:
    """A poor estimate of the motion: it shakes."""
    rng = np.random.default_rng(seed)
    shaken = Rotation.from_quat(truth.rotation.reshape(-1, 4), scalar_first=True)
    shaken = shaken * Rotation.from_rotvec(rng.normal(scale=0.1, size=(FRAMES * 20, 3)))
    root = rng.normal(scale=0.03, size=(FRAMES, 3))
    return replace(
        truth,
        position=truth.position + root,
        rotation=shaken.as_quat(scalar_first=True).reshape(truth.rotation.shape),
        joint_position=truth.joint_position + root[:, None] + rng.normal(scale=0.05, size=(FRAMES, 20, 3)),
    )


def error(found: Keyframes, truth: Keyframes) -> float:
    """Mean distance of the joints, m."""
    return float(np.linalg.norm(found.joint_position - truth.joint_position, axis=-1).mean())


def shake(found: Keyframes) -> float:
    """Root mean square acceleration of the joints, m/s^2."""
    return float(np.sqrt(np.mean((np.diff(found.joint_position, n=2, axis=0) * RATE**2) ** 2)))


def test_the_fit_is_nearer_to_the_truth_and_as_smooth(humanoid: Humanoid, truth: Keyframes) -> None:
    given = rough(truth)
    with jax.enable_x64(True):
        found = kinematic_fit.fit_keyframes(humanoid, scene.ground(), given, RATE, lbfgs, LOOSE)
    assert error(given, truth) > 0.08
    assert error(found, truth) < 0.4 * error(given, truth)
    assert shake(given) > 10 * shake(truth)
    assert shake(found) < 1.5 * shake(truth)


def test_bones_keep_their_length(humanoid: Humanoid, truth: Keyframes) -> None:
    with jax.enable_x64(True):
        found = kinematic_fit.fit_keyframes(humanoid, scene.ground(), rough(truth), RATE, lbfgs)
        pose = poses(humanoid, found.position, found.rotation)
    np.testing.assert_allclose(found.joint_position, pose.position, atol=1e-12)


def test_the_gradient_is_that_of_the_loss(humanoid: Humanoid, truth: Keyframes) -> None:
    given = rough(truth)
    rng = np.random.default_rng(3)
    size = FRAMES * 21 * 3
    at, direction = 0.3 * rng.normal(size=size), rng.normal(size=size)
    with jax.enable_x64(True):
        standing = jnp.asarray(rng.uniform(size=(FRAMES, len(humanoid.contact_body))))
        problem = kinematic_fit.kinematic_problem(humanoid, scene.ground(), given, RATE)
        problem = replace(problem, standing=standing)

        def evaluate(x: np.ndarray) -> tuple[float, np.ndarray]:
            (value, _), gradient = kinematic_fit.kinematic_loss_and_gradient(problem, jnp.asarray(x))
            return float(value), np.asarray(gradient)

        ahead, behind = (evaluate(at + sign * 1e-6 * direction)[0] for sign in (1, -1))
        slope = evaluate(at)[1] @ direction
    assert slope == pytest.approx((ahead - behind) / 2e-6, rel=1e-6)


def test_the_loss_is_the_sum_of_its_terms(humanoid: Humanoid, truth: Keyframes) -> None:
    given = rough(truth)
    with jax.enable_x64(True):
        problem = kinematic_fit.kinematic_problem(humanoid, scene.ground(), given, RATE)
        problem = replace(problem, standing=np.ones_like(problem.standing))
        x = jnp.asarray(0.3 * np.random.default_rng(4).normal(size=problem.size))
        (value, terms), _ = kinematic_fit.kinematic_loss_and_gradient(problem, x)
    assert terms.keys() == TERMS.keys()
    assert all(float(term) > 0.0 for term in terms.values())
    assert float(value) == pytest.approx(sum(map(float, terms.values())), rel=1e-12)


def test_a_term_weighs_by_the_variance_of_what_it_measures(humanoid: Humanoid, truth: Keyframes) -> None:
    """Ten times the standard deviation divides its terms by a hundred and leaves the others alone."""
    measured = {
        "joint": ["joints"],
        "root": ["root"],
        "turn": ["turns"],
        "acceleration": ["acceleration"],
        "ground": ["ground", "lift"],
        "balance": ["balance"],
        "slide": ["slide"],
    }
    given = rough(truth)
    with jax.enable_x64(True):
        problem = kinematic_fit.kinematic_problem(humanoid, scene.ground(), given, RATE)
        problem = replace(problem, standing=np.ones_like(problem.standing))
        x = jnp.asarray(0.3 * np.random.default_rng(5).normal(size=problem.size))
        before = kinematic_fit.kinematic_loss_and_gradient(problem, x)[0][1]
        for field in fields(Uncertainty):
            wider = replace(Uncertainty(), **{field.name: 10.0 * getattr(Uncertainty(), field.name)})
            after = kinematic_fit.kinematic_loss_and_gradient(replace(problem, uncertainty=wider), x)[0][1]
            for name in TERMS:
                share = 0.01 if name in measured[field.name] else 1.0
                assert float(after[name]) == pytest.approx(share * float(before[name]), rel=1e-9), (field.name, name)


def test_the_motion_at_zero_is_the_rough_one(humanoid: Humanoid, truth: Keyframes) -> None:
    """With a rough motion without noise, the terms that compare with it are then zero."""
    with jax.enable_x64(True):
        problem = kinematic_fit.kinematic_problem(humanoid, scene.ground(), truth, RATE)
        terms = kinematic_fit.kinematic_loss_and_gradient(problem, jnp.zeros(problem.size))[0][1]
    assert {name: float(terms[name]) for name in ("joints", "root", "turns")} == pytest.approx(
        {"joints": 0.0, "root": 0.0, "turns": 0.0}, abs=1e-20
    )
    assert float(terms["slide"]) == float(terms["lift"]) == 0.0  # no point is known to stand


@pytest.mark.parametrize("away", [-0.05, 0.03, 0.5])
def test_the_body_stands_on_the_ground_unless_it_leaps(humanoid: Humanoid, truth: Keyframes, away: float) -> None:
    """There is no camera, and the rough motion has the body at a wrong height."""
    start = on_the_ground(humanoid, identity_rotations(humanoid))
    rotation = np.tile(np.asarray(start.rotation), (FRAMES, 1, 1))
    position = np.tile(np.asarray(start.position) + away * np.eye(3)[2], (FRAMES, 1))
    with jax.enable_x64(True):
        joints = np.asarray(poses(humanoid, position, rotation).position)
        given = replace(
            truth,
            position=position,
            rotation=rotation,
            joint_position=joints,
        )
        found = kinematic_fit.fit_keyframes(humanoid, scene.ground(), given, RATE, lbfgs, Uncertainty(root=0.1))
    moved = found.position[:, 2] - position[:, 2]
    np.testing.assert_allclose(moved, 0.0 if away == 0.5 else -away, atol=0.025 if away == 0.5 else 0.01)


def test_standing_feet_stay_where_they_are(humanoid: Humanoid, truth: Keyframes) -> None:
    """A body at rest that sways by centimetres in the rough motion: its feet stay."""
    start = on_the_ground(humanoid, identity_rotations(humanoid))
    rotation = np.tile(np.asarray(start.rotation), (FRAMES, 1, 1))
    sway = 0.04 * np.sin(2 * np.pi * np.arange(FRAMES) / FRAMES)[:, None] * np.eye(3)[1]
    position = np.asarray(start.position) + sway

    def slid(found: Keyframes) -> float:
        pose = poses(humanoid, found.position, found.rotation)
        points = jax.vmap(kinematics.contact_points, (None, 0))(humanoid, pose)
        feet = [humanoid.body_names[body].endswith("_foot") for body in humanoid.contact_body]
        return float(np.ptp(np.asarray(points)[:, feet], axis=0)[:, 1].max())

    with jax.enable_x64(True):
        joints = np.asarray(poses(humanoid, position, rotation).position)
        given = replace(
            truth,
            position=position,
            rotation=rotation,
            joint_position=joints,
        )
        held, loose = (
            kinematic_fit.fit_keyframes(
                humanoid, scene.ground(), given, RATE, lbfgs, Uncertainty(root=0.02, slide=slide)
            )
            for slide in (0.01, 1e3)
        )
        assert slid(held) < 0.02 < slid(loose)
