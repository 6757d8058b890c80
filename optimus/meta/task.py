"""Tasks to train an optimizer on: losses with a start, drawn at random from a family."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int, Key

from optimus.functions import function


@runtime_checkable
class TaskFamily(Protocol):
    """Tasks of one dimension N that differ in their data (a pytree of arrays), and can be batched over it."""

    @property
    def dimension(self) -> int:
        """N."""
        ...

    def sample(self, key: Key[Array, ""]) -> Any:
        """The data of a task."""
        ...

    def start(self, key: Key[Array, ""], data: Any) -> Float[Array, " N"]:
        """Where an optimizer starts."""
        ...

    def value(self, data: Any, x: Float[Array, " N"]) -> Float[Array, ""]:
        """The loss."""
        ...

    def lower_bound(self, data: Any) -> Float[Array, ""]:
        """What the loss never falls below: its minimum where that is known."""
        ...


class FunctionTask(NamedTuple):
    """which: number of the function in the family. offset: by which it is shifted on the cube. stretch: by which each
    coordinate is drawn out around the minimiser."""

    which: Int[Array, ""]
    offset: Float[Array, " N"]
    stretch: Float[Array, " N"]


@dataclass(frozen=True)
class FunctionFamily:
    """Classical functions on the cube from -1 to 1, shifted by a random offset together with the cube; starts are
    uniform in it.

    offset: the largest in each coordinate. With 0 an optimizer could learn where the minima of its functions are.
    stretch: each coordinate is drawn out by a random factor from 1 to the task's largest, which is random too and at
        most so much. Curvatures differ by up to its square more than in the function, as in larger dimensions.
    """

    dimension: int
    names: tuple[str, ...]
    offset: float = 0.5
    stretch: float = 1.0

    def sample(self, key: Key[Array, ""]) -> FunctionTask:
        """A function, its offset and its stretch."""
        which, where, how = jax.random.split(key, 3)
        offset = jax.random.uniform(where, (self.dimension,), minval=-self.offset, maxval=self.offset)
        how_much, which_more = jax.random.split(how)
        stretch = self.stretch ** (jax.random.uniform(how_much) * jax.random.uniform(which_more, (self.dimension,)))
        return FunctionTask(jax.random.randint(which, (), 0, len(self.names)), offset, stretch)

    def start(self, key: Key[Array, ""], data: FunctionTask) -> Float[Array, " N"]:
        """A point of the cube, where it is: outside of it some functions, such as perm, have values of another size."""
        return data.offset + jax.random.uniform(key, (self.dimension,), minval=-1.0, maxval=1.0)

    def value(self, data: FunctionTask, x: Float[Array, " N"]) -> Float[Array, ""]:
        """The function's value."""
        branches = [function(name).on_cube(self.dimension) for name in self.names]
        minimisers = jnp.array([function(name).minimiser_on_cube(self.dimension) for name in self.names], x.dtype)
        there = minimisers[data.which]
        return lax.switch(data.which, branches, there + (x - data.offset - there) / data.stretch)

    def lower_bound(self, data: FunctionTask) -> Float[Array, ""]:
        """The function's minimum."""
        return jnp.array([function(name).minimum(self.dimension) for name in self.names])[data.which]
