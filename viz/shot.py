"""What a picture shows, as plain arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from diffphy.body.humanoid import Geom
from viz.errors import RenderError


@dataclass(frozen=True)
class Shot:
    """A motion of T frames by a body of B rigid parts, and what is to be seen beside it; world frame, Z up, SI units.

    Raises:
        RenderError: an array whose shape does not fit the others, or that is not finite.
    """

    geoms: Sequence[Geom]  # shapes of the body, as in `Humanoid.geoms`
    body_names: Sequence[str]  # of the B parts; "left_..." and "right_..." get their own colours
    fps: float
    position: Float[np.ndarray, "_T _B 3"]  # of the body frames, m
    rotation: Float[np.ndarray, "_T _B 4"]  # of the body frames, wxyz
    reference_position: Float[np.ndarray, "_T _B 3"] | None = None  # of the ghost, m
    reference_rotation: Float[np.ndarray, "_T _B 4"] | None = None  # of the ghost, wxyz
    contact_position: Float[np.ndarray, "_T _C 3"] | None = None  # m
    contact_force: Float[np.ndarray, "_T _C 3"] | None = None  # on the body, N
    contact_group: Sequence[int] | None = None  # (C,) contacts of equal number share one arrow; None: an arrow for each
    body_weight: float = 700.0  # N, the unit of the arrows
    scenery: Sequence[Geom] = field(default=())  # static shapes; their body is -1, their pose in the world
    error_mm: Float[np.ndarray, "_T"] | None = None  # written under the picture

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
