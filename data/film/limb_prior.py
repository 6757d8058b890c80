"""How people hold their arms and legs: mixtures of Gaussians over the directions of a limb's bones.

A limb's pose is six numbers: the unit vectors along its upper and its lower bone, in axes of the trunk that point
outwards, backwards and up. So left and right limbs have one prior. `learn_limb_prior.py` makes the file that is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

FILE = Path(__file__).with_suffix(".npz")
LIMBS = {"arm": ("shoulder", "elbow", "wrist"), "leg": ("hip", "knee", "ankle")}
"""Limb -> its joints, from the trunk outwards."""

Points = Float[np.ndarray, "T 3"]


@dataclass(frozen=True)
class PoseMixture:
    """A mixture of K Gaussians over poses of a limb.

    Attributes:
        weights: Share of each Gaussian. Their sum is 1.
        means: Their means.
        precisions: Inverses of their covariances.
        log_determinants: Logarithms of the determinants of their covariances.
    """

    weights: Float[np.ndarray, " K"]
    means: Float[np.ndarray, "K 6"]
    precisions: Float[np.ndarray, "K 6 6"]
    log_determinants: Float[np.ndarray, " K"]

    def log_parts(self, pose: Float[np.ndarray, "T 6"]) -> Float[np.ndarray, "T K"]:
        """Return the log density of each weighted Gaussian: their softmax is how far each accounts for the pose."""
        away = pose[:, None] - self.means
        squared = np.einsum("tki,kij,tkj->tk", away, self.precisions, away)
        return np.log(self.weights) - (squared + self.log_determinants + 6 * np.log(2 * np.pi)) / 2

    def log_density(self, pose: Float[np.ndarray, "T 6"]) -> Float[np.ndarray, " T"]:
        """Return the log density of poses."""
        return np.logaddexp.reduce(self.log_parts(pose), axis=1)


@dataclass(frozen=True)
class LimbPrior:
    """How people hold their limbs.

    Attributes:
        arm: The mixture of either arm.
        leg: The mixture of either leg.
    """

    arm: PoseMixture
    leg: PoseMixture

    def save(self, path: Path) -> None:
        """Write the prior as `.npz`."""
        arrays = {f"{limb}_{name}": value for limb in LIMBS for name, value in vars(getattr(self, limb)).items()}
        np.savez_compressed(path, **arrays)


def load(path: Path = FILE) -> LimbPrior:
    """Return a prior that was saved: the one that ships if no file is named."""
    with np.load(path) as arrays:
        fields = PoseMixture.__dataclass_fields__
        return LimbPrior(*(PoseMixture(*(arrays[f"{limb}_{name}"] for name in fields)) for limb in LIMBS))


@cache
def limb_prior() -> LimbPrior:
    """Return the prior that ships."""
    return load()


def limb_axes(positions: Mapping[str, Points], side: str, limb: str) -> Float[np.ndarray, "T 3 3"]:
    """Return the axes in which a limb's pose is expressed, as rows: outwards, backwards and up the trunk.

    Outwards is along the line of the shoulders for arms, and of the hips for legs.

    Args:
        positions: Positions of shoulders and hips by name (`left_hip`), along any right-handed axes.
        side: "left" or "right".
        limb: "arm" or "leg".
    """
    root = LIMBS[limb][0]
    across = _unit(positions[f"left_{root}"] - positions[f"right_{root}"])
    up = sum(positions[f"{each}_shoulder"] - positions[f"{each}_hip"] for each in ("left", "right"))
    up = _unit(up - (up * across).sum(axis=-1, keepdims=True) * across)
    return np.stack([across if side == "left" else -across, np.cross(up, across), up], axis=1)


def limb_pose(positions: Mapping[str, Points], side: str, limb: str) -> Float[np.ndarray, "T 6"]:
    """Return the pose of a limb.

    Args:
        positions: Positions of the limb's joints, of shoulders and hips, by name, along any right-handed axes.
        side: "left" or "right".
        limb: "arm" or "leg".
    """
    axes = limb_axes(positions, side, limb)
    first, middle, last = (positions[f"{side}_{joint}"] for joint in LIMBS[limb])
    bones = np.stack([_unit(middle - first), _unit(last - middle)], axis=1)
    return np.einsum("tij,tbj->tbi", axes, bones).reshape(-1, 6)


def _unit(vector: Points) -> Points:
    # A limb whose joints coincide has no direction: zeros, which no mixture finds likely.
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)
