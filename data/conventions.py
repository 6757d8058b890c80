"""Unit and up axis of a file: detected where it does not say, taken from the user where he does."""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.clip import InputError, MotionClip, bone_reach, checked
from data.rotations import continuous, from_wxyz, to_wxyz
from data.skeleton import Skeleton

METRES_PER_UNIT = {
    "m": 1.0,
    "cm": 0.01,
    "mm": 0.001,
    "inch": 0.0254,
    "cmu": 0.0254 / 0.45,  # the raw unit of the CMU recordings, 5.644 cm
}
ADULT_REACH_M = 1.05  # `bone_reach` of an adult of 1.7 m

# Cyclic permutations of the axes, so that no file is mirrored; a body that faces +z in a Y-up file comes to face +x.
_TO_Z_UP = {
    "x": np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    "y": np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    "z": np.eye(3),
}


def frame_rate(frame_time: float) -> float:
    """Frames a second; whole where the file rounded the frame time (s), as in 0.0083333 for 120 frames a second."""
    whole = max(round(1.0 / frame_time), 1)
    return float(whole) if abs(whole * frame_time - 1.0) < 1e-4 else 1.0 / frame_time


def metres_per_unit(reach: float, unit: str | None, header: float | None) -> tuple[float, str]:
    """Scale to metres, and how it was found.

    Args:
        reach: `bone_reach` in file units.
        unit: what the user named, if anything.
        header: metres a unit as the file has it, if it does. Where neither says it, the known unit is taken in which the body comes
            nearest, in ratio, to an adult's size.

    Raises:
        InputError: a unit that is not in METRES_PER_UNIT, or a skeleton without extent.
    """
    if unit is not None:
        if unit not in METRES_PER_UNIT:
            raise InputError(f"unknown unit '{unit}': use one of {', '.join(METRES_PER_UNIT)}")
        return METRES_PER_UNIT[unit], f"unit: {unit}, as given"
    if header is not None:
        return header, f"unit: {header:.6g} m, from the file's header"
    if not (np.isfinite(reach) and reach > 0):
        raise InputError("the skeleton has no bones of finite length: check its offsets")
    found = min(METRES_PER_UNIT, key=lambda name: abs(np.log(reach * METRES_PER_UNIT[name] / ADULT_REACH_M)))
    return METRES_PER_UNIT[found], f"unit: {found}, from the body's size"


def up_axis_of(skeleton: Skeleton, positions: Float[np.ndarray, "T J 3"], given: str | None) -> tuple[str, str]:
    """The file's up axis, and how it was found.

    It is the axis along which the head lies above the feet, in the zero pose if that is an upright one, else over the motion;
    y, the custom of mocap files, if the names tell neither head nor feet. Raises InputError for a `given` axis other than x, y, z.
    """
    if given is not None:
        if given not in _TO_Z_UP:
            raise InputError(f"unknown up axis '{given}': use one of {', '.join(_TO_Z_UP)}")
        return given, f"up axis: {given}, as given"
    names = [name.lower() for name in skeleton.joint_names]
    head = [j for j, name in enumerate(names) if "head" in name or "neck" in name]
    feet = [j for j, name in enumerate(names) if "foot" in name or "ankle" in name or "toe" in name]
    if not head or not feet:
        return "y", "up axis: y, assumed, as no joint is named head or foot"
    for pose, source in ((skeleton.rest_positions[None], "the zero pose"), (positions, "the motion")):
        trunk = np.mean(pose[:, head].mean(1) - pose[:, feet].mean(1), axis=0)
        axis = int(np.argmax(np.abs(trunk)))
        if trunk[axis] > 0.8 * np.linalg.norm(trunk):
            return "xyz"[axis], f"up axis: {'xyz'[axis]}, from {source}"
    return "y", "up axis: y, assumed, as the body is upright neither in the zero pose nor in the motion"


def to_clip(
    name: str,
    source: str,
    fps: float,
    skeleton: Skeleton,
    translations: Float[np.ndarray, "T J 3"],
    rotations: Float[np.ndarray, "T J 4"],
    *,
    up_axis: str | None,
    unit: str | None,
    header_metres: float | None = None,
    notes: tuple[str, ...] = (),
) -> MotionClip:
    """The clip, Z up and in metres, of a skeleton moved by `translations` and `rotations` (wxyz) relative to each parent.

    `source` is how errors call the file; `up_axis` and `unit` are what the user named, `header_metres` the unit in the file's header.
    """
    positions, orientations = skeleton.forward_kinematics(translations, rotations)
    scale, unit_note = metres_per_unit(bone_reach(skeleton.parents, skeleton.rest_positions), unit, header_metres)
    up, up_note = up_axis_of(skeleton, positions, up_axis)
    turn = _TO_Z_UP[up]
    identity = np.tile([1.0, 0.0, 0.0, 0.0], (len(skeleton.parents), 1))
    basis = Rotation.from_matrix(turn)
    world = to_wxyz(basis * from_wxyz(orientations) * basis.inv())
    clip = MotionClip(
        name=name,
        fps=fps,
        joint_names=skeleton.joint_names,
        parents=skeleton.parents,
        positions=scale * positions @ turn.T,
        rotations=continuous(world),
        rest_positions=scale * skeleton.rest_positions @ turn.T,
        rest_rotations=identity,
        notes=(*notes, unit_note, up_note),
    )
    return checked(clip, source)
