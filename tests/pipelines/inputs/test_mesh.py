"""A mesh of the person, from the command line to the humanoid."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from data.clip import InputError
from data.rigs import body_parts
from diffphy.body.body_shape import DENSITY
from diffphy.body.humanoid import BODY_NAMES
from pipelines.command_line.diffphy import main
from pipelines.config import load
from pipelines.inputs.prepare import prepare
from pipelines.reconstruction.run_folder import create, fingerprints
from tests.block_person import STATURE, boxes, surface, volume, write_npz
from tests.messages import check_remedy

WHOLE = sum(volume(box) for box in boxes().values())


@pytest.fixture(scope="module")
def block(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_npz(tmp_path_factory.mktemp("mesh") / "block.npz", boxes(), joints=True)


def test_masses_come_from_the_mesh(block: Path) -> None:
    subject = prepare(load(None, {"clip": "builtin:walk", "body.mesh": block}))
    stature = subject.person.stature
    assert subject.person.mass == pytest.approx(DENSITY * WHOLE * (stature / STATURE) ** 3)
    shares = [volume(boxes()[body]) / WHOLE for body in BODY_NAMES]
    np.testing.assert_allclose(subject.humanoid.mass, subject.person.body_mass * np.array(shares), rtol=1e-9)
    assert subject.masses_from == "mesh block.npz"
    scale = f"scaled by {stature / STATURE:.2f}; {subject.person.body_mass:.1f} kg"
    assert f"body: mesh block.npz, 1.75 m high, {scale}" in subject.clip.notes


def test_what_is_known_of_the_person_counts(block: Path) -> None:
    known = {"clip": "builtin:walk", "body.mesh": block, "body.mass_kg": 60.0, "body.height_m": 1.8}
    subject = prepare(load(None, known))
    assert (subject.person.mass, subject.person.height) == (60.0, 1.8)
    assert subject.humanoid.mass.sum() == pytest.approx(60.0)


def test_without_a_mesh_the_table_is_named() -> None:
    assert prepare(load(None, {"clip": "builtin:walk"})).masses_from == "table of de Leva (1996)"


def test_a_run_keeps_the_mesh_by_its_whole_path(block: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(block.parent)
    config = load(None, {"clip": "builtin:walk", "body.mesh": block.name})
    assert create(tmp_path / "run", config).config.body.mesh == block


def test_a_mesh_that_has_changed_is_seen(block: Path, tmp_path: Path) -> None:
    labels = tmp_path / "person.parts.json"
    labels.write_text("[]")
    (tmp_path / "person.obj").write_text("")
    found = fingerprints(load(None, {"clip": "builtin:walk", "body.mesh": tmp_path / "person.obj"}))
    assert found.keys() == {str(tmp_path / "person.obj"), str(labels)}
    assert fingerprints(load(None, {"clip": "builtin:walk", "body.mesh": block})).keys() == {str(block)}


def test_a_part_that_hangs_on_nothing_needs_its_joint(tmp_path: Path) -> None:
    near, far = boxes()["left_hand"][1]
    apart = write_npz(tmp_path / "apart.npz", boxes(left_hand=((-0.04, 0.04), (near + 0.1, far + 0.1), (1.39, 1.42))))
    with pytest.raises(InputError, match="apart.npz cannot be a body, its left_hand touches no other part") as error:
        prepare(load(None, {"clip": "builtin:walk", "body.mesh": apart}))
    check_remedy(str(error.value))


def test_a_mesh_that_is_not_there_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(["reconstruct", "builtin:walk", "--body", "absent.npz", "--out", "run"])
    assert stopped.value.code == 2
    assert "there is no mesh absent.npz: give a file" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_info_shows_the_masses_beside_the_tables(block: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["info", str(block)])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert f"1.750 m high, {1000 * WHOLE:.1f} litres" in text
    thigh = volume(boxes()["left_thigh"])
    row = next(line for line in text.splitlines() if "left_thigh" in line)
    assert row.replace("│", " ").split() == [
        "left_thigh",
        f"{1000 * thigh:.2f}",
        f"{DENSITY * thigh:.2f}",
        f"{100 * thigh / WHOLE:.1f}",
        "14.5",
    ]


def test_info_of_a_torso_counts_the_girdles_to_the_thorax(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = surface(boxes())
    names = np.where(np.char.endswith(seen.face_part, "girdle"), "thorax", seen.face_part)
    np.savez(tmp_path / "torso.npz", vertices=seen.vertices, faces=seen.faces, face_part=names)
    with pytest.raises(SystemExit) as stopped:
        main(["info", str(tmp_path / "torso.npz")])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert "The shoulder girdles are in the thorax; a humanoid gets 1.5 % for each." in text
    rows = [line.replace("│", " ").split() for line in text.splitlines() if line.count("│") == 6]
    assert sum(float(row[3]) for row in rows) == pytest.approx(100.0, abs=0.5)
    assert sum(float(row[4]) for row in rows) == pytest.approx(100.0, abs=0.5)


def test_the_recipe_for_anny_writes_what_is_read() -> None:
    """Check the recipe's parts and joints by name. It cannot run here: anny is not installed."""
    text = (Path(__file__).parents[3] / "docs" / "body_meshes.md").read_text(encoding="utf-8")
    found = re.search(r"```py\n(.*?)```", text, re.DOTALL)
    assert found is not None
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(found[1]).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()
    }
    assert values["SIDES"] == {"L": "left", "R": "right"}
    sided = {f"{side}_{part}" for side in ("left", "right") for part in values["PARTS"].keys() - {"torso", "head"}}
    parts = {"torso", "head", *sided}
    assert {body_parts.part_of(part) for part in parts} == parts
    assert not body_parts.missing_parts(parts)
    joints = {"neck", *(f"{side}_{joint}" for side in ("left", "right") for joint in (*values["JOINTS"], "toe"))}
    assert joints == set(body_parts.JOINTS)
