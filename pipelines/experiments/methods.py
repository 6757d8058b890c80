"""The optimizers that the tables compare, and what the paper reports of them.

Source of the paper's figures: Gaertner et al., Transformer-Based Learned Optimization, CVPR 2023, tables 1 and 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

FIRST_WINDOW = {"optimizer.first_max_evals": 100}
"""The first window, which also has the initial velocity, gets the same evaluations in every row."""


@dataclass(frozen=True)
class Method:
    """A row of a table.

    Attributes:
        name: In the table; also the name of its folder.
        settings: Its settings of a reconstruction by their dotted keys.
        paper: The paper's figures by the names of the columns.
    """

    name: str
    settings: Mapping[str, Any]
    paper: Mapping[str, float] = field(default_factory=dict)

    @property
    def weights(self) -> str | None:
        """Name of the weights; None of a classical method."""
        return self.settings.get("optimizer.options", {}).get("weights")

    def with_weights(self, source: str | None) -> "Method":
        """Return the same method with its weights from this file, or of this name."""
        if source is None:
            return self
        options = {**self.settings["optimizer.options"], "weights": source}
        return replace(self, settings={**self.settings, "optimizer.options": options})


def _classical(optimizer: str, count: int, name: str | None = None, **paper: float) -> Method:
    return Method(name or f"{optimizer}_{count}", _settings(optimizer, count), paper)


def _learned(
    weights: str, count: int, name: str | None = None, *, stops: bool = False, hops: int = 0, **paper: float
) -> Method:
    """Return a learned method. Without `stops` it makes all its evaluations, as in the paper's table 1."""
    settings = _settings("optimus", count) | {"optimizer.options": {"weights": weights}}
    if not stops:
        settings["optimizer.stopping"] = None
    if hops:
        settings["optimizer.hops"] = {"number": hops}
    return Method(name or f"{weights}_{count}", settings, paper)


def _settings(optimizer: str, count: int) -> dict[str, Any]:
    return {"optimizer.name": optimizer, "optimizer.max_evals": count, **FIRST_WINDOW}


TABLE_1 = (
    _classical("bfgs", 300, "bfgs_to_convergence", in_domain=38.3, out_of_domain=24.7, evaluations=71.0),
    *(_classical("lbfgs", count) for count in (15, 20, 30, 40, 100)),
    _learned("adafactor_mlp_walk", 50, in_domain=33.0, out_of_domain=29.3, evaluations=50.0),
    _learned("optimus_paper_walk", 50, in_domain=24.0, out_of_domain=25.0, evaluations=50.0),
    *(_learned("optimus_walk", count) for count in (10, 15, 20, 30, 50)),
)
TABLE_4 = (
    _learned("optimus_paper_walk", 50, "optimus_paper", stops=True, in_domain=33.1, loss=0.534, evaluations=30.3),
    _learned("optimus_no_state_walk", 50, "optimus_no_state", stops=True, in_domain=36.5, loss=0.675),
    _learned("optimus_no_structure_walk", 50, "optimus_no_structure", stops=True, in_domain=37.3, loss=0.721),
    _learned("adafactor_mlp_walk", 50, "adafactor_mlp", stops=True, in_domain=40.0, loss=0.723),
    _learned("adafactor_mlp_small_walk", 50, "adafactor_mlp_small", stops=True, in_domain=40.6, loss=0.811),
    _learned("optimus_paper_walk", 50, "optimus_paper_50", in_domain=28.5, loss=0.383, evaluations=50.0),
    _learned(
        "optimus_paper_walk", 27, "optimus_paper_hops", stops=True, hops=2, in_domain=25.6, loss=0.352, evaluations=82.3
    ),
    _learned("optimus_walk", 50, "optimus_walk", stops=True),
    _learned("optimus_walk", 50, "optimus_walk_50"),
    _learned("optimus_walk", 27, "optimus_walk_hops", stops=True, hops=2),
)
