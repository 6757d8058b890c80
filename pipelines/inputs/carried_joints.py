"""Joints that the fit of films does not have, such as those of the spine: the trunk carries them."""

import numpy as np
from jaxtyping import Float

UPPER = ("upper_spine", "neck", "head", "left_clavicle", "right_clavicle", "head_tip")
"""Joints that move with the shoulders. The others move with the hips."""

_Joints = dict[str, Float[np.ndarray, "T 3"]]


def carry(rough: _Joints, fitted: _Joints) -> _Joints:
    """Return the fitted joints, and each other joint where the fitted trunk carries it.

    A joint has one place in the trunk, its mean in the rough motion: the errors of single frames do not matter.

    Args:
        rough: All joints of a rough motion by the keys of a joint map, m. It has hips and shoulders.
        fitted: Some of them in the same frames, m, hips and shoulders among them.
    """
    trunks = {part: (_trunk(rough, part), _trunk(fitted, part)) for part in ("shoulder", "hip")}
    carried = {}
    for name in rough.keys() - fitted.keys():
        (before, axes_before), (after, axes_after) = trunks["shoulder" if name in UPPER else "hip"]
        inside = np.einsum("tji,tj->ti", axes_before, rough[name] - before).mean(axis=0)
        carried[name] = after + axes_after @ inside
    return {name: fitted[name] if name in fitted else carried[name] for name in rough}


def _trunk(joints: _Joints, part: str) -> tuple[Float[np.ndarray, "T 3"], Float[np.ndarray, "T 3 3"]]:
    """Return the middle of the hips or shoulders, m, and the axes there as columns: left, backwards, up the trunk."""
    left, right = joints[f"left_{part}"], joints[f"right_{part}"]
    outwards = _unit(left - right)
    trunk = sum(joints[f"{side}_shoulder"] - joints[f"{side}_hip"] for side in ("left", "right"))
    up = _unit(trunk - np.sum(trunk * outwards, axis=1, keepdims=True) * outwards)
    return (left + right) / 2, np.stack([outwards, np.cross(up, outwards), up], axis=2)


def _unit(vectors: Float[np.ndarray, "T 3"]) -> Float[np.ndarray, "T 3"]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
