"""overlay.mp4: the simulated body in the video in which the person was seen."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, Int, UInt8

from data import video
from data.keypoints.rays import UNTIL_STILL
from data.video import Video
from diffphy import rotations
from diffphy.arrays import AnyArray
from diffphy.reconstruction.camera import project
from diffphy.reconstruction.observation import Detections
from pipelines import terminal
from pipelines.inputs.subject import Subject
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.reconstruction.render import build_shot
from viz.overlay import Keypoints, camera_at, render_overlay


def draw_overlay(subject: Subject, motion: ReconstructedMotion, path: Path, *, side_by_side: bool) -> None:
    """Write the video, with a progress bar on the terminal.

    Args:
        subject: The person, with the film and the keypoints.
        motion: What is drawn over the film.
        path: The video file.
        side_by_side: Whether the keypoints, the body over them, and the body from the side stand beside each other.

    Raises:
        RenderError: The video cannot be drawn or written.
    """
    film = subject.film
    assert film is not None
    seen = subject.detections[film.camera]
    frames, fps = len(motion.body_position_world_m), float(motion.fps_hz)
    film_frames = film.first + np.round(np.arange(frames) * film.video.fps / fps).astype(int)
    pinhole = _as_pinhole(seen)
    focal, principal = float(pinhole.camera.focal[0]), np.asarray(pinhole.camera.principal, float)
    turns = np.broadcast_to(np.asarray(seen.camera.rotation, float), (frames, 4))
    shifts = np.broadcast_to(np.asarray(seen.camera.translation, float), (frames, 3))
    cameras = [
        camera_at(turn, shift, focal, (principal[0], principal[1]), film.video.size)
        for turn, shift in zip(turns, shifts, strict=True)
    ]
    keypoints = Keypoints(
        detected=np.asarray(pinhole.pixel, float),
        found=np.asarray(seen.confidence, float) > 0,
        reprojected=np.asarray(project(pinhole.camera, _keypoint_positions(seen, motion)), float),
    )
    with terminal.drawing("drawing over the video") as progress:
        render_overlay(
            path,
            _undistorted_pictures(film.video, film_frames, seen),
            replace(build_shot(motion), reference_position=None, reference_rotation=None, error_mm=None),
            cameras,
            keypoints,
            side_by_side=side_by_side,
            progress=progress,
        )


def _keypoint_positions(seen: Detections, motion: ReconstructedMotion) -> Float[np.ndarray, "F K 3"]:
    """Return the keypoints of the simulated body in the world, m."""
    bodies = list(seen.body)
    offset = np.broadcast_to(seen.offset, (len(seen.pixel), *np.shape(seen.offset)))
    turned = np.asarray(rotations.rotate(motion.body_quat_world_wxyz[:, bodies], offset))
    return motion.body_position_world_m[:, bodies] + turned


def _as_pinhole(seen: Detections) -> Detections:
    """Return the same keypoints as a pinhole camera with square pixels would see them."""
    camera = seen.camera
    focal = np.full(2, np.mean(np.asarray(camera.focal)), np.float32)
    flat = np.ascontiguousarray(np.asarray(seen.pixel, float).reshape(-1, 1, 2))
    pixel = cv2.undistortPoints(
        flat,
        _matrix(camera.focal, camera.principal),
        np.asarray(camera.distortion),
        P=_matrix(focal, camera.principal),
        criteria=UNTIL_STILL,
    )
    pinhole = replace(camera, focal=focal, distortion=np.zeros(8, np.float32))
    return replace(seen, camera=pinhole, pixel=np.asarray(pixel, np.float32).reshape(seen.pixel.shape))


def _undistorted_pictures(
    film: Video, film_frames: Int[np.ndarray, "F"], seen: Detections
) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    """Yield the pictures of these frames, ascending, as a pinhole camera with square pixels would take them."""
    camera = seen.camera
    pinhole = _matrix(np.full(2, np.mean(np.asarray(camera.focal))), camera.principal)
    maps = cv2.initUndistortRectifyMap(
        _matrix(camera.focal, camera.principal),
        np.asarray(camera.distortion, float),
        np.eye(3),
        pinhole,
        film.size,
        cv2.CV_32FC1,
    )
    times = np.bincount(film_frames)
    for number, picture in enumerate(video.frames(film)):
        if number >= len(times):
            return
        if times[number]:
            clear = cv2.remap(picture, *maps, cv2.INTER_LINEAR)
            yield from [clear] * int(times[number])


def _matrix(focal: AnyArray, principal: AnyArray) -> Float[np.ndarray, "3 3"]:
    """Return the camera matrix of a lens."""
    (fx, fy), (cx, cy) = np.asarray(focal, float), np.asarray(principal, float)
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
