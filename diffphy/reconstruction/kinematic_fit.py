"""The motion of a body that is most likely behind a rough motion, all frames together, before any physics.

Two things are known, each with its own error: the joints of the rough motion, and how fast a person's joints
accelerate. The result is a smoothing spline on a body whose bones keep their length; the noise decides how smooth it is
(Kimeldorf and Wahba, Spline functions and stochastic processes, 1970). The body also stands on something unless it
leaps, and the ground carries it.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import jax.scipy.fft
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.arrays import AnyArray
from diffphy.body.humanoid import Humanoid
from diffphy.compiled import compiled
from diffphy.physics import kinematics
from diffphy.physics.kinematics import Pose
from diffphy.physics.scene import Scene
from diffphy.reconstruction.kinematic_terms import TERMS, FittedMotion, Uncertainty, contact_gap
from diffphy.reconstruction.minimiser import Evaluate, Minimise
from diffphy.reconstruction.observation import Keyframes

TOUCHING, STILL = 0.025, 0.6  # m, m/s: a point that is higher or faster does not stand
_METRE, _RADIAN = 0.1, 0.3  # change for one unit of parameter: of the root's position, m, and of rotations, rad


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class KinematicProblem:
    """Find the motion of F frames that fits best to everything that is known about it.

    A parameter is the amplitude of a cosine over time. The cosines add up to the changes of the root's position and of
    the rotations of B bodies.

    Attributes:
        humanoid: The person.
        scene: What the person stands on.
        observed: The rough motion.
        rate: Frames a second.
        uncertainty: Standard deviations of all that is known.
        wave: Change for a unit of amplitude, by frequency.
        standing: How surely each contact point stands, 0 to 1.
    """

    humanoid: Humanoid
    scene: Scene
    observed: Keyframes
    rate: float | Float[Array, ""]
    uncertainty: Uncertainty
    wave: Float[AnyArray, "F"]
    standing: Float[AnyArray, "F C"]

    @property
    def size(self) -> int:
        """The number of parameters."""
        return len(self.observed) * 3 * (1 + self.humanoid.bodies)

    def change(self, x: Float[Array, "N"]) -> Float[Array, "F P 3"]:
        """Return the changes of the root's position and of the B rotations (P = 1 + B), in units of the parameters."""
        amplitude = jnp.asarray(self.wave)[:, None] * x.reshape(len(self.wave), -1)
        return jax.scipy.fft.idct(amplitude, axis=0, norm="ortho").reshape(len(self.wave), -1, 3)

    def motion(self, x: Float[Array, "N"]) -> tuple[Float[Array, "F 3"], Float[Array, "F B 4"], Pose]:
        """Return root positions, m, rotations, wxyz, and poses."""
        change = self.change(x)
        position = jnp.asarray(self.observed.position) + _METRE * change[:, 0]
        rotation = rotations.multiply(self.observed.rotation, rotations.exp(_RADIAN * change[:, 1:]))
        pose = jax.vmap(kinematics.forward_kinematics, (None, 0, 0))(self.humanoid, position, rotation)
        return position, rotation, pose

    def loss(self, x: Float[Array, "N"]) -> tuple[Float[Array, ""], dict[str, Float[Array, ""]]]:
        """Return the negative logarithm of the posterior for each frame, without its constant, and what each term adds.

        The terms are those of `kinematic_terms.TERMS`, by name.
        """
        pose = self.motion(x)[2]
        turn = _RADIAN * self.change(x)[:, 1:]
        standing = jnp.asarray(self.standing)
        fitted = FittedMotion(self.humanoid, self.scene, self.observed, self.rate, standing, turn, pose)
        terms = {name: term(fitted, self.uncertainty) for name, term in TERMS.items()}
        samples = 2 * len(self.observed)
        return jnp.asarray(sum(terms.values())) / samples, {name: term / samples for name, term in terms.items()}


