"""Meta-training: finds the meta-parameters of a learned optimizer.

>>> import jax, optax
>>> from optimus import AdafactorMLP
>>> from optimus.meta import ConstantTruncation, FunctionFamily, Trainer, TruncatedGradient, learning_curve
>>> family = FunctionFamily(dimension=4, names=("sphere", "rosenbrock"))
>>> trainer = Trainer(
...     model=AdafactorMLP(widths=(8,)),
...     families=[family],
...     estimator=TruncatedGradient(ConstantTruncation(length=5, horizon=10)),
...     optimizer=optax.adam(1e-3),
...     particles=8,
...     clip=1.0,
...     averaging=0.99,
...     seed=0,
... )
>>> state = trainer.start()
>>> for _ in range(3):
...     state, report = trainer.step(state)
>>> int(state.step), int(report.non_finite)
(3, 0)
>>> learning_curve(trainer.model, state.average, family, jax.random.key(1), tasks=4, steps=10).shape
(4, 10)

Write a `TaskFamily` to train on tasks of your own: how to draw a task and a start, the loss, and its lower bound.
"""

from optimus.meta.estimator import Estimate, Estimator
from optimus.meta.pes import PersistentEvolutionStrategies
from optimus.meta.task import FunctionFamily, TaskFamily, parameter_shapes
from optimus.meta.trainer import MetaStepReport, Trainer, TrainingState, learning_curve
from optimus.meta.truncated_gradient import TruncatedGradient
from optimus.meta.truncation import ConstantTruncation, TruncationSchedule
from optimus.meta.unroll import Episode

__all__ = [
    "ConstantTruncation",
    "Episode",
    "Estimate",
    "Estimator",
    "FunctionFamily",
    "MetaStepReport",
    "PersistentEvolutionStrategies",
    "TaskFamily",
    "Trainer",
    "TrainingState",
    "TruncatedGradient",
    "TruncationSchedule",
    "learning_curve",
    "parameter_shapes",
]
