"""The HIERARCHY section of a BVH file: the skeleton, and the channels of each joint. Letter case does not count."""

import itertools
from collections import Counter
from pathlib import Path

import numpy as np

from data.clip import InputError
from data.conventions import MAX_VALUE, remedy_for_number
from data.skeleton import Skeleton

CHANNELS = {f"{axis}{kind}": (kind, axis.upper()) for axis in "xyz" for kind in ("position", "rotation")}
"""Name of a channel in lower case -> what it is, and its axis."""


def parse_hierarchy(words: list[str], path: Path) -> tuple[Skeleton, list[list[str]]]:
    """Return the skeleton, and each joint's channels in file order, keys of `CHANNELS` (none for end sites).

    Raises:
        InputError: The section is broken.
    """
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    channels: list[list[str]] = []
    open_joints: list[int] = []
    stream = iter(words)
    try:
        for word in stream:
            keyword = word.upper()
            if keyword in ("ROOT", "JOINT", "END"):
                if (keyword == "ROOT") != (not names):
                    raise InputError(f"{path} has a second ROOT or does not begin with one: export one person alone")
                name = " ".join(itertools.takewhile(lambda other: other != "{", stream))
                parents.append(-1 if keyword == "ROOT" else open_joints[-1])
                names.append(f"{names[parents[-1]]}_end" if keyword == "END" else name)
                offsets.append([0.0, 0.0, 0.0])
                channels.append([])
                open_joints.append(len(names) - 1)
            elif word == "}":
                open_joints.pop()
            elif keyword == "OFFSET":
                offsets[open_joints[-1]] = _offset([next(stream) for _ in range(3)], names[open_joints[-1]], path)
            elif keyword == "CHANNELS":
                listed = [next(stream) for _ in range(int(next(stream)))]
                channels[open_joints[-1]] = _channel_list(listed, names[open_joints[-1]], path)
            else:
                where = names[-1] if names else "ROOT"
                raise InputError(f"{path} has '{word}' out of place after joint {where}: export it again")
    except (StopIteration, IndexError, ValueError):
        where = names[-1] if names else "ROOT"
        raise InputError(f"{path} has a broken HIERARCHY section near joint {where}: export it again") from None
    if open_joints or not names:
        raise InputError(f"{path} has a broken HIERARCHY section: its braces do not match; export it again")
    if not any(channels):
        raise InputError(f"{path} has joints without channels, so nothing moves: export it with its motion")
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise InputError(f"{path} names several joints alike ({', '.join(repeated)}): rename them")
    for name, offset in zip(names, offsets, strict=True):
        if not (np.abs(offset) <= MAX_VALUE).all():
            raise InputError(f"{path} gives joint {name} an absurd OFFSET, {' '.join(map(str, offset))}: correct it")
    return Skeleton(tuple(names), tuple(parents), np.array(offsets)), channels


def _offset(words: list[str], joint: str, path: Path) -> list[float]:
    """Return three numbers.

    Raises:
        ValueError: A word is not a number.
        InputError: A number has a decimal comma.
    """
    comma = next((word for word in words if "," in word), None)
    if comma is not None:
        raise InputError(
            f"{path} has the OFFSET '{comma}' at joint {joint}, which is not a number: {remedy_for_number(comma)}"
        )
    return [float(word) for word in words]


def _channel_list(names: list[str], joint: str, path: Path) -> list[str]:
    known = [name.lower() for name in names]
    if not set(known) <= CHANNELS.keys() or len(set(known)) < len(known):
        raise InputError(
            f"{path} gives joint {joint} the channels {' '.join(names)}: use each of "
            f"{', '.join(name.capitalize() for name in CHANNELS)} at most once"
        )
    return known
