"""What a run can be told: one model, read from YAML, overridden by the command line, saved in the run folder."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from data.clip import MAX_FPS, MIN_FPS, InputError

Model = TypeVar("Model", bound=BaseModel)
Side = Annotated[int, Field(ge=16, le=100_000)]
Length = Annotated[float, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]
Pixels = Annotated[int, Field(ge=64, le=4096, multiple_of=2)]  # H.264 needs even sizes
VideoSize = tuple[Pixels, Pixels]

# Terms of `diffphy.reconstruction.losses`, in SI units inside. Positions lead: the others are kept small enough not to
# pull the joints away from where they were recorded, and large enough to settle what positions leave open.
LOSS_WEIGHTS = {
    "joint_positions": 100.0,
    "keypoints": 100.0,
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
}


DATASETS = ("human36m", "aist")
"""Whose sequences a clip can be, as "human36m:S9/Walking 1"."""
Followed = Literal["mocap", "keypoints", "video"]

COMMAND_LINE = "the command line"
_OPTIONS = {
    "input.fps": "--fps",
    "input.floor_m": "--floor",
    "input.start_s": "--start",
    "input.end_s": "--end",
    "input.crop": "--crop",
    "input.person": "--person",
    "camera.fov_deg": "--fov",
    "camera.unit_m": "--camera-unit",
    "body.height_m": "--height",
    "body.mass_kg": "--mass",
    "body.mesh": "--body",
}


class Section(BaseModel):
    """A group of settings; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Input(Section):
    """How to read the motion file; what is not given is detected."""

    asf: Path | None = Field(default=None, description="skeleton of an AMC file; found beside it if not given")
    body_model: Path | None = Field(
        default=None, description="SMPL, SMPL-H or SMPL-X model, .npz or .pkl, by which an .npz file of AMASS was made"
    )
    joint_map: Path | None = Field(
        default=None, description="YAML file: our joint or body name -> the file's joint name"
    )
    up_axis: Literal["x", "y", "z"] | None = None
    unit: str | None = Field(default=None, description="unit of length in the file, such as cm")
    fps: float | None = Field(default=None, ge=MIN_FPS, le=MAX_FPS, description="frames a second in the file")
    floor_m: float | None = Field(
        default=None, description="height of the floor in the world of the file, or of the camera, m"
    )
    start_s: float | None = Field(default=None, ge=0, description="from where the motion is taken, s; its start")
    end_s: float | None = Field(default=None, gt=0, description="up to where the motion is taken, s; its end")
    crop: tuple[float, float, float, float] | None = Field(
        default=None,
        description="of a video or keypoints: left, top, right, bottom, pixels; who is outside is not seen",
    )
    person: int | None = Field(
        default=None, ge=1, description="of keypoints: which person, 1 for the most prominent; that one if null"
    )
    image_size: tuple[Side, Side] | None = Field(
        default=None, description="of keypoints: width and height of the pictures they were found in, pixels"
    )
    film: Path | None = Field(default=None, description="of keypoints: the video they were found in, to be drawn over")


class CameraSettings(Section):
    """The camera of a video; what is not given is assumed, or found from the motion."""

    file: Path | None = Field(
        default=None, description="with its lens; its pose is taken where `up` is given, else found from the motion"
    )
    name: str | None = Field(default=None, description="which camera of the file, where it has several")
    fov_deg: float | None = Field(
        default=None, ge=1, lt=180, description="angle that the longer side of the pictures spans, degrees"
    )

    up: Literal["x", "y", "z", "-x", "-y", "-z"] | None = Field(
        default=None, description="axis of the world of the file that points up; its pose is taken then"
    )
    unit_m: Length = Field(default=1.0, description="unit of length of the file, m")

    @model_validator(mode="after")
    def _one_lens(self) -> Self:
        if self.file is None and (self.name is not None or self.up is not None):
            raise ValueError("the camera has a name or an axis that points up, but no file: give its file")
        if self.file is not None and self.fov_deg is not None:
            raise ValueError("the camera has a file and a field of view: give one of them")
        return self


class Box(Section):
    """Something at rest that a body can touch, in the world: x to the camera's right, y ahead, z up, m."""

    position: tuple[float, float, float] = Field(description="of its middle")
    half_extents: tuple[Length, Length, Length]
    quat_wxyz: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)


class Surroundings(Section):
    """What there is beside the floor."""

    boxes: tuple[Box, ...] = ()


