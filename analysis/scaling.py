#!/usr/bin/env python3
"""Draws how fishergrid scales with threads, from the JSON of

    fishergrid bench scaling --json >scaling.json        (on a cluster: jobs/scaling.sbatch scaling.json)
    analysis/scaling.py scaling.json -o scaling.png -o scaling.pdf

Speed-up and efficiency over threads, for strong and for weak scaling, beside the ideal. Everything is relative to the
fastest round with one thread. A line joins the fastest rounds; bars reach to the slowest, a dash marks the median.

Exit status: 0 drawn, 1 the figure cannot be written, 2 wrong usage or a file there is nothing to draw from.
"""

import json
import statistics
from dataclasses import dataclass
from pathlib import Path

import script
from script import BadInput

with script.packages("scaling"):
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

KINDS = {"strong": "strong scaling: the same grid", "weak": "weak scaling: the same share for every thread"}
METHODS = {"direct": "C0", "chebyshev": "C1", "auto": "C1"}  # colours that also differ in lightness
TIMED = {"compute": ("o", "-", "computing alone"), "file": ("s", "--", "with the file")}
IDEAL = {"color": "0.5", "linewidth": 1, "linestyle": ":", "zorder": 1}
SPREAD = 1.02  # points of different curves stand beside each other: factor between their threads


@dataclass
class Curve:
    """Strong or weak scaling of one method, computing alone or with the file."""

    method: str
    timed: str
    kind: str
    points: list  # of Point, by threads


@dataclass
class Point:
    threads: int
    cells: tuple  # along phi and r
    seconds: list  # of every round
    one: float  # seconds of the fastest round with one thread
    weak: bool

    def speed_up(self, seconds):
        return self.one / seconds * (self.threads if self.weak else 1)

    def values(self, per_thread):
        """Speed-up, or efficiency, of the slowest, the median and the fastest round."""
        rounds = [self.speed_up(seconds) for seconds in self.seconds]
        divisor = self.threads if per_thread else 1
        return [value / divisor for value in (min(rounds), self.speed_up(statistics.median(self.seconds)), max(rounds))]


# --- the file -------------------------------------------------------------------------------------------------------


def read_report(path):
    try:
        report = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise script.no_such_file(path) from None
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: not JSON: {error}") from None
    if not isinstance(report, dict) or report.get("bench") != "scaling":
        raise BadInput(f"{path}: not made by `fishergrid bench scaling --json`")
    return report


def read_curves(report):
    curves = {}
    for point, case in zip(report["result"]["scaling"], report["result"]["cases"]):
        method, timed, kind, threads = (point[name] for name in ("method", "timed", "kind", "threads"))
        if not (method in METHODS and timed in TIMED and kind in KINDS):
            raise ValueError(f"{method}, {timed}, {kind}")
        curve = curves.setdefault((method, timed, kind), Curve(method, timed, kind, []))
        seconds = [float(value) for value in case["seconds"]]
        if min(seconds) <= 0:
            raise ValueError(f"{seconds} seconds")
        one = curve.points[0].one if curve.points else min(seconds)
        curve.points.append(Point(threads, (point["phi"], point["r"]), seconds, one, kind == "weak"))
    if not curves:
        raise ValueError("no times")
    return list(curves.values())


# --- texts ----------------------------------------------------------------------------------------------------------


def machine_text(machine):
    parts = [machine["cpu"]]
    allowed, online, nodes = machine["cores_allowed"], machine["cores_online"], machine["numa_nodes"]
    parts.append(f"{allowed} of {online} processors" if allowed < online else f"{online} processors")
    parts.append(f"{nodes} NUMA node{'s' if nodes > 1 else ''}")
    bound = [f"{name}={machine[name]}" for name in ("OMP_PLACES", "OMP_PROC_BIND") if machine[name]]
    return f"{', '.join(parts)}, host {machine['host']}" + (f"\n{' '.join(bound)}" if bound else "")


