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

KINDS: dict[str, Any] = {"optimus": Optimus, "adafactor_mlp": AdafactorMLP}
ARCHITECTURES: dict[str, Optimus | AdafactorMLP] = {
    "optimus": Optimus(),
    "optimus_no_state": Optimus(variant="no_state"),
    "optimus_no_structure": Optimus(variant="no_structure"),
    "adafactor_mlp": AdafactorMLP((512, 512, 512, 512)),
    "adafactor_mlp_small": AdafactorMLP((128, 128)),
}
"""The models of the paper's table 4."""
WEIGHTS = Path(__file__).parent / "weights"


def make(kind: str, options: Mapping[str, Any] | None = None) -> Optimus | AdafactorMLP:
    """The model of that kind, with its class's fields set by `options`.

    Raises OptimusError, saying what is valid, for an unknown kind, option or choice.
    """
    if kind not in KINDS:
        raise OptimusError(f"unknown model {kind!r}: choose one of {', '.join(KINDS)}")
    fields = [field.name for field in dataclasses.fields(KINDS[kind])]
    unknown = sorted(set(options or {}) - set(fields))
    if unknown:
        raise OptimusError(f"the model {kind} has no option {', '.join(unknown)}: its options are {', '.join(fields)}")
    for name, kept in get_type_hints(KINDS[kind]).items():
        valid = get_args(kept) if get_origin(kept) is Literal else ()
        if valid and options and options.get(name, valid[0]) not in valid:
            raise OptimusError(f"{name} of the model {kind} is {options[name]!r}: choose one of {', '.join(valid)}")
    listed = {name: tuple(value) if isinstance(value, list) else value for name, value in (options or {}).items()}
    for name, value in listed.items():
        _require_numbers(kind, name, value, getattr(KINDS[kind](), name))
    return KINDS[kind](**listed)


def _require_numbers(kind: str, name: str, value: Any, default: Any) -> None:
    """Raises OptimusError where a width or a number of something is none; None stands where it may."""
    if isinstance(default, str) or (value is None and default is None):
        return
    several = isinstance(default, tuple)
    numbers = value if several and isinstance(value, tuple) else (value,)
    if several != isinstance(value, tuple) or not numbers or not all(map(_is_count, numbers)):
        wanted = "a list of whole numbers" if several else "a whole number"
        raise OptimusError(f"{name} of the model {kind} is {value!r}: give {wanted} from 1 on")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def save(path: str | Path, model: LearnedOptimizer[Any], params: dict[str, Any]) -> None:
    """Writes the meta-parameters, and what model they are of, into a safetensors file."""
    kind = next(name for name, made in KINDS.items() if isinstance(model, made))
    options = json.dumps(dataclasses.asdict(model))  # type: ignore[call-overload]
    storage.save(path, params, {"kind": kind, "options": options})


def load(source: str | Path) -> tuple[Optimus | AdafactorMLP, dict[str, Any]]:
    """Model and meta-parameters from a file that `save` wrote, or by the name of one that ships.

    Raises:
        OptimusError: no such file, or one that is damaged or holds no model.
    """
    path = find(source)
    described = storage.metadata(path)
    try:
        model = make(described["kind"], json.loads(described["options"]))
    except (KeyError, ValueError) as error:
        raise OptimusError(f"{path} holds no learned optimizer: {error}; get it again") from None
    params = storage.load(path, jax.eval_shape(model.init, jax.random.key(0)))
    return model, jax.tree.map(jax.numpy.asarray, params)


def find(source: str | Path) -> Path:
    """The file of the weights that ship under that name or, if none do, of that path. Raises OptimusError if neither
    is there."""
    for path in (WEIGHTS / f"{source}.safetensors", Path(source)):
        if path.is_file():
            return path
    raise OptimusError(f"there are no weights {source}: name a file, or one of {', '.join(shipped()) or 'none yet'}")


def card(name: str) -> str:
    """What made the weights of that name that ship: YAML."""
    return (WEIGHTS / f"{name}.yaml").read_text(encoding="utf-8")


def shipped() -> list[str]:
    """Names of the weights in this package."""
    return sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))
