"""The figures that the paper reports on Human3.6M and AIST, to show beside ours.

Source: Gärtner et al., Transformer-Based Learned Optimization, CVPR 2023. Each row names its table. The numbers of
evaluations beside tables 2 and 4 are from section 5.2. Figures that the paper does not report are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PaperRow:
    """A row of one of the paper's tables.

    Attributes:
        method: Name of the method.
        source: Table of the paper.
        values: Figures by the keys of `tables.build_row`. The paper's TV has no unit; metres per frame squared are
            likely, so its key is `tv_per_frame`.
    """

    method: str
    source: str
    values: Mapping[str, float] = field(default_factory=dict)


_KEYS = ("mpjpe_g_mm", "mpjpe_mm", "mpjpe_pa_mm", "mpjpe_2d_px", "tv_per_frame", "foot_skate_pct", "window_evaluations")


def _row(method: str, source: str, *figures: float | int | None) -> PaperRow:
    """Return a row of figures in the order of the paper's columns, the evaluations last. None: not reported."""
    return PaperRow(method, source, {key: each for key, each in zip(_KEYS, figures, strict=False) if each is not None})


def _evaluations(method: str, source: str, error: float, count: float | int | None = None) -> PaperRow:
    return _row(method, source, error, *[None] * 5, count)


_DOMAIN = "table 1, {} domain"
HUMAN36M_MOCAP = (
    *(
        _evaluations(method, _DOMAIN.format(domain), error, count)
        for method, inside, outside, count in (
            ("DiffPhy + BFGS", 38.3, 24.7, 71),
            ("DiffPhy + Adafactor MLP", 33.0, 29.3, 50),
            ("DiffPhy + Optimus", 24.0, 25.0, 50),
        )
        for domain, error in (("in", inside), ("out of", outside))
    ),
    _evaluations("Optimus, trained for up to 48 hours", "table 4", 33.1, 30.3),
    _evaluations("Optimus, no state", "table 4", 36.5),
    _evaluations("Optimus, no structure", "table 4", 37.3),
    _evaluations("Adafactor MLP 512x4", "table 4", 40.0),
    _evaluations("Adafactor MLP 128x4", "table 4", 40.6),
    _evaluations("Optimus, 50 iterations", "table 4", 28.5, 50),
    _evaluations("Optimus + BasinHopping", "table 4", 25.6, 82.3),
)
HUMAN36M_VIDEO = (
    _row("VIBE", "table 2", 207.7, 68.6, 43.6, 16.4, 0.32, 27.4),
    _row("PhysCap", "table 2", None, 97.4, 65.1),
    _row("SimPoE", "table 2", None, 56.7, 41.6),
    _row("Shimada et al.", "table 2", None, 76.5, 58.2),
    _row("Xie et al.", "table 2", None, 68.1),
    _row("DiffPhy", "table 2", 139.1, 82.1, 55.9, 13.2, 0.21, 7.2, 88),
    _row("Optimus", "table 2", 138.6, 82.8, 57.0, 13.2, 0.20, 6.5, 40),
)
AIST_VIDEO = (
    _row("DiffPhy", "table 3", 150.2, 105.5, 66.0, 12.1, 0.44, 19.6),
    _row("Optimus", "table 3", 149.8, 104.4, 66.4, 12.1, 0.45, 21.5),
)
