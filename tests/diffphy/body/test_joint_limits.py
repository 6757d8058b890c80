"""The joints' ranges: what a person does is inside, what none can do is not, and the derivatives hold everywhere."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation

from diffphy import rotations
from diffphy.body.humanoid import JOINT_NAMES, Humanoid
from diffphy.body.joint_limits import angles, excess, joint_limits
from pipelines.config import RunConfig
from pipelines.inputs.prepare import prepare

pytestmark = pytest.mark.usefixtures("float64")

LIMITS = joint_limits()
beyond_range = jax.jit(partial(excess, LIMITS))
MIRROR = np.array([1.0, -1.0, 1.0, -1.0])  # of a quaternion wxyz, in the plane y = 0
SWAP = {"left": "right", "right": "left"}
OTHER_SIDE = [JOINT_NAMES.index("_".join(SWAP.get(part, part) for part in name.split("_"))) for name in JOINT_NAMES]


def posed(**degrees: tuple[float, float, float]) -> np.ndarray:
    """Rotations of all joints, wxyz, from rotation vectors in degrees; the others are in the zero pose."""
    vectors = np.array([degrees.get(name, (0.0, 0.0, 0.0)) for name in JOINT_NAMES])
    return Rotation.from_rotvec(vectors, degrees=True).as_quat(scalar_first=True)


ARMS_DOWN = {"left_shoulder": (-85, 0, 0), "right_shoulder": (85, 0, 0)}
SITTING = {
    f"{side}_{joint}": (0, angle, 0) for side in ("left", "right") for joint, angle in (("hip", -90), ("knee", 90))
}


@pytest.mark.parametrize("pose", [{}, ARMS_DOWN, SITTING])
def test_common_poses_are_within_the_ranges(pose: dict) -> None:
    assert_allclose(beyond_range(posed(**pose)), 0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("joint", "degrees", "beyond"),
    [
        ("left_knee", (0, -40, 0), (0, 0, 30)),  # bent backwards
        ("right_knee", (0, -40, 0), (0, 0, 30)),
        ("left_elbow", (0, 0, 40), (0, 30, 0)),
        ("right_elbow", (0, 0, -40), (0, 30, 0)),
        ("neck", (0, 0, 100), (40, 0, 0)),  # facing backwards
        ("left_hip", (0, 60, 0), (0, 0, 30)),  # the leg far behind
        ("left_hip", (80, 0, 0), (0, 35, 0)),  # the splits
        ("left_hip", (-50, 0, 0), (0, 20, 0)),
        ("left_ankle", (0, -50, 0), (0, 30, 0)),  # toes pulled up to the shin
    ],
)
def test_impossible_poses_are_beyond_them_by_so_much(joint: str, degrees: tuple, beyond: tuple) -> None:
    found = np.rad2deg(beyond_range(posed(**{joint: degrees})))
    index = JOINT_NAMES.index(joint)
    assert_allclose(found[index], beyond, atol=1e-9)
    assert_allclose(np.delete(found, index, axis=0), 0.0)


def test_twist_and_swing_make_up_the_rotation() -> None:
    """swing * twist, with the twist about the bone and the swing's axis across it."""
    drawn = Rotation.random(50 * 19, rng=np.random.default_rng(0)).as_quat(scalar_first=True).reshape(50, 19, 4)
    compiled = jax.jit(partial(angles, LIMITS))
    found = np.asarray(compiled(drawn))
    axis = np.broadcast_to(LIMITS.axis, found.shape)
    second, third = np.roll(axis, 1, axis=-1), np.roll(axis, 2, axis=-1)
    assert_allclose(np.cross(axis, second), third)
    twist = Rotation.from_rotvec((found[..., :1] * axis).reshape(-1, 3))
    swing = Rotation.from_rotvec((found[..., 1:2] * second + found[..., 2:] * third).reshape(-1, 3))
    error = (swing * twist).inv() * Rotation.from_quat(drawn.reshape(-1, 4), scalar_first=True)
    assert_allclose(error.magnitude(), 0.0, atol=1e-7)
    assert_allclose(compiled(-drawn), found, atol=1e-12)


