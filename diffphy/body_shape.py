"""Capsules, spheres and boxes around the segments, and the contact spheres that carry their surface."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from diffphy.anthropometry import Sex, segments
from diffphy.humanoid import BODY_NAMES, ROOT, Geom

DENSITY = 1000.0  # kg/m^3, the body's mean: limbs get the radius that gives their mass at this density

# Sizes over stature. Trunk depths are those of adults (about 20 cm at 1.75 m); our choice of round numbers.
PELVIS_RADIUS, ABDOMEN_RADIUS, THORAX_RADIUS = 0.057, 0.055, 0.060
PELVIS_HALF_WIDTH, ABDOMEN_HALF_WIDTH, THORAX_HALF_WIDTH = 0.040, 0.030, 0.045
HEAD_RADIUS = 0.058
GIRDLE_RADIUS = 0.030
HAND_RADIUS = 0.020
FOOT_HALF_WIDTH, FOOT_HALF_HEIGHT, TOES_HALF_HEIGHT = 0.026, 0.012, 0.010

ALONG_Y = np.array([np.sqrt(0.5), -np.sqrt(0.5), 0.0, 0.0])
IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])


def body_shapes(
    stature: float, body_mass: float, sex: Sex, ends: Mapping[str, Float[np.ndarray, "3"]]
) -> tuple[Geom, ...]:
    """The shapes of all bodies, of a person of that height, m, and mass, kg.

    `ends`: for every body the far end of its segment in its own frame, m (for the pelvis the middle of the hips), and
    the points "sole" (height) and "heel" (depth) of the feet.
    """
    table = segments(sex)
    geoms = [
        _trunk(ROOT, ends[ROOT] + [0.0, 0.0, 0.03 * stature], PELVIS_RADIUS * stature, PELVIS_HALF_WIDTH * stature),
        _trunk("abdomen", 0.5 * ends["abdomen"], ABDOMEN_RADIUS * stature, ABDOMEN_HALF_WIDTH * stature),
        _trunk("thorax", 0.5 * ends["thorax"], THORAX_RADIUS * stature, THORAX_HALF_WIDTH * stature),
        _sphere(
            "head", ends["head"] * (1 - HEAD_RADIUS * stature / np.linalg.norm(ends["head"])), HEAD_RADIUS * stature
        ),
    ]
    for side in ("left", "right"):
        radii = {
            part: np.sqrt(table[part].mass * body_mass / (DENSITY * np.pi * np.linalg.norm(ends[f"{side}_{part}"])))
            for part in ("upper_arm", "forearm", "thigh", "shank")
        }
        radii |= {"shoulder_girdle": GIRDLE_RADIUS * stature, "hand": HAND_RADIUS * stature}
        for part, radius in radii.items():
            end = ends[f"{side}_{part}"]
            # A shank ends inside the foot; a sphere centred at the ankle would touch the ground beside it.
            if part == "shank":
                end = end * (1 - radius / np.linalg.norm(end))
            geoms.append(_limb(f"{side}_{part}", end, radius))
        geoms += _foot(side, ends, stature)
    return tuple(sorted(geoms, key=lambda geom: geom.body))


def contact_spheres(
    geoms: tuple[Geom, ...],
) -> tuple[tuple[int, ...], Float[np.ndarray, "C 3"], Float[np.ndarray, "C"]]:
    """Bodies, centres (in the body's frame, m) and radii (m) of the spheres that carry the shapes' surface.

    A capsule has one at each end, which is exact against a plane; a box has four, of its half height, in its corners.
    """
    body, offset, radius = [], [], []
    for geom in geoms:
        if geom.kind == "sphere":
            centers, r = np.zeros((1, 3)), geom.size[0]
        elif geom.kind == "capsule":
            centers, r = np.array([[0, 0, -1], [0, 0, 1]]) * geom.size[1], geom.size[0]
        else:
            r = float(geom.size[2])
            corners = np.array([[x, y, 0] for x in (-1, 1) for y in (-1, 1)])
            centers = corners * (np.asarray(geom.size) - [r, r, 0])
        turned = Rotation.from_quat(geom.quat_wxyz, scalar_first=True).apply(centers)
        offset += list(turned + geom.position)
        body += [geom.body] * len(centers)
        radius += [float(r)] * len(centers)
    return tuple(body), np.array(offset), np.array(radius)


def _trunk(body: str, center: np.ndarray, radius: float, half_width: float) -> Geom:
    return Geom(BODY_NAMES.index(body), "capsule", np.array([radius, half_width]), np.asarray(center, float), ALONG_Y)


def _sphere(body: str, center: np.ndarray, radius: float) -> Geom:
    return Geom(BODY_NAMES.index(body), "sphere", np.array([radius]), np.asarray(center, float), IDENTITY)


def _limb(body: str, end: np.ndarray, radius: float) -> Geom:
    """A capsule from the joint to the segment's end, its end spheres centred on both."""
    length = float(np.linalg.norm(end))
    z = np.array([0.0, 0.0, 1.0])
    rotation = Rotation.align_vectors([end / length], [z])[0]
    quat = rotation.as_quat(scalar_first=True)
    return Geom(BODY_NAMES.index(body), "capsule", np.array([radius, length / 2]), np.asarray(end, float) / 2, quat)


def _foot(side: str, ends: Mapping[str, np.ndarray], stature: float) -> list[Geom]:
    """Foot from heel to toe joint and toes beyond it, flat on the ground in the zero pose."""
    sole, back = float(ends["sole"][2]), float(ends["heel"][0])
    toe_joint, toe_length = ends[f"{side}_foot"], max(float(ends[f"{side}_toes"][0]), 0.02 * stature)
    width, height, toe_height = (size * stature for size in (FOOT_HALF_WIDTH, FOOT_HALF_HEIGHT, TOES_HALF_HEIGHT))
    front = float(toe_joint[0])
    foot = Geom(
        BODY_NAMES.index(f"{side}_foot"),
        "box",
        np.array([(front - back) / 2, width, height]),
        np.array([(front + back) / 2, toe_joint[1] / 2, sole + height]),
        IDENTITY,
    )
    toes = Geom(
        BODY_NAMES.index(f"{side}_toes"),
        "box",
        np.array([toe_length / 2, width, toe_height]),
        np.array([toe_length / 2, 0.0, sole - toe_joint[2] + toe_height]),
        IDENTITY,
    )
    return [foot, toes]