class Body(Section):
    """The person; what is not given is estimated from the skeleton."""

    height_m: float | None = Field(default=None, gt=0.5, lt=2.6)
    mass_kg: float | None = Field(default=None, gt=5, lt=400)
    sex: Literal["female", "male", "average"] = Field(default="average", description="whose table of segment masses")
    mesh: Path | None = Field(
        default=None, description="watertight mesh with its parts' names, from which masses come in place of the table"
    )


class Simulation(Section):
    """Rates of the physics."""

    control_fps: float = Field(default=30.0, ge=10, le=240, description="control targets a second")
    substeps: int = Field(default=4, ge=1, le=64, description="physics steps for each control target")


class Windows(Section):
    """The overlapping windows by which a clip of any length is solved."""

    length_s: float = Field(default=0.6, gt=0, le=5, description="optimised together, s")
    stride_s: float = Field(default=0.2, gt=0, le=5, description="kept of each window, s")

    @model_validator(mode="after")
    def _overlap(self) -> Self:
        if self.stride_s > self.length_s:
            raise ValueError("stride_s must not exceed length_s, or frames between the windows would be left out")
        return self


class Stopping(Section):
    """The relative-decrease criterion: end at a value above beta times the mean of the last few, plus epsilon."""

    window: int = Field(default=5, ge=1)
    beta: float = 1.0
    epsilon: float = 0.0


class Optimizer(Section):
    """What minimises the loss of a window."""

    name: str = "lbfgs"
    max_evals: int = Field(default=100, ge=1, description="evaluations of loss and gradient, for each window")
    options: dict[str, bool | int | float | str] = Field(
        default_factory=dict, description="the optimizer's own options"
    )
    stopping: Stopping | None = Field(default=Stopping(), description="null: only max_evals ends a window")


class DetectorErrors(Section):
    """Those of a made-up detector, `data.keypoints.synthetic_detections.Detector`."""

    noise_px: float = Field(default=5.0, gt=0, description="standard deviation of a keypoint along each axis, pixels")
    dropout: float = Field(default=0.1, ge=0, le=0.5, description="share of the keypoints that are lost")
    swap: float = Field(
        default=0.01, ge=0, le=0.5, description="share of time in which the sides of a limb are swapped"
    )
    depth_m: float = Field(default=0.08, ge=0, description="error of the rough root along the camera's axis, m")
    side_m: float = Field(default=0.02, ge=0, description="... and at right angles to it, m")
    joint_m: float = Field(default=0.03, ge=0, description="slow error of a rough joint around the root, m")
    shake_m: float = Field(default=0.01, ge=0, description="error of a rough joint that differs in every frame, m")


class ThroughCamera(Section):
    """A test: what is followed is not the recording, but what a detector sees of it through a camera."""

    subject: str | None = Field(default=None, description="of Human3.6M, for whom its cameras stood; drawn if null")
    camera: str | None = Field(default=None, description="of Human3.6M's four; drawn for each clip if null")
    errors: DetectorErrors = DetectorErrors()


class Dataset(Section):
    """Where the clip is, if it is a sequence of a dataset, and what of it is followed."""

    root: Path = Field(description="the folder that holds the dataset")
    input: Followed = Field(default="mocap", description="what is followed; the mocap is the truth in any case")
    camera: str | None = Field(default=None, description="through which keypoints or video are seen; the protocol's")
    keypoints: str | None = Field(
        default=None, description="of Human3.6M: whose archive of keypoints, such as gt; the best detector's"
    )


class Output(Section):
    """What is made of the result."""

    video: bool = True
    side_by_side: bool = Field(
        default=False, description="of a video: the keypoints, the body over them, and the body from the side"
    )
    video_size: VideoSize = Field(default=(800, 600), description="width and height")


def _complete(weights: dict[str, float]) -> dict[str, float]:
    unknown = sorted(set(weights) - set(LOSS_WEIGHTS))
    if unknown:
        raise ValueError(f"unknown term {', '.join(unknown)}: the terms are {', '.join(LOSS_WEIGHTS)}")
    complete = LOSS_WEIGHTS | weights
    if not any(complete.values()):
        raise ValueError("give at least one term a weight above 0")
    return complete


