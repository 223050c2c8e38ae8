#!/usr/bin/env python3
"""Writes a report on the file of a sweep.

    report.py FILE.h5 -o DIR

makes DIR/report.html, one page that opens from disk without a network, and every figure as DIR/*.png and DIR/*.pdf.
Files of sweeps that still run, or hold only some of the fields, are good: the page says what is missing.

Exit status: 0 written, 1 it cannot be written, 2 wrong usage or a file there is nothing to draw from.
"""

import argparse
import multiprocessing
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import script

with script.packages("report"):
    import numpy as np

    import figures
    import page
    import page_sets
    from catalogue import FIGURES
    from claims import FEWEST_SIDE, claims_of
    from fishergrid_file import FLAG, open_sweep
    from minimum import free, minimum
    from network import MOST_SAMPLES, shift
    from plot import MOST_DATA_SETS, chosen
    from quantities import DERIVED, FISHER, GRADIENT, NATURAL
    from scales import number
    from survey import survey

EXERCISE = ("loss", *FISHER, *GRADIENT, *NATURAL, FLAG)  # fields that a file should have
SECTIONS = [  # heading, [(figure, caption)]; caption_of puts words for {these}
    ("1.1 Loss", [
        ("loss", "L = {sum} −log p(y|x). Dashed: lines through the mean of the samples. "
         "Contours lie at the ticks of the bar.{points}{difference}"),
    ]),
    ("1.2 Fisher matrix", [
        ("fisher_phi_phi", "F_φφ = {sum} z(1 − z) a_φ²: how much the outputs tell of φ. No entry depends on the "
         "labels."),
        ("fisher_r_phi", "F_rφ = {sum} z(1 − z) a_φ: how much a change of φ looks like one of r."),
        ("fisher_r_r", "F_rr = {sum} z(1 − z): how much the outputs tell of r. Like all of F it is the same at (φ + "
         "π, −r), where the line is the same and the classes are swapped, but F_rφ has the other sign there."),
    ]),
    ("1.3 Gradient and natural gradient", [
        ("gradient_phi", "g_φ = {sum} (z − [y=0]) a_φ, the slope of the loss along φ."),
        ("gradient_r", "g_r = {sum} (z − [y=0]), the slope of the loss along r. It is zero where the loss at its φ is "
         "smallest. Dashed: as in the map of the loss."),
        ("natural_gradient_phi", "n_φ, from n = {natural}: by how much a natural step turns the line. The difference "
         "shows that moving the data does not change it."),
        ("natural_gradient_r", "n_r, from n = {natural}: by how much a natural step moves the line."),
        ("arrows", "−g and −n = −{natural}: all arrows point downhill and have one length, colour is magnitude. Data "
         "sets of like size share their colours, which cover nine tenths of the arrows. Grey: contours of the loss. "
         "Crosses: no finite vector.{scale}"),
        ("flows", "Complete lines along −g and −n from a dozen places (dots), integrated from the samples to the "
         "minimum; where they leave a panel they come back. At the ends of a whole turn φ continues on the other "
         "side. They are the paths of descents in small steps.{scale}"),
    ]),
    ("Samples", [
        ("samples", "Circles: class y = 0, triangles: y = 1.{line}"),
    ]),
    ("Fisher matrix, Hessian and empirical Fisher matrix", [
        ("matrices", "Entries of the Fisher matrix F, the Hessian H of the loss and the empirical Fisher matrix E = "
         "{sum} ∇log p ∇log pᵀ, computed from the samples. Panels with one unit share their colours, and so do data "
         "sets of like size."),
        ("ellipses", "Ellipses dᵀMd = constant of M = F, H and E, each as long as the others: shape and direction "
         "count. F measures how much a step changes the outputs, H how the loss bends.{scale}"),
        ("steps", "Directions of the steps −g, −n and −H⁻¹g (Newton), computed from the samples.{scale}"),
    ]),
    ("Geometry of the Fisher metric", [
        ("curvature", "Gaussian curvature K of the metric F."),
        ("geodesics", "Geodesics of F from four places to the minimum, beside the lines along −n and −g.{scale}"),
    ]),
]  # fmt: skip


def caption_of(caption, views):
    """A caption with the words that suit these views."""
    to_scale = all(view.to_scale for view in views)
    line = " Solid line: a = 0 at the minimum of the loss. Dashed: z = 1/4 and z = 3/4. φ turns it about the origin."
    points = " In all maps a star is the minimum, and a cross a saddle point."
    moved = any(shift(views[0].samples, view.samples) for view in views[1:])
    return caption.format(
        sum="mean of" if views[0].mean else "Σ",
        natural="(F + λI)⁻¹g" if views[0].damping else "F⁻¹g",
        line=line if any(view.minimum is not None for view in views) else "",
        points=points if any(view.points for view in views) else "",
        difference=" The last panel of a row of maps compares the same lines: the data set minus the first one, which "
        "is moved like it. Where it is blank, the two agree." if moved else "",
        scale=f" One unit of φ is {'as long as' if to_scale else 'not as long as'} one of r, so angles "
        f"are {'' if to_scale else 'not '}what they look.",
    )


