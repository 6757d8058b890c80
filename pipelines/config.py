"""Everything that a run can be told: one model, read from YAML, changed by options, saved in the run folder."""

from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from data.clip import InputError
from pipelines.settings.messages import COMMAND_LINE
from pipelines.settings.option import InputKind, Option, Panel, options_of
from pipelines.settings.paths import change_paths
from pipelines.settings.read import read
from pipelines.settings.recording import DATASETS, FILMED, CameraSettings, Dataset, Input, Length, ThroughCamera
from pipelines.settings.section import Section
from pipelines.settings.text_values import Size

Weight = Annotated[float, Field(ge=0)]
Pixels = Annotated[int, Field(ge=64, le=4096, multiple_of=2)]  # H.264 needs even sizes
VideoSize = Size[Pixels]

# Terms of `diffphy.reconstruction.losses`, in SI units inside. Positions lead. The other weights are small enough not
# to pull the joints away from where they were recorded, and large enough to settle what the positions leave open.
# The fit of films has used the keypoints already. In the simulation they only shake the body after the noise of single
# frames: without them a filmed squat has the same joints, and 4.6 instead of 6.2 % of its weight as error of the force.
LOSS_WEIGHTS = {
    "joint_positions": 100.0,
    "keypoints": 0.0,
    "joint_velocities": 0.1,
    "joint_rotations": 0.2,
    "neck_rotation": 0.03,
    "root": 0.1,
    "center_of_mass": 1.0,
    "center_of_mass_velocity": 0.01,
    "control_smoothness": 2e-4,
    "effort": 2e-4,
    "joint_limits": 0.02,
    "penetration": 10.0,
    "foot_skate": 1e-2,
    "stance": 1e-1,
    "ground_force": 0.06,
    "foot_load": 0.15,
}


class Box(Section):
    """An object at rest that a body can touch, in the world: x to the camera's right, y ahead, z up, m."""

    position: tuple[float, float, float] = Field(description="Its centre.")
    half_extents: tuple[Length, Length, Length]
    quat_wxyz: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)


class Surroundings(Section):
    """What a body can touch beside the floor."""

    boxes: tuple[Box, ...] = ()


class Body(Section):
    """The person. What is not given is estimated from the skeleton."""

    height_m: Annotated[float | None, Option("--height", Panel.PERSON)] = Field(
        default=None,
        gt=0.5,
        lt=2.6,
        description="Height, m. Otherwise estimated from the legs of a skeleton, and 1.70 m where one camera films.",
    )
    mass_kg: Annotated[float | None, Option("--mass", Panel.PERSON)] = Field(
        default=None, gt=5, lt=400, description="Mass, kg. An average build is assumed if not given."
    )
    sex: Literal["female", "male", "average"] = Field(
        default="average", description="Whose table of segment masses is used."
    )
    mesh: Annotated[Path | None, Option("--body", Panel.PERSON, metavar="MESH")] = Field(
        default=None,
        description="Watertight mesh of the person with a name on every part, from which the masses are taken.",
    )


class Simulation(Section):
    """Rates of the physics."""

    control_fps: float = Field(default=30.0, ge=10, le=240, description="Control targets per second.")
    substeps: int = Field(default=4, ge=1, le=64, description="Physics steps for each control target.")


class Windows(Section):
    """The overlapping windows in which a clip of any length is solved."""

    length_s: float = Field(
        default=0.6, gt=0, le=5, description="Length of a window, which is optimised as a whole, s."
    )
    stride_s: float = Field(default=0.2, gt=0, le=5, description="How much of each window is kept, s.")

    @model_validator(mode="after")
    def _overlap(self) -> "Windows":
        if self.stride_s > self.length_s:
            raise ValueError("stride_s must not exceed length_s, or frames between the windows would be left out")
        return self


class Stopping(Section):
    """The relative-decrease criterion: stop at a value above beta times the mean of the last few, plus epsilon."""

    window: int = Field(default=5, ge=1, description="How many of the last values the mean is taken of.")
    beta: float = 1.0
    epsilon: float = 0.0


