#!/usr/bin/env python3
"""Draws the figures of a sweep: for each data set in FILE.h5

    DATA_heatmaps.png    the loss and the three entries of the Fisher matrix
    DATA_vectors.png     the gradient and the natural gradient over contours of the loss

Exit status: 0 drawn, 1 the figures cannot be written, 2 wrong usage or a file there is nothing to draw from.
"""

import argparse
import re
import sys
from fractions import Fraction
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)
import numpy as np  # noqa: E402
from matplotlib.colors import ListedColormap, LogNorm, Normalize, SymLogNorm  # noqa: E402
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, MultipleLocator  # noqa: E402

from fishergrid_file import BadFile, open_sweep  # noqa: E402

HEAT_MAPS = ["loss", "fisher_phi_phi", "fisher_r_phi", "fisher_r_r"]
VECTORS = {  # title, symbol and components
    "gradient": (r"gradient $g$", "g", ["gradient_phi", "gradient_r"]),
    "natural_gradient": (r"natural gradient $F^{-1}g$", "n", ["natural_gradient_phi", "natural_gradient_r"]),
}
SYMBOLS = {
    "phi": r"\varphi",
    "r": "r",
    "loss": "L",
    "fisher_phi_phi": r"F_{\varphi\varphi}",
    "fisher_r_phi": r"F_{r\varphi}",
    "fisher_r_r": "F_{rr}",
}
SEQUENTIAL = plt.get_cmap("cividis")
DIVERGING = plt.get_cmap("PuOr_r")
ARROWS = ListedColormap(plt.get_cmap("viridis")(np.linspace(0, 0.87, 256)))  # the bright end is lost on white
EMPTY = "0.85"  # grey of cells without a value
LOG_FROM = 300.0  # ratio of largest to smallest from which colours are logarithmic
LOG_DEPTH = 1e-24  # what lies further below the largest value shares one colour
SMALLEST = 1e-290  # Matplotlib's logarithmic scales fail further below
ARROW_COLUMNS, ARROW_ROWS = 27, 21


# --- axes -----------------------------------------------------------------------------------------------------------


def symbol_label(name, unit):
    symbol = f"${SYMBOLS[name]}$" if name in SYMBOLS else name
    return symbol if unit in ("", "1") else f"{symbol} [{unit}]"


def field_label(data, field):
    """The field's name for people and its symbol, without what the file's long_name repeats: data set and symbol."""
    plain_symbol = re.sub(r"var|[{}\\]", "", SYMBOLS[field])
    name = data.label(field).removesuffix(f" of data set {data.name}").removesuffix(f" {plain_symbol}")
    return f"{name}  {symbol_label(field, data.unit(field))}"


def pi_text(value, parts):
    """A multiple of pi / parts as "0", "pi/2", "3 pi/4", ..., in TeX."""
    multiple = Fraction(round(value * parts / np.pi), parts)
    over, under = multiple.numerator, multiple.denominator
    if over == 0:
        return "0"
    factor = {1: "", -1: "-"}.get(over, str(over))
    return rf"${factor}\pi$" if under == 1 else rf"${factor}\pi/{under}$"


def pi_ticks(axis, low, high):
    """Ticks at pi, pi/2 or pi/4, the first of which four to nine fit; finer or wider ranges keep decimals."""
    for parts in (1, 2, 4):
        step = np.pi / parts
        count = np.floor(high / step + 1e-9) - np.ceil(low / step - 1e-9) + 1
        if 4 <= count <= 9:
            axis.set_major_locator(MultipleLocator(step))
            axis.set_major_formatter(FuncFormatter(lambda value, _: pi_text(value, parts)))
            return


def prepare_axes(ax, data):
    """The plane of the grid: phi to the right, r upwards."""
    phi, r = data.axes
    ax.set_xlabel(symbol_label(phi.name, phi.unit))
    ax.set_ylabel(symbol_label(r.name, r.unit))
    ax.set_xlim(phi.values[0], phi.values[-1])
    ax.set_ylim(r.values[0], r.values[-1])
    if phi.unit == "rad":
        pi_ticks(ax.xaxis, *sorted(phi.values[[0, -1]]))


def legend_below(ax):
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), frameon=False, fontsize="medium")


def mark_minimum(ax, data, survey):
    """A star at the smallest loss of all cells, told in the legend."""
    i, j = survey.low_cell
    phi, r = (float(axis.values[k]) for axis, k in zip(data.axes, (i, j)))
    label = rf"smallest loss: $L={survey.low:.6g}$ at $\varphi={phi:.4f}$, $r={r:.4f}$"
    style = {"color": "white", "markeredgecolor": "black", "markersize": 15, "linestyle": "none"}
    ax.plot(phi, r, marker="*", label=label, clip_on=False, zorder=5, **style)


