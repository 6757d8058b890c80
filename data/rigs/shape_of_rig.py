"""The joints of a rig whose names say nothing, by the shape of the skeleton that moves.

A person has two pairs of limbs whose bones are as long on the left as on the right. The pair nearer to the root are the
legs, the other one the arms. The two longest bones that follow each other are thigh and shank, or upper arm and
forearm. Toes and knees point ahead, the neck is up, and so left is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

ALIKE = 0.12  # bones of a pair differ by less, over the longest bone of the limb
NEARLY = 0.85  # of the longest two bones: the last two that are so long, as a clavicle may be longer than a forearm
LIKELY = 0.6  # of the last two bones
LIMB = 0.25  # of the longest limb: a shorter pair is no limb, such as ears, eyes and breasts


@dataclass(frozen=True)
class _Pair:
    """Two limbs that are alike.

    Attributes:
        base: The joint on which both hang.
        limbs: The joints of each limb, from the first below the base.
        reach: Length of a limb.
    """

    base: int
    limbs: tuple[list[int], list[int]]
    reach: float


def find(parents: Sequence[int], positions: Float[np.ndarray, "T J 3"]) -> dict[str, int]:
    """Return the joints by our names; none where the skeleton does not have a person's shape.

    Args:
        parents: Index of each joint's parent, -1 for the root. Parents come before their children.
        positions: Positions over time, in any axes and unit.
    """
    lengths = _lengths(parents, positions)
    pairs = _pairs(parents, lengths)
    longest = max((pair.reach for pair in pairs), default=0.0)
    pairs = [pair for pair in pairs if pair.reach > LIMB * longest]
    if len(pairs) < 2:
        return {}
    above = {joint: _above(joint, parents) for joint in range(len(parents))}
    legs, arms = sorted(sorted(pairs, key=lambda pair: -pair.reach)[:2], key=lambda pair: len(above[pair.base]))
    if legs.base not in [arms.base, *above[arms.base]]:
        return {}
    trunk = [joint for joint in above[arms.base][::-1] if legs.base in above[joint]]
    trunk = [*trunk, arms.base] if arms.base != legs.base else trunk
    taken = {limb[0] for limb in (*legs.limbs, *arms.limbs)}
    on_top = [child for child, parent in enumerate(parents) if parent == arms.base and child not in taken]
    if not on_top:
        return {}
    neck = max(on_top, key=lambda child: _reach(_main_chain(child, parents, lengths), lengths))
    found = {"pelvis": legs.base, "neck": neck}
    if trunk:
        found |= {"lower_spine": trunk[0], "upper_spine": trunk[-1]} if len(trunk) > 1 else {"upper_spine": trunk[0]}
    limbs = {"leg": [_two_bones(limb, lengths) for limb in legs.limbs]}
    limbs["arm"] = [_two_bones(limb, lengths) for limb in arms.limbs]
    if any(len(limb) < 3 for each in limbs.values() for limb in each):
        return {}
    left = _left(positions, limbs["leg"], positions[:, neck] - positions[:, legs.base])
    for parts, pair in (
        (("hip", "knee", "ankle", "toe"), limbs["leg"]),
        (("shoulder", "elbow", "wrist"), limbs["arm"]),
    ):
        side = np.einsum("ti,ti->t", positions[:, pair[0][0]] - positions[:, pair[1][0]], left).mean()
        ordered = pair if side > 0 else pair[::-1]
        for name, limb in zip(("left", "right"), ordered, strict=True):
            found |= {f"{name}_{part}": joint for part, joint in zip(parts, limb, strict=False)}
    return found


def _lengths(parents: Sequence[int], positions: Float[np.ndarray, "T J 3"]) -> Float[np.ndarray, "J"]:
    above = [max(parent, 0) for parent in parents]
    return np.median(np.linalg.norm(positions - positions[:, above], axis=-1), axis=0)


def _pairs(parents: Sequence[int], lengths: Float[np.ndarray, "J"]) -> list[_Pair]:
    """Return the pairs of limbs that hang on one joint and are alike."""
    pairs = []
    for base in range(len(parents)):
        children = [child for child, parent in enumerate(parents) if parent == base]
        chains = [_main_chain(child, parents, lengths) for child in children]
        for first in range(len(chains)):
            for second in range(first + 1, len(chains)):
                one, other = chains[first], chains[second]
                if min(len(one), len(other)) >= 3 and _alike(one, other, lengths):
                    pairs.append(_Pair(base, (one, other), _reach(one, lengths)))
    return pairs


def _alike(one: list[int], other: list[int], lengths: Float[np.ndarray, "J"]) -> bool:
    count = min(len(one), len(other), 4)
    left, right = lengths[one[:count]], lengths[other[:count]]
    return bool((np.abs(left - right) <= ALIKE * np.maximum(lengths[one].max(), lengths[other].max())).all())


def _main_chain(joint: int, parents: Sequence[int], lengths: Float[np.ndarray, "J"]) -> list[int]:
    """Return a joint and the joints below it, along the longest way."""
    children = [child for child, parent in enumerate(parents) if parent == joint]
    if not children:
        return [joint]
    chains = [_main_chain(child, parents, lengths) for child in children]
    return [joint, *max(chains, key=lambda chain: _reach(chain, lengths))]


def _reach(chain: list[int], lengths: Float[np.ndarray, "J"]) -> float:
    return float(lengths[chain].sum())


def _two_bones(limb: list[int], lengths: Float[np.ndarray, "J"]) -> list[int]:
    """Return the joints at the beginning, in the middle and at the end of the two longest bones, and the next one.

    The last bone of a limb is the forearm or the shank only if the others are much shorter: end sites may have any
    length.
    """
    pairs = [float(lengths[limb[k]] + lengths[limb[k + 1]]) for k in range(1, len(limb) - 1)]
    if not pairs:
        return []
    if max(pairs[:-1], default=0.0) > LIKELY * pairs[-1]:
        pairs = pairs[:-1]
    at = max(index for index, length in enumerate(pairs) if length >= NEARLY * max(pairs))
    return limb[at : at + 4]


def _left(
    positions: Float[np.ndarray, "T J 3"], legs: list[list[int]], up: Float[np.ndarray, "T 3"]
) -> Float[np.ndarray, "T 3"]:
    """Return the direction to the left: across up and ahead, where toes and knees point."""
    ahead = np.zeros_like(up)
    for limb in legs:
        hip, knee, ankle = (positions[:, joint] for joint in limb[:3])
        line = ankle - hip
        share = np.einsum("ti,ti->t", knee - hip, line) / np.maximum(np.einsum("ti,ti->t", line, line), 1e-12)
        ahead += knee - hip - share[:, None] * line
        if len(limb) > 3:
            ahead += positions[:, limb[3]] - ankle
    return np.cross(up, ahead)


def _above(joint: int, parents: Sequence[int]) -> list[int]:
    chain: list[int] = []
    while (joint := parents[joint]) >= 0:
        chain.append(joint)
    return chain
