"""From a motion file, a dataset or a video to the person who is simulated and the motion to follow."""

from data import formats
from data.clip import MIN_FRAMES, InputError, MotionClip
from data.floor import estimate_floor
from data.formats import keypoints
from data.resample import resample
from data.rigs import joint_maps
from pipelines import terminal
from pipelines.config import RunConfig, refuse_inapplicable
from pipelines.inputs.dataset import prepare_sequence
from pipelines.inputs.keypoints import prepare_keypoints
from pipelines.inputs.sequence import is_sequence, read_truth
from pipelines.inputs.subject import Subject, subject_of
from pipelines.inputs.synthetic_camera import seen_through
from pipelines.inputs.video import is_video, prepare_video
from pipelines.settings.option import InputKind

FAR_FLOOR_M = 0.5  # between a given floor and where the body rests: above the error of any detection


def read_clip(config: RunConfig) -> MotionClip:
    """The clip of a run as its file, or its dataset, has it.

    Raises:
        InputError: no clip was named, or it cannot be read.
    """
    if config.clip is None:
        raise InputError("no motion was given: name a file, or a built-in one such as builtin:walk")
    if is_sequence(config.clip):
        return read_truth(config)
    given = config.input
    return formats.read(
        config.clip,
        up_axis=given.up_axis,
        unit=given.unit,
        fps=given.fps,
        asf=given.asf,
        body_model=given.body_model,
    )


def map_joints(clip: MotionClip, config: RunConfig) -> dict[str, str]:
    """The clip's joints by our names. Raises InputError where they are not to be found."""
    user_map = config.input.joint_map
    return joint_maps.detect(clip, None if user_map is None else joint_maps.read(user_map))


def on_floor(clip: MotionClip, joint_map: dict[str, str], floor_m: float | None) -> MotionClip:
    """The clip moved so that its floor, at the height `floor_m` or where it is found, is at z = 0.

    Warns of a given floor on which the body cannot stand.
    """
    height, note = estimate_floor(clip, joint_map)
    if floor_m is not None:
        if abs(floor_m - height) > FAR_FLOOR_M:
            terminal.warn(
                f"the given floor, {floor_m:g} m, is {abs(floor_m - height):.2f} m "
                f"{'above' if floor_m > height else 'below'} where the body rests: give it in metres, after scaling"
            )
        height, note = floor_m, f"floor: {floor_m:+.3f} m, as given"
    return clip.shifted(-height).with_notes(note)


def prepare(config: RunConfig) -> Subject:
    """Everything that a reconstruction starts from.

    Raises:
        InputError: what the configuration names cannot be used.
    """
    if is_video(config.clip):
        refuse_inapplicable(config, InputKind.VIDEO)
        return prepare_video(config)
    if config.clip is not None and keypoints.holds_keypoints(config.clip):
        refuse_inapplicable(config, InputKind.KEYPOINTS)
        return prepare_keypoints(config)
    if not is_sequence(config.clip):
        refuse_inapplicable(config, InputKind.MOTION)
    clip = read_clip(config)
    joint_map = map_joints(clip, config)
    grounded = on_floor(clip, joint_map, config.input.floor_m)
    if is_sequence(config.clip) and config.dataset is not None and config.dataset.input != "mocap":
        return prepare_sequence(config, grounded, float((grounded.positions - clip.positions)[0, 0, 2]))
    fps = config.simulation.control_fps
    clip = grounded.between(config.input.start_s, config.input.end_s)
    duration = clip.duration
    clip = resample(clip, fps)
    if clip.num_frames < MIN_FRAMES:
        raise InputError(
            f"{config.clip} lasts {duration:.3f} s, less than two control frames at {fps:g} fps, {1 / fps:.3f} s: "
            "give a longer recording, or a higher simulation.control_fps with --config"
        )
    if config.through is None:
        return subject_of(clip, joint_map, config.body)
    motion_alone = config.body.model_copy(update={"mesh": None})  # whoever is seen gets a body of their own
    return seen_through(subject_of(clip, joint_map, motion_alone), config)