# --- heat maps ------------------------------------------------------------------------------------------------------


def colours(survey):
    """Colour map and scale that suit a field: signed or not, over few decades or many."""
    if survey.low < 0:
        return DIVERGING, signed_scale(survey)
    floor = max(survey.low_positive, survey.high * LOG_DEPTH, SMALLEST)
    if survey.high / floor > LOG_FROM:  # false without a positive value: the floor is NaN
        return SEQUENTIAL, LogNorm(floor, survey.high)
    return SEQUENTIAL, Normalize(survey.low, survey.high)


def signed_scale(survey):
    """Zero in the middle; logarithmic towards both ends if most values are small against the largest."""
    largest = max(-survey.low, survey.high)
    sizes = np.abs(survey.picture[np.isfinite(survey.picture) & (survey.picture != 0)])
    small = np.quantile(sizes, 0.1) if sizes.size else largest
    if largest <= LOG_FROM * small:
        return Normalize(-largest, largest)
    decade = 10 ** np.floor(np.log10(max(small, largest * LOG_DEPTH, SMALLEST)))
    linear_part = max(1, np.log10(largest / decade) / 6)  # keeps room for the ticks around zero
    return SymLogNorm(linthresh=decade, linscale=linear_part, vmin=-largest, vmax=largest)


def signed_ticks(norm):
    """For a symlog bar: zero and a few powers of ten on both sides."""
    low, high = np.log10(norm.linthresh), np.floor(np.log10(norm.vmax))
    powers = np.arange(high, low - 0.5, -max(1, np.ceil((high - low) / 3)))
    return FixedLocator([*-(10.0**powers), 0, *10.0 ** powers[::-1]])


def heat_map(ax, data, field, survey):
    prepare_axes(ax, data)
    ax.set_facecolor(EMPTY)
    if survey.cells == 0:
        ax.text(0.5, 0.5, f"{field_label(data, field)}: no values", transform=ax.transAxes, ha="center", va="center")
        return
    cmap, norm = colours(survey)
    picture = survey.picture.T
    if isinstance(norm, LogNorm):
        picture = np.where(picture < norm.vmin, norm.vmin, picture)
    phi, r = data.axes
    mesh = ax.pcolormesh(
        phi.values[survey.rows], r.values[survey.columns], picture, cmap=cmap, norm=norm, shading="nearest"
    )
    bar = ax.figure.colorbar(mesh, ax=ax)
    bar.set_label(field_label(data, field), fontsize="large")
    if isinstance(norm, SymLogNorm):
        bar.set_ticks(signed_ticks(norm))
        bar.minorticks_off()
    if field == "loss":
        mark_minimum(ax, data, survey)
        legend_below(ax)


# --- vector fields ----------------------------------------------------------------------------------------------------


def loss_contours(ax, data, survey):
    """Thin lines, each enclosing the same share of the cells more than the one before."""
    known = survey.picture[np.isfinite(survey.picture)]
    levels = np.unique(np.quantile(known, np.linspace(0.04, 0.96, 10))) if known.size else []
    if len(levels) == 0 or levels[0] == levels[-1]:
        return
    phi, r = data.axes
    loss = np.ma.masked_invalid(survey.picture.T)
    ax.contour(phi.values[survey.rows], r.values[survey.columns], loss, levels=levels, colors="0.75", linewidths=0.8)
    ax.plot([], [], color="0.75", linewidth=0.8, label="contours of the loss")


def draw_arrows(ax, phi, r, d_phi, d_r, size, symbol):
    """Arrows of one length; their direction follows the axes as drawn, so it agrees with the contours."""
    style = {"angles": "xy", "pivot": "mid", "units": "width", "scale": 1.3 * ARROW_COLUMNS, "width": 0.0028}
    arrows = ax.quiver(
        phi, r, d_phi / size, d_r / size, np.log10(size), cmap=ARROWS, zorder=3, clip_on=False, **style
    )
    arrows.set_in_layout(False)  # the layout takes unclipped arrows for larger than the figure
    bar = ax.figure.colorbar(arrows, ax=ax, ticks=MaxNLocator(7))
    bar.set_label(rf"magnitude  $\log_{{10}}\,\|{symbol}\|$", fontsize="large")


