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
    "csv": Export(
        "a table for spreadsheets: angles, moments and powers of the joints, forces on the feet, a line a frame",
        "pipelines.exports.table",
    ),
}
