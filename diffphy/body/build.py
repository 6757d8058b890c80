"""From a person's measurements to a `Humanoid`."""

from collections.abc import Mapping

import numpy as np

from diffphy.body.body_shape import body_shapes, contact_spheres, sizes_of_solids, sizes_of_table
from diffphy.body.humanoid import BODY_NAMES, JOINT_NAMES, PARENTS, Humanoid
from diffphy.body.measurements import Measurements, segment_ends
from diffphy.body.segment_inertia import Inertial, segment_inertia
from diffphy.body.solid import Solid
from diffphy.body.strength import pd_gains


def build_humanoid(person: Measurements, solids: Mapping[str, Solid] | None = None) -> Humanoid:
    """Build the humanoid of a person, in float64 numpy.

    Args:
        person: Whose body it is.
        solids: Masses, centres, inertias and thickness of the bodies, by name. Without them they are those of de Leva's
            table (see `anthropometry`).
    """
    ends = segment_ends(person)
    if solids is None:
        inertial: Mapping[str, Inertial] = segment_inertia(person)
        sizes = sizes_of_table(person.stature, person.body_mass, person.sex, ends)
    else:
        inertial = {body: (solid.mass, solid.com, solid.inertia) for body, solid in solids.items()}
        sizes = sizes_of_solids(person.stature, solids, ends)
    geoms = body_shapes(person.stature, sizes, ends)
    contact_body, contact_offset, contact_radius = contact_spheres(geoms)
    gains = pd_gains(person.body_mass)
    return Humanoid(
        body_names=BODY_NAMES,
        joint_names=JOINT_NAMES,
        parents=PARENTS,
        contact_body=contact_body,
        joint_offset=np.asarray(person.joint_offset, float),
        mass=np.array([inertial[body][0] for body in BODY_NAMES]),
        com=np.array([inertial[body][1] for body in BODY_NAMES]),
        inertia=np.array([inertial[body][2] for body in BODY_NAMES]),
        kp=gains.kp,
        kd=gains.kd,
        torque_limit=gains.torque_limit,
        contact_offset=contact_offset,
        contact_radius=contact_radius,
        geoms=geoms,
    )
