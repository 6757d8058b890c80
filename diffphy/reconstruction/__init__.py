"""From a recording to a physical motion: the problem, its loss, and the windows in which a clip is solved.

`WindowSolver.reconstruct` solves a whole clip. `ReconstructionProblem` is one window, for an optimizer of your own.
`fit_keyframes` finds a smooth motion behind image keypoints, before any physics; `kinematic_problem` is what it
minimises.
"""

from diffphy.reconstruction.camera import Camera, project, visible
from diffphy.reconstruction.initial_state import first_state, remove_penetration
from diffphy.reconstruction.kinematic_fit import KinematicProblem, fit_keyframes, kinematic_problem
from diffphy.reconstruction.kinematic_terms import Uncertainty
from diffphy.reconstruction.losses import SimulatedMotion, simulated_motion
from diffphy.reconstruction.minimiser import Evaluate, Minimise, Minimum
from diffphy.reconstruction.observation import Detections, Keyframes, ObservedForces
from diffphy.reconstruction.parameters import Parameters
from diffphy.reconstruction.problem import ReconstructionProblem, loss_and_gradient, simulate_window
from diffphy.reconstruction.window_methods import AlongTime, ByGradient, WindowMethod
from diffphy.reconstruction.windows import ResumePoint, SolvedWindow, WindowSizes, WindowSolver

__all__ = [
    "AlongTime",
    "ByGradient",
    "Camera",
    "Detections",
    "Evaluate",
    "Keyframes",
    "KinematicProblem",
    "Minimise",
    "Minimum",
    "ObservedForces",
    "Parameters",
    "ReconstructionProblem",
    "ResumePoint",
    "SimulatedMotion",
    "SolvedWindow",
    "Uncertainty",
    "WindowMethod",
    "WindowSizes",
    "WindowSolver",
    "first_state",
    "fit_keyframes",
    "kinematic_problem",
    "loss_and_gradient",
    "project",
    "remove_penetration",
    "simulate_window",
    "simulated_motion",
    "visible",
]
