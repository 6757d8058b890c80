"""The classical optimizers: thin wrappers over scipy and optax."""

import optax

from optimus.gradient_transformation import TransformationOptimizer
from optimus.quasi_newton import ScipyOptimizer


def bfgs(*, gradient_tolerance: float = 1e-8, scaled: bool = True) -> ScipyOptimizer:
    """BFGS with a Wolfe line search (scipy).

    Memory grows with N^2 and time a step with N^3: for N up to ~1000.

    gradient_tolerance: converged when the largest absolute gradient entry is below it.
    scaled: after the first step, the inverse Hessian is taken for s'y / y'y times the identity (s the step, y the
        change of the gradient; Nocedal and Wright, Numerical Optimization, 2006, equation 6.20), as in L-BFGS. False
        for the identity, as scipy has it: its progress depends on the unit of the loss.
    """
    return ScipyOptimizer("BFGS", {"gtol": gradient_tolerance}, scaled=scaled)


def lbfgs(*, memory: int = 20, gradient_tolerance: float = 1e-8, value_tolerance: float = 1e-9) -> ScipyOptimizer:
    """L-BFGS with a Wolfe line search (scipy's L-BFGS-B without bounds); time and memory linear in N.

    memory: number of past steps from which the curvature is estimated.
    gradient_tolerance: converged when the largest absolute gradient entry is below it.
    value_tolerance: converged when a step decreases the value by less than this, relative to max(|value|, 1).
    """
    return ScipyOptimizer("L-BFGS-B", {"maxcor": memory, "gtol": gradient_tolerance, "ftol": value_tolerance})


def adam(
    *, learning_rate: float = 1e-2, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
) -> TransformationOptimizer:
    """Adam (Kingma and Ba 2015; optax)."""
    return TransformationOptimizer(optax.adam(learning_rate, b1=beta1, b2=beta2, eps=epsilon))


def momentum(*, learning_rate: float = 1e-3, decay: float = 0.9, nesterov: bool = False) -> TransformationOptimizer:
    """Gradient descent with momentum (optax)."""
    return TransformationOptimizer(optax.sgd(learning_rate, momentum=decay, nesterov=nesterov))
