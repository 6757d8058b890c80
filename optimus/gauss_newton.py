"""Gauss-Newton's method for sums of squares along time, with feedback and with damping.

A trajectory has K stages. Each changes a state of S numbers under an input of U numbers. What a stage costs, and where
it ends, depends on z = (the state before it, the input before it, its own input). Along time, the minimum of the
quadratic model is found by the Riccati recursion: one pass backwards, whose time is linear in K (Li and Todorov,
"Iterative linear quadratic regulator design for nonlinear biological movement systems", 2004). Its answer is a feedback
on what deviates from the present trajectory, so that the next one stays near the model where the dynamics is unstable.

Damping in units of the inputs keeps a step where the model holds (Levenberg, 1944; Marquardt, 1963). The true loss
decides whether a step is accepted.
"""

from typing import NamedTuple, Protocol, SupportsFloat, TypeVar, runtime_checkable

import jax
import jax.numpy as jnp
import jax.scipy.linalg
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from optimus.objective import OptimusError

AnyArray = Array | np.ndarray


@runtime_checkable
class Stages(Protocol):
    """A linear model of K stages and a quadratic model of the loss, about a trajectory. z has Z = S + 2 U numbers.

    Attributes:
        transition: Change of the state at the end of each stage for each change of z.
        gradient: What each stage adds to the gradient of the loss by z.
        hessian: What each stage adds to the Gauss-Newton Hessian of the loss by z.
    """

    @property
    def transition(self) -> Float[AnyArray, "K S Z"]: ...

    @property
    def gradient(self) -> Float[AnyArray, "K Z"]: ...

    @property
    def hessian(self) -> Float[AnyArray, "K Z Z"]: ...


class Plan(NamedTuple):
    """How the next trajectory differs: the input of a stage changes by change + gain (state, input before).

    State and input before count as they deviate from the present trajectory.

    Attributes:
        gain: Row i belongs to component i of the input.
        change: The change of the input at no deviation.
        start: Change of the state before the first stage.
    """

    gain: Float[Array, "K U S+U"]
    change: Float[Array, "K U"]
    start: Float[Array, "S"]


@runtime_checkable
class Trajectory(Protocol):
    """What a problem returns for a plan. Anything that has a loss.

    Attributes:
        loss: Half the sum of squares.
    """

    @property
    def loss(self) -> SupportsFloat: ...


T = TypeVar("T", bound=Trajectory)


@runtime_checkable
class AlongTime(Protocol[T]):
    """A sum of squares along time.

    Attributes:
        input_unit: Changes of the inputs that have a similar effect.
        start_unit: The same for the state before the first stage. 0 for what is fixed.
    """

    @property
    def input_unit(self) -> Float[np.ndarray, "U"]: ...

    @property
    def start_unit(self) -> Float[np.ndarray, "S"]: ...

    def linearise(self, at: T) -> Stages:
        """Return the stages about a trajectory."""
        ...

    def follow(self, about: T, plan: Plan) -> T:
        """Return the trajectory that follows a plan about another."""
        ...


class Damping(NamedTuple):
    """How strongly steps are damped. Half the damping is the loss of a step of one unit in one input of one stage.

    Attributes:
        first: Damping of the first step.
        least: The damping never falls below this. More makes steps smaller, and results smoother.
    """

    first: float = 2e-2
    least: float = 2e-2


USUAL = Damping()

# Factors of the damping: after a step that brought little, that failed, that was not finite, that went as foreseen.
RAISE_LITTLE, RAISE, RAISE_FAR, LOWER = 3.0, 6.0, 20.0, 6.0
ATTEMPTS = 8  # dampings that are tried about one trajectory
LEAST_SHARE, POOR_SHARE, GOOD_SHARE = 1e-3, 0.3, 0.7  # shares of the foreseen decrease: to accept, to damp more or less


def minimise_along_time(
    problem: AlongTime[T],
    first: T,
    *,
    max_evals: int,
    damping: Damping = USUAL,
    tolerance: float = 0.0,
) -> T:
    """Return the best trajectory that damped Gauss-Newton steps find.

    Args:
        problem: The sum of squares.
        first: The trajectory to start from.
        max_evals: Trajectories that are computed, at most, with the first.
        damping: How strongly the steps are damped.
        tolerance: A step that lowers the loss by less than this share of it is the last, if the model foresaw it well
            and no step had to be damped more before it: a damped step tells nothing about how far the minimum is.

    Raises:
        OptimusError: The loss at the start is not finite.
    """
    if not np.isfinite(float(first.loss)):
        raise OptimusError(f"the loss at the start is {float(first.loss)}: start from where it is finite")
    units = jnp.asarray(problem.input_unit), jnp.asarray(problem.start_unit)
    best, strength, failures, stages = first, damping.first, 0, None
    for _ in range(max_evals - 1):
        stages = problem.linearise(best) if stages is None else stages
        plan, foreseen = plan_step(stages, *units, jnp.asarray(strength, units[0].dtype))
        found = problem.follow(best, plan) if float(foreseen) > 0 else None  # NaN: no definite model in this precision
        decrease = np.nan if found is None else float(best.loss) - float(found.loss)
        finite = np.isfinite(decrease)
        share = decrease / float(foreseen) if finite else 0.0
        if found is None or share <= LEAST_SHARE:
            strength *= RAISE if finite else RAISE_FAR
            failures += 1
            if failures == ATTEMPTS:
                break
            continue
        enough = decrease < tolerance * float(best.loss) and share > POOR_SHARE and not failures
        best, stages, failures = found, None, 0
        if share > GOOD_SHARE:
            strength = max(strength / LOWER, damping.least)
        elif share < POOR_SHARE:
            strength *= RAISE_LITTLE
        if enough:
            break
    return best


