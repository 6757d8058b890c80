"""The classical optimizers: thin wrappers around scipy and optax."""

import optax

from optimus.gradient_transformation import TransformationOptimizer
from optimus.quasi_newton import ScipyOptimizer


def bfgs(*, gradient_tolerance: float = 1e-8, scaled: bool = True) -> ScipyOptimizer:
    """Return BFGS with a Wolfe line search (scipy).

    Memory grows with N^2, and the time of a step with N^3. Use it for N up to about 1000.

    Args:
        gradient_tolerance: BFGS has converged when the largest absolute entry of the gradient is below this.
        scaled: True sets the inverse Hessian to (s'y / y'y) I after the first step, as L-BFGS does. s is the step, y
            the change of the gradient (Nocedal and Wright, Numerical Optimization, 2006, equation 6.20). False keeps
            I, as scipy does; progress then depends on the unit of the loss.
    """
    return ScipyOptimizer("BFGS", {"gtol": gradient_tolerance}, scaled=scaled)


def lbfgs(*, memory: int = 20, gradient_tolerance: float = 1e-8, value_tolerance: float = 1e-9) -> ScipyOptimizer:
    """Return L-BFGS with a Wolfe line search (scipy's L-BFGS-B without bounds). Time and memory grow with N.

    Args:
        memory: Number of past steps from which the curvature is estimated.
        gradient_tolerance: L-BFGS has converged when the largest absolute entry of the gradient is below this.
        value_tolerance: It has also converged when a step decreases the value by less than this, relative to
            max(|value|, 1).
    """
    return ScipyOptimizer("L-BFGS-B", {"maxcor": memory, "gtol": gradient_tolerance, "ftol": value_tolerance})


def adam(
    *, learning_rate: float = 1e-2, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
) -> TransformationOptimizer:
    """Return Adam (Kingma and Ba, 2015; optax)."""
    return TransformationOptimizer(optax.adam(learning_rate, b1=beta1, b2=beta2, eps=epsilon))


def momentum(*, learning_rate: float = 1e-3, decay: float = 0.9, nesterov: bool = False) -> TransformationOptimizer:
    """Return gradient descent with momentum (optax)."""
    return TransformationOptimizer(optax.sgd(learning_rate, momentum=decay, nesterov=nesterov))