def vector_field(ax, data, title, symbol, vectors, loss):
    """Vectors at the cells of `rows` x `columns` as arrows, their magnitude as colour, over contours of the loss."""
    prepare_axes(ax, data)
    ax.set_title(f"{title}, pointing uphill")
    if loss is not None and loss.cells:
        loss_contours(ax, data, loss)
        mark_minimum(ax, data, loss)
    rows, columns, (d_phi, d_r), undefined = vectors
    phi, r = np.meshgrid(data.axes[0].values[rows], data.axes[1].values[columns], indexing="ij")
    size = np.hypot(d_phi, d_r)
    drawn = np.isfinite(size) & (size > 0)
    if drawn.any():
        draw_arrows(ax, *(array[drawn] for array in (phi, r, d_phi, d_r, size)), symbol)
    if undefined.any():
        ax.plot(phi[undefined], r[undefined], "x", color="0.4", markersize=4, label=f"no {title}: $F$ is singular")
    legend_below(ax)


def middles(length, most):
    """The middles of at most `most` equal parts of 0 .. length-1: arrows keep off the frame."""
    parts = min(length, most)
    return ((np.arange(parts) + 0.5) * length / parts).astype(int)


def pick_vectors(data, components):
    """What vector_field draws: thinned rows and columns, the vectors there, and where computed cells have none."""
    rows, columns = middles(data.shape[0], ARROW_COLUMNS), middles(data.shape[1], ARROW_ROWS)
    vectors = data.pick(components, rows, columns)
    computed = np.array([data.computed(slice(i, i + 1))[0, columns] for i in rows])
    return rows, columns, vectors, computed & np.isnan(vectors).any(axis=0)


# --- figures ----------------------------------------------------------------------------------------------------------


def title_of(data, what):
    parts = [f"data set {data.name}", what]
    if data.n_samples is not None:
        parts.insert(1, f"{data.n_samples} samples")
    cells, computed = data.shape[0] * data.shape[1], data.n_computed()
    parts.append(f"{data.shape[0]} x {data.shape[1]} cells")
    if computed < cells:
        parts.append(f"{100 * computed / cells:.3g} % computed")
    return ", ".join(parts)


def panels(count, title):
    """A figure with `count` panels and the list of their axes, two panels a row."""
    columns = min(count, 2)
    rows = -(-count // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(1 + 6.6 * columns, 0.9 + 5.0 * rows), squeeze=False, layout="constrained"
    )
    for ax in grid.flat[count:]:
        ax.set_axis_off()
    figure.suptitle(title, fontsize="x-large")
    return figure, grid.flat[:count]


def draw_heat_maps(data, surveys):
    figure, axes = panels(len(surveys), title_of(data, "loss and Fisher matrix"))
    for ax, (field, survey) in zip(axes, surveys.items()):
        heat_map(ax, data, field, survey)
    return figure


def draw_vectors(data, picked, loss):
    figure, axes = panels(len(picked), title_of(data, "steepest ascent"))
    for ax, (name, vectors) in zip(axes, picked.items()):
        title, symbol, _ = VECTORS[name]
        vector_field(ax, data, title, symbol, vectors, loss)
    return figure


def figures_of(data):
    """Yields the name and the figure of all that can be drawn of a data set; says what cannot."""
    surveys = {field: data.survey(field) for field in HEAT_MAPS if field in data.fields}
    picked = {
        name: pick_vectors(data, components)
        for name, (_, _, components) in VECTORS.items()
        if set(components) <= set(data.fields)
    }
    missing = [name for name in (*HEAT_MAPS, *VECTORS) if name not in surveys and name not in picked]
    if missing:
        print(f"data set {data.name}: skipped {', '.join(missing)}, not in the file")
    if surveys:
        yield "heatmaps", draw_heat_maps(data, surveys)
    if picked:
        yield "vectors", draw_vectors(data, picked, surveys.get("loss"))


def draw(path, directory):
    """Writes all figures; returns how many."""
    count = 0
    with open_sweep(path) as sweep:
        for data in sweep.data_sets:
            if min(data.shape) < 2:
                raise BadFile(f"cannot draw a grid of {data.shape[0]} x {data.shape[1]} cells, it is no plane")
            for name, figure in figures_of(data):
                directory.mkdir(parents=True, exist_ok=True)
                file = directory / f"{data.name}_{name}.png"
                figure.savefig(file, dpi=130)
                plt.close(figure)
                print(f"wrote {file}")
                count += 1
        if count == 0:
            raise BadFile("no loss, Fisher matrix or gradient to draw")
    return count


def main():
    parser = argparse.ArgumentParser(description="Draw heat maps and vector fields of a sweep.")
    parser.add_argument("file", metavar="FILE.h5", help="what `fishergrid sweep` wrote")
    parser.add_argument(
        "-o", "--output", metavar="DIR", type=Path, default=Path("figures"), help="where to put them (default: figures)"
    )
    options = parser.parse_args()
    try:
        draw(options.file, options.output)
    except BadFile as error:
        print(f"figures: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"figures: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