def title_of(name, views):
    if name in FIGURES:
        return FIGURES[name].words
    return re.sub(r"\bphi\b", "φ", drawable(name, views)[0].quantities[name].words)


@dataclass(frozen=True)
class Drawn:
    """A figure in the page."""

    name: str
    title: str
    caption: str
    claims: list


def drawable(name, views):
    """The views a figure can be drawn of."""
    return [view for view in views if (FIGURES[name].drawable(view) if name in FIGURES else name in view.values)]


def draw_figures(views, names, directory, suffixes=("png", "pdf")):
    """Writes figures, each as PNG and PDF."""
    for name in names:
        figure = figures.draw(drawable(name, views), name)
        for suffix in suffixes:
            figures.save(figure, directory / f"{name}.{suffix}")


def draw_in_parallel(views, names, directory):
    """The same with a process for every core. They inherit the views, and send the error that ends them, or None."""
    context = multiprocessing.get_context("fork")
    workers = min(len(names), os.cpu_count() or 1)

    def draw_share(k, connection):
        error = None
        try:
            draw_figures(views, names[k::workers], directory)
        except Exception as caught:
            error = caught
        connection.send(error)

    running = []
    for k in range(workers):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=draw_share, args=(k, sender))
        process.start()
        sender.close()  # so that the end of the process is the end of the pipe
        running.append((process, receiver))
    errors = []
    for process, receiver in running:
        try:
            errors.append(receiver.recv())
        except EOFError:
            errors.append(OSError("a process that drew figures was killed"))
        process.join()
    for error in errors:
        if error is not None:
            raise error


def sections_of(views, directory):
    """Draws everything; returns [(heading, [Drawn])], and the findings on figures that are not there."""
    names = [name for _, listed in SECTIONS for name, _ in listed if drawable(name, views)]
    if not names:
        raise script.BadInput("there is nothing to draw")
    found = claims_of(views)
    directory.mkdir(parents=True, exist_ok=True)
    draw_in_parallel(views, names, directory)
    sections = []
    for heading, listed in SECTIONS:
        drawn = [
            Drawn(name, title_of(name, views), caption_of(caption, drawable(name, views)),
                  [claim for claim in found if claim.figure == name])
            for name, caption in listed
            if name in names
        ]  # fmt: skip
        if drawn:
            sections.append((heading, drawn))
    return sections, [claim for claim in found if claim.figure not in names]


def notes_of_cells(view):
    """What is special about how many cells: their flags, and infinite values."""
    for word, count in view.tally.flags.items():
        if word == "undefined":
            yield f"in {count} cells the Fisher matrix is singular, and the natural gradient is undefined."
        elif word not in ("regular", "recomputed", "overflow"):  # overflow: counted by its infinite values
            yield f"in {count} cells the flag of the natural gradient is “{word}”."
    for words, count in view.infinite.items():
        yield f"in {count} cells the {words} overflows: it exceeds the largest double, and is infinite."


def notes_of_view(view):
    """What to know about one data set."""
    if view.partial:
        share = 100 * view.n_computed / view.n_cells
        yield f"{view.n_computed} of {view.n_cells} cells are computed ({share:.3g} %); the others are left blank."
    if min(view.shape) < FEWEST_SIDE:
        yield f"fewer than {FEWEST_SIDE} x {FEWEST_SIDE} cells are too few for findings on the fields."
    yield from notes_of_cells(view)
    error = max(view.rounding.values())
    if error:
        by = f"by a relative error of up to {number(error, 2)}"
        yield f"values are rounded, {by}; findings are computed from the samples, which are not."
        lost = view.n_computed - view.extremes["fisher_condition"].cells if "fisher_condition" in view.extremes else 0
        if lost:
            where = f"in {lost} of {view.n_computed} cells"
            yield f"{where} 1 − ρ² is too small for these digits, so what is computed from it is not shown there."
    missing = [name for name in EXERCISE if name not in view.quantities]
    if missing:
        lost = [q.words for q in DERIVED if q.scanned and q.name not in view.quantities]
        also = f" So these are missing too: {', '.join(lost)}." if lost else ""
        yield f"not in the file: {', '.join(missing)}.{also}"
    if view.samples is None:
        yield "the file has no samples; figures that need them are left out."
    if view.samples is not None and view.samples.step > 1:
        yield f"of {view.samples.total} samples every {view.samples.step}-th is used."
    if view.samples is not None and len(view.samples.y) > MOST_SAMPLES:
        yield f"maps and lines that are computed from the samples use {MOST_SAMPLES} of them, drawn at random."
    if view.values and next(iter(view.values.values())).shape != view.shape:
        shown, of = (" x ".join(map(str, n)) for n in (next(iter(view.values.values())).shape, view.shape))
        yield (f"figures show {shown} of {of} cells: evenly spaced rows and columns, and those with the extremes of "
               "every quantity.")  # fmt: skip