class Hops(Section):
    """Basin-hopping: random changes of the control, each followed by a descent of at most max_evals evaluations."""

    number: int = Field(default=2, ge=1, description="Hops in each window.")
    size: float = Field(default=0.1, gt=0, description="Largest change of a parameter, in units of the parameters.")


GAUSS_NEWTON = "gauss_newton"
"""The optimizer that sees a window as a sum of squares along time. The others are those of `optimus`."""


class SecondPass(Windows):
    """A second pass by Gauss-Newton's method over the solved clip, in longer windows."""

    length_s: float = Field(default=2.0, gt=0, le=3, description="Length of a window of the second pass, s.")
    stride_s: float = Field(default=4 / 3, gt=0, le=20, description="How much of each is kept, s.")
    max_evals: int = Field(default=15, ge=1, description="Evaluations of the loss in each, at most.")
    tolerance: float = Field(
        default=0.01, ge=0, lt=1, description="A step that lowers the loss by a smaller share ends a window."
    )


Quality = Literal["draft", "standard", "best"]

QUALITIES: dict[Quality, dict[str, Any]] = {
    "draft": {"max_evals": 20, "tolerance": 0.1, "second_pass": SecondPass(max_evals=6, tolerance=0.03)},
    "standard": {"max_evals": 20, "tolerance": 0.03, "second_pass": SecondPass()},
    "best": {"max_evals": 20, "tolerance": 0.03, "second_pass": SecondPass(max_evals=40, tolerance=0.001)},
}
"""What Gauss-Newton's method does for each quality, unless the user says otherwise.

More steps in the first pass do not help: a window then has more of the frames that nothing follows, and may fall.
"""


class Optimizer(Section):
    """What minimises the loss of a window."""

    name: Annotated[str, Option("--optimizer", Panel.SOLVER)] = Field(
        default=GAUSS_NEWTON, description="gauss_newton, lbfgs, bfgs, adam, momentum, optimus or adafactor_mlp."
    )
    quality: Annotated[Quality, Option("--quality", Panel.SOLVER)] = Field(
        default="standard", description="How long gauss_newton searches."
    )
    max_evals: Annotated[int, Option("--max-evals", Panel.SOLVER)] = Field(
        default=100,
        ge=1,
        description="Evaluations of the loss in each window, at most; by the quality with gauss_newton, else 100. The "
        "first window, which also finds the initial velocity, may take twice as many.",
    )
    tolerance: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="A step of gauss_newton that lowers the loss by a smaller share ends a window; by the quality.",
    )
    second_pass: SecondPass | None = Field(
        default=None, description="null: no second pass. By the quality with gauss_newton, else null."
    )
    first_max_evals: int | None = Field(
        default=None,
        ge=1,
        description="Evaluations in each of the two minimisations that find the initial velocity, at most; max_evals "
        "if null. gauss_newton has only one: twice max_evals if null.",
    )
    options: dict[str, bool | int | float | str] = Field(
        default_factory=dict, description="The optimizer's own options."
    )
    stopping: Stopping | None = Field(
        default=Stopping(), description="Of optimizers but gauss_newton. null: only max_evals ends a window."
    )
    hops: Hops | None = Field(default=None, description="Basin-hopping in each window but the first; null for none.")

    @model_validator(mode="before")
    @classmethod
    def _by_quality(cls, values: Any) -> Any:
        """Fill in what the quality says, so that a saved configuration tells it."""
        if not isinstance(values, Mapping) or values.get("name", GAUSS_NEWTON) != GAUSS_NEWTON:
            return values
        return {**QUALITIES.get(values.get("quality", "standard"), {}), **values}


