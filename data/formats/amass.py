"""AMASS's motions: .npz files with parameters of SMPL-H or SMPL-X, and similar files of SMPL.

Arrays: `poses` (T, 156), (T, 165) or (T, 72), rotation vectors of all joints; or `root_orient` (T, 3) with `pose_body`
(T, 63). `trans` (T, 3), m, Z up. `betas`. `gender`. `mocap_framerate` or `mocap_frame_rate`. Estimators of poses write
`global_orient`, `body_pose` and `transl`, and rotation matrices in place of the vectors. The joints follow from
these with a body model, which has its own licence and is not part of this program.

Source: Mahmood et al., AMASS: archive of motion capture as surface shapes, 2019.
"""

from collections.abc import Collection
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data import conventions
from data.clip import InputError, MotionClip, check_clip, require_frames
from data.formats import body_model, safe_pickle
from data.formats.reading import NO_OPTIONS, ReadOptions
from data.plausibility.person import Person
from data.plausibility.up_axis import UpAxis, find_up
from data.rigs import joint_maps, smpl
from data.rotations import from_wxyz, make_continuous, to_wxyz
from data.skeleton import Skeleton
from data.units import metres_per_unit

# The names of the arrays: AMASS's first, then those of estimators of poses.
_TRANSLATION = ("trans", "transl", "translation", "smpl_trans")
_WHOLE = ("poses", "pose", "smpl_poses", "full_pose")
_ROOT, _BODY = ("root_orient", "global_orient"), ("pose_body", "body_pose")
_RATES = ("mocap_framerate", "mocap_frame_rate", "framerate", "fps")
ORTHOGONAL = 0.01  # how far a rotation matrix in a file may be from an orthogonal one
MOST_TURNED_DEG = 400.0  # rotation vectors of a joint go up to a half turn, a little more where they are unwrapped
_Y_TO_Z_UP = conventions.rotation_to_z_up("y")


def holds(path: Path) -> bool:
    """Return whether an .npz file has the arrays of an AMASS motion. Raises InputError where the file is damaged."""
    return is_motion(safe_pickle.keys(path))


def is_motion(keys: Collection[str]) -> bool:
    """Return whether these are the names of the arrays of an AMASS motion."""
    return _key(keys, _TRANSLATION) is not None and (
        _key(keys, _WHOLE) is not None or None not in (_key(keys, _ROOT), _key(keys, _BODY))
    )


def read(path: str | Path, options: ReadOptions = NO_OPTIONS) -> MotionClip:
    """Read the motion of the body's joints, and of the ends of its limbs. `options.body_model` is needed.

    Raises:
        InputError: There is no body model, or one of the files cannot be read.
    """
    path, model = Path(path), options.body_model
    if not is_motion(keys := safe_pickle.keys(path)):
        raise InputError(
            f"{path} holds {', '.join(keys[:12]) or 'nothing'}, not poses and trans: give a file in the form of AMASS's"
        )
    if model is None:
        raise InputError(
            f"{path} holds parameters of a body model, which is not part of this program: give the file of the SMPL-H, "
            f"SMPL-X or SMPL model with --body-model; {body_model.WHERE}"
        )
    rate, rate_note = conventions.choose_frame_rate(_frame_time(path, options.fps), str(path), options.fps)
    scale = metres_per_unit(options.unit or "m")
    betas = _betas(path)
    body = body_model.read(model)
    skeleton, sole_depth = body.person(betas)
    poses = _poses(path, keys)
    translation = scale * _array(path, _key(keys, _TRANSLATION) or "trans", 2)
    require_frames(len(poses), path)
    if translation.shape != (len(poses), 3):
        raise InputError(f"{path} has trans of the shape {translation.shape} for {len(poses)} poses: get it again")
    _require_finite(path, np.concatenate([poses.reshape(len(poses), -1), translation], axis=1))
    positions, orientations = smpl.motion(skeleton, poses, translation)
    found = _up_axis(skeleton, positions, options.up_axis)
    up = found.axis
    to_z_up = conventions.rotation_to_z_up(up)
    joints = len(skeleton.parents)
    notes = (
        f"body model: {Path(model).name}, {_shape_note(len(betas), body.shapes.shape[-1])}{_gender(path)}",
        rate_note,
        f"unit: {options.unit}, as given" if options.unit is not None else "unit: m, as AMASS has it",
        found.note,
    )
    clip = MotionClip(
        name=path.stem,
        fps=rate,
        joint_names=skeleton.joint_names,
        parents=skeleton.parents,
        positions=conventions.turn_z_up(positions, up),
        rotations=make_continuous(to_wxyz(to_z_up * from_wxyz(orientations))),
        rest_positions=conventions.turn_z_up(skeleton.rest_positions, "y"),
        rest_rotations=np.tile(to_wxyz(_Y_TO_Z_UP), (joints, 1)),
        sole_depth=sole_depth,
        notes=notes,
        findings=found.findings,
    )
    return check_clip(clip, path)


