"""The dictionaries in metrics.json."""

import json

import numpy as np
import pytest

from diffphy.metrics import (
    METRIC_DEFINITIONS,
    Image,
    acceleration_error,
    floating,
    foot_contact,
    foot_skate,
    jitter,
    mpjpe,
    mpjpe_2d,
    mpjpe_g,
    mpjpe_pa,
    penetration,
    penetration_max,
    reference_metrics,
    result_metrics,
    total_variation,
    w_mpjpe,
    wa_mpjpe,
)

KEYS_THAT_NEED_NO_REFERENCE = {"tv", "jitter", "foot_skate_pct", "penetration_mm", "penetration_max_mm", "floating_mm"}
KEYS = KEYS_THAT_NEED_NO_REFERENCE | {
    "mpjpe_g_mm",
    "mpjpe_mm",
    "mpjpe_pa_mm",
    "mpjpe_2d_px",
    "w_mpjpe_mm",
    "wa_mpjpe_mm",
    "acceleration_error",
    "residual_force_pct",
}
FPS = 30.0
FEET = ((1, 2), (3, 4))


@pytest.fixture
def walk():
    """A root and two feet of two points each. The feet stand in turn, so that every metric has a different value."""
    frames = np.arange(90)
    reference = np.zeros((90, 5, 3))
    reference[:, :, 0] = 0.01 * frames[:, None] + np.array([0.0, 0.0, 0.15, 0.0, 0.15])
    reference[:, :, 1] = [0.0, 0.1, 0.1, -0.1, -0.1]
    reference[:, :, 2] = [1.0, 0.08, 0.03, 0.08, 0.03]
    reference[:45, 1:3, 2] += 0.1
    reference[45:, 3:5, 2] += 0.1
    result = reference + np.random.default_rng(0).normal(scale=0.01, size=reference.shape)
    clearance = result[..., 2] - 0.03
    return result, reference, clearance


def image_of(result: np.ndarray, reference: np.ndarray) -> Image:
    """A side view with a hundred pixels per metre. Some joints are not visible."""
    visible = np.random.default_rng(1).uniform(size=result.shape[:2]) < 0.8
    return Image(100.0 * result[..., :2], 100.0 * reference[..., :2], visible)


def test_each_key_is_its_metric(walk):
    result, reference, clearance = walk
    feet = np.array(FEET)
    contact = foot_contact(reference[:, feet])
    image = image_of(result, reference)
    expected = {
        "mpjpe_g_mm": mpjpe_g(result, reference),
        "mpjpe_mm": mpjpe(result, reference, 0),
        "mpjpe_pa_mm": mpjpe_pa(result, reference),
        "mpjpe_2d_px": mpjpe_2d(*image),
        "w_mpjpe_mm": w_mpjpe(result, reference),
        "wa_mpjpe_mm": wa_mpjpe(result, reference),
        "tv": total_variation(result, FPS),
        "jitter": jitter(result, FPS),
        "acceleration_error": acceleration_error(result, reference, FPS),
        "foot_skate_pct": foot_skate(result[:, feet], contact, FPS),
        "penetration_mm": penetration(clearance),
        "penetration_max_mm": penetration_max(clearance),
        "floating_mm": floating(clearance, contact),
        "residual_force_pct": 100 * 2.0**-7,
    }
    force = np.linspace(0.0, 2.0**-7, 90)
    assert len(set(expected.values())) == len(expected), "values that coincide would hide a mix-up"
    more = {"clearance": clearance, "residual_force": force, "image": image}
    assert result_metrics(result, reference, fps=FPS, root=0, feet=FEET, **more) == expected
    assert set(expected) == set(METRIC_DEFINITIONS) == KEYS


def test_the_reference_has_the_keys_that_need_no_comparison(walk):
    _, reference, clearance = walk
    before = reference_metrics(reference, fps=FPS, feet=FEET, clearance=clearance)
    same = result_metrics(reference, reference, fps=FPS, root=0, feet=FEET, clearance=clearance)
    assert set(before) == KEYS_THAT_NEED_NO_REFERENCE
    assert before == {key: same[key] for key in before}


def test_what_cannot_be_said_is_none_and_the_rest_is_json(walk):
    result, reference, _ = walk
    metrics = result_metrics(result[:2], reference[:2], fps=FPS, root=0, feet=())
    unknown = {key for key, value in metrics.items() if value is None}
    assert unknown == KEYS_THAT_NEED_NO_REFERENCE | {"acceleration_error", "residual_force_pct", "mpjpe_2d_px"}
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics


def test_float32_motions_give_the_same_metrics(walk):
    arguments = {"fps": FPS, "root": 0, "feet": FEET}
    arguments["residual_force"] = np.full(90, 0.25)
    arguments["image"] = image_of(walk[0], walk[1])
    double = result_metrics(*walk[:2], **arguments, clearance=walk[2])
    single = [array.astype(np.float32) for array in walk]
    for key, value in result_metrics(*single[:2], **arguments, clearance=single[2]).items():
        assert value == pytest.approx(double[key], rel=1e-3), key


def test_every_key_has_a_definition_with_a_unit():
    for key, entry in METRIC_DEFINITIONS.items():
        assert entry.label
        assert entry.unit
        assert entry.definition.endswith("."), key
        if key.endswith("_mm"):
            assert entry.unit == "mm"
