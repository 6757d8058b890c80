"""The mesh of a person: read it, make a body of the person's size from it, show its masses."""

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
from diffphy.body.measurements import Measurements
from diffphy.body.segment_inertia import GIRDLE_MASS, mass_shares
from diffphy.body.solid import Solid
from pipelines import terminal


def measure_on_mesh(path: Path, person: Measurements) -> tuple[Measurements, dict[str, Solid], str]:
    """Scale a mesh to a person's height and measure the bodies on it.

    Args:
        path: The file of the mesh.
        person: The person. The height is known; a known mass is kept.

    Returns:
        The person with a mass, the solid of every body, and a note about the mesh.

    Raises:
        InputError: The mesh cannot be used.
    """
    mesh = _read_mesh(path)
    with _file_in_errors(path):
        if person.mass is None:
            person = replace(person, mass=mesh_body.mesh_mass(mesh, person.stature))
        solids = mesh_body.solids_of(mesh, person)
    scale = person.stature / mesh.stature
    note = f"body: mesh {path.name}, {mesh.stature:.2f} m high, scaled by {scale:.2f}; {person.body_mass:.1f} kg"
    return person, solids, note


def show_mesh(path: Path) -> None:
    """Print the parts of a mesh: volumes, masses, and shares of the mass beside those of de Leva's table.

    Raises:
        InputError: The mesh cannot be used.
    """
    mesh = _read_mesh(path)
    with _file_in_errors(path):
        volumes = mesh_body.part_volumes(closed_parts(mesh_body.with_our_parts(mesh)))
    total = sum(volumes.values())
    terminal.say(
        f"{path.name}: {len(mesh.faces)} faces, watertight; {mesh.stature:.3f} m high, {1000 * total:.1f} litres"
    )
    terminal.say(f"  masses at {DENSITY:g} kg/m³: {DENSITY * total:.1f} kg")
    terminal.out.print(mass_table(volumes))
    if not _has_girdles(volumes):
        terminal.say(f"The shoulder girdles are in the thorax; a humanoid gets {100 * GIRDLE_MASS:g} % for each.")


def mass_table(volumes: dict[str, float]) -> Table:
    """Return a table of masses and their shares beside those of de Leva's table, %.

    Args:
        volumes: Volume of our bodies by name, m^3.
    """
    table = Table("body", "litres", "kg", "share %", "table %", title="Masses")
    for column in table.columns[1:]:
        column.justify = "right"
    total, shares = sum(volumes.values()), mass_shares("average")
    if not _has_girdles(volumes):  # the mesh has them in the thorax
        shares["thorax"] += sum(shares[f"{side}_shoulder_girdle"] for side in mesh_body.SIDES)
    for body in BODY_NAMES:
        if body in volumes:
            amounts = (1000 * volumes[body], DENSITY * volumes[body])
            percents = (100 * volumes[body] / total, 100 * shares[body])
            table.add_row(body, *(f"{each:.2f}" for each in amounts), *(f"{each:.1f}" for each in percents))
    return table


def _has_girdles(volumes: dict[str, float]) -> bool:
    return any(body.endswith("girdle") for body in volumes)


def _read_mesh(path: Path) -> LabelledMesh:
    mesh = body_mesh.read(path)
    return LabelledMesh(mesh.vertices, mesh.faces, mesh.face_part, mesh.joints)


@contextmanager
def _file_in_errors(path: Path) -> Iterator[None]:
    """Turn errors about the parts of a mesh into an InputError that names the file."""
    try:
        yield
    except ValueError as error:
        raise InputError(f"{path} cannot be a body, {error}") from None