def notes_of(sweep, views):
    """What a reader has to know before the figures: what is missing, what is thinned."""
    told = {}  # note: data sets it is about
    for view in views:
        for note in notes_of_view(view):
            told.setdefault(note, []).append(view.name)
    notes = [f"{', '.join(names)}: {note}" for note, names in told.items()]
    if not sweep.complete:
        notes.insert(0, "The sweep is not complete.")
    if sweep.options.get("damping"):
        notes.append(f"The natural gradient is damped: n = (F + λI)⁻¹g with λ = {sweep.options['damping']}.")
    if len(sweep.data_sets) > len(views):
        left = [data.name for data in sweep.data_sets if data.name not in {view.name for view in views}]
        notes.append(f"Not shown: {', '.join(left)}. Choose data sets by --data NAME.")
    return notes


@dataclass(frozen=True)
class Story:
    """What the first sentences are about: a data set, and another that is the same one, moved, if there is one."""

    first_name: str
    first: object  # the Point of its minimum, or None
    amplitude: float  # of the floor of the valley
    second_name: str = ""
    second: object = None
    second_amplitude: float = None
    shift: str = ""
    free: tuple = None  # length of the weights and loss of the first, if that length were free
    reason: str = ""  # why there is no minimum


def amplitude(samples):
    return float(np.hypot(np.mean(samples.x0), np.mean(samples.x1))) if samples is not None and len(samples.y) else None


def story_of(views):
    for k, second in enumerate(views):
        for first in views[:k]:
            move = page_sets.shift_between(second.samples, first.samples)
            points = [minimum(view) for view in (first, second)] if move and any(move) else [None]
            if all(points):
                return Story(
                    first.name, points[0], amplitude(first.samples), second.name, points[1], amplitude(second.samples),
                    f"by {number(float(np.hypot(*move)), 4)}", free(first.network),
                )  # fmt: skip
    first = views[0]
    point = minimum(first)
    if point is not None:
        reason = ""
    elif first.samples is None:
        reason = "The file has no samples, from which this page would compute."
    else:
        reason = " ".join(page_sets.said(first)) or f"The loss of {first.name} has no single minimum in this grid."
        reason += " So this page says nothing about descents to it."
    return Story(first.name, point, amplitude(first.samples), free=point and free(first.network), reason=reason)


NUMBERS = [  # words, of a Point
    ("φ", lambda p: p.phi),
    ("r", lambda p: p.r),
    ("loss L", lambda p: p.loss),
    ("F_φφ", lambda p: p.fisher[0, 0]),
    ("F_rφ", lambda p: p.fisher[0, 1]),
    ("F_rr", lambda p: p.fisher[1, 1]),
    ("H_φφ", lambda p: p.hessian[0, 0]),
    ("condition number of F", lambda p: np.linalg.cond(p.fisher)),
    ("condition number of H, what gradient descent meets", lambda p: p.hessian_condition),
    ("second eigenvalue of F⁻¹H, the first is 1: what natural gradient descent meets", lambda p: p.second),
    ("lever arm F_rφ/F_rr", lambda p: p.lever),
]


def numbers_of(views):
    """Names of the data sets that have a minimum, and [(words, [value of each])]."""
    points = {view.name: minimum(view) for view in views}
    points = {name: point for name, point in points.items() if point is not None}
    return list(points), [(words, [float(of(p)) for p in points.values()]) for words, of in NUMBERS] if points else []


def write_report(path, directory, names):
    """Writes the page and the figures; returns how many figures."""
    started = time.monotonic()
    with open_sweep(path) as sweep:
        views = survey(chosen(sweep, names))
        sections, unplaced = sections_of(views, directory)
        grids = sorted({" x ".join(map(str, view.shape)) for view in views})
        sets = page_sets.sets_data(views)
        text = page.render(
            title=f"fishergrid: {Path(path).name}",
            file=str(path),
            source=sweep.source,
            provenance=sweep.provenance,
            names=[view.name for view in views],
            grid=" and ".join(grids),
            ranges=[(axis, float(axis.values[0]), float(axis.values[-1])) for axis in views[0].axes],
            notes=notes_of(sweep, views) + page_sets.notes(sets),
            sections=sections,
            unplaced=unplaced,
            story=story_of(views),
            numbers=numbers_of(views),
            mean=views[0].mean,
            sets=sets,
        )
    with script.writing(directory / "report.html"):  # surrogates come from names of files that are no UTF-8
        (directory / "report.html").write_text(text, encoding="utf-8", errors="backslashreplace")
    count = sum(len(drawn) for _, drawn in sections)
    print(f"wrote {directory / 'report.html'} and {count} figures in {time.monotonic() - started:.1f} s")


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Write a report on the file of a sweep: a page and all figures.")
    parser.add_argument("file", metavar="FILE.h5", help="what `fishergrid sweep` wrote, complete or not")
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, default=Path("report"), help="default: report")
    parser.add_argument(
        "--data",
        metavar="NAME",
        action="append",
        help=f"a data set; may be repeated (default: the first {MOST_DATA_SETS})",
    )
    options = parser.parse_args(arguments)
    write_report(options.file, options.output, options.data)
    return 0


if __name__ == "__main__":
    script.run("report", main)
