"""What to do about a doubtful film: what was not given is to be given, and what was given is to be corrected."""

from collections.abc import Sequence
from typing import Literal

from pipelines.inputs.camera import ASSUMED_LENS
from pipelines.inputs.film_fit import FittedPerson

Fact = Literal["height", "lens", "angles", "camera height"]
"""What a user can say of a film: the person's height, the lens, how the camera is held."""

_POSED = "correct the camera's pose (--camera) or which axis points up (--camera-up)"
_POSE = "the camera's pose (--camera with --camera-up)"


def tell_or_correct(fitted: FittedPerson, *facts: Fact) -> str:
    """Return the remedy where some of these facts may be wrong: "give --fov (or --camera), or correct --height"."""
    missing, given = [], []
    for fact in facts:
        for flag, is_given in _flags(fitted, fact):
            (given if is_given else missing).append(flag)
    said = [f"give {_list(missing, 'and')}"] if missing else []
    said += [f"correct {_list(given, 'or')}"] if given else []
    return ", or ".join(said)


def choose_part(fitted: FittedPerson) -> str:
    """Return the remedy where the person is not seen well. --crop is for one camera."""
    options = "--start, --end" if len(fitted.seen) > 1 else "--start, --end, --crop"
    return f"choose a part in which one person is seen well ({options})"


def find_gravity(fitted: FittedPerson) -> str:
    """Return the remedy where the direction against gravity may be wrong.

    A camera whose pose was given takes none of the angles.
    """
    if fitted.placed:
        return _POSED
    remedy = tell_or_correct(fitted, "angles")
    return f"{remedy}, or {_POSE}" if remedy.startswith("give") else f"{remedy}, or give {_POSE}"


def improve_result(fitted: FittedPerson) -> str:
    """Return the remedy where the simulation cannot follow the motion that was fitted to a film."""
    return f"{tell_or_correct(fitted, 'height', 'lens')}, or {choose_part(fitted)}"


def _flags(fitted: FittedPerson, fact: Fact) -> list[tuple[str, bool]]:
    """Return the options that say a fact, and whether each was given. A camera with a pose takes no angles."""
    camera = fitted.seen[0].camera
    held = camera.held
    return {
        "height": [("--height", fitted.height_is == "given")],
        "lens": [("--fov (or --camera)", camera.focal_sd < ASSUMED_LENS)],
        "angles": [("--camera-pitch", held.pitch is not None), ("--camera-roll", held.roll is not None)],
        "camera height": [("--camera-height", held.height is not None)],
    }[fact]


def _list(flags: Sequence[str], last: str) -> str:
    *others, final = flags
    return f"{', '.join(others)} {last} {final}" if others else final
