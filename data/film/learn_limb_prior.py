"""Learn how people hold their limbs from motions: `make limb-prior`, or

    python -m data.film.learn_limb_prior --out FILE [MOTION ...]

It learns from the built-in motions, from what they lack (`anatomical_poses.py`), and from the motion files that are
named.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data import builtin_clips, formats
from data.clip import InputError
from data.film.anatomical_poses import HABITS
from data.film.limb_prior import FILE, LIMBS, LimbPrior, PoseMixture, limb_pose
from data.resample import resample
from data.rigs import joint_maps

POSES_FPS = 12.0  # rate at which poses are taken from motions
MOST = 40  # poses that a motion counts for, on both sides together
DRAWN = 1500  # poses of each habit
GAUSSIANS = 32
SPREAD = 0.12  # sd that is added to each Gaussian: motions of few people stand for all
ROUNDS = 40

Poses = Float[np.ndarray, "N 6"]
Weights = Float[np.ndarray, " N"]


def learn(motions: Sequence[str] = ()) -> LimbPrior:
    """Return the prior of the built-in motions and of other motion files.

    Args:
        motions: Names of files, as `formats.read` takes them.

    Raises:
        InputError: A file cannot be read, or its joints are not known.
    """
    names = [*(f"builtin:{name}" for name in builtin_clips.clip_paths()), *motions]
    by_motion = [poses_of_motion(name) for name in names]
    return LimbPrior(*(_learn_limb(limb, [poses[limb] for poses in by_motion]) for limb in LIMBS))


def _learn_limb(limb: str, by_motion: Sequence[Float[np.ndarray, "_ 6"]]) -> PoseMixture:
    rng = np.random.default_rng(0)
    habits = [habit for habit in HABITS.values() if habit.limb == limb]
    recorded = np.concatenate([np.full(len(poses), min(1.0, MOST / len(poses))) for poses in by_motion])
    recorded *= (1.0 - sum(habit.share for habit in habits)) / recorded.sum()
    poses = np.concatenate([*by_motion, *(habit.draw(rng, DRAWN) for habit in habits)])
    weights = np.concatenate([recorded, *(np.full(DRAWN, habit.share / DRAWN) for habit in habits)])
    return fit_mixture(poses, weights, GAUSSIANS, rng)


def poses_of_motion(name: str) -> dict[str, Poses]:
    """Return the poses of both arms and of both legs in a motion."""
    clip = formats.read(name)
    joints = joint_maps.detect(clip)
    clip = resample(clip, POSES_FPS)
    needed = [f"{side}_{joint}" for side in ("left", "right") for limb in LIMBS.values() for joint in limb]
    positions = {joint: clip.positions[:, clip.joint(joints[joint])] for joint in needed}
    return {limb: np.concatenate([limb_pose(positions, side, limb) for side in ("left", "right")]) for limb in LIMBS}


def fit_mixture(poses: Poses, weights: Weights, number: int, rng: np.random.Generator) -> PoseMixture:
    """Return a mixture of Gaussians, by expectation and maximisation (Dempster, Laird and Rubin, 1977).

    It starts at poses that lie apart (k-means++; Arthur and Vassilvitskii, 2007).

    Args:
        poses: The poses.
        weights: How much each counts.
        number: Number of Gaussians.
        rng: Chooses the start.
    """
    means = _choose_apart(poses, weights, number, rng)
    mixture = _mixture(np.full(number, 1 / number), means, np.tile(0.1 * np.eye(6), (number, 1, 1)))
    for _ in range(ROUNDS):
        parts = mixture.log_parts(poses)
        counts = weights[:, None] * np.exp(parts - np.logaddexp.reduce(parts, axis=1, keepdims=True))
        total = counts.sum(axis=0)
        means = counts.T @ poses / total[:, None]
        away = poses[:, None] - means
        covariances = np.einsum("nk,nki,nkj->kij", counts, away, away, optimize=True) / total[:, None, None]
        mixture = _mixture(total / total.sum(), means, covariances + SPREAD**2 * np.eye(6))
    return mixture


def _choose_apart(poses: Poses, weights: Weights, number: int, rng: np.random.Generator) -> Float[np.ndarray, "K 6"]:
    chosen = poses[[rng.choice(len(poses), p=weights / weights.sum())]]
    while len(chosen) < number:
        nearest = ((poses[:, None] - chosen) ** 2).sum(axis=-1).min(axis=1)
        odds = weights * nearest
        chosen = np.concatenate([chosen, poses[[rng.choice(len(poses), p=odds / odds.sum())]]])
    return chosen


def _mixture(
    weights: Float[np.ndarray, " K"], means: Float[np.ndarray, "K 6"], covariances: Float[np.ndarray, "K 6 6"]
) -> PoseMixture:
    return PoseMixture(weights, means, np.linalg.inv(covariances), np.linalg.slogdet(covariances)[1])


def main() -> None:
    parser = argparse.ArgumentParser(description="Learn how people hold their limbs.")
    parser.add_argument("motions", nargs="*", help="motion files beside the built-in motions")
    parser.add_argument("--out", type=Path, default=FILE, help="where the prior is written")
    given = parser.parse_args()
    try:
        learn(given.motions).save(given.out)
    except InputError as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
