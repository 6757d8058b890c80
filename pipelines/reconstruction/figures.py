"""The plots of a run."""

from collections.abc import Sequence

import numpy as np

from pipelines.reconstruction.checkpoint import Window
from pipelines.reconstruction.measure import joint_errors_mm
from pipelines.reconstruction.motion_file import Motion, body_weight, contact_bodies
from pipelines.reconstruction.run_folder import ERROR_PLOT, FORCE_PLOT, LOSS_PLOT, RunFolder
from viz.plots import error_figure, force_figure, loss_figure, save_figure


def save_figures(folder: RunFolder, motion: Motion, windows: Sequence[Window], retargeting_error_mm: float) -> None:
    """Error over time, loss over evaluations, vertical contact force over body weight. Raises RenderError."""
    time = motion["time_s"]
    error = error_figure(time, joint_errors_mm(motion), input_error_mm=retargeting_error_mm)
    save_figure(folder / ERROR_PLOT, error)
    save_figure(folder / LOSS_PLOT, loss_figure([_curves(window) for window in windows]))
    # Frame 0 is where the simulation starts: no force has acted yet.
    forces = {name: force[1:] for name, force in _vertical_forces(motion).items()}
    save_figure(folder / FORCE_PLOT, force_figure(time[1:], forces, body_weight(motion)))


def _curves(window: Window) -> dict[str, np.ndarray]:
    """The loss of each evaluation, and what each term added."""
    terms = dict(zip(window["term_names"].tolist(), window["terms"].T, strict=True))
    return {"total": window["terms"].sum(axis=1), **terms}


def _vertical_forces(motion: Motion) -> dict[str, np.ndarray]:
    """On the left foot, the right foot and all other bodies, N (F,)."""
    names = motion["body_names"].tolist()
    owner = np.array([names[body] for body in contact_bodies(motion)])
    vertical = motion["contact_force_world_N"][..., 2]
    parts = {"left foot": owner == "left_foot", "right foot": owner == "right_foot"}
    parts["other"] = ~(parts["left foot"] | parts["right foot"])
    return {part: vertical[:, mask].sum(axis=1) for part, mask in parts.items()}
