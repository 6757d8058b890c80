"""Points of the body over time: its joints, and the ends of the parts that carry no further joint."""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from diffphy.body.humanoid import ROOT, Geom
from pipelines.reconstruction.body_of_motion import body_shapes
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion

_FRONT, _BACK, _TOP = np.array([1.0, 0.0, 0.0]), np.array([-1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])


def joint_tracks(motion: ReconstructedMotion) -> dict[str, Float[np.ndarray, "F 3"]]:
    """Return the positions of the pelvis and of every joint in the world, m, by name."""
    names = [ROOT, *motion.joint_names.tolist()]
    return {name: motion.body_position_world_m[:, body].astype(float) for body, name in enumerate(names)}


def marker_tracks(motion: ReconstructedMotion) -> dict[str, Float[np.ndarray, "F 3"]]:
    """Return points on the surface of the body in the world, m: top of the head, finger tips, heels and toe tips.

    Heels and toe tips are on the sole, in the middle of its edge.
    """
    shapes = {motion.body_names[geom.body].item(): geom for geom in body_shapes(motion)}
    places = {"head_top": ("head", _sphere_point(shapes["head"], _TOP))}
    for side in ("left", "right"):
        places[f"{side}_finger_tip"] = f"{side}_hand", _far_end(shapes[f"{side}_hand"])
        places[f"{side}_heel"] = f"{side}_foot", _sole_edge(shapes[f"{side}_foot"], _BACK)
        places[f"{side}_toe_tip"] = f"{side}_toes", _sole_edge(shapes[f"{side}_toes"], _FRONT)
    names = motion.body_names.tolist()
    return {marker: _track(motion, names.index(body), place) for marker, (body, place) in places.items()}


def _track(motion: ReconstructedMotion, body: int, place: Float[np.ndarray, "3"]) -> Float[np.ndarray, "F 3"]:
    turned = Rotation.from_quat(motion.body_quat_world_wxyz[:, body], scalar_first=True).apply(place)
    return motion.body_position_world_m[:, body] + turned


def _sphere_point(geom: Geom, direction: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    return np.asarray(geom.position) + float(geom.size[0]) * direction


def _far_end(geom: Geom) -> Float[np.ndarray, "3"]:
    """Return the end of the axis of a limb's capsule, which begins at the joint."""
    return 2.0 * np.asarray(geom.position)


def _sole_edge(geom: Geom, direction: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    return np.asarray(geom.position) + np.asarray(geom.size) * (direction - _TOP)
