"""The mesh of a person: read, made a body of the recorded person's size, and shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.table import Table

from data.clip import InputError
from data.formats import body_mesh
from diffphy.body import mesh_body
from diffphy.body.body_shape import DENSITY
from diffphy.body.humanoid import BODY_NAMES
from diffphy.body.labelled_mesh import LabelledMesh, closed_parts
from diffphy.body.measurements import GIRDLE_MASS, Measurements, mass_shares
from diffphy.body.solid import Solid
from pipelines import terminal


def measured_on_mesh(path: Path, person: Measurements) -> tuple[Measurements, dict[str, Solid], str]:
    """The person, whose stature is known, with the mass that the mesh gives unless it is known; the solids of all
    bodies; and a sentence about them. Raises InputError where the mesh cannot be used.
    """
    mesh = _read(path)
    with _sentences(path):
        if person.mass is None:
            person = replace(person, mass=mesh_body.mesh_mass(mesh, person.stature))
        solids = mesh_body.solids_of(mesh, person)
    scale = person.stature / mesh.stature
    note = f"body: mesh {path.name}, {mesh.stature:.2f} m high, scaled by {scale:.2f}; {person.body_mass:.1f} kg"
    return person, solids, note


def show(path: Path) -> None:
    """Prints the parts of a mesh, their volumes and masses, and their shares beside those of the table."""
    mesh = _read(path)
    with _sentences(path):
        volumes = mesh_body.part_volumes(closed_parts(mesh_body.with_our_parts(mesh)))
    whole = sum(volumes.values())
    faces = len(mesh.faces)
    terminal.say(f"{path.name}: {faces} faces, watertight; {mesh.stature:.3f} m high, {1000 * whole:.1f} litres")
    terminal.say(f"  masses at {DENSITY:g} kg/m³: {DENSITY * whole:.1f} kg")
    terminal.out.print(mass_table(volumes))
    if not any(body.endswith("girdle") for body in volumes):
        terminal.say(f"The shoulder girdles are in the thorax; a humanoid gets {100 * GIRDLE_MASS:g} % for each.")


def mass_table(volumes: dict[str, float]) -> Table:
    """Of the volumes of our bodies, m^3: masses, and shares of the whole beside those of de Leva's table, in %."""
    table = Table("body", "litres", "kg", "share %", "table %", title="Masses")
    for column in table.columns[1:]:
        column.justify = "right"
    whole, shares = sum(volumes.values()), mass_shares("average")
    if not any(body.endswith("girdle") for body in volumes):  # what the mesh counts to the thorax
        girdles = [f"{side}_shoulder_girdle" for side in mesh_body.SIDES]
        shares["thorax"] += sum(shares[girdle] for girdle in girdles)
    for body in BODY_NAMES:
        if body in volumes:
            figures = (1000 * volumes[body], DENSITY * volumes[body])
            percent = (100 * volumes[body] / whole, 100 * shares[body])
            table.add_row(body, *(f"{each:.2f}" for each in figures), *(f"{each:.1f}" for each in percent))
    return table


def _read(path: Path) -> LabelledMesh:
    mesh = body_mesh.read(path)
    return LabelledMesh(mesh.vertices, mesh.faces, mesh.face_part, mesh.joints)


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """What is wrong with the parts of a mesh, said of its file."""
    try:
        yield
    except ValueError as error:
        raise InputError(f"{path} cannot be a body, {error}") from None
