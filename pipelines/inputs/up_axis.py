"""Which axis of the cameras' world points up, as the body of a person tells."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from data.clip import InputError
from data.finding import Finding, level_of
from data.keypoints.clip import SEEN
from data.keypoints.rays import rays_of_pixels
from data.rotations import from_wxyz
from pipelines.inputs.camera import turn_upright
from pipelines.inputs.visible_frames import SeenPart

ASKEW_DEG = (15.0, 35.0)  # angle of the mean body from the axis: doubtful above the first, bad above the second
ONE_PLANE = 1e-3  # if the planes of all pictures differ less, they all show the body from one side
_HIGH = ("left_shoulder", "right_shoulder")
_LOW = ("left_ankle", "right_ankle", "left_knee", "right_knee")


def stand_upright(parts: Sequence[SeenPart], up: str | None) -> tuple[SeenPart, ...]:
    """Return the same parts with their cameras in a world whose z axis points up.

    A single camera stays as it is: it stands upright already, or nothing is known of its world.

    Args:
        parts: What each camera saw.
        up: The axis of the cameras' world that points up. None: the person's body tells it.
    """
    if len(parts) == 1:
        return tuple(parts)
    note = f"up: {up} in the cameras' world, as given"
    if up is None:
        up, finding = find_up(parts)
        note = f"up: {up} in the cameras' world, as the person stands"
        first = replace(parts[0].keypoints, findings=(*parts[0].keypoints.findings, finding))
        parts = (replace(parts[0], keypoints=first), *parts[1:])
    return tuple(
        SeenPart(part.keypoints.with_notes(note), turn_upright(part.camera, up, part.camera.name), part.frames)
        for part in parts
    )


def find_up(parts: Sequence[SeenPart]) -> tuple[str, Finding]:
    """Return the axis that points up, such as "z" or "-y", and how well the person's body stands along it.

    Every picture shows a plane in which the body lies: that of the rays through its shoulders and its legs. The mean
    body is the direction that is nearest to all of these planes, from shoulders to legs as the pictures show it.

    Args:
        parts: What each camera saw. The cameras have poses in one world.

    Raises:
        InputError: The body is not seen, or from one side only.
    """
    planes, rises = (np.concatenate(each) for each in zip(*(_planes(part) for part in parts), strict=True))
    strengths, axes = np.linalg.eigh(planes.T @ planes)
    if strengths[1] < ONE_PLANE * strengths[2] or strengths[2] == 0.0:
        raise InputError(
            f"{parts[0].keypoints.name}: shoulders and legs are not seen from two sides, so which axis of the cameras' "
            "world points up is not known: give it with --camera-up"
        )
    body = axes[:, 0]
    body = body * np.sign(np.sum(rises @ body) or 1.0)
    axis = int(np.abs(body).argmax())
    name = ("-" if body[axis] < 0 else "") + "xyz"[axis]
    askew = float(np.degrees(np.arccos(min(abs(body[axis]), 1.0))))
    level = level_of(askew, ASKEW_DEG)
    sentence = (
        f"the axis {name} of the cameras' world is taken as up, but the person's body is {askew:.0f} degrees away from "
        "it: give the right one with --camera-up"
    )
    value = f"{name}, {askew:.0f} degrees from the body"
    return name, Finding(
        level, "up axis", value, f"at most {ASKEW_DEG[0]:g} degrees", "" if level == "good" else sentence
    )


def _planes(part: SeenPart) -> tuple[Float[np.ndarray, "N 3"], Float[np.ndarray, "N 3"]]:
    """Return the normals of the planes in which the body lies, and directions upwards in the pictures, in the world.

    A body that looks longer tells its plane better: the normals have its apparent length.
    """
    clip, camera = part.keypoints, part.camera
    ray = rays_of_pixels(camera, clip.pixel)
    ends = []
    known = np.ones(clip.num_frames, bool)
    for wanted in (_HIGH, _LOW):
        columns = [clip.names.index(name) for name in wanted if name in clip.names]
        weight = np.where(clip.confidence[:, columns] > SEEN, clip.confidence[:, columns], 0.0)
        known &= weight.any(axis=1)
        middle = np.einsum("tk,tkc->tc", weight, ray[:, columns]) / np.maximum(weight.sum(axis=1), 1e-9)[:, None]
        ends.append(np.concatenate([middle, np.ones((len(middle), 1))], axis=1))
    high, low = (each[known] for each in ends)
    turn = from_wxyz(np.broadcast_to(camera.rotation, (clip.num_frames, 4))[known]).inv()
    return turn.apply(np.cross(high, low)), turn.apply(high - low)
