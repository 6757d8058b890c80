"""A person at rest: the soles neither sink nor creep, and the ground carries the weight."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from scipy.spatial.transform import Rotation

from diffphy.body.humanoid import Humanoid
from diffphy.physics import scene as scenes
from diffphy.physics.simulate import State
from tests.diffphy.motions import hold, identity_rotations, joint_positions, on_the_ground

SECONDS = 4.0
FRAMES_A_SECOND = 30


def turned(humanoid: Humanoid, **turns: tuple[float, float, float]) -> np.ndarray:
    """The zero pose with some bodies turned by rotation vectors, degrees."""
    rotation = identity_rotations(humanoid)
    for body, vector in turns.items():
        turn = Rotation.from_rotvec(vector, degrees=True)
        rotation[humanoid.body(body)] = turn.as_quat(scalar_first=True)
    return rotation


def rest(humanoid: Humanoid, rotation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joint positions from the start on, m, and the total contact force, N, of a few seconds, in single precision."""
    single = humanoid.astype(jnp.float32)
    start: State = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), on_the_ground(humanoid, rotation))
    states, effort = hold(single, scenes.ground().astype(jnp.float32), start, SECONDS)
    first = joint_positions(single, jax.tree.map(lambda leaf: leaf[None], start))
    positions = np.concatenate([first, joint_positions(single, states)])
    return positions, np.asarray(effort.contact_force).sum(axis=1)


def test_a_standing_foot_neither_sinks_nor_creeps(humanoid: Humanoid) -> None:
    # Nobody balances on fixed targets: ankles this strong are softer than gravity's pull on the lean. So the joints
    # are made stiff, and the lean puts the centre of mass over the middle of the feet; what is tested is the contact.
    stiff = replace(
        humanoid, kp=20 * humanoid.kp, kd=20 * humanoid.kd, torque_limit=np.full_like(humanoid.torque_limit, 1e4)
    )
    lean = 5.5
    standing = turned(
        humanoid,
        pelvis=(0.0, lean, 0.0),
        left_foot=(0.0, -lean, 0.0),
        right_foot=(0.0, -lean, 0.0),
        left_upper_arm=(-80.0, 0.0, 0.0),
        right_upper_arm=(80.0, 0.0, 0.0),
    )
    positions, force = rest(stiff, standing)
    feet = positions[:, [humanoid.body(f"{side}_{part}") for side in ("left", "right") for part in ("foot", "toes")]]
    sink = feet[0, :, 2] - feet[..., 2].min(axis=0)
    assert (sink < 0.005).all()
    speed = np.linalg.norm(np.diff(feet[-FRAMES_A_SECOND:], axis=0), axis=-1) * FRAMES_A_SECOND
    assert speed.max() < 0.001
    weight = 9.81 * humanoid.mass.sum()
    assert np.abs(force[-FRAMES_A_SECOND:, 2] / weight - 1).max() < 1e-3
    assert np.abs(force[-FRAMES_A_SECOND:, :2]).max() < 0.005 * weight  # the last of the sway


def test_a_person_on_their_back_comes_to_rest(humanoid: Humanoid) -> None:
    positions, force = rest(humanoid, turned(humanoid, pelvis=(0.0, -90.0, 0.0)))
    weight = 9.81 * humanoid.mass.sum()
    assert np.abs(force[-1] / weight - [0.0, 0.0, 1.0]).max() < 1e-3
    speed = np.linalg.norm(np.diff(positions[-FRAMES_A_SECOND:], axis=0), axis=-1) * FRAMES_A_SECOND
    assert speed.max() < 0.001
