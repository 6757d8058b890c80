"""A setting as an option of the command line: declared once, on the field of the configuration model."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo


class InputKind(StrEnum):
    """What a user can give, as messages say it: "clip.mp4 is a video"."""

    MOTION = "is a motion in space"
    KEYPOINTS = "holds keypoints"
    VIDEO = "is a video"
    SEQUENCE = "is a sequence of a dataset"


class Panel(StrEnum):
    """Headings under which --help lists the options, in this order."""

    RECORDING = "The recording"
    CAMERA = "Videos and keypoints"
    PERSON = "The person"
    SOLVER = "The solver"


@dataclass(frozen=True)
class Option:
    """How a setting is given on the command line. It stands in the `Annotated` type of the setting's field.

    The text for --help is the description of the field. The default and the limits are those of the field, too.

    Attributes:
        flag: As the user types it: "--height", or "--video/--no-video" where the user can also turn it off.
        panel: Heading under which --help lists the option. None for the heading "Options".
        metavar: What --help shows in place of the value, such as "WxH". None for the name of the type.
        applies_to: Kinds of input on which the setting has an effect. Empty for every kind.
        instead: Key of the setting that does the same for other kinds of input.
    """

    flag: str
    panel: Panel | None = None
    metavar: str | None = None
    applies_to: tuple[InputKind, ...] = ()
    instead: str | None = None

    @property
    def name(self) -> str:
        """The flag as messages name it, without the form that turns it off."""
        return self.flag.partition("/")[0]


class SettingOption(NamedTuple):
    """A setting that is an option of the command line.

    Attributes:
        key: Dotted key in the configuration, such as "body.height_m".
        field: The field of the model, with its type, limits and description.
        option: The flag and how it is shown.
    """

    key: str
    field: FieldInfo
    option: Option


def section_type(annotation: Any) -> type[BaseModel] | None:
    """Return the section in the type of a field: Body for Body, Body | None or tuple[Body, ...]; None without one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := section_type(part)) is not None), None)


def options_of(model: type[BaseModel], prefix: str = "") -> Iterator[SettingOption]:
    """Yield every setting of a configuration model that is an option, in the order of the fields."""
    for name, field in model.model_fields.items():
        section = section_type(field.annotation)
        if section is not None:
            yield from options_of(section, f"{prefix}{name}.")
        for option in field.metadata:
            if isinstance(option, Option):
                yield SettingOption(f"{prefix}{name}", field, option)