def rejoin(problem: AlongTime[T], about: T, *, damping: float = USUAL.least) -> T:
    """Return a trajectory that follows another one from another state before its first stage.

    Feedback leads it back. It also takes a Gauss-Newton step, if that lowers the loss.

    Args:
        problem: The sum of squares. Its `follow` starts from where it says, and feeds back how that deviates.
        about: The trajectory to follow.
        damping: As in `Damping`.
    """
    plan = _plan_from_fixed_start(problem, about, damping)
    led, stepped = (problem.follow(about, each) for each in (plan._replace(change=0.0 * plan.change), plan))
    return stepped if float(stepped.loss) < float(led.loss) else led


def find_gains(problem: AlongTime[T], about: T, *, damping: float = USUAL.least) -> Float[Array, "K U V"]:
    """Return the gains about a trajectory: what leads back to it, and to a low loss, from a deviation.

    Args:
        problem: The sum of squares.
        about: The trajectory.
        damping: As in `Damping`. More makes gains smaller.
    """
    return _plan_from_fixed_start(problem, about, damping).gain


def _plan_from_fixed_start(problem: AlongTime[T], about: T, damping: float) -> Plan:
    units = jnp.asarray(problem.input_unit), jnp.zeros_like(jnp.asarray(problem.start_unit))
    return plan_step(problem.linearise(about), *units, jnp.asarray(damping, units[0].dtype))[0]


@jax.jit
def plan_step(
    stages: Stages, input_unit: Float[AnyArray, "U"], start_unit: Float[AnyArray, "S"], damping: Float[Array, ""]
) -> tuple[Plan, Float[Array, ""]]:
    """Return the plan that minimises the damped quadratic model, and the decrease of the loss that the model foresees.

    Args:
        stages: The model.
        input_unit: Units of the inputs.
        start_unit: Units of the state before the first stage. 0 for what is fixed.
        damping: As in `Damping`.
    """
    input_unit, start_unit = jnp.asarray(input_unit), jnp.asarray(start_unit)
    states, inputs = stages.transition.shape[1], len(input_unit)
    own = states + inputs  # where the stage's own input begins in z
    damped = damping * jnp.diag(input_unit**-2.0)

    def go_back(beyond, stage):
        square, slope = beyond  # of what follows, by the state and the input at the end of the stage
        transition, gradient, hessian = stage
        coupled = transition.T @ square[:states, states:]
        hessian = hessian + transition.T @ square[:states, :states] @ transition
        hessian = hessian.at[:, own:].add(coupled).at[own:, :].add(coupled.T)
        hessian = hessian.at[own:, own:].add(square[states:, states:] + damped)
        gradient = (gradient + transition.T @ slope[:states]).at[own:].add(slope[states:])
        factor = jax.scipy.linalg.cho_factor(_symmetric(hessian[own:, own:]), lower=True)
        right = jnp.concatenate([hessian[own:, :own], gradient[own:, None]], axis=1)
        solved = -jax.scipy.linalg.cho_solve(factor, right)
        gain, change = solved[:, :own], solved[:, own]
        square = _symmetric(hessian[:own, :own] + hessian[:own, own:] @ gain)
        slope = gradient[:own] + hessian[:own, own:] @ change
        return (square, slope), (gain, change, -0.5 * jnp.dot(gradient[own:], change))

    nothing = jnp.zeros((own, own), input_unit.dtype), jnp.zeros(own, input_unit.dtype)
    model = stages.transition, stages.gradient, stages.hessian
    (square, slope), (gain, change, decrease) = lax.scan(go_back, nothing, model, reverse=True)
    scaled = start_unit[:, None] * square[:states, :states] * start_unit[None]
    scaled = _symmetric(scaled) + damping * jnp.eye(states, dtype=scaled.dtype)
    start = -start_unit * jax.scipy.linalg.solve(scaled, start_unit * slope[:states], assume_a="pos")
    return Plan(gain, change, start), jnp.sum(decrease) - 0.5 * jnp.dot(slope[:states], start)


def _symmetric(matrix: Float[Array, "N N"]) -> Float[Array, "N N"]:
    return 0.5 * (matrix + matrix.T)
