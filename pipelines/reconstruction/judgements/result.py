"""A simulated motion beside the motion that it followed, and what the judgements share: soles, forces, distances."""

from dataclasses import dataclass
from functools import cached_property

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.transform import Rotation

from diffphy.film.phases import NEAR, STILL
from diffphy.physics.scene import ground, nearest
from diffphy.reconstruction.observation import ObservedForces
from pipelines.inputs.subject import MORE_EVALUATIONS
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion

SIDES = ("left", "right")


@dataclass(frozen=True)
class Result:
    """The result of a run. F frames; the sides are left and right.

    Attributes:
        name: Name of the recording.
        motion: The simulated motion, and the motion that it followed.
        stature: Height of the person, m.
        by_camera: Whether the motion that it followed was found from what a camera saw.
        remedy: What to do if it is not a person's motion.
        asked: The ground's forces that the recording asks for. None where they are unknown.
    """

    name: str
    motion: ReconstructedMotion
    stature: float
    by_camera: bool = False
    remedy: str = MORE_EVALUATIONS
    asked: ObservedForces | None = None

    def when(self, frames: Bool[np.ndarray, "F"]) -> str:
        """Return when the first of some frames is, and the last one: " from 1.2 to 2.3 s". Empty if there is none."""
        if not frames.any():
            return ""
        first, last = self.motion.time_s[np.flatnonzero(frames)[[0, -1]]]
        return f" at {first:.1f} s" if last - first < 0.1 else f" from {first:.1f} to {last:.1f} s"

    @cached_property
    def force(self) -> Float[np.ndarray, "F 3"]:
        """Sum of all contact forces over the body's weight. It is 0 in frame 0, in which no force has acted yet."""
        return self.motion.contact_force_world_N.astype(float).sum(axis=1) / self.motion.body_weight

    @cached_property
    def load(self) -> Float[np.ndarray, "F 2"]:
        """Vertical force on each foot over the body's weight."""
        parts = self.motion.vertical_forces_N
        return np.stack([parts[f"{side} foot"] for side in SIDES], axis=1).astype(float) / self.motion.body_weight

    @cached_property
    def height(self) -> Float[np.ndarray, "F 2"]:
        """Height of the lowest point of each foot above what is below it, in the motion that was followed, m."""
        return np.stack([self._clearance[:, points].min(axis=1) for points in self._of_foot], axis=1)

    @cached_property
    def stands(self) -> Bool[np.ndarray, "F 2"]:
        """Whether each foot stands in the motion that was followed: a point of its sole is low and slow."""
        return np.stack([self._point_stands[:, points].any(axis=1) for points in self._of_foot], axis=1)

    @cached_property
    def slide(self) -> Float[np.ndarray, "F 2"]:
        """Speed over the floor of the slowest simulated point that is to stand, m/s; 0 where the foot does not."""
        speed = self._speed(self.motion.contact_position_world_m[..., :2])
        slow = np.where(self._point_stands, speed, np.inf)
        slowest = np.stack([slow[:, points].min(axis=1) for points in self._of_foot], axis=1)
        return np.where(self.stands, slowest, 0.0)

    @cached_property
    def away_m(self) -> Float[np.ndarray, "F"]:
        """Mean distance of the tracked joints from the motion that was followed, m."""
        bodies = self.motion.tracked_body
        simulated = self.motion.body_position_world_m[:, bodies].astype(float)
        followed = self.motion.reference_body_position_world_m[:, bodies]
        return np.linalg.norm(simulated - followed, axis=-1).mean(axis=1)

    @cached_property
    def center_of_mass(self) -> Float[np.ndarray, "F 3"]:
        """The centre of mass of the motion that was followed, m. The centre of a body's shapes is taken as its own."""
        motion = self.motion
        middle = np.stack([
            motion.shape_position_body_frame_m[motion.shape_body == body].mean(axis=0)
            if (motion.shape_body == body).any()
            else np.zeros(3)
            for body in range(len(motion.body_names))
        ])  # fmt: skip
        turn = motion.reference_body_quat_world_wxyz
        offset = Rotation.from_quat(turn.reshape(-1, 4), scalar_first=True).apply(np.tile(middle, (len(turn), 1)))
        places = motion.reference_body_position_world_m + offset.reshape((*turn.shape[:2], 3))
        return np.einsum("b,fbi->fi", motion.body_mass_kg, places) / motion.body_mass_kg.sum()

    @cached_property
    def soles(self) -> Float[np.ndarray, "F 2 3"]:
        """The middle of each sole in the motion that was followed, m."""
        places = self.motion.reference_contact_position_world_m.astype(float)
        return np.stack([places[:, points].mean(axis=1) for points in self._of_foot], axis=1)

    @cached_property
    def _of_foot(self) -> tuple[Bool[np.ndarray, "C"], ...]:
        names = self.motion.body_names.tolist()
        return tuple(self.motion.contact_bodies == names.index(f"{side}_foot") for side in SIDES)

    @cached_property
    def _clearance(self) -> Float[np.ndarray, "F C"]:
        """Distance of the points of the motion that was followed from what is in the scene, m; negative inside."""
        motion, scene = self.motion, ground()
        for number, kind in enumerate(motion.scenery_kind):
            place, size = motion.scenery_position_world_m[number], motion.scenery_size_m[number]
            turn = motion.scenery_quat_world_wxyz[number]
            scene = scene.with_box(place, size, turn) if kind == "box" else scene.with_sphere(place, size[0])
        points = motion.reference_contact_position_world_m
        return np.asarray(nearest(scene, jnp.asarray(points.reshape(-1, 3))), float).reshape(points.shape[:2])

    @cached_property
    def _point_stands(self) -> Bool[np.ndarray, "F C"]:
        speed = self._speed(self.motion.reference_contact_position_world_m)
        return (self._clearance < NEAR) & (speed < STILL)

    def _speed(self, places: Float[np.ndarray, "F C D"]) -> Float[np.ndarray, "F C"]:
        return np.linalg.norm(np.gradient(places.astype(float), axis=0), axis=-1) * float(self.motion.fps_hz)
