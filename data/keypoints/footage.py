"""What the pictures of a film tell beside keypoints: cuts, the scene, whether the view moves, when they were taken."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from data.keypoints.people import Crop
from data.keypoints.view_motion import ViewTracker
from data.video import Video, frames

STILLS = 12  # at least so many pictures are kept, so that some are in the part that is used

# A film is cut where the mean difference of a picture from the one before exceeds both limits.
CUT = 0.12  # share of the full brightness
CUT_FACTOR = 6.0  # times the median difference
_SMALL = (32, 32)  # pixels: pictures are reduced to this size for the comparison


@dataclass(frozen=True)
class Still:
    """A picture of a video.

    Attributes:
        frame: Its number, from 0.
        grey: The picture.
    """

    frame: int
    grey: UInt8[np.ndarray, "height width"]


class Stills:
    """Keeps some pictures that are spread over a video, in one pass. Files often hold fewer pictures than they say."""

    def __init__(self, number: int = 4) -> None:
        """Keep at least `number` pictures of a video that has so many, and less than twice as many."""
        self._number, self._step, self._next = number, 1, 0
        self._kept: list[Still] = []

    def add(self, picture: UInt8[np.ndarray, "height width 3"]) -> None:
        """Add the next picture, in RGB."""
        if self._next % self._step == 0:
            self._kept.append(Still(self._next, cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)))
        if len(self._kept) == 2 * self._number:
            self._kept, self._step = self._kept[::2], 2 * self._step
        self._next += 1

    def kept(self) -> tuple[Still, ...]:
        """Return the pictures, in order."""
        return tuple(self._kept)


@dataclass(frozen=True)
class Footage:
    """What some frames of a film tell beside keypoints.

    Attributes:
        video: The video.
        stills: Some of the pictures.
        cuts: The frames that follow a cut.
        view: Where three places of the scene in the first picture are in each picture, pixels: `ViewTracker.places`.
            None: nobody looked.
        view_unknown: Share of the frames in which too little is seen behind the person to tell this.
        times: Time of each picture as the file has it, s. None: the user gave the rate.
    """

    video: Video
    stills: tuple[Still, ...] = ()
    cuts: tuple[int, ...] = ()
    view: Float[np.ndarray, "T 3 2"] | None = None
    view_unknown: float = 0.0
    times: Float[np.ndarray, " T"] | None = None

    def take(self, frames: slice) -> "Footage":
        """Return what some of the frames tell."""
        stills = tuple(
            replace(each, frame=each.frame - frames.start)
            for each in self.stills
            if frames.start <= each.frame < frames.stop
        )
        cuts = tuple(cut - frames.start for cut in self.cuts if frames.start < cut < frames.stop)
        view, times = (None if each is None else each[frames] for each in (self.view, self.times))
        return replace(self, stills=stills, cuts=cuts, view=view, times=times)


class FilmWatcher:
    """Collects what the pictures of a film tell, in one pass."""

    def __init__(self, video: Video) -> None:
        self._video = video
        self._cuts, self._stills, self._view = CutFinder(), Stills(STILLS), ViewTracker(video.fps)

    def add(self, picture: UInt8[np.ndarray, "height width 3"], person: Crop | None) -> None:
        """Add the next picture, in RGB. `person`: the box around the person, whose motion does not count."""
        self._cuts.add(picture)
        self._stills.add(picture)
        self._view.add(picture, person)

    def footage(self, times: list[float] | None) -> Footage:
        """Return what the pictures tell. `times`: when each was taken, s; None where the user gave the rate."""
        view = self._view
        return Footage(
            self._video,
            self._stills.kept(),
            tuple(self._cuts.cuts()),
            view.places(self._video.size),
            view.unknown,
            None if times is None else np.array(times),
        )


def watch(
    video: Video,
    part: slice,
    people: Iterable[Crop | None],
    *,
    timed: bool,
    progress: Callable[[int], None] = lambda frame: None,
) -> Footage | None:
    """Return what some frames of a film tell, or None where the film has none of them.

    Args:
        video: The film.
        part: The frames.
        people: The box around the person in each of them.
        timed: Whether the times in the file count. They do not where the user gave the rate.
        progress: Called after each frame with the number of frames done.
    """
    watcher, times = FilmWatcher(video), list[float]()
    for number, (person, picture) in enumerate(zip(people, frames(video, times, part), strict=False), start=1):
        watcher.add(picture, person)
        progress(number)
    return watcher.footage(times if timed else None) if times else None


class CutFinder:
    """Finds the pictures that have nothing in common with the picture before."""

    def __init__(self) -> None:
        self._before: np.ndarray | None = None
        self._changes: list[float] = []

    def add(self, picture: UInt8[np.ndarray, "height width 3"]) -> None:
        """Add the next picture."""
        small = cv2.resize(picture, _SMALL, interpolation=cv2.INTER_AREA).astype(float) / 255
        if self._before is not None:
            self._changes.append(float(np.abs(small - self._before).mean()))
        self._before = small

    def cuts(self) -> list[int]:
        """Return the numbers of the frames that follow a cut."""
        changes: Float[np.ndarray, " T"] = np.array(self._changes)
        if not len(changes):
            return []
        usual = float(np.median(changes))
        return (1 + np.flatnonzero((changes > CUT) & (changes > CUT_FACTOR * max(usual, 1e-3)))).tolist()
