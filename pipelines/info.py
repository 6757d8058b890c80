"""`diffphy info`: what is in a motion file, and what was made of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from data.formats import body_mesh, keypoints
from data.rigs.retarget import retarget_error
from data.video import open_video
from pipelines import terminal
from pipelines.config import RunConfig, load
from pipelines.inputs import mesh
from pipelines.inputs.prepare import prepare, read_clip
from pipelines.inputs.subject import Subject
from pipelines.inputs.video import is_video


def run(overrides: Mapping[str, Any]) -> None:
    """Prints the clip's facts, the person, and which joint is which; of a mesh the masses of its parts; of videos and
    keypoints what is in them, before anybody is looked for.

    Raises InputError where a file cannot be used.
    """
    config = load(None, overrides)
    source = config.clip or ""
    if is_video(source):
        shown = open_video(Path(source), config.input.fps)
        length = f", {shown.frames} frames, {shown.frames / shown.fps:.2f} s" if shown.frames else ""
        terminal.say(f"{source}: a video of {shown.size[0]} x {shown.size[1]} pixels at {shown.fps:g} fps{length}")
    elif keypoints.holds_keypoints(source):
        seen = keypoints.read(source, fps=config.input.fps, size=(1, 1))  # no matter how large: only shares need it
        terminal.say(f"{source}: keypoints in {seen.num_frames} frames at {seen.fps:g} fps, {seen.duration:.2f} s")
        terminal.say(f"  keypoints: {', '.join(seen.names)}")
        for note in seen.notes:
            terminal.say(f"  {note}")
    elif body_mesh.holds_mesh(source):
        mesh.show(Path(source))
    else:
        _show_motion(config)


def _show_motion(config: RunConfig) -> None:
    clip = read_clip(config)
    terminal.say(f"{clip.name}: {clip.num_frames} frames at {clip.fps:g} fps, {clip.duration:.2f} s")
    terminal.say(f"  joints: {', '.join(clip.joint_names)}")
    subject = prepare(config)
    for note in subject.clip.notes:
        terminal.say(f"  {note}")
    person = subject.person
    terminal.say(f"  person: {person.stature:.2f} m, {person.body_mass:.0f} kg")
    terminal.out.print(joint_table(subject))


def joint_table(subject: Subject) -> Table:
    """Our joints, the clip's joints they follow, and how far retargeting alone leaves them apart."""
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
