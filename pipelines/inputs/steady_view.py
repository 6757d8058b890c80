"""Whether a film is that of one camera that stands still, at a constant rate, as the fit takes it to be."""

import numpy as np

from data.finding import Finding, assume, grade
from data.keypoints.pose_detector import DetectedPerson
from pipelines.inputs.visible_frames import SeenPart

# How far the scene moves in the picture, % of its width. Our choice: 2 % are about a degree with a phone's lens, and
# move the ground below a person at 4 m by 7 cm. In films from tripods it is less than 0.1 %.
MOVED_PCT = (2.0, 25.0)
LATE_S = (0.05, np.inf)  # our choice; two films from phones are up to 0.016 s off
UNKNOWN = 0.3  # share of the film: if nothing tells for longer, the camera is assumed to stand still


def judge_view(detected: DetectedPerson, part: SeenPart) -> tuple[Finding, ...]:
    """Return whether the camera is cut or moves in a part of a film. Nothing for a camera that is known to move."""
    name, fps = detected.keypoints.name, detected.keypoints.fps
    cuts = [cut for cut in detected.cuts if part.frames.start < cut < part.frames.stop]
    when = ", ".join(f"{cut / fps:.1f} s" for cut in cuts)
    found = (grade(
        "cuts", float(len(cuts)), (0.5, np.inf), "",
        f"{name} is cut at {when}, and nobody knows where the camera is afterwards: choose a part without a cut with "
        "--start and --end",
    ),)  # fmt: skip
    if detected.times is not None:
        times = detected.times[part.frames]
        late = float(np.abs(times - times[0] - np.arange(len(times)) / fps).max())
        found = (*found, grade(
            "frame times", late, LATE_S, "s from a constant rate",
            f"{name} has no constant frame rate: its pictures are up to {late:.2f} s away from where {fps:.1f} frames "
            "a second have them, and speeds are as wrong: export it at a constant rate, such as with ffmpeg -i FILM "
            "-vf fps=30 OUT.mp4",
        ))  # fmt: skip
    if part.camera.moves or detected.view is None or cuts:
        return found
    view = detected.view[part.frames]
    apart = np.linalg.norm(view - view[0], axis=-1).mean(axis=1)
    moved = 100 * float(apart.max()) / detected.video.size[0]
    still = grade(
        "camera's motion", moved, MOVED_PCT, "% of the picture",
        f"the camera of {name} moves: what is behind the person moves by {moved:.0f} % of the picture's width, and the "
        "motion of the camera is taken for the person's; put the camera on a tripod, or give its poses with --camera",
    )  # fmt: skip
    if detected.view_unknown > UNKNOWN and still.level == "good":
        still = assume(
            "camera's motion",
            "not seen",
            f"that the camera of {name} stands still; too little is seen behind the person to tell: put it on a tripod",
        )
    return *found, still
