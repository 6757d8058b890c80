"""How strong the joints are: PD gains and torque limits, scaled with the body's mass.

The values are those of a public analogue of the trajectory optimization in E. Gärtner et al., "Trajectory Optimization
for Physics-Based Reconstruction of 3d Human Pose from Monocular Video" (CVPR 2022): chest 1000, neck 100, hip and knee
500, ankle and shoulder 400, elbow 300 N m / rad, damping a tenth of that; limits 200, 50, 200, 150, 90, 100 and 60 N m,
for DeepMimic's humanoid of 45 kg. Girdles, wrists and toes, which that body does not have, are our choice.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from diffphy.body.humanoid import by_joint

REFERENCE_MASS = 45.0  # kg


class Gains(NamedTuple):
    """Gains and limits of J joints.

    Attributes:
        kp: Stiffness, N m / rad.
        kd: Damping, N m s / rad.
        torque_limit: Greatest torque, N m.
    """

    kp: Float[np.ndarray, "J"]
    kd: Float[np.ndarray, "J"]
    torque_limit: Float[np.ndarray, "J"]


_KP_AND_LIMIT = {
    "lower_spine": (1000.0, 200.0),
    "upper_spine": (1000.0, 200.0),
    "neck": (100.0, 50.0),
    "clavicle": (400.0, 100.0),
    "shoulder": (400.0, 100.0),
    "elbow": (300.0, 60.0),
    "wrist": (50.0, 20.0),
    "hip": (500.0, 200.0),
    "knee": (500.0, 150.0),
    "ankle": (400.0, 90.0),
    "toe": (50.0, 30.0),
}
DAMPING_OVER_STIFFNESS = 0.1  # s


def pd_gains(body_mass: float) -> Gains:
    """Return the gains of all joints, in the order of `humanoid.JOINT_NAMES`, in a body of that mass, kg."""
    kp, limit = np.array(by_joint(_KP_AND_LIMIT)).T
    scale = body_mass / REFERENCE_MASS
    return Gains(scale * kp, scale * DAMPING_OVER_STIFFNESS * kp, scale * limit)
