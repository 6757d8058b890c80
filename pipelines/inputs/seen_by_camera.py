"""What a camera saw of a person, and the same as the fit of films takes it."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from data.camera import CalibratedCamera
from data.film.vertical_edges import MeasuredVertical
from data.keypoints.clip import KeypointClip
from data.keypoints.rays import rays_of_pixels
from data.resample import lerp, slerp
from data.rotations import from_wxyz
from diffphy.film.body_points import SOLE_HEIGHT, SeenPlace, places
from diffphy.film.evidence import View
from pipelines.inputs.visible_frames import frames_with_person

_HIPS = ("left_hip", "right_hip")


@dataclass(frozen=True)
class SeenPerson:
    """A person in front of one camera: keypoints in the pictures, and a motion that was lifted to space.

    Attributes:
        keypoints: The keypoints in the pictures.
        camera: The camera. If it moves, it has one pose for each frame. If its pose is not known, the fit finds it.
        names: Names of the L points in space.
        relative: The points about the root, along the camera's axes, m.
        along: Standard deviation of a point in space along the camera's axis, m.
        aside: Standard deviation of a point in space across the axis, m. Infinite: only its depth counts, and the body
            in space may have any size. Otherwise it has the person's size.
        pixel: Standard deviation of a keypoint, m, at the depth of the body.
        vertical: Where the scene's edges say that up is. None: they do not say it.
        root: Where the root of the points in space is, along the camera's axes, m. None: nobody knows.
        root_along: Standard deviation of the root along the camera's axis, m.
        root_aside: Standard deviation of the root across the axis, m.
        sole_height: Height of heels and toes above the ground on which the foot stands, m.
    """

    keypoints: KeypointClip
    camera: CalibratedCamera
    names: tuple[str, ...]
    relative: Float[np.ndarray, "T L 3"]
    along: float = 0.35
    aside: float = np.inf
    pixel: float = 0.015
    vertical: MeasuredVertical | None = None
    root: Float[np.ndarray, "T 3"] | None = None
    root_along: float = np.inf
    root_aside: float = np.inf
    sole_height: float = SOLE_HEIGHT


def at_rate(seen: SeenPerson, fps: float) -> tuple[SeenPerson, Float[np.ndarray, " S"]]:
    """Return everything at another frame rate, and how much of each frame shows the person.

    A frame is the mean of those around it, so that a higher rate of the film means less noise.
    """
    clip, camera = seen.keypoints, seen.camera
    given = np.arange(clip.num_frames) / clip.fps
    wanted = np.minimum(np.arange(int(np.floor(given[-1] * fps + 1e-6)) + 1) / fps, given[-1])
    near = np.maximum(1.0 - np.abs(wanted[:, None] - given) * min(fps, clip.fps), 0.0)
    near /= near.sum(axis=1, keepdims=True)
    weight = near @ clip.confidence
    pixel = np.einsum("st,tk,tkc->skc", near, clip.confidence, clip.pixel) / np.maximum(weight, 1e-9)[..., None]
    keypoints = replace(clip, fps=fps, pixel=pixel, confidence=weight)
    found = frames_with_person(clip.confidence).astype(float)
    relative = np.einsum("st,tlc->slc", near, seen.relative)
    if camera.moves:
        rotation = slerp(given, camera.rotation[:, None], wanted)[:, 0]
        camera = replace(camera, rotation=rotation, translation=lerp(given, camera.translation, wanted))
    root = None if seen.root is None else near @ seen.root
    return replace(seen, keypoints=keypoints, camera=camera, relative=relative, root=root), near @ found


def build_view(seen: SeenPerson, known: Float[np.ndarray, " S"]) -> View:
    """Return what the camera saw as the fit takes it. `known`: how much of each frame shows the person."""
    keypoints, camera = seen.keypoints, seen.camera
    in_picture, in_space = places(keypoints.names), places(seen.names)
    frames = keypoints.num_frames
    rotation = from_wxyz(np.broadcast_to(camera.rotation, (frames, 4))).as_matrix()
    lifted = _mean(seen.relative, np.ones(seen.relative.shape[:2]), in_space)[0]
    hips = seen.relative[:, [seen.names.index(hip) for hip in _HIPS]].mean(axis=1)
    ray, confidence = _mean(rays_of_pixels(camera, keypoints.pixel), keypoints.confidence, in_picture)
    return View(
        ray=ray,
        confidence=confidence,
        places=np.stack([place.weights for place in in_picture]),
        rotation=rotation,
        translation=np.broadcast_to(camera.translation, (frames, 3)),
        lifted=lifted - hips[:, None],
        lifted_confidence=np.repeat(known[:, None], len(in_space), axis=1),
        lifted_places=np.stack([place.weights for place in in_space]),
        root=hips + (0.0 if seen.root is None else seen.root),
        along=seen.along,
        aside=seen.aside,
        root_along=seen.root_along,
        root_aside=seen.root_aside,
    )


def _mean(
    values: Float[np.ndarray, "S K C"], confidence: Float[np.ndarray, "S K"], wanted: list[SeenPlace]
) -> tuple[Float[np.ndarray, "S N C"], Float[np.ndarray, "S N"]]:
    """Return the mean of the keypoints of each place, weighted by confidence, and its confidence."""
    means, certain = [], []
    for place in wanted:
        weight = confidence[:, place.columns]
        total = np.maximum(weight.sum(axis=1), 1e-9)
        means.append(np.einsum("sk,skc->sc", weight, values[:, place.columns]) / total[:, None])
        certain.append(weight.mean(axis=1))
    return np.stack(means, axis=1), np.stack(certain, axis=1)
