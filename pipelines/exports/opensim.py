"""Files for OpenSim: joints as markers, ground forces with their ExternalLoads, angles and moments of the joints.

OpenSim's world has Y up: our (x, y, z) become its (x, z, -y), so that who faces our x faces its X. The ground forces
have the names that Moco gives them. What acts between two frames has the time half-way between them, because OpenSim
interpolates. Sources: OpenSim documentation, "Marker (.trc) Files", "Storage (.sto) and motion (.mot) files", "External
Loads".
"""

from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from jaxtyping import Float

from data.formats import mot, trc
from diffphy.body.anatomical_angles import angle_terms
from diffphy.body.humanoid import ROOT, split_side
from diffphy.export.xml_text import document
from pipelines import terminal
from pipelines.exports.contact_loads import FEET, contact_loads
from pipelines.exports.joint_mechanics import JointMechanics, joint_mechanics
from pipelines.exports.virtual_markers import joint_tracks, marker_tracks
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion

_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
_BODY_IN_OPENSIM = {
    "foot": "calcn",
    "shank": "tibia",
    "thigh": "femur",
    "hand": "hand",
    "forearm": "radius",
    "upper_arm": "humerus",
    "pelvis": "pelvis",
}
"""Kind of our body -> the body of OpenSim's models of the whole person. All others are the torso."""


def write(motion: ReconstructedMotion, folder: Path, name: str) -> None:
    """Write all files. Those of what acts have a row less than those of what is where."""
    fps = float(motion.fps_hz)
    frames = len(motion.time_s)
    at_frames, between = np.arange(frames) / fps, (np.arange(frames - 1) + 0.5) / fps
    joints = joint_mechanics(motion)
    for doubt in joints.doubts:
        terminal.warn(doubt)
    tracks = joint_tracks(motion) | marker_tracks(motion)
    trc.write(folder / f"{name}.trc", {point: track @ _Y_UP.T for point, track in tracks.items()}, fps)
    rate = f"One row for each control frame: {fps:g} a second."
    acting = [rate, "Means between two frames, at the time half-way between them.", _residual(motion)]
    forces = folder / f"{name}_ground_forces.mot"
    mot.write(forces, between, _force_columns(motion), notes=acting)
    (folder / f"{name}_external_loads.xml").write_text(_external_loads(motion, forces.name), encoding="utf-8")
    angles = _angle_columns(motion, joints)
    mot.write(folder / f"{name}_angles.mot", at_frames, angles, in_degrees=True, notes=[rate])
    mot.write(folder / f"{name}_moments.sto", between, _moment_columns(joints), notes=acting)


def _residual(motion: ReconstructedMotion) -> str:
    """Say how large the force is that no column of the ground forces holds."""
    residual = motion.residual_force_N[1:]
    if np.isnan(residual).all():
        return "How much force moves the body besides weight and ground is not known: an earlier version made the run."
    return (
        f"Weight and ground leave {residual.mean():.3g} N of the body's motion unexplained on average, "
        f"{residual.max():.3g} N at most."
    )


def _force_columns(motion: ReconstructedMotion) -> dict[str, Float[np.ndarray, "N"]]:
    columns = {}
    for body, load in contact_loads(motion).items():
        parts = ((_force(body, "v"), load.force), (_force(body, "p"), load.point), (_torque(body), load.torque))
        for stem, values in parts:
            columns |= {f"{stem}{axis}": each for axis, each in zip("xyz", _Y_UP @ values.T, strict=True)}
    return columns


def _force(body: str, part: str) -> str:
    return f"ground_force_{_suffix(body)}_{part}"


def _torque(body: str) -> str:
    return f"ground_torque_{_suffix(body)}_"


def _suffix(body: str) -> str:
    """Return r and l for the feet, as Moco names them, and our names for all other bodies."""
    return body[0] if body in FEET else body


def _external_loads(motion: ReconstructedMotion, forces: str) -> str:
    root = Element("OpenSimDocument", Version="40000")
    loads = SubElement(root, "ExternalLoads", name="ground_forces")
    objects = SubElement(loads, "objects")
    for body in contact_loads(motion):
        force = SubElement(objects, "ExternalForce", name=f"ground_on_{body}")
        side, kind = split_side(body)
        theirs = _BODY_IN_OPENSIM.get(kind, "torso")
        for key, value in {
            "applied_to_body": f"{theirs}_{side[0]}" if side and theirs != "torso" else theirs,
            "force_expressed_in_body": "ground",
            "point_expressed_in_body": "ground",
            "force_identifier": _force(body, "v"),
            "point_identifier": _force(body, "p"),
            "torque_identifier": _torque(body),
        }.items():
            SubElement(force, key).text = value
    SubElement(loads, "groups")
    SubElement(loads, "datafile").text = forces
    return document(root)


def _angle_columns(motion: ReconstructedMotion, joints: JointMechanics) -> dict[str, Float[np.ndarray, "F"]]:
    pelvis = dict(zip(angle_terms(ROOT), joints.pelvis.T, strict=True))
    place = zip("xyz", _Y_UP @ motion.root_position_world_m.T, strict=True)
    return {
        **{f"pelvis_{term}": np.rad2deg(values) for term, values in pelvis.items()},
        **{f"pelvis_t{axis}": values for axis, values in place},
        **{
            _coordinate(joint, term): np.rad2deg(joints.angle[:, j, k])
            for j, joint in enumerate(joints.joint_names)
            for k, term in enumerate(angle_terms(joint))
        },
    }


def _moment_columns(joints: JointMechanics) -> dict[str, Float[np.ndarray, "N"]]:
    return {
        f"{_coordinate(joint, term)}_moment": joints.moment[:, j, k]
        for j, joint in enumerate(joints.joint_names)
        for k, term in enumerate(angle_terms(joint))
    }


def _coordinate(joint: str, term: str) -> str:
    """Return the name of an angle as OpenSim's models form it: hip_flexion_r."""
    side, kind = split_side(joint)
    return f"{kind}_{term}_{side[0]}" if side else f"{kind}_{term}"
