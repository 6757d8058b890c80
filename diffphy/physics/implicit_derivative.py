"""The velocity at the end of a step, with its derivatives of any order by the implicit function theorem.

Derivatives never pass through the iterations of the search. They are one solve with the exact Jacobian at the root; the
right-hand side is the derivative of the residual.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.linalg
from jax import lax
from jax.ad_checkpoint import checkpoint_name
from jax.core import ShapedArray
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jaxtyping import Array, Bool, Float

from diffphy.physics.implicit_step import StepStart, find_root, jacobian, residual

SAVED = "velocity"  # name of the intermediate that is worth keeping for the backward pass

# A primitive instead of a `custom_jvp`: JAX inlines a `custom_jvp` in a scan that is differentiated, which loses its
# rule and with it second derivatives. The arguments are the leaves of `StepStart`. `batches` has an entry for each
# `vmap` around the primitive, the innermost first: which arguments are mapped, always over their first axis. `place` is
# the index of the start's velocity.
_implicit_velocity = Primitive("implicit_velocity")
_implicit_velocity.multiple_results = True


def solve_velocity(start: StepStart) -> tuple[Float[Array, "N"], Bool[Array, ""]]:
    """Solve for the generalized velocity at the end of the step.

    The velocity is differentiable to any order, in forward and reverse mode.

    Returns:
        The velocity, m/s and rad/s, and whether the solver has converged to a finite one.
    """
    leaves, tree = jax.tree.flatten(start)
    place = len(jax.tree.leaves(start[: StepStart._fields.index("velocity")]))
    velocity, converged = _implicit_velocity.bind(*leaves, tree=tree, place=place, batches=())
    return velocity, converged


def _batched(function: Callable, batches: Sequence[tuple]) -> Callable:
    for axes in batches:
        function = jax.vmap(function, in_axes=axes)
    return function


@partial(jax.jit, static_argnames=("tree", "place", "batches"))
def _solve(*leaves: Array, tree: Any, place: int, batches: Sequence[tuple]) -> tuple[Array, Array]:
    del place

    def solve(*leaves: Array) -> tuple[Array, Array]:
        solution = find_root(jax.tree.unflatten(tree, leaves))
        return solution.root, solution.converged & jnp.all(jnp.isfinite(solution.root))  # NaN ends a search too

    return _batched(solve, batches)(*leaves)


def _result_types(*leaves, tree, place, batches):
    del tree, batches
    velocity = leaves[place]
    return velocity, ShapedArray(velocity.shape[:-1], jnp.dtype(bool))


def _batch(leaves, axes, *, tree, place, batches):
    size = next(leaf.shape[axis] for leaf, axis in zip(leaves, axes, strict=True) if axis is not None)
    leaves = [leaf if axis is None else jnp.moveaxis(leaf, axis, 0) for leaf, axis in zip(leaves, axes, strict=True)]
    mapped = [None if axis is None else 0 for axis in axes]
    if mapped[place] is None:  # the results have the batch axes of this argument
        leaves[place], mapped[place] = jnp.broadcast_to(leaves[place], (size, *leaves[place].shape)), 0
    return _implicit_velocity.bind(*leaves, tree=tree, place=place, batches=(*batches, tuple(mapped))), (0, 0)


def _differentiate(leaves, tangents, *, tree, place, batches):
    del place

    def rule(leaves, tangents):
        start = jax.tree.unflatten(tree, leaves)
        velocity, converged = solve_velocity(start)
        new = checkpoint_name(velocity, SAVED)
        missing = jax.jvp(lambda *leaves: residual(jax.tree.unflatten(tree, leaves), new), leaves, tangents)[1]
        # The exact Jacobian, factored once. The solve is differentiable again: its derivative uses the matrix's product
        # instead of the factor.
        lu, pivots, _ = lax.linalg.lu(jacobian(*lax.stop_gradient((start, new))))
        change = lax.custom_linear_solve(
            lambda v: jax.jvp(lambda u: residual(start, u), (new,), (v,))[1],
            missing,
            lambda _, right: jax.scipy.linalg.lu_solve((lu, pivots), right),
            lambda _, right: jax.scipy.linalg.lu_solve((lu, pivots), right, trans=1),
        )
        return new, converged, -change

    differentiate = _batched(rule, [(axes, axes) for axes in batches])
    new, converged, change = differentiate(tuple(leaves), tuple(map(ad.instantiate_zeros, tangents)))
    return (new, converged), (change, ad.Zero(jax.typeof(converged).to_tangent_aval()))


_implicit_velocity.def_impl(_solve)
_implicit_velocity.def_abstract_eval(_result_types)
batching.primitive_batchers[_implicit_velocity] = _batch
ad.primitive_jvps[_implicit_velocity] = _differentiate
mlir.register_lowering(_implicit_velocity, mlir.lower_fun(_solve, multiple_results=True))