def _frame_time(path: Path, given: float | None) -> float | None:
    """Return the file's frame time, s; None where the user gave a rate."""
    if given is not None:
        return None
    rates = (safe_pickle.load_npz(path, key) for key in _RATES)
    rate = next((each for each in rates if each is not None), None)
    if rate is None:
        raise InputError(f"{path} has no frame rate, such as mocap_framerate: give it with --fps")
    value = np.ravel(rate)
    if value.dtype.kind not in "iuf" or len(value) != 1 or not value[0] > 0:
        raise InputError(f"{path} has a frame rate that is not a number above zero: give it with --fps")
    return 1.0 / float(value[0])


def _key(keys: Collection[str], names: tuple[str, ...]) -> str | None:
    """Return the first of these names that an array has."""
    return next((name for name in names if name in keys), None)


def _poses(path: Path, keys: Collection[str]) -> Float[np.ndarray, "T J 3"]:
    """Return the rotation vectors of the joints that all models share."""
    whole = _key(keys, _WHOLE)
    named = [whole] if whole is not None else [_key(keys, _ROOT) or "", _key(keys, _BODY) or ""]
    poses = np.concatenate([_vectors(_array(path, name, None), path) for name in named], axis=1)
    if poses.shape[1] < len(smpl.JOINTS):
        raise InputError(
            f"{path} has {3 * poses.shape[1]} numbers for a pose, not 156 (SMPL-H), 165 (SMPL-X) or 72 (SMPL): "
            "get it again"
        )
    body = poses[:, : len(smpl.JOINTS)]
    turned = float(np.degrees(np.median(np.linalg.norm(body[:, 1:], axis=-1).max(axis=1))))
    if turned > MOST_TURNED_DEG:
        raise InputError(
            f"{path} turns a joint by {turned:.0f} degrees in half of its frames, if its poses are rotation vectors in "
            "radians: write them in radians, not in degrees"
        )
    return body


def _vectors(poses: Float[np.ndarray, "..."], path: Path) -> Float[np.ndarray, "T J 3"]:
    """Return the rotation vectors of poses that are such vectors, or rotation matrices."""
    numbers = poses.reshape(len(poses), -1)
    if numbers.shape[1] % 9 == 0 and numbers.size:
        matrices = numbers.reshape(len(poses), -1, 3, 3)
        if np.allclose(matrices @ np.swapaxes(matrices, -1, -2), np.eye(3), atol=ORTHOGONAL):
            vectors = Rotation.from_matrix(matrices.reshape(-1, 3, 3)).as_rotvec()
            return vectors.reshape(len(poses), -1, 3)
    if numbers.shape[1] % 3:
        raise InputError(
            f"{path} has {numbers.shape[1]} numbers for a pose, not 156 (SMPL-H), 165 (SMPL-X) or 72 (SMPL): "
            "get it again"
        )
    return numbers.reshape(len(poses), -1, 3)


def _betas(path: Path) -> Float[np.ndarray, "B"]:
    """Return the shape parameters: none where the file has none, the first frame's where each frame has its own."""
    if safe_pickle.load_npz(path, "betas") is None:
        return np.zeros(0)
    betas = np.atleast_2d(_array(path, "betas", None))
    if betas.ndim != 2 or len(betas) == 0:
        raise InputError(f"{path} has betas of the shape {betas.shape}: get it again")
    return betas[0]


def _array(path: Path, key: str, dimensions: int | None) -> Float[np.ndarray, "..."]:
    values = safe_pickle.load_npz(path, key)
    known = isinstance(values, np.ndarray) and values.dtype.kind in "iuf" and values.ndim > 0
    if not known or dimensions not in (None, values.ndim):
        found = f"an array of the shape {values.shape}" if isinstance(values, np.ndarray) else type(values).__name__
        raise InputError(f"{path} has {found} for {key}: get it again")
    return values.astype(float)


def _require_finite(path: Path, values: Float[np.ndarray, "T C"]) -> None:
    bad = ~(np.abs(values) <= conventions.MAX_VALUE).all(axis=1)
    if bad.any():
        raise InputError(
            f"{path} holds a NaN or absurd value in frame {int(bad.argmax()) + 1}: repair or cut that frame"
        )


def _up_axis(skeleton: Skeleton, positions: Float[np.ndarray, "T J 3"], given: str | None) -> UpAxis:
    """Return the file's up axis. Estimators of poses in pictures write camera coordinates, in which -y is up."""
    if given is not None:
        return conventions.given_up_axis(given)
    joint_map = joint_maps.match(skeleton.joint_names, skeleton.parents)
    person = Person({ours: positions[:, skeleton.joint_names.index(name)] for ours, name in joint_map.items()})
    return find_up(person, person["head"] - person.ankles, None, ("z", "as AMASS has it"))


def _shape_note(given: int, known: int) -> str:
    if given > known:
        return f"the first {known} of {given} shape parameters, as it has no more"
    return f"{given} shape parameters"


def _gender(path: Path) -> str:
    """Return the end of a note that names the gender. Some files store it as bytes or in an array."""
    value = safe_pickle.load_npz(path, "gender")
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size else None
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return f", recorded of a {value} body" if isinstance(value, str) and value.isalpha() else ""
