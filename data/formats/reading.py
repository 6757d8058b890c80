"""What all readers of motion files share: the user's options, the form of a reader, and its entry in the registry."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from data.clip import MotionClip


@dataclass(frozen=True)
class ReadOptions:
    """What the user says about a motion file. A reader uses the options that concern its format.

    Attributes:
        up_axis: "x", "y", "z", "-x", "-y" or "-z"; found from the file if None.
        unit: A key of `units.METRES_PER_UNIT`, or metres a unit; found from the file if None.
        fps: Frames per second; the file's own rate if None.
        asf: The skeleton file of an .amc file; looked for beside the .amc file if None.
        body_model: The SMPL, SMPL-H or SMPL-X model file with which an AMASS file was made.
        sequence: Which sequence of a file that holds several, such as "S9/Walking 1".
    """

    up_axis: str | None = None
    unit: str | None = None
    fps: float | None = None
    asf: str | Path | None = None
    body_model: str | Path | None = None
    sequence: str | None = None


NO_OPTIONS = ReadOptions()


@runtime_checkable
class MotionReader(Protocol):
    """A function that reads one format."""

    def __call__(self, path: str | Path, options: ReadOptions = ..., /) -> MotionClip:
        """Return the clip in a file.

        Raises:
            InputError: The file cannot be read as a person's motion.
        """
        ...


FOLDER = "/"


@dataclass(frozen=True)
class MotionFormat:
    """An entry in the registry of motion formats.

    Attributes:
        name: What messages call the format.
        suffixes: Suffixes of its files, in lower case, with the dot. `FOLDER` for a folder of files.
        read: The reader. It also says what is wrong with a file that is not of its format.
        holds: Whether a file is of this format by its content. Needed only where formats share a suffix.
        companions: The options that name a file which this format is read with: "asf" or "body_model".
    """

    name: str
    suffixes: tuple[str, ...]
    read: MotionReader
    holds: Callable[[Path], bool] | None = None
    companions: tuple[str, ...] = ()
