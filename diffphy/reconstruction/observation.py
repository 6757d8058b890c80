"""What the simulated motion is held against, at the control rate: 3D keyframes, and keypoints in images."""

from dataclasses import dataclass, field, replace

import jax
import numpy as np
from jaxtyping import Array, Float

from diffphy.arrays import AnyArray
from diffphy.reconstruction.camera import Camera


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Detections:
    """K keypoints of the body in F images of one camera.

    `pixel`: where each was found. `confidence`: 0 to 1, by which it counts; 0 where it was not found, whatever its
    pixel. `body`: index of the body that carries each keypoint, and `offset`: where on it, m, in the body's axes.
    """

    camera: Camera
    pixel: Float[AnyArray, "F K 2"]
    confidence: Float[AnyArray, "F K"]
    offset: Float[AnyArray, "K 3"]
    body: tuple[int, ...] = field(metadata={"static": True})

    def at(self, frames: np.ndarray) -> "Detections":
        """Those of the frames with these indices."""
        return replace(
            self, camera=self.camera.at(frames), pixel=self.pixel[frames], confidence=self.confidence[frames]
        )


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Keyframes:
    """F frames of 3D observations in the world.

    `position`: root, m, and `rotation`: the root's and the joints' relative rotations, wxyz, of our body's copy of the
    motion. `joint_position`: where each body's joint was observed, m; it counts by `joint_weight`, 0 for joints that
    the recording does not have. `frame_weight`: 0 for frames that pad a window beyond the end of a clip. `standing`:
    by how much each of the body's contact points was seen to stand, 0 to 1, None where nobody knows. `detections`:
    what a camera saw in these frames, None where there was none.
    """

    position: Float[np.ndarray | Array, "F 3"]
    rotation: Float[np.ndarray | Array, "F B 4"]
    joint_position: Float[np.ndarray | Array, "F B 3"]
    joint_weight: Float[np.ndarray | Array, "B"]
    frame_weight: Float[np.ndarray | Array, "F"]
    standing: Float[np.ndarray | Array, "F C"] | None = field(default=None, kw_only=True)
    detections: Detections | None = field(default=None, kw_only=True)

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
            standing=None if self.standing is None else self.standing[frames],
            detections=None if self.detections is None else self.detections.at(frames),
        )
