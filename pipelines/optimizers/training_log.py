"""The learning curves of a training run: rows of numbers in CSV files."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from data.clip import InputError

HISTORY = "history.csv"
VALIDATION = "validation.csv"
Row = dict[str, int | float]


def format_rows(rows: Sequence[Row]) -> str:
    """Return the text of a CSV file with these rows; the first row names the columns."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue()


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a CSV file, or none if there is no file.

    Raises:
        InputError: The file holds something that is no number.
    """
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [
                {name: int(text) if text.isdecimal() else float(text) for name, text in row.items()}
                for row in csv.DictReader(file)
            ]
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(f"{path} is damaged: {error}; delete it, only curves are lost") from None
