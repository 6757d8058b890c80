"""The humanoid: 20 rigid bodies, 19 ball joints, a free root; constant through a simulation.

In the zero pose (a T-pose) every body's frame is aligned with the world, x forward, y left, z up, and its origin is
the joint that moves the body.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

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

Value = TypeVar("Value")


def split_side(name: str) -> tuple[Literal["left", "right", ""], str]:
    """Split the name of a joint or body into side and kind: "left_knee" into "left" and "knee"; "neck" has no side."""
    for side in ("left", "right"):
        if name.startswith(f"{side}_"):
            return side, name.removeprefix(f"{side}_")
    return "", name


def by_joint(table: Mapping[str, Value], joint_names: Sequence[str] = JOINT_NAMES) -> list[Value]:
    """Return a table's value for each joint, in the order of the names.

    Args:
        table: Values by kind of joint ("knee"), the same for both sides.
        joint_names: Joints ("left_knee").
    """
    return [table[split_side(joint)[1]] for joint in joint_names]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Geom:
    """A collision and display shape fixed to a body.

    Attributes:
        body: Index of the body.
        kind: What shape it is.
        size: Of a capsule (radius, half length of its axis, along local z), of a sphere (radius,), of a box half its
            extents along x, y and z, m.
        position: Centre in the body's frame, m.
        quat_wxyz: Orientation in the body's frame.
    """

    body: int = field(metadata={"static": True})
    kind: Literal["capsule", "sphere", "box"] = field(metadata={"static": True})
    size: Float[np.ndarray | Array, "n"]
    position: Float[np.ndarray | Array, "3"]
    quat_wxyz: Float[np.ndarray | Array, "4"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Humanoid:
    """Everything about a body that stays constant while it moves.

    It has B = 20 bodies, J = 19 joints and C contact spheres. The bodies touch a scene by the spheres, which carry the
    surface of the geoms: the ends of a capsule, the rounded corners of a box.

    Attributes:
        body_names: Names of the bodies, the root first.
        joint_names: Names of the joints that move bodies 1 to J.
        parents: Index of each body's parent, smaller than its own; -1 for the root.
        contact_body: Index of the body that carries each contact sphere.
        joint_offset: Each body's joint in its parent's frame, m. Row 0, the root's, is zero.
        mass: Masses, kg.
        com: Centres of mass in the body's frame, m.
        inertia: Inertia about the centre of mass, in body axes, kg m^2.
        kp: Stiffness of the PD control by joint, N m / rad.
        kd: Damping of the PD control by joint, N m s / rad.
        torque_limit: Greatest torque by joint, N m.
        contact_offset: Centre of each contact sphere in the frame of its body, m.
        contact_radius: Radius of each contact sphere, m.
        geoms: The shapes of the bodies.
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
        """Return the index of a body.

        Raises:
            ValueError: There is no body of that name; the message lists the names.
        """
        if name not in self.body_names:
            raise ValueError(f"The humanoid has no body '{name}'; it has {', '.join(self.body_names)}.")
        return self.body_names.index(name)

    def astype(self, dtype) -> "Humanoid":
        """Return the same humanoid with its numbers in another floating-point type, on JAX's default device."""
        return jax.tree.map(lambda leaf: jax.numpy.asarray(leaf, dtype), self)