class RunConfig(Section):
    """Everything that a run depends on."""

    clip: str | None = Field(default=None, description="the motion file, builtin:NAME, or a sequence of `dataset`")
    seed: int = Field(default=0, ge=0, description="of the errors of `through`; the optimizers draw nothing at random")
    input: Input = Input()
    through: ThroughCamera | None = Field(default=None, description="null: the recording itself is followed")
    dataset: Dataset | None = Field(default=None, description="of a clip such as 'human36m:S9/Walking 1'")
    camera: CameraSettings = CameraSettings()
    scene: Surroundings = Surroundings()
    body: Body = Body()
    simulation: Simulation = Simulation()
    windows: Windows = Windows()
    optimizer: Optimizer = Optimizer()
    loss: Annotated[dict[str, Weight], AfterValidator(_complete)] = LOSS_WEIGHTS  # by term; the others keep theirs
    output: Output = Output()

    def to_yaml(self) -> str:
        """The text from which `load` makes the same configuration."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)

    def with_absolute_paths(self) -> Self:
        """The same run from whatever folder it is started."""
        files = {name: getattr(self.input, name) for name in ("asf", "body_model", "film", "joint_map")}
        absolute = {name: path.resolve() for name, path in files.items() if path is not None}
        clip = self.clip
        if clip is not None and clip.partition(":")[0] not in ("builtin", *DATASETS):
            clip = str(Path(clip).resolve())
        camera, dataset = self.camera, self.dataset
        if camera.file is not None:
            camera = camera.model_copy(update={"file": camera.file.resolve()})
        if dataset is not None:
            dataset = dataset.model_copy(update={"root": dataset.root.resolve()})
        body = self.body
        if body.mesh is not None:
            body = body.model_copy(update={"mesh": body.mesh.resolve()})
        given = self.input.model_copy(update=absolute)
        sections = {"input": given, "camera": camera, "dataset": dataset, "body": body}
        return self.model_copy(update={"clip": clip, **sections})


def load(
    path: Path | None, overrides: Mapping[str, Any], defaults: Mapping[str, Any] = MappingProxyType({})
) -> RunConfig:
    """The configuration in a YAML file, or the defaults, with `overrides`: dotted key -> value, None for 'not given'.

    `defaults`, dotted keys too, are in place of the usual ones.

    Raises:
        InputError: the file cannot be read as YAML, or a key or value in it is not valid.
    """
    return read(RunConfig, path, overrides, defaults)


def read(
    model: type[Model],
    path: Path | None,
    overrides: Mapping[str, Any],
    defaults: Mapping[str, Any] = MappingProxyType({}),
) -> Model:
    """As `load`, for any configuration."""
    settings = {} if path is None else _read_yaml(path)
    for key, value in defaults.items():
        _set(settings, key.split("."), value, path, replace=False)
    given = {key: value for key, value in overrides.items() if value is not None}
    for key, value in given.items():
        _set(settings, key.split("."), value, path)
    try:
        return model.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        origin = COMMAND_LINE if key in given or path is None else str(path)
        raise InputError(_sentence(model, first, key, origin)) from error


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the configuration {path}: {error.strerror}; correct its path or name") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        raise InputError(f"the configuration {path} is not valid YAML{line}: correct it") from error
    if settings is None:
        return {}
    if not isinstance(settings, dict):
        raise InputError(f"the configuration {path} holds no keys: write lines such as 'seed: 0'")
    return settings


def _set(settings: dict[str, Any], key: list[str], value: Any, path: Path | None, replace: bool = True) -> None:
    """Sets a nested key, if it has no value or may be replaced; what is no section is left for validation to report."""
    *sections, name = key
    for section in sections:
        if settings.get(section) is None:
            settings[section] = {}
        settings = settings[section]
        if not isinstance(settings, dict):
            raise InputError(f"{section} in {path} must be a section of keys, not {settings!r}")
    if replace or name not in settings:
        settings[name] = value


def _sentence(configuration: type[BaseModel], error: Mapping[str, Any], key: str, origin: str) -> str:
    """What is wrong with one key, in one sentence."""
    if not error["loc"]:  # of several keys together
        return f"{error['msg'].removeprefix('Value error, ')} ({origin})"
    *sections, _ = error["loc"]
    if error["type"] == "extra_forbidden":
        model: Any = configuration
        for section in sections:
            annotation = model.model_fields[section].annotation
            model = next((each for each in get_args(annotation) if each is not type(None)), annotation)  # of X | None
        where = f"valid keys in {'.'.join(map(str, sections))}" if sections else "valid keys"
        return f"unknown key '{key}' in {origin}: {where} are {', '.join(model.model_fields)}"
    if error["type"] == "missing" and isinstance(error["loc"][-1], int):
        whole, needed = ".".join(map(str, sections)), error["loc"][-1] + 1
        return f"'{whole}' in {origin} is {error['input']!r}: it needs {needed} values"
    reason = error["msg"].removeprefix("Value error, ")
    name = f"{_OPTIONS[key]} ({key})" if origin == COMMAND_LINE and key in _OPTIONS else f"'{key}' in {origin}"
    return f"{name} is {error['input']!r}: {reason[0].lower()}{reason[1:]}"
