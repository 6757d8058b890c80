"""Settings of the recording: how it is read, its camera, and where it comes from."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from data.clip import MAX_FPS, MIN_FPS
from pipelines.settings.option import InputKind, Option, Panel
from pipelines.settings.section import Section
from pipelines.settings.text_values import Edges, Frames, Size, Unit

DATASETS = ("human36m", "aist")
"""Datasets whose sequences a clip can name, such as "human36m:S9/Walking 1"."""
Followed = Literal["mocap", "keypoints", "video"]

Length = Annotated[float, Field(gt=0)]
Side = Annotated[int, Field(ge=16, le=100_000)]

FILES = (InputKind.MOTION, InputKind.KEYPOINTS, InputKind.VIDEO)
MOTIONS = (InputKind.MOTION,)
SKELETONS = (InputKind.MOTION, InputKind.SEQUENCE)
KEYPOINTS = (InputKind.KEYPOINTS,)
PICTURES = (InputKind.KEYPOINTS, InputKind.VIDEO)
FILMED = (*PICTURES, InputKind.SEQUENCE)


class Input(Section):
    """How to read the recording. What is not given is detected."""

    asf: Annotated[Path | None, Option("--asf", Panel.RECORDING, applies_to=MOTIONS)] = Field(
        default=None, description="Skeleton of an .amc file, if it is not beside it."
    )
    body_model: Annotated[Path | None, Option("--body-model", Panel.RECORDING, applies_to=MOTIONS)] = Field(
        default=None, description="SMPL, SMPL-H or SMPL-X model (.npz, .pkl) that goes with an .npz file of AMASS."
    )
    sequence: Annotated[str | None, Option("--sequence", Panel.RECORDING, applies_to=MOTIONS)] = Field(
        default=None, description="Which sequence of a file that holds several, such as 'S9/Walking 1'."
    )
    joint_map: Annotated[Path | None, Option("--joint-map", Panel.RECORDING, applies_to=SKELETONS)] = Field(
        default=None, description="For an unknown skeleton: YAML file with lines such as 'left_knee: LeftLeg'."
    )
    up_axis: Annotated[
        Literal["x", "y", "z", "-x", "-y", "-z"] | None, Option("--up-axis", Panel.RECORDING, applies_to=MOTIONS)
    ] = Field(default=None, description="Up axis of the file, if detected wrongly.")
    unit: Annotated[
        Unit | None, Option("--units", Panel.RECORDING, metavar="<m|cm|mm|inch|cmu|METRES>", applies_to=MOTIONS)
    ] = Field(default=None, description="Unit of length in the file, by name or in metres, if detected wrongly.")
    as_is: Annotated[bool, Option("--as-is", Panel.RECORDING, applies_to=SKELETONS)] = Field(
        default=False, description="Take the recording as it is, also where it cannot be a person's motion."
    )
    fps: Annotated[float | None, Option("--fps", Panel.RECORDING, metavar="HZ", applies_to=FILES)] = Field(
        default=None,
        ge=MIN_FPS,
        le=MAX_FPS,
        description="Frames per second, in place of the file's own. An .amc file has none: 120 is assumed.",
    )
    floor_m: Annotated[float | None, Option("--floor", Panel.RECORDING)] = Field(
        default=None,
        description="Height of the floor, m, in the world of the file or of a camera with a pose, if detected wrongly.",
    )
    start_s: Annotated[float | None, Option("--start", Panel.RECORDING)] = Field(
        default=None, ge=0, description="Start at this time of the recording, s."
    )
    end_s: Annotated[float | None, Option("--end", Panel.RECORDING)] = Field(
        default=None, gt=0, description="Stop at this time of the recording, s."
    )
    crop: Annotated[
        Edges | None,
        Option("--crop", Panel.CAMERA, metavar="LEFT,TOP,RIGHT,BOTTOM", applies_to=PICTURES),
    ] = Field(
        default=None,
        description="Look only inside these pixels, where several people are visible. With several recordings, "
        "NAME:LEFT,TOP,RIGHT,BOTTOM: in the one with this name. Edges of several are separated by spaces, within "
        "quotes.",
    )
    person: Annotated[int | None, Option("--person", Panel.CAMERA, applies_to=KEYPOINTS, instead="input.crop")] = Field(
        default=None,
        ge=1,
        description="Which of several people in the keypoints. 1, the default, is the most prominent.",
    )
    shift: Annotated[Frames | None, Option("--shift", Panel.CAMERA, metavar="NAME:FRAMES", applies_to=PICTURES)] = (
        Field(
            default=None,
            description="Of several recordings, read the one with this name so many frames later; earlier if negative. "
            "Those of more are separated by spaces, within quotes.",
        )
    )
    image_size: Annotated[
        Size[Side] | None, Option("--image-size", Panel.CAMERA, metavar="WxH", applies_to=KEYPOINTS)
    ] = Field(default=None, description="Size of the pictures in which the keypoints were found, pixels.")
    film: Annotated[Path | None, Option("--film", Panel.CAMERA, applies_to=KEYPOINTS)] = Field(
        default=None, description="The video in which the keypoints were found. overlay.mp4 is drawn over it."
    )


class CameraSettings(Section):
    """The camera of a video or of keypoints. What is not given is assumed, or found from the motion."""

    file: Annotated[Path | None, Option("--camera", Panel.CAMERA, applies_to=PICTURES)] = Field(
        default=None,
        description="The camera's file, as OpenCV, Pose2Sim, Qualisys or AIST++ write it. With several recordings: "
        "that of all their cameras, or a folder with a file for each.",
    )
    name: Annotated[str | None, Option("--camera-name", Panel.CAMERA, applies_to=PICTURES)] = Field(
        default=None, description="Which camera of that file, if it has several."
    )
    fov_deg: Annotated[float | None, Option("--fov", Panel.CAMERA, metavar="DEGREES", applies_to=PICTURES)] = Field(
        default=None, ge=1, lt=180, description="Angle that the longer side of the pictures spans. The default is 69."
    )
    up: Annotated[
        Literal["x", "y", "z", "-x", "-y", "-z"] | None, Option("--camera-up", Panel.CAMERA, applies_to=PICTURES)
    ] = Field(
        default=None,
        description="Axis of that file's world that points up. The camera's pose is then read from the file. "
        "Without it, the pose is found from the motion; of several cameras, only the axis is.",
    )
    unit_m: Annotated[Length, Option("--camera-unit", Panel.CAMERA, metavar="METRES", applies_to=PICTURES)] = Field(
        default=1.0, description="Unit of length of that file. The default is 1."
    )

    pitch_deg: Annotated[
        float | None, Option("--camera-pitch", Panel.CAMERA, metavar="DEGREES", applies_to=PICTURES)
    ] = Field(default=None, gt=-90, lt=90, description="Angle by which the camera looks up; negative: down.")
    roll_deg: Annotated[float | None, Option("--camera-roll", Panel.CAMERA, metavar="DEGREES", applies_to=PICTURES)] = (
        Field(
            default=None,
            ge=-180,
            le=180,
            description="Angle by which the camera is turned anticlockwise about its axis.",
        )
    )
    height_m: Annotated[
        float | None, Option("--camera-height", Panel.CAMERA, metavar="METRES", applies_to=PICTURES)
    ] = Field(default=None, gt=0, le=50, description="Height of the camera above the ground, m.")

    @model_validator(mode="after")
    def _one_lens(self) -> "CameraSettings":
        if self.up is not None and (self.pitch_deg, self.roll_deg, self.height_m) != (None, None, None):
            raise ValueError(
                "--camera-pitch, --camera-roll and --camera-height are for a camera without a pose, and --camera-up "
                "gives it one: give one of them"
            )
        if self.file is None and (self.name, self.up, self.unit_m) != (None, None, 1.0):
            raise ValueError(
                "--camera-name, --camera-up and --camera-unit need the camera's file: give it with --camera"
            )
        if self.file is not None and self.fov_deg is not None:
            raise ValueError("the camera has a file (--camera) and a field of view (--fov): give one of them")
        return self


class DetectorErrors(Section):
    """Errors of the made-up detector `data.keypoints.synthetic_detections.Detector`."""

    noise_px: float = Field(default=5.0, gt=0, description="Standard deviation of a keypoint along each axis, pixels.")
    dropout: float = Field(default=0.1, ge=0, le=0.5, description="Share of the keypoints that are lost.")
    swap: float = Field(
        default=0.01, ge=0, le=0.5, description="Share of the time in which the sides of a limb are swapped."
    )
    depth_m: float = Field(default=0.08, ge=0, description="Error of the rough root along the camera's axis, m.")
    side_m: float = Field(default=0.02, ge=0, description="Error of the rough root across the camera's axis, m.")
    joint_m: float = Field(default=0.03, ge=0, description="Slow error of a rough joint relative to the root, m.")
    shake_m: float = Field(default=0.01, ge=0, description="Error of a rough joint that differs in every frame, m.")


class ThroughCamera(Section):
    """A test: the run follows what a made-up detector sees of the recording through a camera."""

    subject: str | None = Field(
        default=None, description="Person of Human3.6M around whom its cameras stood. Chosen at random if null."
    )
    camera: str | None = Field(
        default=None, description="One of Human3.6M's four cameras. Chosen at random for each clip if null."
    )
    errors: DetectorErrors = DetectorErrors()


class Dataset(Section):
    """Where the clip is, if it is a sequence of a dataset, and which part of it is followed."""

    root: Path = Field(description="The folder that holds the dataset.")
    input: Followed = Field(default="mocap", description="What is followed. The truth is always the motion capture.")
    camera: str | None = Field(
        default=None, description="The camera whose keypoints or video are followed. The protocol's camera if null."
    )
    keypoints: str | None = Field(
        default=None,
        description="The archive of Human3.6M's keypoints, such as gt. The archive of the best detector if null.",
    )
