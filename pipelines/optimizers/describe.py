"""`optimus describe`: the learned optimizers, how large they are, and the cards of the weights that ship."""

import json
from typing import Any

import jax
import yaml
from rich import box
from rich.table import Table

from optimus import models
from optimus.learned import number_of_parameters
from pipelines import terminal


def run(*, as_json: bool) -> None:
    """Prints them."""
    described = describe()
    if as_json:
        print(json.dumps(described, indent=2))
        return
    table = Table(title="Learned optimizers", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("model", "parameters", "weights", "trained"):
        table.add_column(column, justify="right" if column == "parameters" else "left", overflow="fold")
    for name, about in described.items():
        runs = [] if about["card"] is None else [about["card"], *about["card"].get("before", ())]
        steps, seconds = (sum(run[key] for run in runs) for key in ("step", "seconds"))
        trained = f"{steps} meta-steps, {seconds / 60:.0f} min" if runs else ""
        table.add_row(name, f"{about['parameters']:,}", "ship" if about["ships"] else "not yet", trained)
    terminal.out.print(table)
    terminal.say("optimus describe --json prints the cards: command, settings, seed, hardware, time and figures.")


def describe() -> dict[str, dict[str, Any]]:
    """Model or weights -> number of parameters, whether weights ship, and their card."""
    described = {name: _about(model, None) for name, model in models.ARCHITECTURES.items()}
    for name in models.shipped():
        model, _ = models.load(name)
        described[name] = _about(model, name)
    return described


def _about(model: Any, weights: str | None) -> dict[str, Any]:
    parameters = number_of_parameters(jax.eval_shape(model.init, jax.random.key(0)))
    card = None if weights is None else yaml.safe_load(models.card(weights))
    return {"parameters": parameters, "ships": weights is not None, "card": card}
