"""overlay.mp4: the simulated body in the video that the person was seen in."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from data import video
from data.video import Video
from diffphy import rotations
from diffphy.arrays import AnyArray
from diffphy.reconstruction.camera import project
from diffphy.reconstruction.observation import Detections
from pipelines import terminal
from pipelines.inputs.subject import Subject
from pipelines.reconstruction.motion_file import Motion
from pipelines.reconstruction.render import shot
from viz.overlay import Keypoints, camera_at, render_overlay


def overlay(subject: Subject, motion: Motion, path: Path, *, side_by_side: bool) -> None:
    """Writes the video, showing progress. Raises RenderError."""
    film, seen = subject.film, subject.detections
    assert film is not None
    assert seen is not None
    frames, fps = len(motion["body_position_world_m"]), float(motion["fps_hz"])
    wanted = film.first + np.round(np.arange(frames) * film.video.fps / fps).astype(int)
    straight = _straightened(seen)
    focal, principal = float(straight.camera.focal[0]), np.asarray(straight.camera.principal, float)
    turns = np.broadcast_to(np.asarray(seen.camera.rotation, float), (frames, 4))
    shifts = np.broadcast_to(np.asarray(seen.camera.translation, float), (frames, 3))
    cameras = [
        camera_at(turn, shift, focal, (principal[0], principal[1]), film.video.size)
        for turn, shift in zip(turns, shifts, strict=True)
    ]
    keypoints = Keypoints(
        detected=np.asarray(straight.pixel, float),
        found=np.asarray(seen.confidence, float) > 0,
        reprojected=np.asarray(project(straight.camera, _points(seen, motion)), float),
    )
    columns = (TextColumn("drawing over the video"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=terminal.err, transient=True) as bar:
        show = partial(bar.update, bar.add_task("overlay", total=None))
        render_overlay(
            path,
            _pictures(film.video, wanted, seen),
            replace(shot(motion), reference_position=None, reference_rotation=None, error_mm=None),
            cameras,
            keypoints,
            side_by_side=side_by_side,
            progress=lambda done, total: show(completed=done, total=total),
        )


def _points(seen: Detections, motion: Motion) -> np.ndarray:
    """The keypoints of the simulated body in the world, m (F, K, 3)."""
    bodies = list(seen.body)
    offset = np.broadcast_to(seen.offset, (len(seen.pixel), *np.shape(seen.offset)))
    turned = np.asarray(rotations.rotate(motion["body_quat_world_wxyz"][:, bodies], offset))
    return motion["body_position_world_m"][:, bodies] + turned


def _straightened(seen: Detections) -> Detections:
    """The same keypoints as a pinhole with square pixels has them."""
    camera = seen.camera
    focal = np.full(2, np.mean(np.asarray(camera.focal)), np.float32)
    flat = np.ascontiguousarray(np.asarray(seen.pixel, float).reshape(-1, 1, 2))
    pixel = cv2.undistortPoints(
        flat, _matrix(camera.focal, camera.principal), np.asarray(camera.distortion), P=_matrix(focal, camera.principal)
    )
    straight = replace(camera, focal=focal, distortion=np.zeros(8, np.float32))
    return replace(seen, camera=straight, pixel=np.asarray(pixel, np.float32).reshape(seen.pixel.shape))


def _pictures(film: Video, wanted: np.ndarray, seen: Detections) -> Iterator[np.ndarray]:
    """The pictures of these frames, ascending, as that pinhole would have taken them."""
    camera = seen.camera
    straight = _matrix(np.full(2, np.mean(np.asarray(camera.focal))), camera.principal)
    maps = cv2.initUndistortRectifyMap(
        _matrix(camera.focal, camera.principal),
        np.asarray(camera.distortion, float),
        np.eye(3),
        straight,
        film.size,
        cv2.CV_32FC1,
    )
    times = np.bincount(wanted)
    for number, picture in enumerate(video.frames(film)):
        if number >= len(times):
            return
        if times[number]:
            clear = cv2.remap(picture, *maps, cv2.INTER_LINEAR)
            yield from [clear] * int(times[number])


def _matrix(focal: AnyArray, principal: AnyArray) -> np.ndarray:
    (fx, fy), (cx, cy) = np.asarray(focal, float), np.asarray(principal, float)
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
