"""From a recording to a physical motion: the problem, its loss, and the windows in which a clip is solved.

`WindowSolver.reconstruct` solves a whole clip. `ReconstructionProblem` is one window, for an optimizer of your own.
`fit_keyframes` finds a smooth motion behind image keypoints, before any physics; `kinematic_problem` is what it
minimises.
"""

from diffphy.reconstruction.camera import Camera, project, visible
from diffphy.reconstruction.initial_state import first_state, remove_penetration
from diffphy.reconstruction.kinematic_fit import KinematicProblem, fit_keyframes, kinematic_problem
from diffphy.reconstruction.kinematic_terms import Uncertainty
from diffphy.reconstruction.linearised_window import FrameModels, linearise_window
from diffphy.reconstruction.losses import SimulatedMotion, simulated_motion
from diffphy.reconstruction.minimiser import Evaluate, Minimise, Minimum
from diffphy.reconstruction.observation import Detections, Keyframes, ObservedForces
from diffphy.reconstruction.parameters import Parameters
from diffphy.reconstruction.problem import ReconstructionProblem, loss_and_gradient
from diffphy.reconstruction.simulated_window import (
    Feedback,
    SimulatedWindow,
    simulate_feedback,
    simulate_offsets,
    simulate_parameters,
)
from diffphy.reconstruction.window_methods import ByGradient, BySquares, WindowAlongTime, WindowMethod
from diffphy.reconstruction.windows import ResumePoint, SolvedWindow, WindowSizes, WindowSolver

__all__ = [
    "ByGradient",
    "BySquares",
    "Camera",
    "Detections",
    "Evaluate",
    "Feedback",
    "FrameModels",
    "Keyframes",
    "KinematicProblem",
    "Minimise",
    "Minimum",
    "ObservedForces",
    "Parameters",
    "ReconstructionProblem",
    "ResumePoint",
    "SimulatedMotion",
    "SimulatedWindow",
    "SolvedWindow",
    "Uncertainty",
    "WindowAlongTime",
    "WindowMethod",
    "WindowSizes",
    "WindowSolver",
    "first_state",
    "fit_keyframes",
    "kinematic_problem",
    "linearise_window",
    "loss_and_gradient",
    "project",
    "remove_penetration",
    "simulate_feedback",
    "simulate_offsets",
    "simulate_parameters",
    "simulated_motion",
    "visible",
]
