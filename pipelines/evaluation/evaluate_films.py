"""`diffphy evaluate video`: reconstruct films whose truth is known, and tabulate how far each run is from it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from data.clip import InputError
from pipelines import terminal
from pipelines.evaluation import film_tables
from pipelines.evaluation.evaluate import EvaluationOptions, reconstruct_set
from pipelines.evaluation.film_set import find_films
from pipelines.evaluation.film_truth import FITTED, FilmMeasures, measure_run
from pipelines.folder import Folder
from pipelines.reconstruction.verdict import list_doubts
from viz.errors import RenderError
from viz.film_plots import Curve, FilmCurves, film_figure
from viz.plots import save_figure

PICTURE = "films.png"


def run(root: Path, options: EvaluationOptions) -> None:
    """Reconstruct every film in a folder, and compare the runs with joints from markers and with force plates.

    A film that fails stands in the table with the reason. The files of the evaluation are those of `evaluate.run`, and
    a picture. Exit with 1 if a film failed or has no usable truth, and with 130 if the evaluation was interrupted.

    Raises:
        InputError: There is no film with a truth, or a setting, the folder or the cluster cannot be used. No film has
            started then.
        OptimusError: The optimizer or one of its options is unknown.
    """
    films = find_films(root)
    done = reconstruct_set(films.clips, options)
    measures: dict[str, FilmMeasures] = {}
    failures = dict(done.failures)
    for film in done.metrics:
        try:
            measures[film] = measure_run(done.folder / film, films.truths[film])
        except InputError as error:
            failures[film] = str(error)
    rows = {film: film_tables.build_row(each, done.metrics[film]) for film, each in measures.items()}
    notes = {film: each.notes for film, each in measures.items()}
    verdicts = {film: verdict for film in rows if (verdict := done.verdicts.get(film))}
    film_tables.save(Folder(done.folder), rows, failures, notes, verdicts)
    _draw(done.folder / PICTURE, measures)
    terminal.out.print(film_tables.terminal_table(rows, verdicts))
    for film, each in notes.items():
        for note in each:
            terminal.say(f"{film}: {note}")
    for doubt in list_doubts(verdicts):
        terminal.say(doubt)
    for film, reason in failures.items():
        terminal.say(f"{film} failed: {reason}")
    terminal.say(
        f"results.json, results.csv, results.md, {PICTURE} and a run folder for each film are in {done.folder}"
    )
    replace(done, failures=failures).exit_if_incomplete()


def _draw(path: Path, measures: Mapping[str, FilmMeasures]) -> None:
    """Draw errors and forces over time. If that fails, warn: the tables are written already."""
    if not measures:
        return
    try:
        save_figure(path, film_figure({film: _curves(each) for film, each in measures.items()}))
    except RenderError as error:
        terminal.warn(f"the tables are written, but not the picture: {error}")


def _curves(measures: FilmMeasures) -> FilmCurves:
    errors = {
        "before physics" if motion == FITTED else motion: Curve(each.time_s, each.error_mm)
        for motion, each in measures.joints.items()
    }
    if measures.forces is None:
        return FilmCurves(errors)
    time, forces = measures.forces.time_s, measures.forces
    both = ({part: Curve(time, value) for part, value in each.items()} for each in (forces.run, forces.measured))
    return FilmCurves(errors, *both)
