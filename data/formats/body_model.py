"""Files of SMPL, SMPL-H and SMPL-X models: .npz, or .pkl without executing anything in it.

Arrays: `v_template` (V, 3), `shapedirs` (V, 3, S), `J_regressor` (J, V), often sparse in .pkl files, and
`kintree_table` (2, J), whose first row has the parents. In SMPL-X the last 10 or 100 of `shapedirs` are expressions.
"""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from data.clip import InputError
from data.formats import safe_pickle
from data.formats.pickle_stand_ins import Unread
from data.rigs.smpl import JOINTS, PARENTS, BodyModel

WHERE = (
    "get it from smpl.is.tue.mpg.de, mano.is.tue.mpg.de (SMPL-H) or smpl-x.is.tue.mpg.de, after registering and under "
    "their licence"
)
_KEYS = ("v_template", "shapedirs", "J_regressor", "kintree_table")
_SMPLX_JOINTS = 55
_EXPRESSIONS = {20: 10, 400: 100}  # number of SMPL-X's shape columns -> how many of them are expressions
_Numbers = Float[np.ndarray, "..."]


def read(path: str | Path) -> BodyModel:
    """Read a body model. Raises InputError where the file has none, or can only be read by executing it."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no body model {path}: {WHERE}")
    suffix = path.suffix.lower()
    if suffix not in (".npz", ".pkl"):
        raise InputError(f"the body model {path} has the unknown suffix '{suffix}': give its .npz or .pkl file")
    content: Any = (
        {key: safe_pickle.load_npz(path, key) for key in _KEYS} if suffix == ".npz" else safe_pickle.load(path)
    )
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a body model of the SMPL family: {WHERE}")
    template, shapes, regressor, tree = (_numbers(content.get(key), key, path) for key in _KEYS)
    vertices = len(template)
    if (
        template.shape != (vertices, 3)
        or shapes.ndim != 3
        or shapes.shape[:2] != template.shape
        or regressor.ndim != 2
        or regressor.shape[1] != vertices
        or tree.ndim != 2
        or tuple(tree[0, 1 : len(JOINTS)].astype(int)) != PARENTS[1:]
        or len(regressor) < len(JOINTS)
    ):
        found = ", ".join(
            f"{key} {each.shape}" for key, each in zip(_KEYS, (template, shapes, regressor, tree), strict=True)
        )
        raise InputError(f"{path} is not a body model of the SMPL family, with {found}: {WHERE}")
    expressions = _EXPRESSIONS.get(shapes.shape[2], 0) if len(regressor) == _SMPLX_JOINTS else 0
    return BodyModel(regressor[: len(JOINTS)], template, shapes[..., : shapes.shape[2] - expressions])


def _numbers(value: Any, key: str, path: Path) -> _Numbers:
    if isinstance(value, Unread):
        raise InputError(
            f"{path} has {key} as {value.what}, which only that program can read: export it as .npz there, "
            f"with numpy.savez, {', '.join(_KEYS)} as plain arrays"
        )
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf" or value.ndim == 0:
        raise InputError(f"{path} is not a body model of the SMPL family: it lacks {key}; {WHERE}")
    return value.astype(float)
