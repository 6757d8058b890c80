"""Optimus: minimises scalar losses, with classical and learned optimizers. It knows nothing of physics or files.

A loss is any JAX function of any pytree:

>>> import jax.numpy as jnp
>>> from optimus import flatten_loss, get, minimise
>>> def loss(params):
...     return jnp.sum((params["a"] - 0.5) ** 2) + jnp.sum(params["b"] ** 2)
>>> flat = flatten_loss(loss, {"a": jnp.zeros(3), "b": jnp.ones((2, 2))})
>>> result = minimise(flat.evaluate, flat.x0, "lbfgs", max_evals=50)
>>> result.stop_reason
'converged'
>>> print(flat.unravel(result.x)["a"].round(3))
[0.5 0.5 0.5]

Optimizers have options, and learned ones are optax gradient transformations too:

>>> result = minimise(flat.evaluate, flat.x0, get("adam", learning_rate=0.1), max_evals=20)
>>> result.evaluations
20
>>> from optimus import models, transformation
>>> optimizer = transformation(*models.load("adafactor_mlp_small"))

`optimus.meta` trains learned optimizers.
"""

from optimus import models
from optimus.adafactor_mlp import AdafactorMLP
from optimus.basin_hopping import BasinHopping
from optimus.functions import FUNCTIONS, get_function
from optimus.gauss_newton import minimise_along_time
from optimus.gradient_transformation import TransformationOptimizer
from optimus.learned import LearnedOptimizer, transformation
from optimus.learned_quasi_newton import LearnedQuasiNewton
from optimus.loss import FlatLoss, flatten_loss
from optimus.minimisation import Result, minimise
from optimus.objective import Evaluation, History, Objective, OptimusError, StopReason
from optimus.optimizers import OPTIMIZERS, Optimizer, get
from optimus.optimus import Optimus
from optimus.quasi_newton_optimus import QuasiNewtonOptimus
from optimus.stopping import RelativeDecrease

__all__ = [
    "FUNCTIONS",
    "OPTIMIZERS",
    "AdafactorMLP",
    "BasinHopping",
    "Evaluation",
    "FlatLoss",
    "History",
    "LearnedOptimizer",
    "LearnedQuasiNewton",
    "Objective",
    "Optimizer",
    "Optimus",
    "OptimusError",
    "QuasiNewtonOptimus",
    "RelativeDecrease",
    "Result",
    "StopReason",
    "TransformationOptimizer",
    "flatten_loss",
    "get",
    "get_function",
    "minimise",
    "minimise_along_time",
    "models",
    "transformation",
]
