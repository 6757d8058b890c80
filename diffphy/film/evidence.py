"""What is known of a film: what its cameras saw, and how far everything may be wrong."""

from dataclasses import dataclass, field

import jax
import numpy as np
from jaxtyping import Float

from diffphy.arrays import AnyArray

Scalar = float | Float[AnyArray, ""]
"""A number, also a traced one."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class View:
    """What one camera saw in T frames: K places in the pictures, and R places in space, as a detector guesses them.

    A `Moment` has the views of one frame: without the axis of frames.

    Attributes:
        ray: Where the ray of each place meets the plane at depth 1, without lens distortion.
        confidence: Confidence of each place, 0 to 1.
        places: Weights of the points whose sum each place is.
        rotation: From the axes of the points to the camera's.
        translation: Origin of the points in the camera's axes, m.
        lifted: Places in space about the middle of the hips, along the camera's axes: right, down, ahead, m.
        lifted_confidence: Confidence of these, 0 where there is none.
        lifted_places: Weights of the points whose sum each is.
        along: Standard deviation of a place in space along the camera's axis, m.
        aside: Standard deviation of a place in space across the axis, m. Infinite: only depth counts.
        root: Guessed place of the middle of the hips, along the camera's axes, m.
        root_along: Its standard deviation along the camera's axis, m; 2 a second. Infinite: nobody knows where it is.
        root_aside: Its standard deviation across the axis, m.
    """

    ray: Float[AnyArray, "*frames K 2"]
    confidence: Float[AnyArray, "*frames K"]
    places: Float[AnyArray, "... K P"]
    rotation: Float[AnyArray, "*frames 3 3"]
    translation: Float[AnyArray, "*frames 3"]
    lifted: Float[AnyArray, "*frames R 3"]
    lifted_confidence: Float[AnyArray, "*frames R"]
    lifted_places: Float[AnyArray, "... R P"]
    root: Float[AnyArray, "*frames 3"]
    along: float | Float[AnyArray, "..."] = 0.35
    aside: float | Float[AnyArray, "..."] = np.inf
    root_along: float | Float[AnyArray, "..."] = np.inf
    root_aside: float | Float[AnyArray, "..."] = np.inf


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Prior:
    """A normal distribution.

    Attributes:
        mean: The most likely value.
        sd: Standard deviation.
    """

    mean: Float[AnyArray, "..."]
    sd: float | Float[AnyArray, "..."]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Known:
    """What is known before the film is looked at.

    Attributes:
        up: Directions against gravity that were measured, each with its standard deviation, rad.
        height: Height of the origin above the ground, m. None: the feet tell it.
        stature: Height of the person, m.
        zoom: Standard deviation of the logarithm of the focal length, of each camera or of all.
        proportions: How much more than people of one stature (`body_points.BONES`) the person may differ from the mean.
        vanishing: 1 where up was measured as a vanishing point in the first camera's pictures, else 0. It then turns
            with the focal length.
        size: Logarithm of the person's size over that of each lifted motion. None: the lengths of its limbs
            tell it.
        measured: Logarithm of the length of each bone of `BONES` over what its share of the stature gives, as it was
            measured. 0: as the mean of people has it.
    """

    up: tuple[Prior, ...]
    height: Prior | None = None
    stature: Prior = field(default_factory=lambda: ADULTS)
    zoom: Scalar | Float[AnyArray, "V"] = 0.1
    proportions: Scalar = 1.0
    vanishing: Scalar = 0.0
    size: Prior | None = None
    measured: Scalar | Float[AnyArray, "L"] = 0.0


ADULTS = Prior(np.array(1.70), 0.09)
"""Statures of adults, m. Our choice: between those of women and men, and wide enough for both."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Spread:
    """Standard deviations.

    "10 a second" means: errors last for several frames, so 10 frames of each second count as independent.

    Attributes:
        keypoint: Of a keypoint of confidence 1, m, at the depth of the body.
        seen: Frames a second in which the cameras saw the keypoints. No deviation: frames between them are
            interpolated, and say nothing new.
        wrong: Distance of a keypoint from which on it is more likely wrong, m.
        trust: The standard deviation of a keypoint grows with 1 / confidence to this power.
        lean: Of the slopes by which a detector's body leans.
        scale: Of the logarithm of the size of a detector's body.
        give: How much more the bones give than `body_points.BONES` says.
        trunk: Of the acceleration of hips, shoulders and head, m/s^2.
        middle: Of the acceleration of knees and elbows, m/s^2.
        end: Of the acceleration of feet and hands, m/s^2.
        ground: Of the height of a standing sole, m; 10 a second.
        below: Of the depth of a sole below the ground, m; 10 a second.
        slide: Of the velocity of a standing sole, m/s.
        balance: Of the distance of the zero moment point from the line between the soles, m; 5 a second.
        load: Of the centre of mass from the middle between the soles while both stand, m; 1 a second.
        pose: How many independent poses a second the prior of limbs counts.
        foot: Of heel and toe from where a foot at rest has them, where no camera sees them, m.
    """

    keypoint: Scalar = 0.015
    seen: Scalar = 30.0
    wrong: Scalar = 0.08
    trust: Scalar = 3.0
    lean: Scalar = 0.14
    scale: Scalar = 0.05
    give: Scalar = 1.0
    trunk: Scalar = 8.0
    middle: Scalar = 20.0
    end: Scalar = 40.0
    ground: Scalar = 0.012
    below: Scalar = 0.010
    slide: Scalar = 0.06
    balance: Scalar = 0.03
    load: Scalar = 0.05
    pose: Scalar = 8.0
    foot: Scalar = 0.06
