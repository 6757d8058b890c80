"""Calibrations of Qualisys' cameras: .qca.txt or .xml as Qualisys Track Manager exports them, or its settings.

A camera has its name as `serial`. `intrinsic` has lengths on the sensor in 1/64 pixel and the coefficients of the lens
as OpenCV has them. `transform` has the camera's place, mm, and its axes as the rows of a matrix: right, up, back.
Sources: the converter of Pose2Sim (`Pose2Sim/calibration.py`) for units and axes. It divides the coefficients of the
lens by 64 too. The chessboards of its own example say that this is wrong: they give k1 -0.05 and k2 0.15, as the file.
"""

import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy as np

SUBPIXELS = 64  # on the sensor, for each pixel
MM = 1e-3
_TO_OPENCV = np.diag([1.0, -1.0, -1.0])  # right, up, back -> right, down, ahead
_LENS = ("radialDistortion1", "radialDistortion2", "tangentalDistortion1", "tangentalDistortion2", "radialDistortion3")


def find_cameras(root: ElementTree.Element) -> list[dict[str, Any]]:
    """Return the tables that `data.formats.cameras` takes, of Qualisys' cameras in a document.

    Those that only see markers are left out where others film. The list is empty if the document is not Qualisys'.

    Raises:
        ValueError: A number is missing or is none.
    """
    cameras = [each for each in root.iter("camera") if each.find("intrinsic") is not None]
    films = [each for each in cameras if any(kind in each.get("model", "").lower() for kind in ("video", "none"))]
    return [_camera(each) for each in films or cameras]


def _camera(node: ElementTree.Element) -> dict[str, Any]:
    lens, pose, shown = node.find("intrinsic"), node.find("transform"), node.find("fov_video")
    assert lens is not None
    if shown is None:
        left, top = 0.0, 0.0
        size = [_number(lens, f"sensorMax{axis}") // SUBPIXELS + 1 for axis in "UV"]
    else:
        left, top = _number(shown, "left"), _number(shown, "top")
        size = [_number(shown, "right") - left + 1, _number(shown, "bottom") - top + 1]
    across, down = (_number(lens, f"focalLength{axis}") / SUBPIXELS for axis in "UV")
    column, row = (_number(lens, f"centerPoint{axis}") / SUBPIXELS for axis in "UV")
    camera = {
        "name": node.get("serial"),
        "size": size,
        "matrix": [[across, 0.0, column - left], [0.0, down, row - top], [0.0, 0.0, 1.0]],
        "distortions": [_number(lens, name) for name in _LENS],
    }
    if pose is None:
        return camera
    place = np.array([_number(pose, axis) for axis in "xyz"])
    axes = np.array([[_number(pose, f"r{row}{column}") for column in (1, 2, 3)] for row in (1, 2, 3)])
    to_camera = _TO_OPENCV @ axes
    shift = -to_camera @ place
    return camera | {"rotation": to_camera.tolist(), "translation": shift.tolist(), "metres_per_unit": MM}


def _number(node: ElementTree.Element, name: str) -> float:
    value = node.get(name)
    if value is None:
        raise ValueError(f"a camera lacks {name}")
    return float(value)
