"""Quality against seconds: every solver setting on the same recordings, in one process.

Run `python -m benchmarks.quality --out FOLDER builtin RECORDING RUN.yaml ...`. A recording is all that `diffphy
reconstruct` takes; a `.yaml` file is a configuration with the recording and what is known of it, as a film needs it.
Each recording is solved by each setting. An interrupted measurement goes on where it was.

FOLDER gets results.json, table.md and curves.png. CPU seconds are those of solving, a second of the recording. The
programs are compiled before: the first recording is solved twice.
"""

import argparse
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from rich.console import Console

from data import builtin_clips
from pipelines import reconstruct
from pipelines.config import load
from viz.atomic import atomic_path

SETTINGS: dict[str, dict[str, Any]] = {
    "draft": {"optimizer.quality": "draft"},
    "standard": {},
    "best": {"optimizer.quality": "best"},
    "gauss_newton 3": {"optimizer.max_evals": 4, "optimizer.tolerance": 0.0, "optimizer.second_pass": None},
    "gauss_newton 6": {"optimizer.max_evals": 7, "optimizer.tolerance": 0.0, "optimizer.second_pass": None},
    "gauss_newton 20": {"optimizer.second_pass": None},
    "lbfgs 40": {"optimizer.name": "lbfgs", "optimizer.max_evals": 40},
    "lbfgs 100": {"optimizer.name": "lbfgs", "optimizer.max_evals": 100},
    "lbfgs 40 + second pass": {"optimizer.name": "lbfgs", "optimizer.max_evals": 40, "optimizer.second_pass": {}},
    "optimus 100": {"optimizer.name": "optimus", "optimizer.max_evals": 100},
}
"""The settings that are compared, by name."""

COLUMNS = {
    "MPJPE-G mm": "mpjpe_g_mm",
    "PA mm": "mpjpe_pa_mm",
    "TV m/s²": "tv",
    "skate %": "foot_skate_pct",
    "CPU s": "cpu_s_per_s",
}

Figures = dict[str, dict[str, dict[str, float]]]
"""Recording -> setting -> figure -> value."""


def measure(source: str, settings: Mapping[str, Any]) -> dict[str, float]:
    """Reconstruct a recording, and return the figures."""
    config = Path(source) if source.endswith(".yaml") else None
    given = {**({} if config else {"clip": source}), **settings, "output.video": False}
    metrics = reconstruct(load(config, given), warn=lambda line: None).metrics
    result, reference = metrics["result"], metrics["reference"]
    figures = {name: float(value) for name in COLUMNS.values() if (value := result.get(name)) is not None}
    for name in ("tv", "foot_skate_pct"):
        figures[f"recorded_{name}"] = float(reference[name] or 0.0)
    return {**figures, "cpu_s_per_s": metrics["cpu_seconds"]["physics"] / metrics["duration_s"]}


def measure_all(sources: Sequence[str], settings: Sequence[str], path: Path, say: Callable[[str], None]) -> Figures:
    """Measure what results.json does not have yet. Write it after each reconstruction."""
    found: Figures = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    warm: set[str] = set()
    for source in sources:
        for name in settings:
            done = found.setdefault(Path(source).stem.removeprefix("builtin:"), {})
            if name in done:
                continue
            if name not in warm:
                measure(source, SETTINGS[name])
                warm.add(name)
            done[name] = measure(source, SETTINGS[name])
            say(f"{source} {name}: {done[name]['mpjpe_g_mm']:.2f} mm at {done[name]['cpu_s_per_s']:.2f} s")
            with atomic_path(path) as file:
                file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def means(found: Figures, settings: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the mean of each figure over the recordings, for each setting."""
    complete = [figures for figures in found.values() if all(name in figures for name in settings)]
    return {
        name: {key: statistics.fmean(each[name][key] for each in complete) for key in complete[0][name]}
        for name in settings
    }


def table(found: Figures, settings: Sequence[str]) -> str:
    """Return a table in Markdown: a row for each recording with its MPJPE-G, then the means of every figure."""
    lines = ["| MPJPE-G mm | " + " | ".join(settings) + " |", "| --- |" + " ---: |" * len(settings)]
    for recording, figures in found.items():
        cells = (f"{figures[name]['mpjpe_g_mm']:.1f}" if name in figures else "" for name in settings)
        lines.append(f"| {recording} | {' | '.join(cells)} |")
    mean = means(found, settings)
    for title, key in COLUMNS.items():
        cells = (f"{mean[name][key]:.{1 if mean[name][key] < 100 else 0}f}" for name in settings)
        lines.append(f"| **mean**, {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw(found: Figures, settings: Sequence[str], path: Path) -> None:
    """Draw the mean MPJPE-G of each setting over its seconds."""
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for name, mean in means(found, settings).items():
        axes.plot(mean["cpu_s_per_s"], mean["mpjpe_g_mm"], "o")
        axes.annotate(name, (mean["cpu_s_per_s"], mean["mpjpe_g_mm"]), xytext=(6, 4), textcoords="offset points")
    axes.set(xscale="log", xlabel="CPU seconds for a second of recording", ylabel="mean MPJPE-G, mm")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.25, y=0.1)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    """Measure, print, write and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", metavar="RECORDING", help="`builtin` stands for all built-in clips")
    parser.add_argument("--settings", nargs="*", choices=SETTINGS, default=list(SETTINGS), metavar="SETTING")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    sources = [each for source in arguments.sources for each in (_builtin() if source == "builtin" else [source])]
    console = Console()
    found = measure_all(sources, arguments.settings, arguments.out / "results.json", console.print)
    text = table(found, arguments.settings)
    (arguments.out / "table.md").write_text(text, encoding="utf-8")
    draw(found, arguments.settings, arguments.out / "curves.png")
    console.print(text)


def _builtin() -> list[str]:
    return [f"builtin:{name}" for name in builtin_clips.humanoid_names()]


if __name__ == "__main__":
    main()
