"""Which rows of an experiment are computed: those that were asked for and whose weights are there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from data.clip import InputError
from optimus import models
from pipelines import terminal
from pipelines.folder import INPUTS, PROVENANCE, Folder, fingerprint, provenance
from pipelines.optimizers.train import WEIGHTS


@dataclass(frozen=True)
class Rows:
    """The rows of an experiment.

    Attributes:
        weights: Name of each row to compute -> its weights: a file, or a name of weights that ship. None: no weights.
        left_out: Name of each other row -> why it is left out.
    """

    weights: Mapping[str, str | None]
    left_out: Mapping[str, str]


def choose(needs: Mapping[str, str | None], names: Sequence[str] | None, trainings: Path | None) -> Rows:
    """Return the rows to compute. Warn of rows whose weights are not there.

    Args:
        needs: Name of each row -> the name of its weights. None: no weights.
        names: The rows that are asked for; all if None.
        trainings: Folder of runs of `optimus train`. Each has the name of its weights. They precede those that ship.

    Raises:
        InputError: The folder is not there, a row is unknown, or the weights of a row that is asked for are not there.
    """
    if unknown := sorted(set(names or ()) - set(needs)):
        raise InputError(f"unknown row {', '.join(unknown)}: choose from {', '.join(needs)}")
    if trainings is not None and not trainings.is_dir():
        raise InputError(f"there is no folder {trainings}: give a folder of trainings with --weights")
    asked = {row: weights for row, weights in needs.items() if names is None or row in names}
    found = {row: None if weights is None else _find(weights, trainings) for row, weights in asked.items()}
    left_out = {row: f"there are no weights {asked[row]}" for row in asked if asked[row] and found[row] is None}
    if left_out:
        remedy = "train them with optimus train --out FOLDER/NAME, and give FOLDER with --weights"
        missing = ", ".join(sorted({str(asked[row]) for row in left_out}))
        if names is not None:
            raise InputError(f"the weights {missing} do not ship: {remedy}")
        terminal.warn(f"rows are left out ({', '.join(left_out)}), as the weights {missing} do not ship: {remedy}")
    return Rows({row: source for row, source in found.items() if row not in left_out}, left_out)


def write_provenance(folder: Folder, rows: Rows, resume: bool) -> None:
    """Write run.yaml, with the fingerprints of the weights.

    Raises:
        InputError: Results are kept (`resume`), and weights have changed since they were made.
    """
    now = _fingerprints(source for source in rows.weights.values() if source is not None)
    before = (folder.made_by.get(INPUTS) or {}) if resume else {}
    if changed := [source for source in now if before.get(source, now[source]) != now[source]]:
        raise InputError(
            f"the weights {changed[0]} have changed since the results in {folder.path} were begun: "
            "leave out --resume, or choose another folder with --out"
        )
    folder.write_text(PROVENANCE, yaml.safe_dump(provenance() | {INPUTS: before | now}, sort_keys=False))


def _find(weights: str, trainings: Path | None) -> str | None:
    if trainings is not None and (path := trainings / weights / WEIGHTS).is_file():
        return str(path.resolve())
    return weights if weights in models.list_shipped() else None


def _fingerprints(sources: Iterable[str]) -> dict[str, str]:
    return {source: fingerprint(models.find(source)) for source in sorted(set(sources))}
