"""Options of the commands: those that follow from the configuration model, and those that several commands share."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from pipelines.config import RunConfig, load
from pipelines.settings.option import Option, Panel, options_of

Overrides = Mapping[str, Any]
"""Dotted key of the configuration -> value. None means that the option was not given."""

Config = Annotated[
    Path | None,
    typer.Option(help="YAML file with any setting, such as the config.yaml of a run.", rich_help_panel=Panel.SOLVER),
]
EvaluationFolder = Annotated[
    Path | None, typer.Option(help="Folder of the results; results/SET if not given.", show_default=False)
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Clips at the same time; one for each core if not given.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Keep the finished clips in that folder, and go on with the others.")
]
Ray = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Spread the clips over a Ray cluster, one core for each clip: host:port of its head, or local for this "
        "machine. Replaces --jobs; needs the package ray.",
        show_default=False,
    ),
]


def with_settings(*keys: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each of these settings.

    The options stand where the command has the parameter `overrides`, and the command gets their values in it.

    Args:
        keys: Dotted keys of the configuration, such as "input.fps". Without keys: every setting that has an option.

    Returns:
        The decorator for the command.
    """
    every = {setting.key: setting for setting in options_of(RunConfig)}
    settings = [every[key] for key in keys or every]
    settings.sort(key=lambda setting: [None, *Panel].index(setting.option.panel))  # --help keeps the order
    options = {_parameter(setting.field, setting.option): setting.key for setting in settings}

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def run(**given: Any) -> None:
            overrides = {key: given.pop(parameter.name) for parameter, key in options.items()}
            if not given.get("resume"):  # else an option may complete the configuration of the interrupted run
                load(given.get("config"), overrides)  # a wrong value is told before the command imports JAX
            command(**given, overrides=overrides)

        parameters: list[inspect.Parameter] = []
        for own in inspect.signature(command).parameters.values():
            parameters += options if own.name == "overrides" else [own]
        # typer reads these four to make the command.
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.__signature__ = inspect.Signature(  # pyright: ignore[reportFunctionMemberAccess]
            [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
        )
        return run

    return decorate


def _parameter(field: FieldInfo, option: Option) -> inspect.Parameter:
    """Return the parameter from which typer makes the option of a setting.

    typer only reads the value. The model checks it, so that every wrong value gets the same kind of sentence.
    """
    optional = type(None) in get_args(field.annotation)
    kind = next(kind for kind in get_args(field.annotation) if kind is not type(None)) if optional else field.annotation
    lowest = next((limit.ge for limit in field.metadata if hasattr(limit, "ge")), None)
    metavar = option.metavar
    if metavar is None and get_origin(kind) is Literal:
        metavar = f"<{'|'.join(get_args(kind))}>"
    if metavar is None and kind is int and lowest is not None:
        metavar = f"<int range> [x>={lowest}]"
    return inspect.Parameter(
        option.name.removeprefix("--").replace("-", "_"),
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[
            (kind if kind in (bool, int, float, Path) else str) | None,
            typer.Option(option.flag, help=field.description, metavar=metavar, rich_help_panel=option.panel),
        ],
    )
