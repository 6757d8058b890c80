"""Metrics of a motion: its distance from a reference, and how plausible it is.

`result_metrics` computes all of them. The other functions are one metric each.
"""

from diffphy.metrics.alignment import Similarity, procrustes, tilt_deg
from diffphy.metrics.ground import floating, foot_contact, foot_skate, penetration, penetration_max
from diffphy.metrics.ground_force import (
    constant_error_pct,
    correlation,
    crossing_time,
    force_error_pct,
    range_error_pct,
    rms_difference,
)
from diffphy.metrics.position import mpjpe, mpjpe_2d, mpjpe_g, mpjpe_pa, mpjpe_rigid, w_mpjpe, wa_mpjpe
from diffphy.metrics.smoothness import acceleration_error, jitter, total_variation
from diffphy.metrics.summary import METRIC_DEFINITIONS, Image, MetricDefinition, reference_metrics, result_metrics

__all__ = [
    "METRIC_DEFINITIONS",
    "Image",
    "MetricDefinition",
    "Similarity",
    "acceleration_error",
    "constant_error_pct",
    "correlation",
    "crossing_time",
    "floating",
    "foot_contact",
    "foot_skate",
    "force_error_pct",
    "jitter",
    "mpjpe",
    "mpjpe_2d",
    "mpjpe_g",
    "mpjpe_pa",
    "mpjpe_rigid",
    "penetration",
    "penetration_max",
    "procrustes",
    "range_error_pct",
    "reference_metrics",
    "result_metrics",
    "rms_difference",
    "tilt_deg",
    "total_variation",
    "w_mpjpe",
    "wa_mpjpe",
]
