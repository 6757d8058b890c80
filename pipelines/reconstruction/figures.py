"""The plots of a run."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from diffphy.reconstruction.windows import SolvedWindow
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.run_folder import ERROR_PLOT, FORCE_PLOT, LOSS_PLOT, RunFolder
from pipelines.reconstruction.solve import term_values
from viz.plots import error_figure, force_figure, loss_figure, save_figure


def save_figures(
    folder: RunFolder,
    motion: ReconstructedMotion,
    windows: Sequence[SolvedWindow],
    retargeting_error_mm: float | None,
) -> None:
    """Draw the error over time, the loss over evaluations, and the vertical contact force over body weight.

    Raises:
        RenderError: A plot cannot be drawn or written.
    """
    error = error_figure(motion.time_s, motion.joint_errors_mm, input_error_mm=retargeting_error_mm)
    save_figure(folder / ERROR_PLOT, error)
    save_figure(folder / LOSS_PLOT, loss_figure([_loss_curves(window) for window in windows]))
    # The simulation starts in frame 0: no force has acted yet.
    forces = {name: force[1:] for name, force in motion.vertical_forces_N.items()}
    save_figure(folder / FORCE_PLOT, force_figure(motion.time_s[1:], forces, motion.body_weight))


def _loss_curves(window: SolvedWindow) -> dict[str, Float[np.ndarray, "E"]]:
    """Return the loss of each evaluation, and what each term added to it."""
    values = term_values(window)
    return {"total": values.sum(axis=1), **dict(zip(window.terms[0], values.T, strict=True))}
