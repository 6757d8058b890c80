"""Mass, place and inertia of a rigid body that is known as a solid of uniform density."""

from typing import NamedTuple

import numpy as np
import trimesh
from jaxtyping import Float


class Solid(NamedTuple):
    """A rigid body of uniform density.

    Attributes:
        mass: Mass, kg.
        com: Centre of mass in the body's frame, m.
        inertia: Inertia about the centre of mass, in body axes, kg m^2.
        volume: Volume, m^3.
    """

    mass: float
    com: Float[np.ndarray, "3"]
    inertia: Float[np.ndarray, "3 3"]
    volume: float

    @property
    def spread(self) -> Float[np.ndarray, "3"]:
        """Standard deviation of the mass's position along the body's axes, m."""
        moments = np.diag(self.inertia)
        return np.sqrt(np.maximum(moments.sum() / 2 - moments, 0.0) / self.mass)


def solid_of(triangles: Float[np.ndarray, "T 3 3"], mass: float) -> Solid:
    """Return the solid of a mass inside a closed surface.

    Args:
        triangles: Triangles of the surface, m, counter-clockwise as seen from outside.
        mass: Mass, kg.

    Raises:
        ValueError: The surface encloses no volume, or is folded into itself.
    """
    origin = triangles.mean(axis=(0, 1))  # near the body: far from it, products of coordinates lose digits
    measured = trimesh.triangles.mass_properties(triangles - origin)
    volume = float(measured.volume)  # type: ignore[arg-type]
    if not volume > 0:
        raise ValueError("encloses no volume")
    inertia = np.asarray(measured.inertia, float) * mass / volume
    moments = np.linalg.eigvalsh(inertia)
    if not (moments[0] > 0 and moments[0] + moments[1] > moments[2]):
        raise ValueError("is folded into itself")
    return Solid(mass, np.asarray(measured.center_mass, float) + origin, inertia, volume)