def fit_keyframes(
    humanoid: Humanoid,
    scene: Scene,
    observed: Keyframes,
    rate: float,
    minimise: Minimise,
    uncertainty: Uncertainty | None = None,
    rounds: int = 2,
) -> Keyframes:
    """Return the keyframes with the most likely poses and joints, and with the contact points that stand.

    Args:
        humanoid: The person.
        scene: What the person stands on.
        observed: F frames of the rough motion.
        rate: Frames a second.
        minimise: Any minimiser.
        uncertainty: Standard deviations of all that is known. The defaults if None.
        rounds: Minimisations: each uses the standing points that the one before has found.
    """
    problem = kinematic_problem(humanoid, scene, observed, rate, uncertainty)
    x = np.zeros(problem.size, observed.position.dtype)
    for _ in range(rounds):
        x = np.asarray(minimise(_on_host(problem), x).x, x.dtype)
        _, _, pose = _compiled_motion(problem, jnp.asarray(x))
        problem = replace(problem, standing=find_standing(humanoid, scene, pose, rate))
    position, rotation, pose = _compiled_motion(problem, jnp.asarray(x))
    return replace(
        observed,
        position=np.asarray(position),
        rotation=np.asarray(rotation),
        joint_position=np.asarray(pose.position),
        standing=np.asarray(problem.standing),
    )


def kinematic_problem(
    humanoid: Humanoid, scene: Scene, observed: Keyframes, rate: float, uncertainty: Uncertainty | None = None
) -> KinematicProblem:
    """Return the problem before anything is known about standing points. The arguments are those of `fit_keyframes`."""
    uncertainty = uncertainty or Uncertainty()
    dtype = observed.position.dtype
    wave = jnp.asarray(_wave_sizes(len(observed), rate, uncertainty), dtype)
    standing = jnp.zeros((len(observed), len(humanoid.contact_body)), dtype)
    return KinematicProblem(humanoid, scene, observed, rate, uncertainty, wave, standing)


@compiled
def kinematic_loss_and_gradient(problem: KinematicProblem, x: Float[Array, "N"]):
    """Return ((loss, terms), gradient) of a problem at one set of parameters."""
    return jax.value_and_grad(KinematicProblem.loss, argnums=1, has_aux=True)(problem, x)


@jax.jit
def find_standing(humanoid: Humanoid, scene: Scene, pose: Pose, rate: float | Float[Array, ""]) -> Float[Array, "F C"]:
    """Return how surely each contact point stands in each of F frames, 0 to 1: it touches and hardly moves."""
    point = jax.vmap(kinematics.contact_points, (None, 0))(humanoid, pose)
    between = jnp.linalg.norm(jnp.diff(point, axis=0), axis=-1) * rate  # speed from each frame to the next
    speed = jnp.minimum(jnp.concatenate([between[:1], between]), jnp.concatenate([between, between[-1:]]))
    near = jax.nn.sigmoid((TOUCHING - contact_gap(humanoid, scene, point)) / (TOUCHING / 4))
    return near * jax.nn.sigmoid((STILL - speed) / (STILL / 4))


_compiled_motion = jax.jit(KinematicProblem.motion)


def _on_host(problem: KinematicProblem) -> Evaluate:
    """Return the loss and its gradient as minimisers take them."""

    def evaluate(x: Float[np.ndarray, "N"]) -> tuple[float, Float[np.ndarray, "N"]]:
        (value, _), gradient = kinematic_loss_and_gradient(problem, jnp.asarray(x))
        return float(value), np.asarray(gradient)

    return evaluate


def _wave_sizes(frames: int, rate: float, uncertainty: Uncertainty) -> Float[np.ndarray, "F"]:
    """Return the change for a unit of each cosine's amplitude: the higher its frequency, the smaller.

    Joints hardly accelerate, and squared second differences of frames grow with the fourth power of the frequency. With
    these sizes all amplitudes matter about as much. Without them the loss is a narrow valley, and minimisers are slow.
    """
    frequency = np.pi * rate * np.arange(frames) / frames  # rad/s
    return np.asarray(1.0 / np.sqrt(1.0 + (uncertainty.joint * frequency**2 / uncertainty.acceleration) ** 2))