class Output(Section):
    """What is written beside the motion, and what is drawn from it."""

    feedback: Annotated[bool, Option("--feedback/--no-feedback")] = Field(
        default=False, description="Write feedback.npz: how the control answers to a deviation, 1.2 MB a second."
    )
    video: Annotated[bool, Option("--video/--no-video")] = Field(default=True, description="Render motion.mp4.")
    side_by_side: Annotated[bool, Option("--side-by-side", Panel.CAMERA, applies_to=FILMED)] = Field(
        default=False,
        description="Show in overlay.mp4 the keypoints, the body over them, and the body from the side.",
    )
    video_size: VideoSize = Field(default=(800, 600), description="Width and height, pixels.")


def _complete(weights: dict[str, float]) -> dict[str, float]:
    """Return a weight for every term of the loss: the given ones and the defaults of the others."""
    unknown = sorted(set(weights) - set(LOSS_WEIGHTS))
    if unknown:
        raise ValueError(f"unknown term {', '.join(unknown)}: the terms are {', '.join(LOSS_WEIGHTS)}")
    complete = LOSS_WEIGHTS | weights
    if not any(complete.values()):
        raise ValueError("give at least one term a weight above 0")
    return complete


class RunConfig(Section):
    """Everything that a run depends on."""

    clip: str | None = Field(
        default=None, description="The recording: a file, builtin:NAME, or a sequence of the dataset."
    )
    seed: Annotated[int, Option("--seed", Panel.SOLVER)] = Field(
        default=0,
        ge=0,
        description="Seed of the random errors of synthetic keypoints (evaluate cmu --input keypoints) and of "
        "basin-hopping. Nothing else is random.",
    )
    input: Input = Input()
    through: ThroughCamera | None = Field(default=None, description="null: the recording itself is followed.")
    dataset: Dataset | None = Field(default=None, description="For a clip such as 'human36m:S9/Walking 1'.")
    camera: CameraSettings = CameraSettings()
    scene: Surroundings = Surroundings()
    body: Body = Body()
    simulation: Simulation = Simulation()
    windows: Windows = Windows()
    optimizer: Optimizer = Optimizer()
    loss: Annotated[dict[str, Weight], AfterValidator(_complete)] = Field(
        default=LOSS_WEIGHTS, description="Weight of each term. The terms that are not named keep their defaults."
    )
    output: Output = Output()

    def with_absolute_paths(self) -> "RunConfig":
        """Return the same run for whatever folder it is started from."""
        clip = self.clip
        if clip is not None and clip.partition(":")[0] not in ("builtin", *DATASETS):
            clip = str(Path(clip).resolve())
        return change_paths(self, Path.resolve).model_copy(update={"clip": clip})


def load(
    path: Path | None,
    overrides: Mapping[str, Any],
    defaults: Mapping[str, Any] = MappingProxyType({}),
    origin: str = COMMAND_LINE,
) -> RunConfig:
    """Return the configuration of a run: that in a YAML file, or the defaults, changed by options.

    Args:
        path: The YAML file, if there is one.
        overrides: Dotted key -> value. None means that the option was not given.
        defaults: Dotted key -> value, in place of the usual default.
        origin: Where the overrides come from, for messages: `COMMAND_LINE` or `SETTINGS`.

    Raises:
        InputError: The file is no readable YAML, or one of the keys or values is not valid.
    """
    return read(RunConfig, path, overrides, defaults, origin)


def refuse_inapplicable(config: RunConfig, kind: InputKind) -> None:
    """Check that every setting that was given has an effect on this kind of input.

    A setting that has its default is not checked: it changes nothing.

    Raises:
        InputError: One of them has none.
    """
    options = {key: (field, option) for key, field, option in options_of(type(config))}
    for key, (field, option) in options.items():
        value = reduce(lambda section, name: getattr(section, name, None), key.split("."), config)
        if option.applies_to and kind not in option.applies_to and value != field.default:
            other = None if option.instead is None else options[option.instead][1]
            remedy = (
                f", and give {other.name} {other.metavar}" if other is not None and kind in other.applies_to else ""
            )
            raise InputError(f"{config.clip} {kind}: {option.name} ({key}) has no effect on it, remove it{remedy}")
