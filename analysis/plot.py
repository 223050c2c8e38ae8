#!/usr/bin/env python3
"""Draws one figure from the file of a sweep.

    plot.py FILE.h5 --list                    what can be drawn
    plot.py FILE.h5 loss                      a map of each data set, and how moved ones differ, into loss.png
    plot.py FILE.h5 fisher_condition --data A --log -o condition.pdf
    plot.py FILE.h5 flows                     one of the figures of report.py

Exit status: 0 drawn, 1 the figure cannot be written, 2 wrong usage or a file it cannot be drawn from.
"""

import argparse
from pathlib import Path

import script

with script.packages("plot"):
    from catalogue import FIGURES
    from fishergrid_file import open_sweep
    from quantities import quantities_of
    from survey import survey

MOST_DATA_SETS = 6  # in one figure, unless they are asked for by name


def options_of(arguments):
    parser = argparse.ArgumentParser(description="Draw one figure from the file of a sweep.")
    parser.add_argument("file", metavar="FILE.h5", help="what `fishergrid sweep` wrote, complete or not")
    parser.add_argument("what", metavar="FIELD", nargs="?", help="a field, derived quantity or figure; see --list")
    parser.add_argument("--list", action="store_true", help="print what can be drawn from the file")
    parser.add_argument("--data", metavar="NAME", action="append", help="a data set; may be repeated (default: all)")
    parser.add_argument("--log", action="store_true", help="logarithmic colours (default: where the range needs it)")
    parser.add_argument("-o", "--output", metavar="X.png", type=Path, help="or .pdf, .svg (default: FIELD.png)")
    options = parser.parse_args(arguments)
    if not options.list and options.what is None:
        parser.error("FIELD is missing; --list prints what there is")
    options.output = options.output or Path(f"{options.what}.png")
    if not options.output.suffix:
        options.output = Path(f"{options.output}.png")
    return options


def chosen(sweep, names):
    """The data sets of these names, or the first few of all."""
    if names is None:
        return sweep.data_sets[:MOST_DATA_SETS]
    found = {data.name: data for data in sweep.data_sets}
    for name in names:
        if name not in found:
            near = script.suggestion(name, found)
            raise script.BadInput(f"no data set {name}{near or '; there are: ' + ', '.join(found)}")
    return [found[name] for name in dict.fromkeys(names)]


def table(data_sets):
    """Lines that say what can be drawn."""
    found = {}
    for data in data_sets:
        for name, quantity in quantities_of(data).items():
            found.setdefault(name, (quantity, []))[1].append(data.name)
    lines = [f"{'name':30} {'symbol':9} what it is"]
    for name, (quantity, having) in found.items():
        only = "" if len(having) == len(data_sets) else f" (only {', '.join(having)})"
        unit = "" if quantity.unit == "1" else f" [{quantity.unit}]"
        lines.append(f"{name:30} {quantity.symbol:9} {quantity.words}{unit}{only}")
    for name, figure in FIGURES.items():
        if any(figure.drawable(data) for data in data_sets):
            lines.append(f"{name:30} {'':9} {figure.words}")
    return lines


def having(data_sets, what):
    """Those of the data sets that `what` can be drawn of."""
    if what in FIGURES:
        return [data for data in data_sets if FIGURES[what].drawable(data)]
    return [data for data in data_sets if what in quantities_of(data)]


def draw(data_sets, what, log):
    """The figure called `what`, or the map of this quantity, and the function that saves it."""
    drawn = having(data_sets, what)
    if not drawn:
        names = {name for data in data_sets for name in quantities_of(data)} | set(FIGURES)
        near = script.suggestion(what, [name for name in names if having(data_sets, name)])
        raise script.BadInput(f"{what} cannot be drawn from this file{near}; --list prints what can")
    with script.packages("plot"):  # takes a second, so errors come first
        import figures
    needs = FIGURES[what].needs if what in FIGURES else {what, "loss"}
    return figures.draw(survey(drawn, needs), what, log or None), figures.save


def main(arguments=None):
    options = options_of(arguments)
    with open_sweep(options.file) as sweep:
        data_sets = chosen(sweep, options.data)
        if options.list:
            print("\n".join(table(data_sets)))
            return 0
        script.check_format(options.output)
        figure, save = draw(data_sets, options.what, options.log)
    save(figure, options.output)
    print(f"wrote {options.output}")
    return 0


if __name__ == "__main__":
    script.run("plot", main)
