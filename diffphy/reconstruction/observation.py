"""The recording that a simulated motion is compared with, at the control rate: 3D keyframes and image keypoints."""

from dataclasses import dataclass, field, replace

import jax
import numpy as np
from jaxtyping import Float

from diffphy.arrays import AnyArray
from diffphy.reconstruction.camera import Camera


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Detections:
    """K keypoints of the body in F images of one camera.

    Attributes:
        camera: The camera that took the images.
        pixel: Where each keypoint was found. It can be NaN where the confidence is 0.
        confidence: Weight of each keypoint, 0 to 1. 0 where it was not found.
        offset: Position of each keypoint on its body, m, in the body's axes.
        body: Index of the body that carries each keypoint.
    """

    camera: Camera
    pixel: Float[AnyArray, "F K 2"]
    confidence: Float[AnyArray, "F K"]
    offset: Float[AnyArray, "K 3"]
    body: tuple[int, ...] = field(metadata={"static": True})

    def at(self, frames: np.ndarray) -> "Detections":
        """Return the detections in the frames with these indices."""
        return replace(
            self, camera=self.camera.at(frames), pixel=self.pixel[frames], confidence=self.confidence[frames]
        )


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ObservedForces:
    """What the ground must have done in F frames: means since the frame before, in body weights.

    Attributes:
        total: Force of the ground on the body, world axes.
        foot: Vertical force on the left and the right foot.
        known: 1 where feet and ground explain the recording, 0 where the forces do not count.
    """

    total: Float[AnyArray, "F 3"]
    foot: Float[AnyArray, "F 2"]
    known: Float[AnyArray, "F"]

    def at(self, frames: np.ndarray) -> "ObservedForces":
        """Return the forces in the frames with these indices."""
        return ObservedForces(self.total[frames], self.foot[frames], self.known[frames])


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Keyframes:
    """F frames of 3D observations in the world.

    Attributes:
        position: Root position of the recorded motion on our body, m.
        rotation: Rotations of the recorded motion on our body, wxyz. Entry 0 is the root in the world, the others are
            relative to the parent.
        joint_position: Where the joint of each body was recorded, m.
        joint_weight: Weight of each joint. 0 for a joint that the recording does not have.
        frame_weight: Weight of each frame. 0 for a frame that pads a window beyond the end of the clip.
        standing: How surely each contact point stands, 0 to 1. None if this is unknown.
        detections: Keypoints that each camera saw in these frames. Empty without a camera.
        forces: The ground's forces that follow from the recording. None if they are unknown.
    """

    position: Float[AnyArray, "F 3"]
    rotation: Float[AnyArray, "F B 4"]
    joint_position: Float[AnyArray, "F B 3"]
    joint_weight: Float[AnyArray, "B"]
    frame_weight: Float[AnyArray, "F"]
    standing: Float[AnyArray, "F C"] | None = field(default=None, kw_only=True)
    detections: tuple[Detections, ...] = field(default=(), kw_only=True)
    forces: ObservedForces | None = field(default=None, kw_only=True)

    def __len__(self) -> int:
        return len(self.position)

    def window(self, start: int, length: int) -> "Keyframes":
        """Return `length` frames from `start` on. After the end of the clip, its last frame repeats with weight 0."""
        wanted = np.arange(start, start + length)
        frames = np.minimum(wanted, len(self) - 1)
        return replace(
            self,
            position=self.position[frames],
            rotation=self.rotation[frames],
            joint_position=self.joint_position[frames],
            frame_weight=np.where(wanted < len(self), self.frame_weight[frames], 0.0).astype(self.position.dtype),
            standing=None if self.standing is None else self.standing[frames],
            detections=tuple(each.at(frames) for each in self.detections),
            forces=None if self.forces is None else self.forces.at(frames),
        )
