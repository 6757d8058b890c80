"""What a run says of the fit of a film: the lens, the ground, the height of the person, and where each is from."""

from collections.abc import Iterator

import numpy as np

from data.camera import CalibratedCamera
from data.keypoints.clip import SEEN
from data.rotations import from_wxyz
from pipelines.inputs.film_fit import FittedPerson
from pipelines.inputs.film_measures import feet_confidence

STANDS = 0.5  # how surely a foot must stand to measure the ground


def describe_fit(fitted: FittedPerson, floor_m: float | None) -> tuple[str, ...]:
    """Return what the fit found, a sentence each.

    Args:
        fitted: The fit.
        floor_m: Height of the floor in the cameras' world, m, as the user gave it.
    """
    said = [] if fitted.height_is != "measured" else [_describe_height(fitted)]
    ground = _describe_floor(fitted, floor_m) if fitted.placed else _describe_ground(fitted)
    return (*said, *_describe_lenses(fitted), ground)


def _describe_height(fitted: FittedPerson) -> str:
    cameras = "cameras" if len(fitted.seen) > 1 else "camera, whose height is known"
    return f"height: {fitted.height_m:.2f} m, measured by the {cameras}"


def _describe_lenses(fitted: FittedPerson) -> Iterator[str]:
    """Say what the fit made of each lens. Calibrated lenses stay as they are."""
    film, sds = fitted.fit.film, fitted.fit.zoom_sd
    for seen, zoom, sd in zip(fitted.seen, np.asarray(film.zoom, float), sds, strict=True):
        change = 100 * float(np.expm1(zoom))
        if abs(change) < 0.05:
            continue
        of = "" if len(fitted.seen) == 1 else f" of {seen.keypoints.name}"
        yield (
            f"lens{of}: {_describe_lens(seen.camera)}, {abs(change):.1f} % {'longer' if change > 0 else 'shorter'} "
            f"than it was taken to be, as the person fits it; known to {100 * float(sd):.0f} %"
        )


def _describe_lens(camera: CalibratedCamera) -> str:
    focal = float(camera.focal.mean())
    if camera.size is None:
        return f"focal length {focal:.0f} pixels"
    degrees = 2 * np.degrees(np.arctan(max(camera.size) / 2 / focal))
    return f"field of view {degrees:.1f} degrees, focal length {focal:.0f} pixels"


def _describe_floor(fitted: FittedPerson, floor_m: float | None) -> str:
    """Say where the floor is in the world of a camera with a pose."""
    if floor_m is not None:
        return f"floor: {floor_m:+.3f} m in the camera's world, as given"
    return f"floor: {-float(fitted.fit.film.height):+.3f} m in the camera's world, {_source_of_height(fitted)}"


def _describe_ground(fitted: FittedPerson) -> str:
    """Say where the ground is below a camera whose pose was found."""
    (seen,) = fitted.seen
    held, camera = seen.camera.held, seen.camera
    ahead = from_wxyz(camera.rotation).inv().apply([0.0, 0.0, 1.0])
    pitch = float(np.degrees(np.arcsin(ahead[2])))
    told = [name for name in ("pitch", "roll") if getattr(held, name) is not None]
    sources = [f"the given {' and '.join(told)}"] if told else []
    sources += ["upright edges"] if seen.vertical is not None else []
    sources += ["the person's balance"]
    height = float(camera.center[2])
    source = "as given" if held.height is not None else _source_of_height(fitted)
    return (
        f"ground: {abs(height):.2f} m {'below' if height >= 0 else 'above'} the camera, {source}; the camera looks "
        f"{'up' if pitch > 0 else 'down'} by {abs(pitch):.0f} degrees, found from {' and '.join(sources)}"
    )


def _source_of_height(fitted: FittedPerson) -> str:
    """Say whether feet that stand measured the height of the ground."""
    stands = (fitted.fit.phase.stands.max(axis=1) > STANDS) & (feet_confidence(fitted) > SEEN)
    if not stands.any():
        return "assumed, for no foot is seen to stand"
    return f"found from the feet, known to {fitted.fit.height_sd:.2f} m"
