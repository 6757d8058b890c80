"""Tasks to train an optimizer on. A task is a loss with a start; a family draws tasks at random."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int, Key, PyTree

from optimus.functions import get_function


@runtime_checkable
class TaskFamily(Protocol):
    """Tasks with parameters of the same shapes. They differ in their data, a pytree of arrays, and are batched over it.

    The parameters are any pytree of arrays. A learned optimizer sees their values as one vector, and the pytree itself
    in `LearnedOptimizer.start`: the axes of its leaves may mean something, such as time, joint and coordinate.

    `optimus.meta.trainer.learning_curve` also needs a family to be hashable: a frozen dataclass is, and so is any class
    that does not define `__eq__`.
    """

    def sample(self, key: Key[Array, ""]) -> Any:
        """Draw the data of a task."""
        ...

    def start(self, key: Key[Array, ""], data: Any) -> PyTree:
        """Draw the parameters from which an optimizer starts."""
        ...

    def value(self, data: Any, params: PyTree) -> Float[Array, ""]:
        """Return the loss."""
        ...

    def lower_bound(self, data: Any) -> Float[Array, ""] | None:
        """Return a value that the loss never falls below, best its minimum; None if the family knows none."""
        ...


def parameter_shapes(family: TaskFamily) -> PyTree:
    """Return the parameters of a task with shapes and dtypes in place of arrays. Nothing is computed."""
    return jax.eval_shape(lambda key: family.start(key, family.sample(key)), jax.random.key(0))


class FunctionTask(NamedTuple):
    """The data of a task of `FunctionFamily`.

    Attributes:
        which: Index of the function in the names of the family.
        offset: Shift of the function on the cube.
        stretch: Factor by which each coordinate is stretched around the minimiser.
    """

    which: Int[Array, ""]
    offset: Float[Array, " N"]
    stretch: Float[Array, " N"]


@dataclass(frozen=True)
class FunctionFamily:
    """Classical functions on the cube from -1 to 1. A random offset shifts function and cube; starts lie in the cube.

    Attributes:
        dimension: Number of parameters N.
        names: Names of the functions, from `optimus.functions`.
        offset: Largest offset of a coordinate. With 0, an optimizer could learn where the minima of the functions are.
        stretch: Largest factor by which a coordinate can be stretched, at least 1. A task draws its own limit up to
            this one, and every coordinate draws its factor up to that limit. Curvatures then differ by up to the square
            of the factor more than in the function itself, as they do in larger dimensions.
    """

    dimension: int
    names: tuple[str, ...]
    offset: float = 0.5
    stretch: float = 1.0

    def sample(self, key: Key[Array, ""]) -> FunctionTask:
        """Draw a function, its offset and its stretch."""
        for_function, for_offset, for_stretch = jax.random.split(key, 3)
        offset = jax.random.uniform(for_offset, (self.dimension,), minval=-self.offset, maxval=self.offset)
        for_limit, for_coordinates = jax.random.split(for_stretch)
        exponent = jax.random.uniform(for_limit) * jax.random.uniform(for_coordinates, (self.dimension,))
        which = jax.random.randint(for_function, (), 0, len(self.names))
        return FunctionTask(which, offset, self.stretch**exponent)

    def start(self, key: Key[Array, ""], data: FunctionTask) -> Float[Array, " N"]:
        """Draw a point of the shifted cube. Outside of the cube, some functions such as perm have far larger values."""
        return data.offset + jax.random.uniform(key, (self.dimension,), minval=-1.0, maxval=1.0)

    def value(self, data: FunctionTask, params: Float[Array, " N"]) -> Float[Array, ""]:
        """Return the value of the shifted and stretched function."""
        branches = [get_function(name).on_cube(self.dimension) for name in self.names]
        minimisers = [get_function(name).minimiser_on_cube(self.dimension) for name in self.names]
        minimiser = jnp.array(minimisers, params.dtype)[data.which]
        return lax.switch(data.which, branches, minimiser + (params - data.offset - minimiser) / data.stretch)

    def lower_bound(self, data: FunctionTask) -> Float[Array, ""]:
        """Return the minimum of the function."""
        return jnp.array([get_function(name).minimum(self.dimension) for name in self.names])[data.which]
