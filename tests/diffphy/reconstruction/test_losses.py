"""All loss terms, with the same checks: what they measure, their unit, what they ignore, and their derivatives."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from diffphy import rotations
from diffphy.body.humanoid import BODY_NAMES, Humanoid
from diffphy.physics import kinematics, scene
from diffphy.physics.simulate import Effort, State
from diffphy.reconstruction import camera, losses
from diffphy.reconstruction.camera import Camera
from diffphy.reconstruction.losses import TERMS, SimulatedMotion
from diffphy.reconstruction.losses.keypoints import OUTLIER
from diffphy.reconstruction.observation import Detections, Keyframes, ObservedForces
from tests.diffphy.motions import identity_rotations, on_the_ground

pytestmark = pytest.mark.usefixtures("float64")

FRAMES, RATE, CONTACTS = 5, 30.0, 47
TRACKING = [
    "joint_positions",
    "keypoints",
    "joint_velocities",
    "joint_rotations",
    "neck_rotation",
    "root",
    "center_of_mass",
    "center_of_mass_velocity",
    "ground_force",
    "foot_load",
]
# Level, five metres to the right of the body, one metre above the ground, looking along y.
CAMERA = Camera(
    np.array([0.5, 0.5, 0.0, 0.0]) * 2**0.5,
    np.array([0.0, 1.0, 5.0]),
    np.array([1145.0, 1143.0]),
    np.array([512.0, 515.0]),
    np.array([-0.2, 0.2, 0.001, -0.002, 0.0, 0.0, 0.0, 0.0]),
)


class Change(NamedTuple):
    """The difference of a motion from standing still in the zero pose.

    Attributes:
        position: Of the root, m.
        turn: Rotation vectors of the bodies in their own axes, rad.
        torque: Of the joints, N m.
        offset: Of the control, rad.
        force: Of the contacts, N.
    """

    position: jax.Array | np.ndarray = np.zeros((FRAMES, 3))
    turn: jax.Array | np.ndarray = np.zeros((FRAMES, 20, 3))
    torque: jax.Array | np.ndarray = np.zeros((FRAMES, 19, 3))
    offset: jax.Array | np.ndarray = np.zeros((FRAMES, 19, 3))
    force: jax.Array | np.ndarray = np.zeros((FRAMES, CONTACTS, 3))


NONE = Change()


@pytest.fixture(scope="module")
def observed(humanoid: Humanoid) -> Keyframes:
    """Standing still on the ground; every joint and frame counts."""
    with jax.enable_x64(True):
        start = on_the_ground(humanoid, identity_rotations(humanoid))
        joints = kinematics.forward_kinematics(humanoid, start.position, start.rotation).position
    position, rotation, joints = (
        np.tile(leaf, (FRAMES, *(1,) * leaf.ndim)) for leaf in (start.position, start.rotation, joints)
    )
    left = [humanoid.body_names[body] == "left_foot" for body in humanoid.contact_body]
    standing = np.tile(np.array(left, float), (FRAMES, 1))
    forces = ObservedForces(np.zeros((FRAMES, 3)), np.zeros((FRAMES, 2)), np.ones(FRAMES), np.ones(FRAMES))
    return Keyframes(
        position,
        rotation,
        joints,
        np.ones(20),
        np.ones(FRAMES),
        standing=standing,
        detections=(seen(joints),),
        forces=forces,
    )


def seen(joints: np.ndarray | jax.Array, through: Camera = CAMERA) -> Detections:
    """The joints, as the camera sees them."""
    with jax.enable_x64(True):
        pixel = np.asarray(camera.project(through, joints))
    return Detections(through, pixel, np.ones(joints.shape[:2]), np.zeros((20, 3)), tuple(range(20)))


@jax.jit
def motion_of(humanoid: Humanoid, observed: Keyframes, change: Change) -> SimulatedMotion:
    state = State(
        jnp.asarray(observed.position + change.position),
        rotations.multiply(observed.rotation, rotations.exp(change.turn)),
        jnp.zeros((FRAMES, 3)),
        jnp.zeros((FRAMES, 20, 3)),
    )
    effort = Effort(jnp.asarray(change.torque), jnp.asarray(change.force), jnp.zeros(FRAMES))
    return losses.simulated_motion(humanoid, scene.ground(), RATE, state, effort, change.offset)


def all_terms(humanoid: Humanoid, observed: Keyframes, change: Change) -> dict[str, jax.Array]:
    return losses.evaluate(dict.fromkeys(TERMS, 1.0), motion_of(humanoid, observed, change), observed)[1]


compiled_terms = jax.jit(all_terms)


def terms(humanoid: Humanoid, observed: Keyframes, change: Change) -> dict[str, float]:
    return {name: float(value) for name, value in compiled_terms(humanoid, observed, change).items()}


class Slopes(NamedTuple):
    """Slopes of every term along a direction, by name."""

    reverse: dict[str, jax.Array]
    forward: dict[str, jax.Array]
    numerical: dict[str, jax.Array]


@jax.jit
def derivatives(
    humanoid: Humanoid, observed: Keyframes, at: Change, direction: Change
) -> tuple[dict[str, jax.Array], dict[str, jax.Array]]:
    """Slope of every term along a direction, by reverse and by forward mode."""

    def values(change: Change) -> dict[str, jax.Array]:
        return all_terms(humanoid, observed, change)

    along = ravel_pytree(direction)[0]
    reverse = {name: jnp.vdot(ravel_pytree(slope)[0], along) for name, slope in jax.jacrev(values)(at).items()}
    return reverse, jax.jvp(values, (at,), (direction,))[1]


def slopes(humanoid: Humanoid, observed: Keyframes, at: Change, direction: Change) -> Slopes:
    step = 1e-7
    ahead, behind = (
        compiled_terms(humanoid, observed, jax.tree.map(lambda a, d, s=sign: a + s * step * d, at, direction))
        for sign in (1, -1)
    )
    numerical = {name: (ahead[name] - behind[name]) / (2 * step) for name in TERMS}
    reverse, forward = derivatives(humanoid, observed, at, direction)
    return Slopes(reverse, forward, numerical)


def random_change(seed: int, size: float) -> Change:
    rng = np.random.default_rng(seed)
    return Change(*(size * rng.normal(size=np.shape(leaf)) for leaf in NONE))


def busy() -> Change:
    """A motion with feet that slide inside the ground, bent and twisted joints, and torques: no term is zero."""
    change = random_change(0, 0.3)
    return change._replace(position=0.1 * change.position - np.array([0.0, 0.0, 0.05]))


@pytest.fixture(scope="module")
def busy_terms(humanoid: Humanoid, observed: Keyframes) -> dict[str, float]:
    with jax.enable_x64(True):
        return terms(humanoid, observed, busy())


@pytest.fixture(scope="module")
def slopes_of(humanoid: Humanoid, observed: Keyframes) -> Callable[[str], Slopes]:
    """The slopes of all terms at a motion, along a random direction."""
    with jax.enable_x64(True):
        direction = random_change(1, 1.0)
        found = {name: slopes(humanoid, observed, at, direction) for name, at in (("busy", busy()), ("still", NONE))}
    return found.__getitem__


@pytest.mark.parametrize("name", TERMS)
def test_terms_are_positive_and_finite_where_a_motion_is_off(busy_terms: dict[str, float], name: str) -> None:
    assert 0.0 < busy_terms[name] < np.inf


@pytest.mark.parametrize("at", ["busy", "still"])
@pytest.mark.parametrize("name", TERMS)
def test_forward_reverse_and_numerical_derivatives_agree(
    slopes_of: Callable[[str], Slopes], at: str, name: str
) -> None:
    """Also at the recorded motion, where every distance and angle is zero and the feet just touch."""
    reverse, forward, numerical = (float(slope[name]) for slope in slopes_of(at))
    assert forward == pytest.approx(reverse, rel=1e-9, abs=1e-12)
    assert numerical == pytest.approx(reverse, rel=1e-6, abs=1e-6)


def test_the_gradient_is_that_of_half_a_sum_of_squares(humanoid: Humanoid, observed: Keyframes) -> None:
    """As Gauss-Newton's method takes it: residuals times their slopes. Weights count too."""
    weights = {name: 0.1 + 0.01 * number for number, name in enumerate(TERMS)}

    @jax.jit
    def along(at: Change, direction: Change) -> tuple[jax.Array, jax.Array]:
        def found(change: Change) -> jax.Array:
            return ravel_pytree(losses.residuals(weights, motion_of(humanoid, observed, change), observed))[0]

        def loss(change: Change) -> jax.Array:
            return losses.evaluate(weights, motion_of(humanoid, observed, change), observed)[0]

        residual, slope = jax.jvp(found, (at,), (direction,))
        return residual @ slope, jax.jvp(loss, (at,), (direction,))[1]

    for at in (busy(), NONE):
        by_residuals, by_loss = along(at, random_change(1, 1.0))
        assert float(by_residuals) == pytest.approx(float(by_loss), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", TERMS)
def test_standing_still_as_observed_costs_nothing(humanoid: Humanoid, observed: Keyframes, name: str) -> None:
    assert terms(humanoid, observed, NONE)[name] == pytest.approx(0.0, abs=1e-20)


def along_x(metres: float | np.ndarray) -> np.ndarray:
    """A translation in every frame."""
    return np.broadcast_to(metres, FRAMES)[:, None] * np.array([1.0, 0.0, 0.0])


def turned(body: slice | int, radians: float) -> np.ndarray:
    """Bodies turned about y, in every frame."""
    turn = np.zeros((FRAMES, 20, 3))
    turn[:, body, 1] = radians
    return turn


SECONDS = np.arange(FRAMES) / RATE
REACTIONS = {
    "joint_positions": (Change(position=along_x(0.1)), 0.1**2),
    "joint_velocities": (Change(position=along_x(2.0 * SECONDS)), 2.0**2),
    "joint_rotations": (Change(turn=turned(slice(1, None), 0.2)), 0.2**2),
    "neck_rotation": (Change(turn=turned(BODY_NAMES.index("head"), 0.2)), 0.2**2),
    "root": (Change(turn=turned(0, 0.2)), 0.2**2),
    "center_of_mass": (Change(position=along_x(0.1)), 0.1**2),
    "center_of_mass_velocity": (Change(position=along_x(2.0 * SECONDS)), 2.0**2),
    "control_smoothness": (Change(offset=np.tile(along_x(2.0 * SECONDS)[:, None], (19, 1))), 2.0**2),
    "keypoints": (Change(position=along_x(0.1)), 0.1**2),
    "joint_limits": (Change(turn=turned(13, -np.pi / 4)), (np.pi / 4 - np.deg2rad(10)) ** 2),  # the left shank
}


@pytest.mark.parametrize("name", REACTIONS)
def test_a_term_is_the_square_of_what_it_names(humanoid: Humanoid, observed: Keyframes, name: str) -> None:
    change, expected = REACTIONS[name]
    if name == "keypoints":  # they are bounded, and the lens moves them
        pinhole = replace(CAMERA, distortion=np.zeros(8))
        observed = replace(observed, detections=(seen(observed.joint_position, pinhole),))
        expected = expected / (1 + expected / OUTLIER**2)
    assert terms(humanoid, observed, change)[name] == pytest.approx(expected, rel=1e-9)


def test_torques_at_their_limits_are_an_effort_of_one(humanoid: Humanoid, observed: Keyframes) -> None:
    torque = np.zeros((FRAMES, 19, 3))
    torque[..., 1] = humanoid.torque_limit
    assert terms(humanoid, observed, Change(torque=torque))["effort"] == pytest.approx(1.0)


def test_penetration_counts_depth_beyond_three_millimetres(humanoid: Humanoid, observed: Keyframes) -> None:
    def sunk(metres: float) -> float:
        position = np.tile([0.0, 0.0, -metres], (FRAMES, 1))
        return terms(humanoid, observed, Change(position=position))["penetration"]

    gap = np.asarray(motion_of(humanoid, observed, NONE).gap[0])
    assert gap.min() == pytest.approx(0.0, abs=1e-12)
    assert sunk(0.003) == pytest.approx(0.0, abs=1e-20)
    assert sunk(0.02) == pytest.approx(np.sum(np.maximum(0.017 - gap, 0.0) ** 2))


def test_feet_skate_only_where_they_touch(humanoid: Humanoid, observed: Keyframes) -> None:
    def sliding(height: float) -> float:
        position = along_x(2.0 * SECONDS) + np.array([0.0, 0.0, height])
        return terms(humanoid, observed, Change(position=position))["foot_skate"]

    feet = sum(humanoid.body_names[body].endswith(("_foot", "_toes")) for body in humanoid.contact_body)
    assert sliding(-0.2) == pytest.approx(feet * 2.0**2, rel=1e-6)
    assert sliding(0.2) == pytest.approx(0.0, abs=1e-12)


def test_feet_that_were_seen_to_stand_stay_wherever_they_are(humanoid: Humanoid, observed: Keyframes) -> None:
    """Also for a foot in the air. It is zero where standing is unknown, or where nothing stands."""
    sliding = Change(position=along_x(2.0 * SECONDS) + np.array([0.0, 0.0, 0.2]))
    points = sum(humanoid.body_names[body] == "left_foot" for body in humanoid.contact_body)
    assert terms(humanoid, observed, sliding)["stance"] == pytest.approx(points * 2.0**2, rel=1e-6)
    assert terms(humanoid, replace(observed, standing=None), sliding)["stance"] == 0.0
    assert observed.standing is not None
    ends = observed.standing * (np.arange(FRAMES) == 0)[:, None]
    assert terms(humanoid, replace(observed, standing=ends), sliding)["stance"] == 0.0
    assert observed.window(1, 2).standing is not None


def test_the_force_of_all_contacts_is_compared_with_the_recording(humanoid: Humanoid, observed: Keyframes) -> None:
    """In body weights, and by foot: toes belong to their foot, and a hand to none."""
    weight = 9.81 * float(np.sum(humanoid.mass))
    names = [humanoid.body_names[body] for body in humanoid.contact_body]
    force = np.zeros((FRAMES, CONTACTS, 3))
    for name, share in {"left_toes": 0.2, "left_foot": 0.3, "right_foot": 0.4, "left_hand": 0.1}.items():
        force[:, names.index(name), 2] = share * weight
    change = Change(force=force)
    assert terms(humanoid, observed, change)["ground_force"] == pytest.approx(1.0)
    assert terms(humanoid, observed, change)["foot_load"] == pytest.approx(0.5**2 + 0.4**2)
    forces = ObservedForces(
        np.tile([0.0, 0.3, 1.0], (FRAMES, 1)), np.tile([0.4, 0.6], (FRAMES, 1)), np.ones(FRAMES), np.ones(FRAMES)
    )
    wanted = replace(observed, forces=forces)
    assert terms(humanoid, wanted, change)["ground_force"] == pytest.approx(0.3**2)
    assert terms(humanoid, wanted, change)["foot_load"] == pytest.approx(0.1**2 + 0.2**2)


def test_forces_that_the_recording_does_not_tell_are_let_go(humanoid: Humanoid, observed: Keyframes) -> None:
    change = busy()
    assert observed.forces is not None
    told = np.arange(FRAMES) % 2.0
    half = replace(observed.forces, known=told, foot_known=told)
    for name in ("ground_force", "foot_load"):
        assert terms(humanoid, replace(observed, forces=None), change)[name] == 0.0
        every, some = (
            terms(humanoid, replace(observed, forces=each), change)[name] for each in (observed.forces, half)
        )
        assert 0.0 < some < every
        moved = replace(
            half, total=half.total + (half.known == 0)[:, None], foot=half.foot + (half.known == 0)[:, None]
        )
        assert terms(humanoid, replace(observed, forces=moved), change)[name] == pytest.approx(some)
    window = observed.window(1, FRAMES)
    assert window.forces is not None
    np.testing.assert_array_equal(window.forces.known, 1.0)


@pytest.mark.parametrize("name", TRACKING)
def test_frames_without_weight_are_ignored(humanoid: Humanoid, observed: Keyframes, name: str) -> None:
    """Such frames pad a window beyond the end of a clip. The motion there does not change the value."""
    weight = np.array([1.0] * (FRAMES - 2) + [0.0] * 2)
    weighted = replace(observed, frame_weight=weight)
    change = busy()
    padded = Change(*(leaf + (weight == 0).reshape(-1, *(1,) * (leaf.ndim - 1)) for leaf in change))
    expected = terms(humanoid, weighted, change)[name]
    assert terms(humanoid, weighted, padded)[name] == pytest.approx(expected, rel=1e-12)
    assert terms(humanoid, observed, padded)[name] != pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("name", ["joint_positions", "joint_velocities"])
def test_joints_that_were_not_recorded_are_ignored(humanoid: Humanoid, observed: Keyframes, name: str) -> None:
    there = np.arange(20) == humanoid.body("left_hand")
    late = np.arange(FRAMES) > 0
    moved = replace(observed, joint_position=observed.joint_position + 0.5 * (late[:, None] & there)[..., None])
    assert terms(humanoid, moved, NONE)[name] > 1e-3
    unseen = replace(moved, joint_weight=np.where(there, 0.0, 1.0))
    assert terms(humanoid, unseen, NONE)[name] == pytest.approx(0.0, abs=1e-20)


def test_keypoints_that_were_not_found_are_ignored_and_break_no_gradient(
    humanoid: Humanoid, observed: Keyframes
) -> None:
    (found,) = observed.detections
    hand = np.arange(20) == humanoid.body("left_hand")
    lost = replace(
        observed,
        detections=(
            replace(
                found,
                pixel=np.where(hand[:, None], np.nan, found.pixel),
                confidence=np.where(hand, 0.0, found.confidence),
            ),
        ),
    )
    change = Change(position=along_x(0.1))
    with_all, without = (terms(humanoid, each, change)["keypoints"] for each in (observed, lost))
    assert without == pytest.approx(with_all, rel=0.05)
    slope = derivatives(humanoid, lost, change, random_change(1, 1.0))
    assert all(np.isfinite(mode["keypoints"]) for mode in slope)
    nothing = replace(lost, detections=(replace(found, confidence=np.zeros_like(found.confidence)),))
    assert terms(humanoid, nothing, change)["keypoints"] == 0.0


def test_a_keypoint_in_the_wrong_place_costs_no_more_than_an_outlier(humanoid: Humanoid, observed: Keyframes) -> None:
    (found,) = observed.detections
    hand = np.arange(20) == humanoid.body("left_hand")
    wrong = replace(found, pixel=found.pixel + 1e4 * hand[:, None])
    for cameras, keypoints in (((wrong,), 20), ((found, wrong), 40)):
        cost = terms(humanoid, replace(observed, detections=cameras), NONE)["keypoints"]
        assert cost == pytest.approx(OUTLIER**2 / keypoints, rel=1e-2)


def test_a_body_that_goes_behind_the_camera_pays_and_breaks_no_gradient(
    humanoid: Humanoid, observed: Keyframes
) -> None:
    behind = Change(position=np.tile([0.0, -20.0, 0.0], (FRAMES, 1)))
    assert terms(humanoid, observed, behind)["keypoints"] > 0.5 * OUTLIER**2
    assert all(np.isfinite(mode["keypoints"]) for mode in derivatives(humanoid, observed, behind, NONE))


def test_the_loss_is_the_sum_of_its_weighted_terms(
    humanoid: Humanoid, observed: Keyframes, busy_terms: dict[str, float]
) -> None:
    weights = {"root": 2.0, "effort": 0.5}
    loss, by_name = losses.evaluate(weights, motion_of(humanoid, observed, busy()), observed)
    for name, weight in weights.items():
        assert float(by_name[name]) == pytest.approx(weight * busy_terms[name])
    assert float(loss) == pytest.approx(2.0 * busy_terms["root"] + 0.5 * busy_terms["effort"])
