"""The parsers of files that describe cameras: one camera as a table, or several as a list or a table of tables."""

import json
import re
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import numpy as np
import yaml

from data.formats import qualisys


def _yaml(text: str) -> Any:
    # OpenCV writes "%YAML:1.0", which YAML does not know, and tabs after it.
    return yaml.load(re.sub(r"\A%YAML[^\n]*\n", "", text), Loader=_OpenCV)  # it is a SafeLoader


class _OpenCV(yaml.SafeLoader):
    """Reads OpenCV's matrices. It refuses aliases, with which a small file could expand without end."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has an alias")
        return super().compose_node(parent, index)


def _yaml_matrix(loader: yaml.SafeLoader, node: yaml.MappingNode) -> list:
    table = loader.construct_mapping(node, deep=True)
    return np.reshape(table["data"], (int(table["rows"]), int(table["cols"]))).tolist()


_OpenCV.add_constructor("tag:yaml.org,2002:opencv-matrix", _yaml_matrix)


def _xml(text: str) -> dict[str, Any] | list[dict[str, Any]]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # they could define entities that expand without end
        raise ValueError("it declares a document type")
    root = ElementTree.fromstring(text.lstrip())
    if cameras := qualisys.find_cameras(root):
        return cameras
    table: dict[str, Any] = {}
    for node in root:
        data = node.find("data")
        if data is None:
            table[node.tag] = (node.text or "").strip()
            continue
        rows, cols = (int(node.findtext(side, "0")) for side in ("rows", "cols"))
        table[node.tag] = np.reshape([float(each) for each in (data.text or "").split()], (rows, cols)).tolist()
    return table


def _text(text: str) -> Any:
    """Return headings that end with a colon, each with the lines of numbers below it, or what XML says."""
    if text.lstrip().startswith("<"):
        return _xml(text)
    table: dict[str, list] = {}
    rows: list = []  # numbers before the first heading are dropped
    for line in text.splitlines():
        if line.strip().endswith(":"):
            rows = table.setdefault(line.strip()[:-1], [])
        elif line.strip():
            rows.append([float(each) for each in line.split()])
    return table


PARSERS: dict[str, Callable[[str], Any]] = {
    ".json": json.loads,
    ".toml": tomllib.loads,
    ".xml": _xml,
    ".yml": _yaml,
    ".yaml": _yaml,
    ".txt": _text,
}
"""Suffix -> the parser of a file's text."""
