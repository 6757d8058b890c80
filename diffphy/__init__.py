"""Human motion that obeys physics: a differentiable simulation of a person, and its reconstruction from recordings.

Everything is an ordinary JAX function: compile it, differentiate it in forward or reverse mode, run it in batches.
An average adult stands for half a second, and the derivative says how each control target moves the root:

>>> import jax
>>> import jax.numpy as jnp
>>> from diffphy import Physics, average_person, ground, rollout, standing_state
>>> humanoid, scene, physics = average_person(stature=1.75, mass=70.0), ground(friction=0.9), Physics()
>>> state = standing_state(humanoid)
>>> control = jnp.tile(state.rotation[1:], (16, 1, 1))  # 15 control frames; target rotations of the joints, wxyz
>>> def final_height(control):
...     states, effort = rollout(humanoid, scene, physics, state, control)
...     return states.position[-1, 2], effort.contact_force
>>> compiled = jax.jit(jax.value_and_grad(final_height, has_aux=True))
>>> (height, force), gradient = compiled(control)
>>> print(f"{height:.1f} m; {force[-1, :, 2].sum() / (70.0 * 9.81):.1f} of the weight on the ground")
0.9 m; 1.0 of the weight on the ground
>>> gradient.shape
(16, 19, 4)

World axes: x forward, y left, z up. Units: m, s, kg, N, rad. Quaternions: unit, wxyz.

- `average_person` and `build_humanoid` make a body, `ground` and `Scene` make what it touches.
- `step` makes one step of the simulation, `rollout` makes many, `rollout_with_feedback` follows a planned motion.
- `linearise_step` says how a step changes with the state at its start and with the targets.
- `forward_kinematics` says where the bodies are.
- `ReconstructionProblem` and `WindowSolver` follow a recording. See `diffphy.reconstruction`.
- `diffphy.rotations` has quaternions, `diffphy.metrics` measures, `diffphy.export` writes models for other simulators.
"""

from diffphy.body.average_person import average_measurements, average_person
from diffphy.body.build import build_humanoid
from diffphy.body.humanoid import BODY_NAMES, JOINT_NAMES, Geom, Humanoid
from diffphy.body.measurements import Measurements
from diffphy.body.solid import Solid
from diffphy.physics.compliant_contact_law import CompliantContact
from diffphy.physics.contact import Contact, ContactLaw, ContactModel
from diffphy.physics.feedback import rollout_with_feedback
from diffphy.physics.kinematics import Pose, center_of_mass, contact_points, forward_kinematics
from diffphy.physics.linearised_step import LinearisedStep, linearise_step
from diffphy.physics.scene import Scene, ground
from diffphy.physics.simulate import Effort, Physics, State, Trajectory, rollout, step
from diffphy.physics.standing import standing_state
from diffphy.reconstruction import (
    ByGradient,
    BySquares,
    Camera,
    Detections,
    Evaluate,
    Feedback,
    FrameModels,
    Keyframes,
    KinematicProblem,
    Minimise,
    Minimum,
    ObservedForces,
    Parameters,
    ReconstructionProblem,
    ResumePoint,
    SimulatedMotion,
    SimulatedWindow,
    SolvedWindow,
    Uncertainty,
    WindowAlongTime,
    WindowMethod,
    WindowSizes,
    WindowSolver,
    first_state,
    fit_keyframes,
    kinematic_problem,
    linearise_window,
    loss_and_gradient,
    project,
    remove_penetration,
    simulate_feedback,
    simulate_offsets,
    simulate_parameters,
    simulated_motion,
    visible,
)

__all__ = [
    "BODY_NAMES",
    "JOINT_NAMES",
    "ByGradient",
    "BySquares",
    "Camera",
    "CompliantContact",
    "Contact",
    "ContactLaw",
    "ContactModel",
    "Detections",
    "Effort",
    "Evaluate",
    "Feedback",
    "FrameModels",
    "Geom",
    "Humanoid",
    "Keyframes",
    "KinematicProblem",
    "LinearisedStep",
    "Measurements",
    "Minimise",
    "Minimum",
    "ObservedForces",
    "Parameters",
    "Physics",
    "Pose",
    "ReconstructionProblem",
    "ResumePoint",
    "Scene",
    "SimulatedMotion",
    "SimulatedWindow",
    "Solid",
    "SolvedWindow",
    "State",
    "Trajectory",
    "Uncertainty",
    "WindowAlongTime",
    "WindowMethod",
    "WindowSizes",
    "WindowSolver",
    "average_measurements",
    "average_person",
    "build_humanoid",
    "center_of_mass",
    "contact_points",
    "first_state",
    "fit_keyframes",
    "forward_kinematics",
    "ground",
    "kinematic_problem",
    "linearise_step",
    "linearise_window",
    "loss_and_gradient",
    "project",
    "remove_penetration",
    "rollout",
    "rollout_with_feedback",
    "simulate_feedback",
    "simulate_offsets",
    "simulate_parameters",
    "simulated_motion",
    "standing_state",
    "step",
    "visible",
]
