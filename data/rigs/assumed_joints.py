"""Joints of the trunk and the arms that were not recorded: the trunk is upright, the arms hang from the shoulders."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

_Track = Float[np.ndarray, "T 3"]

# Lengths over the length of the leg from hip to ankle, after Drillis and Contini (1966). Of the body height, the leg is
# 0.491 long, the upper arm 0.186 and the forearm 0.146. The shoulders are 0.288 above the hips, 0.129 from the midline.
SHOULDER_HEIGHT, SHOULDER_SIDE, UPPER_ARM, FOREARM = 0.587, 0.263, 0.379, 0.297
NECK_HEIGHT = 0.63  # the base of the neck is a little above the shoulders
OUTWARDS, FORWARDS = 0.1, 0.25  # rad: angle between arm and trunk, and bend of the elbow
_SIDES = {"left": 1.0, "right": -1.0}


def complete_joints(joints: Mapping[str, _Track]) -> tuple[dict[str, _Track], frozenset[str], tuple[str, ...]]:
    """Return all joints that a body must have, the names of the assumed ones, and a note that names them.

    Args:
        joints: Positions by the keys of a joint map, m, Z up. The joints of the legs must be there.
    """
    found = dict(joints)
    assumed: list[str] = []
    thighs = [joints[f"{side}_hip"] - joints[f"{side}_knee"] for side in _SIDES]
    shanks = [joints[f"{side}_knee"] - joints[f"{side}_ankle"] for side in _SIDES]
    leg = sum(float(np.median(np.linalg.norm(each, axis=1))) for each in (*thighs, *shanks)) / 2
    up = np.broadcast_to([0.0, 0.0, 1.0], joints["pelvis"].shape)
    across = joints["left_hip"] - joints["right_hip"]
    if "neck" not in found:
        found["neck"] = found["pelvis"] + NECK_HEIGHT * leg * up
        assumed.append("neck")
    trunk = _unit(found["neck"] - found["pelvis"])
    across = _unit(across - np.einsum("ti,ti->t", across, trunk)[:, None] * trunk)
    ahead = _unit(np.cross(across, up))
    for side, sign in _SIDES.items():
        shoulder, elbow, wrist = (f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist"))
        if shoulder not in found:
            below = (NECK_HEIGHT - SHOULDER_HEIGHT) * trunk
            found[shoulder] = found["neck"] + leg * (sign * SHOULDER_SIDE * across - below)
            assumed.append(shoulder)
        hanging = _unit(OUTWARDS * sign * across - up)
        if elbow not in found:
            found[elbow] = found[shoulder] + UPPER_ARM * leg * hanging
            found.pop(wrist, None)
            assumed.append(elbow)
        if wrist not in found:
            found[wrist] = found[elbow] + FOREARM * leg * _unit(hanging + FORWARDS * ahead)
            assumed.append(wrist)
    if not assumed:
        return found, frozenset(), ()
    upright = "the trunk upright, " if "neck" in assumed else ""
    note = f"not recorded: {', '.join(assumed)}, which are assumed: {upright}the arms hanging"
    return found, frozenset(assumed), (note,)


def _unit(vectors: Float[np.ndarray, "T 3"]) -> Float[np.ndarray, "T 3"]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
