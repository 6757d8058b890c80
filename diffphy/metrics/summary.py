"""All metrics of a motion under the keys of `metrics.json`, and the definition of each key."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from diffphy.metrics import ground, position, smoothness
from diffphy.metrics.position import Positions

Clearance = Float[np.ndarray, "T C"]


class MetricDefinition(NamedTuple):
    """Meaning of a key of `metrics.json`, for tables and for the file itself.

    Attributes:
        label: Name in tables and plots.
        unit: Unit of the value.
        definition: One sentence.
    """

    label: str
    unit: str
    definition: str


METRIC_DEFINITIONS: dict[str, MetricDefinition] = {
    "mpjpe_g_mm": MetricDefinition(
        "MPJPE-G",
        "mm",
        "Mean distance of the joints to the reference joints in the world, without alignment.",
    ),
    "mpjpe_mm": MetricDefinition(
        "MPJPE",
        "mm",
        "Mean distance of the joints after the roots are moved onto each other in each frame (root included).",
    ),
    "mpjpe_pa_mm": MetricDefinition(
        "MPJPE-PA",
        "mm",
        "Mean distance of the joints after the best rotation, translation and scale in each frame.",
    ),
    "mpjpe_2d_px": MetricDefinition(
        "MPJPE-2d",
        "px",
        "Mean distance in the images of all cameras between the joints and the true joints. Only detected joints "
        "count. In a video nobody knows the true joints: the detected joints take their place.",
    ),
    "w_mpjpe_mm": MetricDefinition(
        "W-MPJPE",
        "mm",
        "Mean distance of the joints. Each chunk of 100 frames is aligned by the similarity transform of its "
        "first two frames.",
    ),
    "wa_mpjpe_mm": MetricDefinition(
        "WA-MPJPE",
        "mm",
        "Mean distance of the joints. Each chunk of 100 frames is aligned by one similarity transform of all "
        "its frames.",
    ),
    "tv": MetricDefinition(
        "TV",
        "m/s^2",
        "Change of joint acceleration from frame to frame at the motion's own frame rate, summed over the "
        "joints, mean over time. Divide by fps^2 to get metres a frame^2.",
    ),
    "jitter": MetricDefinition(
        "Jitter",
        "10 m/s^3",
        "Magnitude of the joints' third time derivative, mean over joints and time.",
    ),
    "acceleration_error": MetricDefinition(
        "Acceleration error",
        "m/s^2",
        "Distance of the joints' accelerations to the reference accelerations, mean over joints and time.",
    ),
    "foot_skate_pct": MetricDefinition(
        "Foot skate",
        "% of frames",
        "Share of frames in which a standing foot slides more than 2 cm within 1/25 s. A foot stands if its "
        "ankle and toe in the reference are within 2.5 cm of their resting heights.",
    ),
    "penetration_mm": MetricDefinition(
        "Penetration",
        "mm",
        "Depth of the body's deepest point below the floor (0 if none), mean over all frames.",
    ),
    "penetration_max_mm": MetricDefinition(
        "Greatest penetration",
        "mm",
        "Depth of the body's deepest point below the floor in the worst frame.",
    ),
    "floating_mm": MetricDefinition(
        "Floating",
        "mm",
        "Height of the body's lowest point over the floor (0 if below), mean over the frames in which a foot "
        "stands in the reference.",
    ),
    "residual_force_pct": MetricDefinition(
        "Residual force",
        "% of weight",
        "Force that moves the whole body, but that neither its weight nor the ground exerts. The solver of a "
        "step leaves it, because it stops before the last digit. The value is the largest of all frames; each"
        " frame is a mean over its steps. Residual torques are not included.",
    ),
}


class Image(NamedTuple):
    """K keypoints in a camera's image.

    Attributes:
        result: Where the result has them, pixels.
        reference: Where the reference has them, pixels.
        visible: Which keypoints count.
    """

    result: Float[np.ndarray, "T K 2"]
    reference: Float[np.ndarray, "T K 2"]
    visible: Bool[np.ndarray, "T K"]


def result_metrics(
    result: Positions,
    reference: Positions,
    *,
    fps: float,
    root: int,
    feet: Sequence[Sequence[int]],
    clearance: Clearance | None = None,
    residual_force: Float[np.ndarray, "T"] | None = None,
    image: Image | None = None,
) -> dict[str, float | None]:
    """Return all metrics of a result against its reference, by the keys of `METRIC_DEFINITIONS`.

    Args:
        result: Joint positions, m, Z up.
        reference: The same T frames and J joints, m, Z up.
        fps: Frame rate of both.
        root: Index of the root joint.
        feet: For each foot the indices of its joints (ankle and toe), the same number for each. Empty without feet.
        clearance: Height of the result's surface points above the floor, m.
        residual_force: Force on the result's body without a cause in each frame, divided by its weight.
        image: The result in a camera's image.

    Returns:
        The value of each key, None if it is unknown: penetration and floating without `clearance`; force without
        `residual_force`; pixels without `image`; skate and floating without feet or if no foot ever stands;
        derivatives of too few frames.
    """
    errors = {
        "mpjpe_g_mm": position.mpjpe_g(result, reference),
        "mpjpe_mm": position.mpjpe(result, reference, root),
        "mpjpe_pa_mm": position.mpjpe_pa(result, reference),
        "mpjpe_2d_px": None if image is None else position.mpjpe_2d(*image),
        "w_mpjpe_mm": position.w_mpjpe(result, reference),
        "wa_mpjpe_mm": position.wa_mpjpe(result, reference),
        "acceleration_error": smoothness.acceleration_error(result, reference, fps),
        "residual_force_pct": None if residual_force is None else 100.0 * float(np.max(residual_force)),
    }
    values = errors | _plausibility(result, reference, fps, feet, clearance)
    return {key: _or_none(values.get(key)) for key in METRIC_DEFINITIONS}


def reference_metrics(
    reference: Positions,
    *,
    fps: float,
    feet: Sequence[Sequence[int]],
    clearance: Clearance | None = None,
) -> dict[str, float | None]:
    """Return the metrics that need no comparison, for the reference itself.

    Arguments and None are those of `result_metrics`, with the clearance of the reference.
    """
    values = _plausibility(reference, reference, fps, feet, clearance)
    return {key: _or_none(values[key]) for key in METRIC_DEFINITIONS if key in values}


def _plausibility(
    motion: Positions,
    reference: Positions,
    fps: float,
    feet: Sequence[Sequence[int]],
    clearance: Clearance | None,
) -> dict[str, float | None]:
    values: dict[str, float | None] = {
        "tv": smoothness.total_variation(motion, fps),
        "jitter": smoothness.jitter(motion, fps),
        "foot_skate_pct": None,
        "penetration_mm": None if clearance is None else ground.penetration(clearance),
        "penetration_max_mm": None if clearance is None else ground.penetration_max(clearance),
        "floating_mm": None,
    }
    if len(feet):
        points = np.asarray(feet)
        contact = ground.foot_contact(reference[:, points])
        values["foot_skate_pct"] = ground.foot_skate(motion[:, points], contact, fps)
        values["floating_mm"] = None if clearance is None else ground.floating(clearance, contact)
    return values


def _or_none(value: float | None) -> float | None:
    """Replace NaN by None, because JSON has no NaN."""
    return None if value is None or math.isnan(value) else value
