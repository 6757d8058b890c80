"""Which rows of an experiment are computed, and that weights stay the same while it is made."""

from pathlib import Path

import jax
import pytest

from data.clip import InputError
from optimus import models
from pipelines import terminal
from pipelines.experiments import rows
from pipelines.folder import Folder

NEEDS = {"lbfgs": None, "ours": "optimus_walk", "theirs": "optimus_paper_walk"}


def train(folder: Path, name: str, seed: int = 0) -> None:
    """Put weights where optimus train --out leaves them."""
    model = models.make("adafactor_mlp", {"widths": [4]})
    (folder / name).mkdir(parents=True, exist_ok=True)
    models.save(folder / name / "weights.safetensors", model, model.init(jax.random.key(seed)))


def test_rows_without_weights_are_left_out_with_a_warning() -> None:
    heard: list[str] = []
    with terminal.redirected(heard.append):
        found = rows.choose(NEEDS, None, None)
    assert found.weights == {"lbfgs": None, "ours": "optimus_walk"}
    assert found.left_out == {"theirs": "there are no weights optimus_paper_walk"}
    assert "rows are left out (theirs), as the weights optimus_paper_walk do not ship: train them" in heard[0]


def test_weights_are_found_among_trainings_first(tmp_path: Path) -> None:
    train(tmp_path, "optimus_paper_walk")
    train(tmp_path, "optimus_walk")
    found = rows.choose(NEEDS, None, tmp_path)
    assert found.weights == {
        "lbfgs": None,
        "ours": str(tmp_path / "optimus_walk" / "weights.safetensors"),
        "theirs": str(tmp_path / "optimus_paper_walk" / "weights.safetensors"),
    }
    assert not found.left_out


def test_what_cannot_be_computed_is_refused_if_it_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the weights optimus_paper_walk do not ship: train them .* with --weights"):
        rows.choose(NEEDS, ["lbfgs", "theirs"], tmp_path)
    with pytest.raises(InputError, match="unknown row adam: choose from lbfgs, ours, theirs"):
        rows.choose(NEEDS, ["adam"], None)
    with pytest.raises(InputError, match="there is no folder .*none: give a folder of trainings with --weights"):
        rows.choose(NEEDS, None, tmp_path / "none")


def test_results_of_other_weights_are_not_mixed_in(tmp_path: Path) -> None:
    train(tmp_path, "optimus_paper_walk")
    folder, chosen = Folder(tmp_path), rows.choose(NEEDS, ["theirs"], tmp_path)
    rows.write_provenance(folder, chosen, resume=False)
    rows.write_provenance(folder, rows.choose(NEEDS, ["ours"], tmp_path), resume=True)
    rows.write_provenance(folder, chosen, resume=True)  # the same weights as at first
    train(tmp_path, "optimus_paper_walk", seed=1)
    with pytest.raises(InputError, match="weights.safetensors have changed since the results in .* were begun"):
        rows.write_provenance(folder, chosen, resume=True)
    rows.write_provenance(folder, chosen, resume=False)
