"""Joint trees as files store them, and their forward kinematics."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from data.rotations import from_wxyz, to_wxyz


@dataclass(frozen=True)
class Skeleton:
    """A tree of J joints in the file's axes and unit. All joint frames are parallel to these axes in the zero pose.

    Attributes:
        joint_names: Names of the joints. End sites are joints too, named "<parent>_end".
        parents: (J,) Index of each joint's parent, -1 for the root. Parents come before their children.
        offsets: (J, 3) Position relative to the parent joint, in the parent's frame.
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
        """Return world positions and orientations (wxyz) from translations and rotations relative to each parent."""
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
        """Return translations and rotations (wxyz) relative to each parent: the inverse of `forward_kinematics`."""
        children = [joint for joint, parent in enumerate(self.parents) if parent >= 0]
        parents = [self.parents[joint] for joint in children]
        to_parent = from_wxyz(rotations[:, parents]).inv()
        translations, relative = np.array(positions), np.array(rotations)
        translations[:, children] = to_parent.apply(positions[:, children] - positions[:, parents])
        relative[:, children] = to_wxyz(to_parent * from_wxyz(rotations[:, children]))
        return translations, relative