def problem_text(report):
    data = ", ".join(f"{one['name']} ({one['samples']} samples)" for one in report["problem"]["data"])
    rounds = len(report["result"]["cases"][0]["seconds"])
    machine = report["machine"]
    return (
        f"data {data}; {report['problem']['kernel']} kernel; {rounds} round{'s' if rounds > 1 else ''}; "
        f"fishergrid {machine['version']}, {machine['compiler']}; {machine['time']}"
    )


def curve_label(curve):
    (phi, r), last = curve.points[0].cells, curve.points[-1].cells
    cells = f"{phi} x {r}" if last == (phi, r) else f"{phi} x {r} to {last[0]} x {last[1]}"
    return f"{curve.method}, {TIMED[curve.timed][2]}: {cells} cells"


# --- drawing --------------------------------------------------------------------------------------------------------


def draw_curve(ax, curve, place, per_thread):
    colour = METHODS[curve.method]
    marker, line, _ = TIMED[curve.timed]
    threads = [point.threads * SPREAD**place for point in curve.points]
    slowest, median, fastest = zip(*(point.values(per_thread) for point in curve.points))
    ax.vlines(threads, slowest, fastest, color=colour, linewidth=1.2, alpha=0.6, zorder=2)
    ax.plot(threads, median, "_", color=colour, markersize=8, zorder=3)
    style = {"color": colour, "marker": marker, "linestyle": line, "markersize": 5, "linewidth": 1.4, "zorder": 4}
    ax.plot(threads, fastest, label=curve_label(curve), markerfacecolor="white", **style)


def prepare_threads(ax, most):
    ax.set_xscale("log", base=2)
    powers = [2**k for k in range(most.bit_length()) if 2**k <= most]
    if most > 1.4 * powers[-1]:
        powers.append(most)
    ax.xaxis.set_major_locator(FixedLocator(powers))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.set_xlim(0.85, most * 1.18)
    ax.set_xlabel("threads")
    ax.grid(color="0.9", linewidth=0.6)
    ax.set_axisbelow(True)
    return powers


def draw_speed_up(ax, curves, kind, most):
    powers = prepare_threads(ax, most)
    ax.set_yscale("log", base=2)
    ax.yaxis.set_major_locator(FixedLocator([0.25, 0.5, *powers, 2 * powers[-1]]))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.plot([1, most], [1, most], **IDEAL)
    ax.set_title(KINDS[kind])
    ax.set_ylabel("speed-up")
    for place, curve in enumerate(curves):
        draw_curve(ax, curve, place - (len(curves) - 1) / 2, per_thread=False)


def draw_efficiency(ax, curves, most):
    prepare_threads(ax, most)
    ax.plot([1, most], [1, 1], label="ideal", **IDEAL)
    ax.set_ylabel("efficiency = speed-up / threads")
    for place, curve in enumerate(curves):
        draw_curve(ax, curve, place - (len(curves) - 1) / 2, per_thread=True)
    ax.set_ylim(0, max(1.15, ax.get_ylim()[1]))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), frameon=False, fontsize="medium")


def draw(path):
    """The figure of a report."""
    report = read_report(path)
    try:
        curves = read_curves(report)
        title = f"Scaling with threads: {machine_text(report['machine'])}"
        caption = problem_text(report)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{path}: not as `fishergrid bench scaling --json` writes it: {error!r}") from None
    most = max(point.threads for curve in curves for point in curve.points)
    figure = Figure(figsize=(13, 11), layout="constrained")
    grid = figure.subplots(2, len(KINDS), squeeze=False)
    for column, kind in enumerate(KINDS):
        of_kind = [curve for curve in curves if curve.kind == kind]
        draw_speed_up(grid[0][column], of_kind, kind, most)
        draw_efficiency(grid[1][column], of_kind, most)
    figure.suptitle(title, fontsize="large")
    figure.supxlabel(
        f"{caption}\nlines: the fastest rounds; bars: to the slowest; dashes: medians; "
        "all relative to the fastest round with one thread",
        fontsize="small",
    )
    return figure


def main():
    made_by = "what `fishergrid bench scaling --json` printed"
    return script.draw_from(draw, "Draw speed-up and efficiency over threads.", made_by)


if __name__ == "__main__":
    script.run("scaling", main)
