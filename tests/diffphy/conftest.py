"""An average person, and bodies that are simpler or odder."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from diffphy.body.body_shape import contact_spheres
from diffphy.body.build import build_humanoid
from diffphy.body.humanoid import BODY_NAMES, Geom, Humanoid
from diffphy.body.measurements import Measurements


def joint_offsets() -> np.ndarray:
    """Bones of an adult of 1.75 m in the T-pose, m."""
    offset = {"abdomen": (0.0, 0.0, 0.06), "thorax": (0.0, 0.0, 0.20), "head": (0.0, 0.0, 0.25)}
    for side, left in (("left", 1.0), ("right", -1.0)):
        offset |= {
            f"{side}_shoulder_girdle": (0.0, 0.03 * left, 0.18),
            f"{side}_upper_arm": (0.0, 0.16 * left, 0.0),
            f"{side}_forearm": (0.0, 0.30 * left, 0.0),
            f"{side}_hand": (0.0, 0.26 * left, 0.0),
            f"{side}_thigh": (0.0, 0.09 * left, -0.06),
            f"{side}_shank": (0.0, 0.0, -0.43),
            f"{side}_foot": (0.0, 0.0, -0.43),
            f"{side}_toes": (0.13, 0.0, -0.045),
        }
    return np.array([offset.get(body, (0.0, 0.0, 0.0)) for body in BODY_NAMES])


@pytest.fixture(scope="session")
def person() -> Measurements:
    """An adult whose stature and mass are estimated from the bones."""
    return Measurements(joint_offsets())


@pytest.fixture(scope="session")
def humanoid(person: Measurements) -> Humanoid:
    """That person's body, float64 numpy."""
    return build_humanoid(person)


@pytest.fixture(scope="session")
def lopsided(humanoid: Humanoid) -> Humanoid:
    """A body without any symmetry: no term of the dynamics vanishes, no axis is a principal one."""
    rng = np.random.default_rng(7)
    root = np.arange(humanoid.bodies)[:, None] == 0
    turn = Rotation.random(len(humanoid.mass), rng=rng).as_matrix()
    return replace(
        humanoid,
        joint_offset=np.where(root, 0.0, humanoid.joint_offset + rng.uniform(-0.05, 0.05, humanoid.joint_offset.shape)),
        com=humanoid.com + rng.uniform(-0.05, 0.05, humanoid.com.shape),
        inertia=turn @ humanoid.inertia @ turn.transpose(0, 2, 1),
        mass=humanoid.mass * rng.uniform(0.5, 2.0, humanoid.mass.shape),
    )


@pytest.fixture(scope="session")
def block() -> Humanoid:
    """A single rigid body, a box of 0.4 x 0.3 x 0.1 m and 10 kg."""
    mass, half = 10.0, np.array([0.2, 0.15, 0.05])
    geom = Geom(0, "box", half, np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0]))
    contact_body, contact_offset, contact_radius = contact_spheres((geom,))
    x, y, z = half
    return Humanoid(
        body_names=("block",),
        joint_names=(),
        parents=(-1,),
        contact_body=contact_body,
        joint_offset=np.zeros((1, 3)),
        mass=np.array([mass]),
        com=np.zeros((1, 3)),
        inertia=mass / 3 * np.diag([y * y + z * z, x * x + z * z, x * x + y * y])[None],
        kp=np.zeros(0),
        kd=np.zeros(0),
        torque_limit=np.zeros(0),
        contact_offset=contact_offset,
        contact_radius=contact_radius,
        geoms=(geom,),
    )
