"""Whether the frame rate is the true one, from how bodies fall and swing.

- In flight the centre of mass falls with 9.81 m/s2. Our recordings of jumps and flips have 5 to 14 in a flight.
- Who walks keeps a foot on the floor, and v^2 / (g leg), the Froude number, below 1: the body circles over the foot,
  and its weight cannot hold it down on a faster circle. People begin to run at 0.5 (Alexander, 1989).
- Limbs swing with a characteristic time, the spread of their path over their speed: 0.1 s in a sprint, 0.2 s in a walk,
  0.35 s in getting up, in our recordings.
"""

import numpy as np
from jaxtyping import Float

from data.clip import MotionClip
from data.finding import Finding
from data.plausibility.person import Person
from data.trajectories import spans

GRAVITY = 9.81
FALL = (0.45, 2.2)  # of gravity: how a flight may fall, with the noise of a short one
FLIGHT_M, FLIGHT_FRAMES = 0.1, 5  # the lowest point rises so far, for so many frames
AIRBORNE_M = 0.05
MOST_FROUDE = 0.9
LIMB_TIME_S = (0.055, 1.2)
USUAL_LIMB_TIME_S = 0.16
WHOLE_SWINGS = 0.2  # of the frames: limbs with a longer time do not swing to and fro in the recording
FEWEST_FRAMES = 50  # fewer may show nothing but one quick move
SLOWEST_FPS = 10.0
USUAL_RATES = (24.0, 25.0, 30.0, 50.0, 60.0, 100.0, 120.0, 200.0, 240.0)


def judge_rate(clip: MotionClip, person: Person) -> Finding:
    """Judge the frame rate by falls, by the speed of walking, and by how fast the limbs swing."""
    name = "rate"
    low = person.lowest
    falls = _falls(clip, person, low)
    fast, slow = (person.limb_time(average) / clip.fps for average in (np.median, np.mean))
    froude = _froude(clip, person, low)
    if len(falls):
        fall = float(np.median(falls))
        value, limit = f"flights fall with {fall:.1f} m/s2", f"{FALL[0] * GRAVITY:.1f} to {FALL[1] * GRAVITY:.1f} m/s2"
        true = clip.fps * float(np.sqrt(GRAVITY / max(fall, 1e-3)))
        wrong = not FALL[0] <= fall / GRAVITY <= FALL[1]
    elif froude is not None and froude > MOST_FROUDE:
        value, limit = f"walks with a Froude number of {froude:.1f}", f"at most {MOST_FROUDE:g}"
        wrong, true = True, clip.fps * min(fast / USUAL_LIMB_TIME_S, 0.5)
    else:
        swings = fast * clip.fps < WHOLE_SWINGS * clip.num_frames
        too_fast = fast < LIMB_TIME_S[0] and swings and clip.num_frames >= FEWEST_FRAMES
        swing = fast if too_fast else slow
        value, limit = f"limbs swing in {swing:.2f} s", f"{LIMB_TIME_S[0]:g} to {LIMB_TIME_S[1]:g} s"
        wrong, true = too_fast or LIMB_TIME_S[1] < slow < np.inf, clip.fps * swing / USUAL_LIMB_TIME_S
    if wrong:
        nearest = min(USUAL_RATES, key=lambda rate: abs(np.log(rate / max(true, 1e-6))))
        return Finding(
            "doubtful",
            name,
            value,
            limit,
            f"the frame rate of {clip.fps:g} a second is doubtful: {value}, a person's {limit}; "
            f"give the true one with --fps, such as {nearest:g}",
        )
    if clip.fps < SLOWEST_FPS:
        return Finding(
            "doubtful",
            name,
            f"{clip.fps:g} a second",
            f"at least {SLOWEST_FPS:g} a second",
            f"the frame rate of {clip.fps:g} a second is doubtful: steps and falls between the frames are lost; "
            "give the true rate with --fps, or a recording with more frames",
        )
    return Finding("good", name, f"{clip.fps:g} a second; {value}", limit)


def _falls(clip: MotionClip, person: Person, low: Float[np.ndarray, "T"]) -> list[float]:
    """Return with which acceleration the centre of mass falls in each flight, m/s2."""
    height = person.center_of_mass[:, 2]
    falls = []
    for start, end in spans(low > AIRBORNE_M):
        whole = start > 0 and end < len(low)
        if whole and end - start >= FLIGHT_FRAMES and low[start:end].max() >= FLIGHT_M:
            time = np.arange(end - start) / clip.fps
            falls.append(-2.0 * float(np.polyfit(time - time.mean(), height[start:end], 2)[0]))
    return [fall for fall in falls if fall > 0]


def _froude(clip: MotionClip, person: Person, low: Float[np.ndarray, "T"]) -> float | None:
    """Return the Froude number of an upright walk; None where the body leaves the floor or does not walk."""
    if (np.abs(low) > AIRBORNE_M).mean() > 0.02 or person.upright.mean() < 0.5:
        return None
    way = np.diff(person.center_of_mass[:, :2], axis=0)
    speed = float(np.median(np.linalg.norm(way, axis=1))) * clip.fps
    return speed**2 / (GRAVITY * person.leg)
