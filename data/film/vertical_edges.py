"""Where is up in the pictures of a camera that stands still, from the upright edges of the scene.

Edges of doors, walls and furniture are upright: in the picture all of them point at the vanishing point of the
vertical. Which segments are such edges is not known: each is one, or leans anyhow. Sources: Grompone von Gioi et al.,
LSD: a line segment detector, 2012; Coughlan and Yuille, Manhattan world, 1999.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from data.camera import CalibratedCamera
from data.keypoints.people import Crop
from data.keypoints.rays import rays_of_pixels

# Segments
LONGEST_SIDE = 1280  # pixels: larger pictures are reduced to it, and the lengths below are at this size
SHORTEST = 35.0  # pixels
FULL_LENGTH = 150.0  # pixels: a segment of this length is one observation, a shorter one is less
UPRIGHT = np.radians(25.0)  # a segment that leans more in the picture is left out
MOST = 400  # segments for each picture: the longest are kept
# Upright edges
ANGLE = np.radians(0.35)  # sd of the angle between an upright edge and the direction to the vanishing point
BLUR = 10.0  # pixels: a segment of this length has twice that sd
SHARES = (0.1, 0.3, 0.6)  # upright edges among the segments: each is as likely, before a picture is seen
SCENE = np.radians(0.5)  # sd of the mean of a scene's upright edges about the vertical
# The camera, before a picture is seen: sd
PITCH, ROLL = np.radians(8.0), np.radians(3.0)
# What is measured at least
CLARITY = np.log(100.0)  # log odds against a scene without upright edges
FEWEST = 5  # segments in each picture that point at the vanishing point
WORST = np.radians(3.0)  # sd

_PITCHES, _ROLLS = np.radians(np.arange(-40.0, 40.1, 0.5)), np.radians(np.arange(-20.0, 20.1, 0.5))
_FINE = np.radians(np.arange(-0.5, 0.51, 0.1))


@dataclass(frozen=True)
class MeasuredVertical:
    """Where is up, as the upright edges of a scene have it.

    Measured is the vanishing point: with another focal length, up is elsewhere (`through_lens`).

    Attributes:
        up: Unit vector in the camera's axes: right, down, ahead.
        sd: Standard deviation of its angle, in the direction where it is known worst, rad. The focal length's is not
            in it.
        segments: Number of segments in each picture that point at the vanishing point.
        clarity: Log odds against a scene without upright edges.
    """

    up: Float[np.ndarray, "3"]
    sd: float
    segments: int
    clarity: float

    def through_lens(self, ratio: float) -> Float[np.ndarray, "3"]:
        """Return up if the true focal length is this many times the camera's."""
        seen = self.up * np.array([1.0, 1.0, ratio])
        return seen / np.linalg.norm(seen)


def find_vertical(
    pictures: Sequence[UInt8[np.ndarray, "height width *rgb"]],
    camera: CalibratedCamera,
    people: Sequence[Crop | None] | None = None,
) -> MeasuredVertical | None:
    """Return where is up, or None where no upright edges say it clearly.

    That cameras are held nearly level (`PITCH`, `ROLL`) is part of the answer.

    Args:
        pictures: Some pictures of the film, in grey or colour, as `data.keypoints.footage.Stills` keeps them.
        camera: The lens. Its pose is not used.
        people: The box around the person in each picture. Edges inside are left out.
    """
    boxes = [None] * len(pictures) if people is None else people
    found = [_find_segments(picture, box) for picture, box in zip(pictures, boxes, strict=True)]
    if sum(map(len, found)) < FEWEST * max(len(found), 1):
        return None
    segments = _through_lens(np.concatenate(found), camera, len(found))
    pitch, roll = _grid(_PITCHES, _ROLLS)
    before = _held_level(pitch, roll)
    score = before + segments.log_likelihood(_up(pitch, roll))
    evidence = np.logaddexp.reduce(score)
    clarity = float(evidence - np.logaddexp.reduce(before))
    best = score.argmax()
    beyond = np.abs(pitch[best]) >= _PITCHES[-1] or np.abs(roll[best]) >= _ROLLS[-1]
    away = np.stack([pitch - pitch[best], roll - roll[best]])
    sd = float(np.sqrt(np.linalg.eigvalsh(np.exp(score - evidence) * away @ away.T)[-1] + SCENE**2))
    pitch, roll = _grid(pitch[best] + _FINE, roll[best] + _FINE)
    near = _up(pitch, roll)
    up = near[(_held_level(pitch, roll) + segments.log_likelihood(near)).argmax()]
    agreeing = int((np.abs(segments.miss(up[None])) < 2.0).sum()) // len(found)
    if beyond or clarity < CLARITY or agreeing < FEWEST or sd > WORST:
        return None
    return MeasuredVertical(up, sd, agreeing, clarity)


