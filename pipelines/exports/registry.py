"""What a finished run can be exported to: an entry for each kind of file. `--help` reads it, so it imports no JAX."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Export:
    """A kind of files that can be made from a finished run.

    Attributes:
        summary: What is written, in one line.
        module: The module whose `write(motion, folder, name)` writes the files. Their names begin with `name`.
        needs: Fields of the motion that are all NaN in runs of earlier versions, and without which nothing is written.
    """

    summary: str
    module: str
    needs: tuple[str, ...] = ()


EXPORTS = {
    "c3d": Export(
        "a C3D file for laboratories: joints and points of the skin as markers, a force plate for each foot",
        "pipelines.exports.c3d",
    ),
    "csv": Export(
        "a table for spreadsheets: angles, moments and powers of the joints, forces on the feet, a line a frame",
        "pipelines.exports.table",
    ),
    "glb": Export(
        "an animated file for Blender, Unity, Unreal and browsers: the skeleton with the shapes of the body on it",
        "pipelines.exports.glb",
    ),
    "mujoco": Export(
        "the body as MJCF with its PD control, the motion as qpos, qvel and ctrl, and a script that plays it in MuJoCo",
        "pipelines.exports.mujoco",
        needs=("body_inertia_body_frame_kgm2",),
    ),
    "opensim": Export(
        "files for OpenSim: joints as TRC, ground forces as MOT with ExternalLoads, angles as MOT, moments as STO",
        "pipelines.exports.opensim",
    ),
}
