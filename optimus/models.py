"""The learned optimizers by name, and their weights in files and in this package."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import jax

from optimus import storage
from optimus.adafactor_mlp import AdafactorMLP
from optimus.learned import LearnedOptimizer
from optimus.objective import OptimusError
from optimus.optimus import Optimus
from optimus.quasi_newton_optimus import QuasiNewtonOptimus

KINDS: dict[str, Any] = {"optimus": Optimus, "adafactor_mlp": AdafactorMLP, "quasi_newton_optimus": QuasiNewtonOptimus}
ARCHITECTURES: dict[str, Optimus | AdafactorMLP | QuasiNewtonOptimus] = {
    "optimus": Optimus(),
    "optimus_no_state": Optimus(variant="no_state"),
    "optimus_no_structure": Optimus(variant="no_structure"),
    "adafactor_mlp": AdafactorMLP((512, 512, 512, 512)),
    "adafactor_mlp_small": AdafactorMLP((128, 128)),
}
"""The models of table 4 in the Optimus paper."""
WEIGHTS = Path(__file__).parent / "weights"
FUNCTIONS = "functions"
"""The task family of weights that name none: classical functions."""


def make(kind: str, options: Mapping[str, Any] | None = None) -> Optimus | AdafactorMLP | QuasiNewtonOptimus:
    """Return the model of that kind. `options` set the fields of its class.

    Raises:
        OptimusError: The kind, an option or a value is unknown; the message lists the valid ones.
    """
    if kind not in KINDS:
        raise OptimusError(f"unknown model {kind!r}: choose one of {', '.join(KINDS)}")
    fields = [field.name for field in dataclasses.fields(KINDS[kind])]
    unknown = sorted(set(options or {}) - set(fields))
    if unknown:
        raise OptimusError(f"the model {kind} has no option {', '.join(unknown)}: its options are {', '.join(fields)}")
    for name, hint in get_type_hints(KINDS[kind]).items():
        valid = get_args(hint) if get_origin(hint) is Literal else ()
        if valid and options and options.get(name, valid[0]) not in valid:
            raise OptimusError(f"{name} of the model {kind} is {options[name]!r}: choose one of {', '.join(valid)}")
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in (options or {}).items()}
    for name, value in values.items():
        _require_numbers(kind, name, value, getattr(KINDS[kind](), name))
    return KINDS[kind](**values)


def _require_numbers(kind: str, name: str, value: Any, default: Any) -> None:
    """Raise OptimusError unless the value is a count, or several, as the default is. None may replace None."""
    if isinstance(default, str) or (value is None and default is None):
        return
    several = isinstance(default, tuple)
    numbers = value if several and isinstance(value, tuple) else (value,)
    if several != isinstance(value, tuple) or not numbers or not all(map(_is_count, numbers)):
        wanted = "a list of whole numbers" if several else "a whole number"
        raise OptimusError(f"{name} of the model {kind} is {value!r}: give {wanted} from 1 on")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def save(path: str | Path, model: LearnedOptimizer[Any], params: dict[str, Any], tasks: str = FUNCTIONS) -> None:
    """Write the meta-parameters into a safetensors file, with the kind and the options of their model.

    Args:
        path: The file.
        model: The model.
        params: Its meta-parameters.
        tasks: Name of the task family that they were trained on.
    """
    kind = next(name for name, cls in KINDS.items() if isinstance(model, cls))
    options = json.dumps(dataclasses.asdict(model))  # type: ignore[call-overload]
    storage.save(path, params, {"kind": kind, "options": options, "tasks": tasks})


def load(source: str | Path) -> tuple[Optimus | AdafactorMLP | QuasiNewtonOptimus, dict[str, Any]]:
    """Return model and meta-parameters from a file that `save` wrote, or from weights that ship.

    Args:
        source: Path of the file, or name of weights that ship, such as "optimus".

    Raises:
        OptimusError: There is no such file, it is damaged, or it holds no model.
    """
    path = find(source)
    description = storage.metadata(path)
    try:
        model = make(description["kind"], json.loads(description["options"]))
    except (KeyError, ValueError) as error:
        raise OptimusError(f"{path} holds no learned optimizer: {error}; get it again") from None
    params = storage.load(path, jax.eval_shape(model.init, jax.random.key(0)))
    return model, jax.tree.map(jax.numpy.asarray, params)


def trained_on(source: str | Path) -> str:
    """Return the name of the task family that weights were trained on.

    Args:
        source: Path of the file, or name of weights that ship.

    Raises:
        OptimusError: There is no such file, or it is damaged.
    """
    return storage.metadata(find(source)).get("tasks", FUNCTIONS)


def find(source: str | Path) -> Path:
    """Return the file of the weights that ship under that name, or else the file of that path.

    Raises:
        OptimusError: There is neither.
    """
    for path in (WEIGHTS / f"{source}.safetensors", Path(source)):
        if path.is_file():
            return path
    raise OptimusError(
        f"there are no weights {source}: name a file, or one of {', '.join(list_shipped()) or 'none yet'}"
    )


def read_card(name: str) -> str:
    """Return the card of weights that ship, YAML: the command, settings, machine and time that made them."""
    return (WEIGHTS / f"{name}.yaml").read_text(encoding="utf-8")


def list_shipped() -> list[str]:
    """Return the names of the weights in this package."""
    return sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))
