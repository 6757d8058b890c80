"""Metrics of a motion: its distance from a reference, and how plausible it is.

`result_metrics` computes all of them. The other functions are one metric each.
"""

from diffphy.metrics.alignment import Similarity, procrustes
from diffphy.metrics.ground import floating, foot_contact, foot_skate, penetration, penetration_max
from diffphy.metrics.position import mpjpe, mpjpe_2d, mpjpe_g, mpjpe_pa, w_mpjpe, wa_mpjpe
from diffphy.metrics.smoothness import acceleration_error, jitter, total_variation
from diffphy.metrics.summary import METRIC_DEFINITIONS, Image, MetricDefinition, reference_metrics, result_metrics

__all__ = [
    "METRIC_DEFINITIONS",
    "Image",
    "MetricDefinition",
    "Similarity",
    "acceleration_error",
    "floating",
    "foot_contact",
    "foot_skate",
    "jitter",
    "mpjpe",
    "mpjpe_2d",
    "mpjpe_g",
    "mpjpe_pa",
    "penetration",
    "penetration_max",
    "procrustes",
    "reference_metrics",
    "result_metrics",
    "total_variation",
    "w_mpjpe",
    "wa_mpjpe",
]
