"""The terms of the fit, one a file: residuals over their standard deviations.

A term is a function of a `Moment`. It returns N residuals of D numbers each. The fit minimises half the sum of their
squares, each times its weight. A term with a `bound` counts a residual r as r^2 / (1 + r^2 / bound^2), the robust loss
of Geman and McClure (Statistical methods for tomographic image reconstruction, 1987).
"""

from collections.abc import Callable
from typing import NamedTuple

from jaxtyping import Array, Float

from diffphy.film.evidence import Scalar
from diffphy.film.terms.acceleration import acceleration
from diffphy.film.terms.balance import HELD, SHIFTED, balance, load
from diffphy.film.terms.bones import bones
from diffphy.film.terms.feet import feet
from diffphy.film.terms.ground import below, ground, slide
from diffphy.film.terms.keypoints import keypoints
from diffphy.film.terms.lifted import RELEASED, lifted, root
from diffphy.film.terms.limbs import limbs
from diffphy.film.terms.moment import Moment

FRAMES_A_SECOND = 30.0
"""What a person or a detector does wrong lasts for about so long: more frames a second say no more."""


class Term(NamedTuple):
    """A term.

    Attributes:
        residuals: The residuals at one moment over their standard deviations, and the weight of each, 0 to 1.
        bound: Size of a residual from which on it counts less. None: it counts in full.
        a_second: How many frames a second are independent: errors that last count once. None: all.
    """

    residuals: Callable[[Moment], tuple[Float[Array, "N D"], Float[Array, "N"]]]
    bound: Callable[[Moment], Scalar] | None = None
    a_second: Callable[[Moment], Scalar] | None = None


AT_A_FRAME = {
    "keypoints": Term(
        keypoints, lambda moment: moment.spread.wrong / moment.spread.keypoint, lambda moment: moment.spread.seen
    ),
    "lifted": Term(lifted, lambda moment: RELEASED / moment.views[0].along, lambda _: FRAMES_A_SECOND),
    "root": Term(root, a_second=lambda _: 2.0),
    "bones": Term(bones, a_second=lambda _: FRAMES_A_SECOND),
    "ground": Term(ground, a_second=lambda _: 10.0),
    "below": Term(below, a_second=lambda _: 10.0),
    "limbs": Term(limbs, lambda _: 5.0, lambda moment: moment.spread.pose),
    "feet": Term(feet, a_second=lambda _: 5.0),
}
"""Terms of a frame alone."""
OVER_FRAMES = {
    "acceleration": Term(acceleration, a_second=lambda _: FRAMES_A_SECOND),
    "slide": Term(slide, a_second=lambda _: FRAMES_A_SECOND),
    "balance": Term(balance, lambda moment: HELD / moment.spread.balance, lambda _: 5.0),
    "load": Term(load, lambda moment: SHIFTED / moment.spread.load, lambda _: 1.0),
}
"""Terms of a frame and its neighbours."""
