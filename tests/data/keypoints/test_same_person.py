"""Cameras that look at two persons find out who is who."""

import numpy as np

from data.camera import CalibratedCamera
from data.datasets import human36m_cameras
from data.keypoints.people import Track
from data.keypoints.same_person import find_same_person
from data.rotations import from_wxyz

FRAMES = 20
CAMERAS = [human36m_cameras.camera("S9", name) for name in human36m_cameras.NAMES]


def walker(x: float, y: float) -> np.ndarray:
    """Return five points that go along x, m."""
    body = np.array([[0.0, 0.0, 1.6], [0.0, 0.2, 1.4], [0.0, -0.2, 1.4], [0.0, 0.1, 0.9], [0.0, -0.1, 0.1]])
    return body + [x, y, 0.0] + np.linspace(0.0, 0.5, FRAMES)[:, None, None] * [1.0, 0.0, 0.0]


def track(points: np.ndarray, camera: CalibratedCamera, frames: np.ndarray | None = None) -> Track:
    """Return the points as the camera sees them, without its distortion but for noise of three pixels."""
    frames = np.arange(FRAMES) if frames is None else frames
    seen = from_wxyz(camera.rotation).apply(points[frames].reshape(-1, 3)).reshape(len(frames), -1, 3)
    seen = seen + camera.translation
    pixel = camera.focal * seen[..., :2] / seen[..., 2:] + camera.principal
    pixel += np.random.default_rng(0).normal(scale=3.0, size=pixel.shape)
    return Track(frames, np.concatenate([pixel, np.full((*pixel.shape[:2], 1), 0.9)], axis=-1))


def pinholes() -> list[CalibratedCamera]:
    return [CalibratedCamera(**{**vars(camera), "distortion": np.zeros(8)}) for camera in CAMERAS]


def test_the_rays_of_one_person_meet() -> None:
    cameras = pinholes()
    one, other, brief = walker(0.0, 0.0), walker(-0.4, 0.9), walker(0.0, 0.0)
    seen = [
        [track(one, cameras[0]), track(other, cameras[0])],
        [track(other, cameras[1]), track(one, cameras[1])],
        [track(brief, cameras[2], np.arange(3)), track(other, cameras[2]), track(one, cameras[2])],
        [track(other, cameras[3]), track(one, cameras[3])],
    ]
    assert find_same_person(seen, cameras) == [0, 1, 2, 1]
    assert find_same_person(seen, cameras, person=1) == [1, 0, 1, 0]
    assert find_same_person(seen[:1], cameras[:1], person=1) == [1]


def test_two_cameras_cannot_tell_persons_in_one_plane_but_three_can() -> None:
    """Both persons are in the plane of the first two cameras' axes, so that all of their rays meet."""
    cameras = pinholes()
    one = walker(0.0, 0.0)
    between = cameras[1].center - cameras[0].center
    other = one + 0.3 * between / np.linalg.norm(between)
    seen = [
        [track(one, cameras[0]), track(other, cameras[0])],
        [track(other, cameras[1]), track(one, cameras[1])],
        [track(other, cameras[2]), track(one, cameras[2])],
    ]
    assert find_same_person(seen, cameras[:3]) == [0, 1, 1]
