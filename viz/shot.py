"""The content of a picture or video, as plain arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from diffphy.body.humanoid import Geom
from viz.errors import RenderError


@dataclass(frozen=True)
class Shot:
    """A motion of T frames by a body of B rigid parts, and everything else to show. World axes, Z up, SI units.

    Attributes:
        geoms: Shapes of the body, as in `Humanoid.geoms`.
        body_names: Names of the B parts. "left_..." and "right_..." get their own colours.
        fps: Frames a second.
        position: Positions of the body frames, m.
        rotation: Orientations of the body frames, wxyz.
        reference_position: Positions of the ghost's body frames, m.
        reference_rotation: Orientations of the ghost's body frames, wxyz.
        contact_position: Where contact forces act, m.
        contact_force: Contact forces on the body, N.
        contact_group: (C,) contacts with the same number share one arrow. If None, each has its own.
        body_weight: Unit of the arrows, N.
        scenery: Static shapes. Their body is -1, their pose is in the world.
        error_mm: Error of each frame, written on the picture, mm.

    Raises:
        RenderError: An array has a shape that does not fit the others, or is not finite.
    """

    geoms: Sequence[Geom]
    body_names: Sequence[str]
    fps: float
    position: Float[np.ndarray, "_T _B 3"]
    rotation: Float[np.ndarray, "_T _B 4"]
    reference_position: Float[np.ndarray, "_T _B 3"] | None = None
    reference_rotation: Float[np.ndarray, "_T _B 4"] | None = None
    contact_position: Float[np.ndarray, "_T _C 3"] | None = None
    contact_force: Float[np.ndarray, "_T _C 3"] | None = None
    contact_group: Sequence[int] | None = None
    body_weight: float = 700.0
    scenery: Sequence[Geom] = field(default=())
    error_mm: Float[np.ndarray, "_T"] | None = None

    def __post_init__(self):
        names = ("position", "rotation", "reference_position", "reference_rotation", "contact_position")
        for name in (*names, "contact_force", "error_mm"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=float))
        frames, bodies = len(self.position), len(self.body_names)
        contacts = None if self.contact_force is None else self.contact_force.shape[1:2]
        self._check("position", (frames, bodies, 3))
        self._check("rotation", (frames, bodies, 4))
        self._check("error_mm", (frames,))
        self._check_pair("reference_position", (frames, bodies, 3), "reference_rotation", (frames, bodies, 4))
        self._check_pair(
            "contact_force", (frames, *(contacts or ()), 3), "contact_position", (frames, *(contacts or ()), 3)
        )
        if frames == 0 or not self.fps > 0 or not self.body_weight > 0:
            raise RenderError("cannot render: a shot needs at least one frame, and fps and body_weight above zero")

    def _check(self, name: str, shape: tuple[int, ...]) -> None:
        value = getattr(self, name)
        if value is not None and value.shape != shape:
            raise RenderError(f"cannot render: {name} has shape {value.shape} where {shape} is needed")
        if value is not None and not np.isfinite(value).all():
            frame = int(np.argmin(np.isfinite(value.reshape(len(value), -1)).all(axis=1)))
            raise RenderError(f"cannot render: {name} is not finite in frame {frame}")

    def _check_pair(self, first: str, first_shape: tuple[int, ...], second: str, second_shape: tuple[int, ...]) -> None:
        if (getattr(self, first) is None) != (getattr(self, second) is None):
            raise RenderError(f"cannot render: {first} and {second} go together; give both or neither")
        self._check(first, first_shape)
        self._check(second, second_shape)
