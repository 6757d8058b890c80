"""Joint trees as files store them, and their forward kinematics."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from data.rotations import from_wxyz, to_wxyz


@dataclass(frozen=True)
class Skeleton:
    """J joints in the file's frame and unit, all frames parallel to the file's axes in the zero pose.

    Attributes:
        joint_names: end sites included, named "<parent>_end".
        parents: (J,) -1 for the root; parents come before their children.
        offsets: (J, 3) from the parent joint, in the parent's frame.
    """

    joint_names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Float[np.ndarray, "J 3"]

    @property
    def rest_positions(self) -> Float[np.ndarray, "J 3"]:
        """Joint positions in the zero pose."""
        positions = np.array(self.offsets, dtype=float)
        for joint, parent in enumerate(self.parents):
            if parent >= 0:
                positions[joint] += positions[parent]
        return positions

    def forward_kinematics(
        self, translations: Float[np.ndarray, "T J 3"], rotations: Float[np.ndarray, "T J 4"]
    ) -> tuple[Float[np.ndarray, "T J 3"], Float[np.ndarray, "T J 4"]]:
        """World positions and orientations (wxyz) from each joint's translation and rotation relative to its parent."""
        positions = np.array(translations, dtype=float)
        orientations = np.array(rotations, dtype=float)
        for joint, parent in enumerate(self.parents):
            if parent >= 0:
                carrier = from_wxyz(orientations[:, parent])
                positions[:, joint] = positions[:, parent] + carrier.apply(translations[:, joint])
                orientations[:, joint] = to_wxyz(carrier * from_wxyz(rotations[:, joint]))
        return positions, orientations

    def relative(
        self, positions: Float[np.ndarray, "T J 3"], rotations: Float[np.ndarray, "T J 4"]
    ) -> tuple[Float[np.ndarray, "T J 3"], Float[np.ndarray, "T J 4"]]:
        """The inverse of `forward_kinematics`: translations and rotations (wxyz) relative to the parent, from those in
        the world.
        """
        children = [joint for joint, parent in enumerate(self.parents) if parent >= 0]
        parents = [self.parents[joint] for joint in children]
        to_parent = from_wxyz(rotations[:, parents]).inv()
        translations, relative = np.array(positions), np.array(rotations)
        translations[:, children] = to_parent.apply(positions[:, children] - positions[:, parents])
        relative[:, children] = to_wxyz(to_parent * from_wxyz(rotations[:, children]))
        return translations, relative
