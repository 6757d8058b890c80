"""The humanoid: 20 rigid bodies, 19 ball joints, a free root; constant through a simulation.

In the zero pose (a T-pose) every body's frame is aligned with the world, x forward, y left, z up, and its origin is
the joint that moves the body.
"""

from dataclasses import dataclass, field
from typing import Literal

import jax
import numpy as np
from jaxtyping import Array, Float

ROOT = "pelvis"

# (body, joint that moves it, parent body): parents stand before their children.
_SIDE = (
    ("{}_shoulder_girdle", "{}_clavicle", "thorax"),
    ("{}_upper_arm", "{}_shoulder", "{}_shoulder_girdle"),
    ("{}_forearm", "{}_elbow", "{}_upper_arm"),
    ("{}_hand", "{}_wrist", "{}_forearm"),
)
_LEG = (
    ("{}_thigh", "{}_hip", ROOT),
    ("{}_shank", "{}_knee", "{}_thigh"),
    ("{}_foot", "{}_ankle", "{}_shank"),
    ("{}_toes", "{}_toe", "{}_foot"),
)
TREE: tuple[tuple[str, str, str], ...] = (
    ("abdomen", "lower_spine", ROOT),
    ("thorax", "upper_spine", "abdomen"),
    ("head", "neck", "thorax"),
    *(tuple(name.format(side) for name in row) for side in ("left", "right") for row in _SIDE),
    *(tuple(name.format(side) for name in row) for side in ("left", "right") for row in _LEG),
)  # type: ignore[assignment]
BODY_NAMES = (ROOT, *(body for body, _, _ in TREE))
JOINT_NAMES = tuple(joint for _, joint, _ in TREE)
PARENTS = (-1, *(BODY_NAMES.index(parent) for _, _, parent in TREE))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Geom:
    """A collision and display shape fixed to a body.

    `size`: capsule (radius, half length of its axis, along local z), sphere (radius,), box (half extents x, y, z), m.
    `position`, m, and `quat_wxyz` place the shape in the body's frame.
    """

    body: int = field(metadata={"static": True})
    kind: Literal["capsule", "sphere", "box"] = field(metadata={"static": True})
    size: Float[np.ndarray | Array, "n"]
    position: Float[np.ndarray | Array, "3"]
    quat_wxyz: Float[np.ndarray | Array, "4"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Humanoid:
    """Everything about a body that stays constant while it moves (B = 20 bodies, J = 19 joints, C contact spheres).

    `joint_offset`: each body's joint in its parent's frame, m (row 0, the root's, is zero). `mass`: kg. `com`: centre
    of mass in the body's frame, m. `inertia`: about that centre, in body axes, kg m^2. `kp` (N m / rad), `kd`
    (N m s / rad) and `torque_limit` (N m): of the PD control, by joint. The bodies touch a scene by the spheres
    `contact_offset` (centre in the frame of body `contact_body`, m) and `contact_radius` (m), which carry the
    geoms' surface: the ends of a capsule, the rounded corners of a box.
    """

    body_names: tuple[str, ...] = field(metadata={"static": True})
    joint_names: tuple[str, ...] = field(metadata={"static": True})
    parents: tuple[int, ...] = field(metadata={"static": True})
    contact_body: tuple[int, ...] = field(metadata={"static": True})
    joint_offset: Float[np.ndarray | Array, "B 3"]
    mass: Float[np.ndarray | Array, "B"]
    com: Float[np.ndarray | Array, "B 3"]
    inertia: Float[np.ndarray | Array, "B 3 3"]
    kp: Float[np.ndarray | Array, "J"]
    kd: Float[np.ndarray | Array, "J"]
    torque_limit: Float[np.ndarray | Array, "J"]
    contact_offset: Float[np.ndarray | Array, "C 3"]
    contact_radius: Float[np.ndarray | Array, "C"]
    geoms: tuple[Geom, ...]

    @property
    def bodies(self) -> int:
        """Number of bodies, the root included."""
        return len(self.parents)

    @property
    def degrees_of_freedom(self) -> int:
        """Length of the generalized velocity: 3 for the root's translation, 3 a body for rotation."""
        return 3 + 3 * self.bodies

    def body(self, name: str) -> int:
        """Index of a body; a ValueError that lists the names if there is none of that name."""
        if name not in self.body_names:
            raise ValueError(f"The humanoid has no body '{name}'; it has {', '.join(self.body_names)}.")
        return self.body_names.index(name)

    def astype(self, dtype) -> "Humanoid":
        """The same humanoid with all its numbers in another floating-point type, on JAX's default device."""
        return jax.tree.map(lambda leaf: jax.numpy.asarray(leaf, dtype), self)