@dataclass(frozen=True)
class _Segments:
    """Nearly upright segments in the plane at depth 1.

    Attributes:
        middle: Their middles.
        across: Unit vectors at right angles to them.
        sd: Standard deviation of the direction of an upright one, rad.
        weight: Number of observations that each is.
    """

    middle: Float[np.ndarray, "N 2"]
    across: Float[np.ndarray, "N 2"]
    sd: Float[np.ndarray, " N"]
    weight: Float[np.ndarray, " N"]

    def miss(self, up: Float[np.ndarray, "G 3"]) -> Float[np.ndarray, "G N"]:
        """Return the sines of the angles between segments and the directions to vanishing points, over the sd."""
        level, ahead = up[:, :2], up[:, 2:]
        sine = level @ self.across.T - ahead * (self.middle * self.across).sum(axis=1)
        # The squared length of level - ahead * middle. It is 0 for a segment that lies on the vanishing point.
        squared = (level**2).sum(axis=1, keepdims=True) - 2 * ahead * (level @ self.middle.T)
        squared = squared + ahead**2 * (self.middle**2).sum(axis=1)
        return sine / np.sqrt(np.maximum(squared, 1e-9)) / self.sd

    def log_likelihood(self, up: Float[np.ndarray, "G 3"]) -> Float[np.ndarray, " G"]:
        """Return log likelihoods, over that of a scene whose segments lean anyhow."""
        odds = np.exp(-(self.miss(up) ** 2) / 2) * (2 * UPRIGHT / (np.sqrt(2 * np.pi) * self.sd))
        by_share = [np.log1p(share * (odds - 1)) @ self.weight for share in SHARES]
        return np.logaddexp.reduce(by_share) - np.log(len(SHARES))


def _find_segments(picture: UInt8[np.ndarray, "height width *rgb"], person: Crop | None) -> Float[np.ndarray, "N 5"]:
    """Return nearly upright segments off the person: ends x, y, x, y, and lengths at `LONGEST_SIDE`, pixels."""
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, LONGEST_SIDE / max(grey.shape))
    if scale < 1.0:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lines = cv2.createLineSegmentDetector(cv2.LSD_REFINE_ADV).detect(grey)[0]
    if lines is None:
        return np.zeros((0, 5))
    ends = lines.reshape(-1, 4).astype(float)
    across, along = np.abs(ends[:, 2:] - ends[:, :2]).T
    length = np.hypot(across, along)
    ends = (ends + 0.5) / scale - 0.5
    used = (length > SHORTEST) & (np.arctan2(across, along) < UPRIGHT)
    if person is not None:
        middle = (ends[:, :2] + ends[:, 2:]) / 2
        used &= ~((middle > person[:2]) & (middle < person[2:])).all(axis=1)
    kept = np.column_stack([ends, length])[used]
    return kept[np.argsort(-kept[:, 4])[:MOST]]


def _through_lens(found: Float[np.ndarray, "N 5"], camera: CalibratedCamera, pictures: int) -> _Segments:
    """Return the segments of all pictures. The camera stands still: an edge is seen in all of them, and counts once."""
    length = found[:, 4]
    ends = rays_of_pixels(camera, found[:, :4].reshape(-1, 2, 2))
    x, y = (ends[:, 1] - ends[:, 0]).T
    across = np.column_stack([y, -x]) / np.hypot(x, y)[:, None]
    weight = np.minimum(length / FULL_LENGTH, 1.0) / pictures
    return _Segments(ends.mean(axis=1), across, ANGLE * (1.0 + BLUR / length), weight)


def _grid(
    pitches: Float[np.ndarray, " P"], rolls: Float[np.ndarray, " R"]
) -> tuple[Float[np.ndarray, " G"], Float[np.ndarray, " G"]]:
    pitch, roll = np.meshgrid(pitches, rolls, indexing="ij")
    return pitch.ravel(), roll.ravel()


def _up(pitch: Float[np.ndarray, " G"], roll: Float[np.ndarray, " G"]) -> Float[np.ndarray, "G 3"]:
    """Return where is up for a camera that looks up by `pitch` and is turned anticlockwise by `roll`, rad."""
    return np.stack([np.sin(roll) * np.cos(pitch), -np.cos(roll) * np.cos(pitch), np.sin(pitch)], axis=-1)


def _held_level(pitch: Float[np.ndarray, " G"], roll: Float[np.ndarray, " G"]) -> Float[np.ndarray, " G"]:
    """Return the log of how likely a camera is held like that."""
    return -((pitch / PITCH) ** 2 + (roll / ROLL) ** 2) / 2