def test_the_bones_lie_along_their_axes(humanoid: Humanoid) -> None:
    """Of the trunk, arms, thighs and shanks; those of the feet lie forward and down."""
    for joint, axis in zip(JOINT_NAMES, LIMITS.axis, strict=True):
        child = [body for body, parent in enumerate(humanoid.parents) if parent == JOINT_NAMES.index(joint) + 1]
        if len(child) == 1:
            bone = humanoid.joint_offset[child[0]]
            assert np.argmax(np.abs(bone)) == np.argmax(axis), f"{joint} moves a bone {bone}"


def test_mirrored_poses_have_mirrored_excess() -> None:
    drawn = Rotation.random(19 * 20, rng=np.random.default_rng(1)).as_quat(scalar_first=True).reshape(20, 19, 4)
    mirrored = (drawn * MIRROR)[:, OTHER_SIDE]
    found = np.asarray(beyond_range(drawn))
    assert (found > 0).any(axis=0).any(axis=-1).all()
    assert_allclose(np.asarray(beyond_range(mirrored))[:, OTHER_SIDE], found, atol=1e-9)


@jax.jit
def derivatives(base: jax.Array, direction: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """Gradient of the squared excess; its derivative along a direction: reverse, forward, central differences."""

    def squared(vector: jax.Array) -> jax.Array:
        return jnp.sum(excess(LIMITS, rotations.multiply(base, rotations.exp(vector))) ** 2)

    zero, step = jnp.zeros((19, 3)), 1e-6
    gradient = jax.grad(squared)(zero)
    forward = jax.jvp(squared, (zero,), (direction,))[1]
    numerical = (squared(step * direction) - squared(-step * direction)) / (2 * step)
    return gradient, jnp.vdot(gradient, direction), forward, numerical


AT_LIMIT = posed(left_knee=(0, -10, 0), right_hip=(30, 0, 0), neck=(0, 0, 60), left_wrist=(0, 40, 0))
SINGULAR = {
    "identity": posed(),
    "at the limit": AT_LIMIT,
    "beyond it": posed(left_knee=(0, -50, 0), neck=(10, 70, 90), right_shoulder=(20, 120, -100)),
    "twist of nearly pi": posed(neck=(0, 0, 179.9), left_elbow=(0, -179.9, 0), right_ankle=(179.9, 0, 0)),
    "swing of nearly pi": posed(neck=(0, 178, 0), left_elbow=(0, 0, 178), right_ankle=(0, 178, 0)),
}


@pytest.mark.parametrize("base", SINGULAR.values(), ids=SINGULAR.keys())
def test_forward_reverse_and_numerical_derivatives_agree(base: np.ndarray) -> None:
    direction = np.random.default_rng(2).normal(size=(19, 3))
    reverse, forward, numerical = map(float, derivatives(base, direction)[1:])
    assert forward == pytest.approx(reverse, rel=1e-9, abs=1e-12)
    assert numerical == pytest.approx(reverse, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("half_turn", np.eye(3))
def test_half_turns_have_finite_derivatives(half_turn: np.ndarray) -> None:
    """Twists and swings of exactly pi, where the value jumps or the twist has no meaning."""
    base = np.tile([0.0, *half_turn], (19, 1))
    assert np.isfinite(derivatives(base, np.ones((19, 3)))[0]).all()


def test_a_recorded_walk_is_within_the_ranges() -> None:
    """Every joint in every frame, exactly."""
    rotation = prepare(RunConfig(clip="builtin:walk")).retargeted.rotation[:, 1:]
    assert len(rotation) > 30
    assert_allclose(np.rad2deg(beyond_range(rotation)), 0.0)


def test_the_walk_of_a_real_skeleton_is_nearly(test_data) -> None:
    """12_01 of CMU: only its right wrist is tilted, by 5 degrees more than 20 towards the thumb."""
    rotation = prepare(RunConfig(clip=str(test_data / "mocap/cmu/12_01_walk.bvh"))).retargeted.rotation[:, 1:]
    found = np.rad2deg(beyond_range(rotation)).max(axis=(0, 2))
    wrist = JOINT_NAMES.index("right_wrist")
    assert found[wrist] < 6
    assert np.delete(found, wrist).max() < 0.5
