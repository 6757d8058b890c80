"""The recordings with force plates in a folder, and the settings with which each is reconstructed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.clip import InputError
from pipelines import jax_setup
from pipelines.config import Body, Surroundings, load
from pipelines.evaluation.clip_set import ClipSet
from pipelines.evaluation.plate_truth import FORCES, PlateTruth, find_truth
from pipelines.settings.paths import change_paths
from pipelines.settings.read import flatten, read
from pipelines.settings.recording import Input
from pipelines.settings.section import Section

C3D, TRC, SETTINGS = ".c3d", ".trc", ".yaml"


class TrialSettings(Section):
    """What is known of a recording and the person in it. How it is solved is the same for all."""

    input: Input = Input()
    body: Body = Body()
    scene: Surroundings = Surroundings()


@dataclass(frozen=True)
class ForceTrials:
    """The recordings of an evaluation.

    Attributes:
        clips: What to reconstruct. Recordings whose plates tell nothing are absent.
        truths: What each is compared with.
        skipped: Recordings without force plates.
    """

    clips: ClipSet
    truths: Mapping[str, PlateTruth]
    skipped: tuple[str, ...]


def find_trials(root: Path, config_file: Path | None, overrides: Mapping[str, Any]) -> ForceTrials:
    """Return the recordings with force plates in a folder and its subfolders.

    Args:
        root: The folder. It holds C3D files with plates, and TRC files with NAME_grf.mot beside them.
        config_file: The configuration of every recording.
        overrides: Settings for every recording by their dotted keys. None: not given.

    Raises:
        InputError: There is no such recording, or a setting is not valid.
    """
    if not root.is_dir():
        raise InputError(f"there is no folder {root}: give the folder of the recordings with force plates")
    jax_setup.configure()  # The forces of the recordings are computed here, before any run.
    given = {key: value for key, value in overrides.items() if value is not None}
    clips: dict[str, str] = {}
    own: dict[str, dict[str, Any]] = {}
    truths: dict[str, PlateTruth] = {}
    absent: dict[str, str] = {}
    skipped: list[str] = []
    for name, path in _name_recordings(root).items():
        settings = _read_settings(path)
        try:
            found = find_truth(path, load(config_file, {**settings, **given, "clip": str(path)}))
        except InputError as error:
            absent[name] = str(error)
            continue
        if found is None:
            skipped.append(name)
        else:
            truths[name], clips[name], own[name] = found, str(path), {**settings, **found.settings}
    if not truths:
        nothing = f"{root} holds no recording with steps on force plates"
        if absent:
            raise InputError(f"{nothing}, and the first one says why; {next(iter(absent.values()))}")
        raise InputError(
            f"{nothing}, neither a C3D file with plates nor a TRC file with NAME{FORCES}: give a folder that has some"
        )
    return ForceTrials(ClipSet("forces", clips, own=own, absent=absent, truth_apart=True), truths, tuple(skipped))


def _name_recordings(root: Path) -> dict[str, Path]:
    """Return the recordings in a folder and its subfolders by their names, in the order of their paths.

    A name has no suffix, unless there is a C3D file and a TRC file of that name: they may be of one trial.
    """
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in (C3D, TRC))
    names = Counter(path.with_suffix("") for path in paths)
    named = {path: path if names[path.with_suffix("")] > 1 else path.with_suffix("") for path in paths}
    return {named[path].relative_to(root).as_posix(): path for path in paths}


def _read_settings(path: Path) -> dict[str, Any]:
    """Return the settings in NAME.yaml beside a recording by their dotted keys. Paths in it start from its folder.

    Raises:
        InputError: The file is no readable YAML, or one of its keys or values is not valid.
    """
    file = path.with_suffix(SETTINGS)
    if not file.is_file():
        return {}
    given = read(TrialSettings, file, {}).model_dump(exclude_unset=True)
    return flatten(change_paths(given, path.parent.resolve().joinpath))
