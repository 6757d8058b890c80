"""Whether a film is that of one camera that stands still, as the fit takes it to be."""

import numpy as np

from data.finding import Finding, grade
from data.keypoints.pose_detector import DetectedPerson
from pipelines.inputs.visible_frames import SeenPart

# How far the scene moves in the picture, % of its width. Our choice: 2 % are about a degree with a phone's lens, and
# move the ground below a person at 4 m by 7 cm. In films from tripods it is less than 0.1 %.
MOVED_PCT = (2.0, 25.0)


def judge_view(detected: DetectedPerson, part: SeenPart) -> tuple[Finding, ...]:
    """Return whether the camera is cut or moves in a part of a film. Nothing for a camera that is known to move."""
    name, fps = detected.keypoints.name, detected.keypoints.fps
    cuts = [cut for cut in detected.cuts if part.frames.start < cut < part.frames.stop]
    times = ", ".join(f"{cut / fps:.1f} s" for cut in cuts)
    cut = grade(
        "cuts", float(len(cuts)), (0.5, np.inf), "",
        f"{name} is cut at {times}, and nobody knows where the camera is afterwards: choose a part without a cut with "
        "--start and --end",
    )  # fmt: skip
    if part.camera.moves or detected.view is None or cuts:
        return (cut,)
    view = detected.view[part.frames]
    apart = np.linalg.norm(view - view[0], axis=-1).mean(axis=1)
    moved = 100 * float(apart.max()) / detected.video.size[0]
    still = grade(
        "camera's motion", moved, MOVED_PCT, "% of the picture",
        f"the camera of {name} moves: what is behind the person moves by {moved:.0f} % of the picture's width, and the "
        "motion of the camera is taken for the person's; put the camera on a tripod, or give its poses with --camera",
    )  # fmt: skip
    return cut, still
