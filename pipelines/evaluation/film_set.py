"""The films with truth in a folder: one subfolder for each film."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.clip import InputError
from pipelines.config import Body, Surroundings
from pipelines.evaluation.clip_set import ClipSet
from pipelines.evaluation.film_truth import MARKERS, FilmTruth, read_truth
from pipelines.inputs.recordings import is_video
from pipelines.settings.paths import change_paths
from pipelines.settings.read import flatten, read
from pipelines.settings.recording import CameraSettings, Input
from pipelines.settings.section import Section

FILM, JOINTS, PLATES, SETTINGS = "film.mp4", "joints.npz", "grf.mot", "film.yaml"


class FilmSettings(Section):
    """What is known of a film and the person in it. How it is solved is the same for all films."""

    input: Input = Input()
    camera: CameraSettings = CameraSettings()
    body: Body = Body()
    scene: Surroundings = Surroundings()


@dataclass(frozen=True)
class FilmSet:
    """The films of an evaluation.

    Attributes:
        clips: What to reconstruct. Films without a usable truth are absent.
        truths: What each film is compared with.
    """

    clips: ClipSet
    truths: Mapping[str, FilmTruth]


def find_films(root: Path) -> FilmSet:
    """Return the films in the subfolders of a folder. Subfolders with neither a film nor a truth are left out.

    Raises:
        InputError: There is no film with a truth, or the settings of a film are not valid.
    """
    if not root.is_dir():
        raise InputError(f"there is no folder {root}: give the folder that holds a folder for each film")
    films: dict[str, Path] = {}
    truths: dict[str, FilmTruth] = {}
    absent: dict[str, str] = {}
    folders = [path for path in sorted(root.iterdir()) if path.is_dir() and (_videos(path) or _truths(path))]
    for folder in folders:
        try:
            films[folder.name], truths[folder.name] = _find_film(folder), _read_truth(folder)
        except InputError as error:
            absent[folder.name] = str(error)
    if not truths:
        reason = next(iter(absent.values()), "none of its folders holds a video")
        raise InputError(
            f"{root} holds no film with a truth ({reason}): put {FILM} and {JOINTS} or a TRC file into a folder each"
        )
    clips = {name: str(films[name]) for name in truths}
    own = {name: _read_settings(root / name) for name in truths}
    return FilmSet(ClipSet("video", clips, own=own, absent=absent, truth_apart=True), truths)


def _videos(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_file() and is_video(path.name)]


def _find_film(folder: Path) -> Path:
    """Return film.mp4, or the only video. Raises InputError if there is none, or a choice."""
    videos = _videos(folder)
    if (folder / FILM) in videos:
        return folder / FILM
    if len(videos) != 1:
        found = f"the videos {', '.join(path.name for path in videos)}" if videos else "no video"
        raise InputError(f"{folder} holds {found}: name the film {FILM}")
    return videos[0]


def _truths(folder: Path) -> list[Path]:
    """Return joints.npz, or the TRC files."""
    if (folder / JOINTS).exists():
        return [folder / JOINTS]
    return [path for path in sorted(folder.iterdir()) if path.suffix.lower() == MARKERS]


def _read_truth(folder: Path) -> FilmTruth:
    truths = _truths(folder)
    if len(truths) != 1:
        found = f"{', '.join(path.name for path in truths)} as truths" if truths else "no truth"
        raise InputError(f"{folder} has {found}: put {JOINTS} or one TRC file there")
    return read_truth(truths[0], folder / PLATES if (folder / PLATES).is_file() else None)


def _read_settings(folder: Path) -> dict[str, Any]:
    """Return the settings in film.yaml by their dotted keys. Paths in it start from its folder.

    Raises:
        InputError: The file is no readable YAML, or one of its keys or values is not valid.
    """
    file = folder / SETTINGS
    if not file.is_file():
        return {}
    given = read(FilmSettings, file, {}).model_dump(exclude_unset=True)
    return flatten(change_paths(given, folder.resolve().joinpath))
