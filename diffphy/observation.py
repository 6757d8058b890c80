"""What the simulated motion is held against: 3D keyframes at the control rate."""

from dataclasses import dataclass, replace

import jax
import numpy as np
from jaxtyping import Array, Float


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Keyframes:
    """F frames of 3D observations in the world.

    `position`: root, m, and `rotation`: the root's and the joints' relative rotations, wxyz, of our body's copy of the
    motion. `joint_position`: where each body's joint was observed, m; it counts by `joint_weight`, 0 for joints that
    the recording does not have. `frame_weight`: 0 for frames that pad a window beyond the end of a clip.
    """

    position: Float[np.ndarray | Array, "F 3"]
    rotation: Float[np.ndarray | Array, "F B 4"]
    joint_position: Float[np.ndarray | Array, "F B 3"]
    joint_weight: Float[np.ndarray | Array, "B"]
    frame_weight: Float[np.ndarray | Array, "F"]

    def __len__(self) -> int:
        return len(self.position)

    def window(self, start: int, length: int) -> "Keyframes":
        """Frames `start` to `start + length`; where the clip is over, its last frame, with no weight."""
        wanted = np.arange(start, start + length)
        frames = np.minimum(wanted, len(self) - 1)
        return replace(
            self,
            position=self.position[frames],
            rotation=self.rotation[frames],
            joint_position=self.joint_position[frames],
            frame_weight=np.where(wanted < len(self), self.frame_weight[frames], 0.0).astype(self.position.dtype),
        )
