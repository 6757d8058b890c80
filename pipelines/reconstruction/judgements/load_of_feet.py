"""Whether a person who stands on both feet for a while loads them as people do.

Where the centre of mass was recorded, each foot bears what its distance from there makes it bear. A camera does not
show the centre of mass well enough: 3 cm are a tenth of the weight. There, both feet are to bear the same, as in the
fit of films.
"""

import numpy as np
from jaxtyping import Bool, Float

from data.finding import Finding, grade
from data.trajectories import spans
from pipelines.reconstruction.judgements.result import Result

OFF_PCT = (10.0, 100.1)  # of the load. Our choice: the error in which the film of a squat with force plates must stay
STANDING_S = 1.0  # so long both feet must stand, as in the fit of films
HELD = 0.5  # of the weight: feet that bear less are not all that holds the body


def judge_load_of_feet(result: Result) -> Finding | None:
    """Judge how the load is shared between feet that both stand. None where they never do for long."""
    stands = _stands_on_both(result)
    if not stands.any():
        return None
    load = result.load[stands]
    left = load[:, 0] / load.sum(axis=1)
    wanted = np.full_like(left, 0.5) if result.by_camera else _left_share(result)[stands]
    off = left - wanted
    more = "left" if off.mean() > 0 else "right"
    away = 100 * float(np.abs(off).mean())
    return grade(
        "load of the feet",
        away,
        OFF_PCT,
        "% of the load away from the expected share",
        f"the load of each foot of {result.name} is {away:.0f} % of the whole load away from what is to be expected"
        f"{result.when(stands)}, where both stand, on average with too much on the {more} foot: do not use the forces "
        f"of single feet; {result.remedy}",
    )


def _stands_on_both(result: Result) -> Bool[np.ndarray, "F"]:
    """Return the frames in which both feet stand for a while and bear the body."""
    both = result.stands.all(axis=1) & (result.load.sum(axis=1) > HELD)
    stands = np.zeros_like(both)
    for start, end in spans(both):
        stands[start:end] = end - start >= STANDING_S * float(result.motion.fps_hz)
    return stands


def _left_share(result: Result) -> Float[np.ndarray, "F"]:
    """Return the share of the load that the left foot bears, by where the recorded centre of mass is between both."""
    left, right = result.soles[:, 0, :2], result.soles[:, 1, :2]
    along = left - right
    from_right = result.center_of_mass[:, :2] - right
    return np.clip((from_right * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-6), 0.0, 1.0)
