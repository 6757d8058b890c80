"""A simulated body drawn on the pictures of the camera that filmed the person."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw
from scipy.spatial.transform import Rotation

from viz.camera import ViewCamera
from viz.caption import draw_caption
from viz.encode import write_video
from viz.frame import FramePainter, body_colors
from viz.geometry import bounding_radius, world_poses
from viz.image_part import ImagePart
from viz.mesh_renderer import MeshRenderer
from viz.shot import Shot
from viz.supersampling import SCALE, shrink

OPACITY = 0.8  # of the body, so that the person shows through
DETECTED, REPROJECTED = (235, 64, 52), (60, 220, 120)
MAX_HEIGHT = 720  # pixels of a panel


@dataclass(frozen=True)
class Keypoints:
    """K keypoints in T frames.

    Attributes:
        detected: Where they were found, pixels.
        found: Above zero where a keypoint was found.
        reprojected: Where the simulated body has them, pixels.
    """

    detected: Float[np.ndarray, "T K 2"]
    found: Float[np.ndarray, "T K"]
    reprojected: Float[np.ndarray, "T K 2"]


def render_overlay(
    path: str | os.PathLike,
    pictures: Iterator[UInt8[np.ndarray, "height width 3"]],
    shot: Shot,
    cameras: Sequence[ViewCamera],
    keypoints: Keypoints,
    *,
    side_by_side: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the pictures with the body of `shot` drawn on them as an H.264 mp4.

    Args:
        path: Path of the video.
        pictures: One undistorted picture for each frame of the shot, of the camera's size.
        shot: The body.
        cameras: The camera of each picture.
        keypoints: Drawn as dots.
        side_by_side: Show three panels: the picture with the keypoints, the picture with the body, and the body alone.
        progress: Called after each frame with the number of finished frames and their total.

    Raises:
        RenderError: The renderer or the encoder fails.
    """
    width, height = panel_size(cameras[0].size)
    size = (3 * width if side_by_side else width, height)

    def frames(body: MeshRenderer, beside: FramePainter | None) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
        places, turns = world_poses(list(shot.geoms), shot.position, shot.rotation)
        radius = np.array([bounding_radius(geom) for geom in shot.geoms])
        for frame, picture in zip(range(len(shot.position)), pictures, strict=False):
            camera = cameras[frame]
            body.pose(places[frame], turns[frame])
            drawn = _draw_body(picture, body, camera, ImagePart.around_spheres(camera, places[frame], radius))
            panels = [drawn] if beside is None else [picture, drawn]
            panels[0] = _draw_keypoints(panels[0], keypoints, frame)
            shown = [_resize(panel, (width, height)) for panel in panels]
            legend = [("detected", DETECTED), ("simulated", REPROJECTED)]
            shown[0] = draw_caption(shown[0], f"{frame / shot.fps:.2f} s", legend)
            if beside is not None:
                shown.append(beside.paint(frame))
            yield np.concatenate(shown, axis=1)
            if progress is not None:
                progress(frame + 1, len(shot.position))

    with MeshRenderer(list(shot.geoms), body_colors(shot)) as body:
        if side_by_side:
            with FramePainter(shot, (width, height)) as beside:
                write_video(path, frames(body, beside), shot.fps, size)
        else:
            write_video(path, frames(body, None), shot.fps, size)


def camera_at(
    rotation: Float[np.ndarray, "4"],
    translation: Float[np.ndarray, "3"],
    focal: float,
    principal: tuple[float, float],
    size: tuple[int, int],
) -> ViewCamera:
    """Return the view camera of a calibrated camera, in OpenCV's conventions.

    Args:
        rotation: From world to camera axes, wxyz.
        translation: Position of the world's origin in camera axes, m.
        focal: Focal length, pixels.
        principal: Where the optical axis meets the image, pixels. (0, 0) is the centre of the upper left pixel.
        size: Width and height of the image, pixels.
    """
    turn = Rotation.from_quat(rotation, scalar_first=True).inv()
    eye = turn.apply(-np.asarray(translation, float))
    down, ahead = turn.apply([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    up = -float(down[0]), -float(down[1]), -float(down[2])
    return ViewCamera(eye, eye + ahead, focal, (principal[0] + 0.5, principal[1] + 0.5), size, up)


def panel_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return width and height of a panel: both even, the height at most `MAX_HEIGHT`."""
    share = min(1.0, MAX_HEIGHT / size[1])
    return 2 * round(share * size[0] / 2), 2 * round(share * size[1] / 2)


def _draw_body(
    picture: UInt8[np.ndarray, "height width 3"], body: MeshRenderer, camera: ViewCamera, part: ImagePart
) -> UInt8[np.ndarray, "height width 3"]:
    _, _, forward = camera.axes
    light = np.array([0.0, 0.0, 1.5]) - 0.55 * forward
    layer = body.render(part.crop_camera(camera, SCALE), light / np.linalg.norm(light))
    there = np.isfinite(layer.depth).astype(np.float32)
    color, opacity = shrink(layer.color * there[..., None]), OPACITY * shrink(there)[..., None]
    image = picture.astype(np.float32) / 255
    region = part.of(image)
    region[:] = region * (1 - opacity) + OPACITY * color
    return (255 * image + 0.5).astype(np.uint8)


def _draw_keypoints(
    picture: UInt8[np.ndarray, "height width 3"], keypoints: Keypoints, frame: int
) -> UInt8[np.ndarray, "height width 3"]:
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    size = max(2.0, 0.004 * image.height)
    for pixel, color in ((keypoints.reprojected, REPROJECTED), (keypoints.detected, DETECTED)):
        for (x, y), found in zip(pixel[frame], keypoints.found[frame], strict=True):
            if found and np.isfinite([x, y]).all():
                draw.ellipse((x - size, y - size, x + size, y + size), color)
    return np.asarray(image)


def _resize(picture: UInt8[np.ndarray, "height width 3"], size: tuple[int, int]) -> UInt8[np.ndarray, "h w 3"]:
    if picture.shape[1::-1] == size:
        return picture
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
