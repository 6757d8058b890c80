"""`optimus describe`: the learned optimizers, their sizes, and the cards of the weights that ship."""

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
    """Print the learned optimizers, as a table or as JSON."""
    described = describe()
    if as_json:
        print(json.dumps(described, indent=2))
        return
    table = Table(title="Learned optimizers", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("model", "parameters", "weights", "trained"):
        table.add_column(column, justify="right" if column == "parameters" else "left", overflow="fold")
    for name, about in described.items():
        cards = [] if about["card"] is None else [about["card"], *about["card"].get("before", ())]
        steps, seconds = (sum(card[key] for card in cards) for key in ("step", "seconds"))
        time = f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
        trained = f"{steps} meta-steps, {time}" if cards else ""
        table.add_row(name, f"{about['parameters']:,}", "ship" if about["ships"] else "not yet", trained)
    terminal.out.print(table)
    terminal.say("optimus describe --json prints the cards: command, settings, seed, hardware, time and figures.")


def describe() -> dict[str, dict[str, Any]]:
    """Return the number of parameters, whether weights ship, and their card, by name of model or weights."""
    described = {name: _describe_model(model, None) for name, model in models.ARCHITECTURES.items()}
    for name in models.list_shipped():
        model, _ = models.load(name)
        described[name] = _describe_model(model, name)
    return described


def _describe_model(model: Any, weights: str | None) -> dict[str, Any]:
    parameters = number_of_parameters(jax.eval_shape(model.init, jax.random.key(0)))
    card = None if weights is None else yaml.safe_load(models.read_card(weights))
    return {"parameters": parameters, "ships": weights is not None, "card": card}
