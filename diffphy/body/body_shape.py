"""Capsules, spheres and boxes around the segments, and the contact spheres that carry their surface."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from diffphy.body import foot
from diffphy.body.anthropometry import Sex, segments
from diffphy.body.humanoid import BODY_NAMES, ROOT, Geom
from diffphy.body.solid import Solid

# kg/m^3, the mean over everything inside the skin: tissue of 1040 to 1060, by the two components of W. Siri (1961), fat
# of 900 and the rest of 1100; and 2.5 to 3 litres of air in the lungs.
DENSITY = 1000.0

# Sizes over stature, round numbers of our choice. Trunks are as deep as those of adults (about 20 cm at 1.75 m). The
# foot's measures are in `foot`.
PELVIS_RADIUS, ABDOMEN_RADIUS, THORAX_RADIUS = 0.057, 0.055, 0.060
PELVIS_HALF_WIDTH, ABDOMEN_HALF_WIDTH, THORAX_HALF_WIDTH = 0.040, 0.030, 0.045
HEAD_RADIUS = 0.058
GIRDLE_RADIUS = 0.030
HAND_RADIUS = 0.020

ALONG_Y = np.array([np.sqrt(0.5), -np.sqrt(0.5), 0.0, 0.0])
IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])


def sizes_of_table(
    stature: float, body_mass: float, sex: Sex, ends: Mapping[str, Float[np.ndarray, "3"]]
) -> dict[str, tuple[float, ...]]:
    """Return the sizes that `body_shapes` takes, of a person without a mesh.

    Trunk and head have one build for all. Limbs are cylinders of the table's mass.

    Args:
        stature: Height, m.
        body_mass: Mass, kg.
        sex: Whose table of masses is taken.
        ends: Ends of the segments (`measurements.segment_ends`).
    """
    table = segments(sex)
    sizes = {
        ROOT: (PELVIS_RADIUS * stature, PELVIS_HALF_WIDTH * stature),
        "abdomen": (ABDOMEN_RADIUS * stature, ABDOMEN_HALF_WIDTH * stature),
        "thorax": (THORAX_RADIUS * stature, THORAX_HALF_WIDTH * stature),
        "head": (HEAD_RADIUS * stature,),
    }
    for side in ("left", "right"):
        for part in ("upper_arm", "forearm", "thigh", "shank"):
            length = np.linalg.norm(ends[f"{side}_{part}"])
            sizes[f"{side}_{part}"] = (np.sqrt(table[part].mass * body_mass / (DENSITY * np.pi * length)),)
        sizes[f"{side}_shoulder_girdle"] = (GIRDLE_RADIUS * stature,)
        sizes[f"{side}_hand"] = (HAND_RADIUS * stature,)
    return sizes


def sizes_of_solids(
    stature: float, solids: Mapping[str, Solid], ends: Mapping[str, Float[np.ndarray, "3"]]
) -> dict[str, tuple[float, ...]]:
    """Return the sizes that `body_shapes` takes, of a person whose bodies are known as solids.

    Limbs are cylinders of the solid's volume, and the head is a ball of the solid's volume. Pelvis, abdomen and thorax
    are as deep and as wide as the elliptic cylinder whose mass is spread as far. The shoulder girdles are no rods: they
    have one build for all.
    """
    sizes: dict[str, tuple[float, ...]] = {"head": (np.cbrt(3 * solids["head"].volume / (4 * np.pi)),)}
    for body in (ROOT, "abdomen", "thorax"):
        depth, width, _ = 2 * solids[body].spread
        sizes[body] = (depth, max(width - depth, 0.1 * depth))
    for side in ("left", "right"):
        for part in ("upper_arm", "forearm", "hand", "thigh", "shank"):
            length = np.linalg.norm(ends[f"{side}_{part}"])
            sizes[f"{side}_{part}"] = (np.sqrt(solids[f"{side}_{part}"].volume / (np.pi * length)),)
        sizes[f"{side}_shoulder_girdle"] = (GIRDLE_RADIUS * stature,)
    return sizes


def body_shapes(
    stature: float, sizes: Mapping[str, tuple[float, ...]], ends: Mapping[str, Float[np.ndarray, "3"]]
) -> tuple[Geom, ...]:
    """Return the shapes of all bodies.

    Args:
        stature: Height, m.
        sizes: By body the radius of its capsule or, for the head, of its sphere, m. Pelvis, abdomen and thorax also
            have half the length of the capsule's axis, which lies across, m.
        ends: Ends of the segments (`measurements.segment_ends`).
    """
    (head,) = sizes["head"]
    geoms = [
        _trunk(ROOT, ends[ROOT] + [0.0, 0.0, 0.03 * stature], *sizes[ROOT]),
        _trunk("abdomen", 0.5 * ends["abdomen"], *sizes["abdomen"]),
        _trunk("thorax", 0.5 * ends["thorax"], *sizes["thorax"]),
        _sphere("head", ends["head"] * (1 - head / np.linalg.norm(ends["head"])), head),
    ]
    for side in ("left", "right"):
        for part in ("upper_arm", "forearm", "thigh", "shank", "shoulder_girdle", "hand"):
            end, (radius,) = ends[f"{side}_{part}"], sizes[f"{side}_{part}"]
            # A shank ends inside the foot; a sphere centred at the ankle would touch the ground beside it.
            if part == "shank":
                end = end * (1 - radius / np.linalg.norm(end))
            geoms.append(_limb(f"{side}_{part}", end, radius))
        geoms += _foot(side, ends, stature)
    return tuple(sorted(geoms, key=lambda geom: geom.body))


def contact_spheres(
    geoms: tuple[Geom, ...],
) -> tuple[tuple[int, ...], Float[np.ndarray, "C 3"], Float[np.ndarray, "C"]]:
    """Return the spheres that carry the shapes' surface.

    A capsule has one at each end, which is exact against a plane. A box has four in its corners, whose radius is half
    its height.

    Returns:
        Indices of the bodies, centres in the body's frame, m, and radii, m.
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
    """Return a capsule from the joint to the segment's end, with a sphere around each."""
    length = float(np.linalg.norm(end))
    z = np.array([0.0, 0.0, 1.0])
    rotation = Rotation.align_vectors([end / length], [z])[0]
    quat = rotation.as_quat(scalar_first=True)
    return Geom(BODY_NAMES.index(body), "capsule", np.array([radius, length / 2]), np.asarray(end, float) / 2, quat)


def _foot(side: str, ends: Mapping[str, np.ndarray], stature: float) -> list[Geom]:
    """Return the foot from heel to toe joint and the toes beyond it, flat on the ground in the zero pose."""
    sole, back = float(ends["sole"][2]), float(ends["heel"][0])
    toe_joint = ends[f"{side}_foot"]
    toe_length = max(float(ends[f"{side}_toes"][0]), foot.LEAST_TOES_LENGTH * stature)
    width, height, toe_height = (size * stature for size in (foot.HALF_WIDTH, foot.HALF_HEIGHT, foot.TOES_HALF_HEIGHT))
    front = float(toe_joint[0])
    sole_box = Geom(
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
    return [sole_box, toes]
