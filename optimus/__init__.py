"""Optimus: optimization of scalar losses over parameter vectors, with classical and learned optimizers.

It knows nothing of physics or files: give it a loss, and it minimises it.
"""

from optimus.basin_hopping import BasinHopping
from optimus.gradient_transformation import TransformationOptimizer
from optimus.learned import transformation
from optimus.loss import FlatLoss, flatten_loss
from optimus.minimise import Result, minimise
from optimus.objective import Evaluation, History, Objective, OptimusError, StopReason
from optimus.optimizers import OPTIMIZERS, get
from optimus.stopping import RelativeDecrease

__all__ = [
    "OPTIMIZERS",
    "BasinHopping",
    "Evaluation",
    "FlatLoss",
    "History",
    "Objective",
    "OptimusError",
    "RelativeDecrease",
    "Result",
    "StopReason",
    "TransformationOptimizer",
    "flatten_loss",
    "get",
    "minimise",
    "transformation",
]
