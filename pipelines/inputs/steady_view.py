"""What the pictures of a film say of the camera: whether it stands still, at a constant rate, and where is up."""

import numpy as np

from data.film.vertical_edges import MeasuredVertical, find_vertical
from data.finding import Finding, assume, grade
from data.keypoints.clip import KeypointClip
from data.keypoints.footage import Footage
from data.keypoints.people import box_around
from data.video import UNSTEADY_S, steady_rate
from pipelines.inputs.visible_frames import SeenPart

# How far the scene moves in the picture, % of its width. Our choice: 2 % are about a degree with a phone's lens, and
# move the ground below a person at 4 m by 7 cm. In films from tripods it is less than 0.1 %.
MOVED_PCT = (2.0, 25.0)
LATE_S = (UNSTEADY_S, np.inf)  # our choice
UNKNOWN = 0.3  # share of the film: if nothing tells for longer, the camera is assumed to stand still
STILLS = 5  # pictures in which upright edges are looked for: the scene stands still


def judge_view(footage: Footage, keypoints: KeypointClip, *, moves: bool) -> tuple[Finding, ...]:
    """Return whether the camera of a film is cut or moves.

    Args:
        footage: What the pictures tell, in the frames of the keypoints.
        keypoints: The keypoints in the pictures.
        moves: Whether the camera is known to move: then its poses are known, too, and its motion is no fault.
    """
    name, fps = keypoints.name, keypoints.fps
    cuts = footage.cuts
    when = ", ".join(f"{(cut + keypoints.first) / fps:.1f} s" for cut in cuts)
    found = (grade(
        "cuts", float(len(cuts)), (0.5, np.inf), "",
        f"{name} is cut at {when}, and nobody knows where the camera is afterwards: choose a part without a cut with "
        "--start and --end",
    ),)  # fmt: skip
    if footage.times is not None:
        times = footage.times
        late = float(np.abs(times - times[0] - np.arange(len(times)) / fps).max())
        rate = steady_rate(times)
        found = (*found, grade(
            "frame times", late, LATE_S, "s from a constant rate",
            f"{name} does not have {fps:.2f} frames a second: its pictures are up to {late:.2f} s away from where that "
            "rate has them, and speeds are as wrong: "
            + ("export it at a constant rate, such as with ffmpeg -i FILM -vf fps=30 OUT.mp4" if rate is None
               else f"give --fps {rate:.2f}"),
        ))  # fmt: skip
    if moves or footage.view is None or cuts:
        return found
    view = footage.view
    apart = np.linalg.norm(view - view[0], axis=-1).mean(axis=1)
    moved = 100 * float(apart.max()) / footage.video.size[0]
    still = grade(
        "camera's motion", moved, MOVED_PCT, "% of the picture",
        f"the camera of {name} moves: what is behind the person moves by {moved:.0f} % of the picture's width, and the "
        "motion of the camera is taken for the person's; put the camera on a tripod, or give its poses with --camera",
    )  # fmt: skip
    if footage.view_unknown > UNKNOWN and still.level == "good":
        still = assume(
            "camera's motion",
            "not seen",
            f"that the camera of {name} stands still; too little is seen behind the person to tell: put it on a tripod",
        )
    return *found, still


def find_vertical_in(footage: Footage, part: SeenPart) -> MeasuredVertical | None:
    """Return where the edges of the scene say that up is, for a camera without a pose.

    Those of the person do not count.

    Args:
        footage: What the pictures tell, in the frames of the part.
        part: The keypoints and the camera.
    """
    if part.camera.has_pose or not footage.stills:
        return None
    clip = part.keypoints
    person = np.concatenate([clip.pixel, clip.confidence[..., None]], axis=-1)
    numbers = np.unique(np.linspace(0, len(footage.stills) - 1, STILLS).round().astype(int))
    shown = [footage.stills[number] for number in numbers]
    boxes = [box_around(person[still.frame]) for still in shown]
    return find_vertical([still.grey for still in shown], part.camera, boxes)
