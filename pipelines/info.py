"""`diffphy info`: what is in a motion file, and what was made of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from data.formats import body_mesh
from data.retarget import retarget_error
from pipelines import body, terminal
from pipelines.config import load
from pipelines.prepare import prepare, read_clip
from pipelines.subject import Subject


def run(overrides: Mapping[str, Any]) -> None:
    """Prints the clip's facts, the person, and which joint is which; of a mesh the masses of its parts.

    Raises InputError where a file cannot be used.
    """
    config = load(None, overrides)
    if config.clip is not None and Path(config.clip).suffix.lower() in body_mesh.SUFFIXES:
        body.show(Path(config.clip))
        return
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
        table.add_row(name, source or "[dim]none[/dim]", f"{errors[name]:.1f}" if source else "")
    return table
