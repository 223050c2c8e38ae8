#!/usr/bin/env python3
"""Draws what a sweep costs against cells, samples and threads, from several reports of `fishergrid bench sweep --json`.

    bash jobs/cost.sh >cost.json                     (measures all of them, a few minutes)
    analysis/cost.py cost.json -o cost.png -o cost.pdf

The file holds the reports one after the other. The largest group of reports that differ in one respect only makes each
panel. A line joins the fastest rounds; bars reach to the slowest.

Exit status: 0 drawn, 1 the figure cannot be written, 2 wrong usage or a file there is nothing to draw from.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import script
from script import BadInput

with script.packages("cost"):
    from matplotlib.figure import Figure
    from scaling import machine_text

TIMED = {
    "compute": ("o-", "C0", "computing all fields"),
    "file": ("s--", "C1", "whole sweep, into the page cache"),
    "file-fsync": ("^:", "C3", "whole sweep, on the disk"),
}
RESPECTS = ("cells", "samples", "threads")


@dataclass
class Run:
    """One report: what it differs in from the others, and its times."""

    cells: int
    samples: int
    threads: int
    seconds: dict  # name of a case: seconds of every round
    machine: str
    version: str


# --- the file -------------------------------------------------------------------------------------------------------


def reports_in(text):
    decoder, start = json.JSONDecoder(), 0
    while text[start:].strip():
        start += len(text[start:]) - len(text[start:].lstrip())
        report, start = decoder.raw_decode(text, start)
        yield report


def run_of(report):
    if report["bench"] != "sweep":
        raise ValueError(f"bench {report['bench']}")
    problem, machine = report["problem"], report["machine"]
    seconds = {case["name"]: [float(value) for value in case["seconds"]] for case in report["result"]["cases"]}
    if not all(min(seconds[name]) > 0 for name in TIMED):
        raise ValueError("a round took no time")
    return Run(
        problem["phi"] * problem["r"],
        sum(data["samples"] for data in problem["data"]),
        problem["threads"],
        seconds,
        machine_text(machine),
        f"fishergrid {machine['version']}, {machine['compiler']}, {problem['kernel']} kernel, {machine['time']}",
    )


def read_runs(path):
    try:
        runs = [run_of(report) for report in reports_in(Path(path).read_text(encoding="utf-8"))]
    except FileNotFoundError:
        raise script.no_such_file(path) from None
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{path}: not as `fishergrid bench sweep --json` writes it: {error!r}") from None
    if not runs:
        raise BadInput(f"{path}: no report in it")
    return runs


def series(runs, respect):
    """The largest group of runs that differ in one respect only, in its order."""
    groups = defaultdict(dict)
    for run in runs:
        groups[tuple(getattr(run, other) for other in RESPECTS if other != respect)][getattr(run, respect)] = run
    largest = max(groups.values(), key=len)
    return [largest[value] for value in sorted(largest)]


# --- drawing --------------------------------------------------------------------------------------------------------


def draw_cost(ax, runs, respect):
    x = [getattr(run, respect) for run in runs]
    for name, (style, colour, label) in TIMED.items():
        fastest, slowest = zip(*((min(run.seconds[name]), max(run.seconds[name])) for run in runs))
        ax.vlines(x, fastest, slowest, color=colour, linewidth=1.2, alpha=0.6)
        ax.plot(x, fastest, style, color=colour, label=label, markersize=5, markerfacecolor="white")
    ax.set(xscale="log", yscale="log", xlabel=respect, ylabel="seconds")
    if respect == "threads":
        ax.set_xticks(x, x)
        ax.minorticks_off()
    fixed = [f"{other}: {getattr(runs[0], other):,}".replace(",", " ") for other in RESPECTS if other != respect]
    ax.set_title("; ".join(fixed), fontsize="medium")
    ax.grid(color="0.9", linewidth=0.6)
    ax.set_axisbelow(True)


def draw(path):
    """The figure of a file of reports."""
    runs = read_runs(path)
    figure = Figure(figsize=(13, 4.6), layout="constrained")
    axes = figure.subplots(1, len(RESPECTS), sharey=True)
    for ax, respect in zip(axes, RESPECTS):
        draw_cost(ax, series(runs, respect), respect)
        ax.label_outer()
    axes[0].legend(frameon=False, loc="upper left")
    figure.suptitle(f"What a sweep costs\n{runs[0].machine}; {runs[0].version}", fontsize="medium")
    return figure


def main():
    return script.draw_from(draw, "Draw seconds against cells, samples and threads.", "what jobs/cost.sh printed")


if __name__ == "__main__":
    script.run("cost", main)
