"""`diffphy info`: what a file holds, and what is made of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from rich.markup import escape
from rich.table import Table

from data.clip import MIN_FRAMES, InputError, MotionClip
from data.formats import body_mesh, cameras, keypoints
from data.rigs import joint_maps
from data.rigs.retarget import retarget_error
from data.video import at_true_rate, frame_times, open_video, steady_rate
from diffphy.film.evidence import ADULTS
from pipelines import terminal
from pipelines.config import RunConfig, load
from pipelines.folder import holds_run
from pipelines.inputs.camera import FOV_DEG
from pipelines.inputs.mesh import show_mesh
from pipelines.inputs.mocap import read_clip
from pipelines.inputs.prepare import prepare
from pipelines.inputs.recordings import find_recordings, is_video
from pipelines.inputs.sequence import is_sequence, open_sequence
from pipelines.inputs.subject import Subject

ONE_FILM = "one person, seen whole (with several: --crop LEFT,TOP,RIGHT,BOTTOM), and a camera that stands still"
PICTURE_SIZE = "the size of the pictures: --film, --image-size or --camera"
CALIBRATION = "the calibration of all cameras: --camera"


def run(config_file: Path | None, overrides: Mapping[str, Any], write_joint_map: Path | None = None) -> None:
    """Print what a file holds.

    Of a motion: its facts, the person, and which joint is which. Of a mesh: the masses of its parts. Of videos and
    keypoints: what is in them, before anybody is looked for.

    Args:
        config_file: The configuration. A sequence of a dataset needs one, with the dataset's folder.
        overrides: Settings by their dotted keys. None: not given.
        write_joint_map: A file for the joint map that was found, to complete by hand.

    Raises:
        InputError: The file cannot be used.
    """
    config = load(config_file, overrides)
    source = config.clip or ""
    recordings = find_recordings(source)
    if len(recordings) > 1:
        terminal.say(f"{source}: recordings of {len(recordings)} cameras")
    several = len(recordings) > 1
    if is_video(recordings[0]):
        for recording in recordings:
            _show_video(recording, config.input.fps)
        _show_needs(CALIBRATION if several else ONE_FILM)
    elif keypoints.holds_keypoints(recordings[0]):
        for recording in recordings:
            _show_keypoints(recording, config.input.fps)
        _show_needs(CALIBRATION if several else PICTURE_SIZE)
    elif cameras.holds_cameras(source):
        _show_cameras(source)
    elif body_mesh.holds_mesh(source):
        show_mesh(Path(source))
    elif (film := _find_film(Path(source))) is not None:
        terminal.say(f"{source}: a folder with one film: name that")
        _show_video(film, config.input.fps)
        _show_needs(ONE_FILM)
    else:
        _show_motion(source, config, write_joint_map)


def _find_film(folder: Path) -> Path | None:
    """Return the only video in a folder, or None. The videos of a run are no recordings."""
    if not folder.is_dir() or holds_run(folder):
        return None
    return next((each for each in folder.iterdir() if is_video(each)), None)


def _show_needs(needed: str) -> None:
    """Say what a reconstruction from pictures takes from the user. Several cameras tell the height and the lens."""
    terminal.say(f"  a reconstruction needs {needed}")
    lens = f"--fov or --camera (otherwise {FOV_DEG:g} degrees)"
    worth = f"--height (otherwise {float(ADULTS.mean):.2f} m), --mass, and {lens}"
    terminal.say(f"  worth giving: {'--mass' if needed == CALIBRATION else worth}")


def _show_video(source: Path, fps: float | None) -> None:
    """Say how large and how long a film is, and whether its rate is constant."""
    opened = open_video(source, fps)
    times = frame_times(opened)
    video, notes = (opened, ()) if fps is not None else at_true_rate(opened, times)
    terminal.say(
        f"{source}: a video of {video.size[0]} x {video.size[1]} pixels at {video.fps:.4g} fps, {len(times)} frames, "
        f"{len(times) / video.fps:.2f} s"
    )
    if video.frames and video.frames != len(times):
        terminal.say(f"  frames: the file says {video.frames}, and {len(times)} can be read: these count")
    terminal.say(f"  frame times: {_describe_times(times)}")
    for note in notes:
        terminal.say(f"  {note}")
    if video.turned:
        terminal.say(f"  rotation: turned by {video.turned} degrees to be upright, as the file says")


def _describe_times(times: Float[np.ndarray, " T"]) -> str:
    """Say whether pictures come at a constant rate."""
    if len(times) < MIN_FRAMES or not np.ptp(times):
        return "the file does not say them"
    rate = steady_rate(times)
    if rate is not None:
        return f"constant, {rate:.2f} a second"
    mean = (len(times) - 1) / np.ptp(times)
    return f"not constant, {mean:.2f} a second on average: export it at a constant rate"


def _show_cameras(source: str) -> None:
    for camera in cameras.read_all(source).values():
        size = "" if camera.size is None else f" of {camera.size[0]} x {camera.size[1]} pixels"
        lens = f"focal length {camera.focal.mean():.0f} pixels"
        if camera.moves:
            place = f"it moves: {len(camera.rotation)} poses"
        elif camera.has_pose:
            place = "at " + ", ".join(f"{each:.2f}" for each in camera.center) + " in its world"
        else:
            place = "without a pose"
        terminal.say(f"{source}: camera {camera.name}{size}, {lens}, {place}")


def _show_keypoints(source: Path, fps: float | None) -> None:
    clip = keypoints.read(source, fps=fps, size=(1, 1))  # files that need the size give shares of it: any size will do
    terminal.say(f"{source}: keypoints in {clip.num_frames} frames at {clip.fps:g} fps, {clip.duration:.2f} s")
    terminal.say(f"  keypoints: {', '.join(clip.names)}")
    for note in clip.notes:
        terminal.say(f"  {note}")


def _show_motion(source: str, config: RunConfig, write_joint_map: Path | None) -> None:
    if is_sequence(source):
        sequence = open_sequence(source, config.dataset)
        clip = sequence.tree.truth(sequence.name)
    else:
        clip = read_clip(source, config.input)
    terminal.say(f"{clip.name}: {clip.num_frames} frames at {clip.fps:g} fps, {clip.duration:.2f} s")
    terminal.say(f"  joints: {', '.join(clip.joint_names)}")
    if write_joint_map is not None:
        _write_text(write_joint_map, joint_maps.propose(clip))
        terminal.say(f"  the joint map is in {write_joint_map}: correct or complete it, and give it with --joint-map")
    subject = prepare(config)
    for note in subject.clip.notes:
        terminal.say(f"  {note}")
    person = subject.person
    terminal.say(f"  person: {person.stature:.2f} m, {person.body_mass:.0f} kg")
    terminal.out.print(findings_table(subject.clip))
    terminal.out.print(joint_table(subject))


def _write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; give a file in a folder that is there") from None


def findings_table(clip: MotionClip) -> Table:
    """Return a table of what was measured in the recording, beside what a person's motion has."""
    table = Table("judged", "measured", "a person's", "", title="Is this a person's motion?")
    for finding in clip.findings:
        table.add_row(*map(escape, (finding.name, finding.value, finding.limit, finding.level)))
    return table


def joint_table(subject: Subject) -> Table:
    """Return a table of our joints, the clip's joints that they follow, and the error of retargeting alone, mm."""
    table = Table("our joint", "follows", "off by (mm)", title="Joints")
    table.columns[2].justify = "right"
    errors = retarget_error(subject.retargeted, subject.clip)
    for name, source in zip(subject.retargeted.rig.keys, subject.retargeted.source_joint, strict=True):
        recorded = source is not None and source not in subject.clip.assumed
        table.add_row(
            name,
            source if recorded else f"[dim]{'assumed' if source else 'none'}[/dim]",
            f"{errors[name]:.1f}" if recorded else "",
        )
    return table
