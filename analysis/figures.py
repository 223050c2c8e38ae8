"""The figures, each a function of Views that returns a Matplotlib figure; report.py and plot.py draw with them.

Panels have the plane of the grid: phi to the right, r upwards. A star is the cell of minimum loss. Vectors point
downhill, the way a descent goes.
"""

import re

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, same_color
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, MultipleLocator
from PIL import Image

from catalogue import CUTS, VECTORS
from quantities import SYMBOLS
from scales import LINEAR_MOST, Scale, number, pi_text, ratio_scale, scale_of
from script import writing
from survey import thin

INK, PALE_INK = "#1c1e21", "#d8dbdf"  # of text and frames, on light and on dark paper
DARK_PAPER = "#15181c"  # of page.css
UNDEFINED, NOT_COMPUTED = "#b9b9b9", "#e9dfe6"  # cells without a value
ARROWS = ListedColormap(colormaps["viridis"](np.linspace(0, 0.87, 256)))  # the bright end is lost on light panels
BACKGROUND = ListedColormap(colormaps["cividis"](np.linspace(0.35, 1, 256)))  # dark lines stay visible on it
PANEL = "#f7f7f4"  # behind arrows, in light and dark
CLASSES = ["#d55e00", "#0072b2"]  # Okabe and Ito's, for y = 0 and y = 1
BOUNDARY = "#1c1e22"  # between them
LINES = ["#0b84c6", "#d55e00", "#009e73", "#b5669c", "#c79000", "#56808f"]  # of data sets, readable on light and dark
DPI = 110
FINE = 700  # pixels of a map whose cells are not evenly spaced
MOST_POINTS = 4000  # samples drawn of a data set
STYLE = {
    "font.size": 11, "axes.titlesize": 12, "mathtext.fontset": "stix", "axes.linewidth": 0.8,
    "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK, "xtick.color": INK, "ytick.color": INK,
    "figure.facecolor": "white", "axes.titley": 1.0,  # else the title looks for ticks above it, which there are none
}  # fmt: skip


# --- text -------------------------------------------------------------------------------------------------------------


def tex(symbol):
    """A plain symbol such as F_φφ in TeX."""
    symbol = re.sub(r"_(\w+)", r"_{\1}", symbol)
    for plain, written in {
        "√det F": r"\sqrt{\det F}", "φ": r"\varphi ", "ρ": r"\rho", "κ": r"\kappa", "∠": r"\angle ",
    }.items():  # fmt: skip
        symbol = symbol.replace(plain, written)
    return f"${symbol}$" if symbol.isascii() and not symbol.isalpha() or len(symbol) == 1 else symbol


def short(name):
    """A data set's name as a title: its ends if it is long."""
    return name if len(name) <= 20 else f"{name[:9]}…{name[-9:]}"


def with_unit(symbol, unit):
    return symbol if unit in ("", "1") else f"{symbol} [{unit}]"


def axis_label(axis):
    return with_unit(tex(SYMBOLS[axis.name]) if axis.name in SYMBOLS else axis.name, axis.unit)


def label_of(quantity):
    return with_unit(tex(quantity.symbol), quantity.unit)


def pi_ticks(axis, low, high):
    """Ticks at pi, pi/2 or pi/4, the first of which four to nine fit; finer or wider ranges keep decimals."""
    for parts in (1, 2, 4):
        step = np.pi / parts
        count = np.floor(high / step + 1e-9) - np.ceil(low / step - 1e-9) + 1
        if 4 <= count <= 9:
            axis.set_major_locator(MultipleLocator(step))
            axis.set_major_formatter(FuncFormatter(lambda value, _: pi_text(value)))
            return
    axis.set_major_locator(MaxNLocator(5))


# --- frame ------------------------------------------------------------------------------------------------------------


def save(figure, path):
    """Writes a figure as its suffix says. PNG and PDF without savefig's trial run, which takes as long as the drawing."""
    with rc_context(STYLE), writing(path):
        if path.suffix == ".png":
            picture(figure).save(path, dpi=(DPI, DPI))
            return
        lay_out(figure)
        if path.suffix == ".pdf":
            FigureCanvasPdf(figure).print_pdf(path)
        else:
            figure.savefig(path)


def lay_out(figure):
    """Places the panels, once."""
    if figure.get_layout_engine() is not None:
        figure.get_layout_engine().execute(figure)
        figure.set_layout_engine("none")


def picture(figure):
    """The pixels of a figure."""
    lay_out(figure)
    figure.set_dpi(DPI)  # drawing a PDF leaves another
    canvas = FigureCanvasAgg(figure)
    with rc_context(STYLE):
        canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba()), "RGBA").convert("RGB")


def panels(count, columns, width, height):
    """A figure with `count` panels of a size in inches, `columns` a row, and the list of their axes."""
    columns = min(count, columns)
    rows = -(-count // columns)
    with rc_context(STYLE):
        figure = Figure(figsize=(width * columns, height * rows), dpi=DPI, layout="constrained")
        figure.get_layout_engine().set(w_pad=0.1)  # the label of a colour bar keeps off the next panel's
        grid = figure.subplots(rows, columns, squeeze=False)
    for ax in grid.flat[count:]:
        ax.remove()
    return figure, list(grid.flat[:count])


def styled(draw):
    """Draws with our style."""

    def drawn(*arguments, **options):
        with rc_context(STYLE):
            return draw(*arguments, **options)

    drawn.__doc__ = draw.__doc__
    return drawn


def darken(figure):
    """The same figure on dark paper, with pale text and frames. Panels and framed legends keep their colours."""
    legends = [ax.get_legend() for ax in figure.axes if ax.get_legend() is not None]
    framed = {text for legend in legends if legend.get_frame_on() for text in legend.findobj(Text)}
    figure.patch.set_facecolor(DARK_PAPER)
    for text in figure.findobj(Text):
        if text not in framed and same_color(text.get_color(), INK):
            text.set_color(PALE_INK)
    for ax in figure.axes:
        ax.tick_params(which="both", colors=PALE_INK)
        for spine in ax.spines.values():
            spine.set_edgecolor(PALE_INK)
    for line in (line for legend in legends if not legend.get_frame_on() for line in legend.get_lines()):
        if same_color(line.get_color(), BOUNDARY):
            line.set_color(PALE_INK)
    return figure


def edges(values):
    """Borders of the cells around some values: the middles between them, and as far beyond the ends."""
    if len(values) == 1:
        return np.array([values[0] - 0.5, values[0] + 0.5])
    middles = values[:-1] + np.diff(values) / 2
    return np.concatenate([[2 * values[0] - middles[0]], middles, [2 * values[-1] - middles[-1]]])


def prepare(ax, view, title):
    """The plane of the grid."""
    phi, r = view.axes
    ax.set_title(title)
    ax.set_xlabel(axis_label(phi))
    ax.set_ylabel(axis_label(r))
    ax.set_xlim(edges(view.phi)[[0, -1]])
    ax.set_ylim(edges(view.r)[[0, -1]])
    if phi.unit == "rad":
        pi_ticks(ax.xaxis, *view.phi[[0, -1]])


def colour_bar(mappable, axes, scale, label, **options):
    """A bar for colours that are fractions of a scale."""
    bar = axes[0].figure.colorbar(mappable, ax=axes, aspect=30, **options)
    values, labels = zip(*scale.ticks(4 if "location" in options else 8))
    bar.set_ticks(list(scale.fraction(values)), labels=labels)
    bar.minorticks_off()
    bar.set_label(label)
    bar.outline.set_visible(False)


def star(ax, view):
    if view.minimum_cell() is not None:
        style = {"color": "white", "markeredgecolor": "black", "markersize": 13, "linestyle": "none"}
        ax.plot(*view.where(view.minimum_cell()), marker="*", clip_on=False, zorder=6, **style)


def spread(axis):
    """Of evenly spaced places along an axis, the cells they are in: all cells if these are evenly spaced themselves."""
    steps = np.diff(axis)
    if len(axis) < 3 or np.ptp(steps) < 1e-6 * steps[0]:
        return np.arange(len(axis))
    borders = edges(axis)
    places = np.linspace(borders[0], borders[-1], 2 * FINE + 1)[1::2]
    return np.clip(np.searchsorted(borders, places, "right") - 1, 0, len(axis) - 1)


def mesh(ax, view, fractions, colours, interpolation="antialiased"):
    """Cells in colours given by fractions, empty where NaN, as an image, in which none is lost if there are many."""
    shown = fractions[np.ix_(spread(view.phi), spread(view.r))]
    phi, r = edges(view.phi), edges(view.r)
    return ax.imshow(
        np.ma.masked_invalid(shown.T), colours, vmin=0, vmax=1, origin="lower", aspect="auto",
        interpolation=interpolation, extent=(phi[0], phi[-1], r[0], r[-1]),
    )  # fmt: skip


def show_gaps(ax, view, values):
    """Cells without a value: those not computed yet apart from those that have none. Says which there are."""
    ax.set_facecolor(UNDEFINED)
    missing = []
    if not view.computed.all():
        mesh(ax, view, np.where(view.computed, np.nan, 1.0), ListedColormap([NOT_COMPUTED]))
        missing.append((NOT_COMPUTED, "not computed"))
    if np.isnan(values[view.computed]).any():
        words = "unknown" if any(view.rounding.values()) else "no finite value" if view.infinite else "undefined"
        missing.append((UNDEFINED, words))
    if missing:
        handles = [Patch(facecolor=colour, edgecolor=INK, linewidth=0.5, label=label) for colour, label in missing]
        ax.legend(handles=handles, loc="upper right", fontsize="small", facecolor="white", labelcolor=INK)


def heat_map(ax, view, values, scale, title):
    """One panel; returns what a colour bar needs, None without a value."""
    prepare(ax, view, title)
    show_gaps(ax, view, values)
    if scale is None or not np.isfinite(values).any():
        ax.text(0.5, 0.5, "no values", transform=ax.transAxes, ha="center", va="center", color="#1c1e22")
        return None
    return mesh(ax, view, scale.fraction(values), scale.colours, "nearest" if scale.names else "antialiased")


# --- maps of one quantity ---------------------------------------------------------------------------------------------


def shared_scale(views, name, log=None):
    """The Scale of a quantity for all these views, their extremes included."""
    quantity = views[0].quantities[name]
    if quantity.names:
        return Scale("linear", quantity.bounds[0] - 0.5, quantity.bounds[1] + 0.5, names=quantity.names)
    log = True if log is None and name == "loss" else log  # its valley is flat against its slopes
    known = [view.extremes[name] for view in views if name in view.extremes]
    lows, highs = [e.low for e in known], [e.high for e in known]
    return scale_of([view.values[name] for view in views], quantity.bounds, log, lows, highs)


def scales_of(views, name, log=None):
    """The Scale of a quantity for each of these views: shared, unless between their usual sizes lies a hundredfold."""
    if views[0].quantities[name].bounds is not None:
        return [shared_scale(views, name, log)] * len(views)
    known = [np.abs(view.spread_evenly(name)) for view in views]
    sizes = np.array([np.median(values) if values.size else 0.0 for values in known])
    order = np.argsort(sizes)
    jumps = 1 + np.flatnonzero(sizes[order[1:]] / 100 > sizes[order[:-1]])
    scales = {}
    for group in np.split(order, jumps):
        scales |= dict.fromkeys(group, shared_scale([views[k] for k in group], name, log))
    return [scales[k] for k in range(len(views))]


def comparison(view, first, name):
    """How a quantity of one view compares with the first: (values, Scale, label), None if it cannot.

    A ratio where both are positive, else a difference.
    """
    if view.quantities[name].names or any(not np.array_equal(a.values, b.values) for a, b in zip(view.axes, first.axes)):
        return None
    quantity, values, base = view.quantities[name], view.values[name], first.values[name]
    smallest = min(np.fmin.reduce(array, axis=None) for array in (values, base))
    if quantity.bounds is None and smallest > 0:
        with np.errstate(all="ignore"):
            ratio = values / base
        ratio[~np.isfinite(ratio)] = np.nan
        return ratio, ratio_scale([ratio]), "ratio"
    with np.errstate(all="ignore"):
        difference = values - base
    difference[~np.isfinite(difference)] = np.nan
    bounds = None
    if quantity.bounds is not None:
        most = quantity.bounds[1] - quantity.bounds[0] if quantity.bounds[0] < 0 else quantity.bounds[1]
        bounds = (-most, most)
    scale = scale_of([difference], bounds)
    if scale is not None and not scale.signed:  # never below zero: the sign is to be seen all the same
        scale = scale_of([difference, -difference])
    return difference, scale, "difference"


@styled
def map_figure(views, name, log=None):
    """A quantity of every view, and each but the first compared with the first."""
    quantity = views[0].quantities[name]
    scales = scales_of(views, name, log)
    compared = [(view, comparison(view, views[0], name)) for view in views[1:]]
    compared = [(view, found) for view, found in compared if found is not None and found[1] is not None]
    figure, axes = panels(len(views) + len(compared), 3, 4.9, 4.1)
    shown = []
    for ax, view, scale in zip(axes, views, scales):
        mappable = heat_map(ax, view, view.values[name], scale, short(view.name))
        star(ax, view)
        if mappable is not None:
            shown.append((ax, mappable, scale))
    each = len(views) > 3 or len(axes) == len(views) or any(scale != scales[0] for scale in scales)
    for k, (ax, mappable, scale) in enumerate(shown):
        if each or k == len(shown) - 1:
            colour_bar(mappable, [ax], scale, label_of(quantity))
    for ax, (view, (values, found, kind)) in zip(axes[len(views) :], compared):
        sign = "/" if kind == "ratio" else "\N{MINUS SIGN}"
        title = f"{short(view.name)} {sign} {short(views[0].name)}"
        mappable = heat_map(ax, view, values, found, title)
        if mappable is not None:
            unit = "1" if kind == "ratio" else quantity.unit
            colour_bar(mappable, [ax], found, with_unit(f"{kind} of {tex(quantity.symbol)}", unit))
    return figure


# --- vector fields ----------------------------------------------------------------------------------------------------

def vectors_of(view):
    return [name for name, (_, components, _) in VECTORS.items() if set(components) <= set(view.values)]


def set_aspect(ax, view):
    """One unit of phi as long as one of r where that fits, so that angles are what they look."""
    if view.to_scale:
        ax.set_aspect("equal")


def middles(length, most):
    """At most `most` of 0 .. length-1, equally far apart and as far from both ends: arrows keep off the frame."""
    step = -(-length // most)
    return np.arange((length - 1) % step // 2, length, step)


def nearest(indices, wanted):
    """Positions in `indices`, sorted, of what is nearest to each of `wanted`."""
    right = np.clip(np.searchsorted(indices, wanted), 1, max(1, len(indices) - 1))
    left = right - 1
    right = np.minimum(right, len(indices) - 1)
    return np.unique(np.where(wanted - indices[left] <= indices[right] - wanted, left, right))


def loss_contours(ax, view):
    """Thin lines at evenly spaced quantiles of the loss."""
    if "loss" not in view.values or min(view.values["loss"].shape) < 2:
        return
    known = view.spread_evenly("loss")
    levels = np.unique(np.quantile(known, np.linspace(0.04, 0.96, 10))) if known.size else known
    levels = levels[(levels > known.min(initial=np.inf)) & (levels < min(known.max(initial=-np.inf), LINEAR_MOST))]
    if levels.size:
        loss = np.ma.masked_invalid(view.values["loss"].T)
        ax.contour(view.phi, view.r, loss, levels=levels, colors="0.72", linewidths=0.8)


def arrow_panel(ax, view, name, scale):
    """Arrows of one length on a thinned grid, their magnitude as colour, over contours of the loss."""
    symbol, components, length = VECTORS[name]
    prepare(ax, view, f"{short(view.name)}: $-{symbol}$")
    set_aspect(ax, view)
    ax.set_facecolor(PANEL)
    loss_contours(ax, view)
    star(ax, view)
    picked = np.ix_(nearest(view.rows, middles(view.shape[0], 17)), nearest(view.columns, middles(view.shape[1], 27)))
    d_phi, d_r, sizes = (view.values[key][picked] for key in (*components, length))
    phi, r = np.meshgrid(view.phi[picked[0].ravel()], view.r[picked[1].ravel()], indexing="ij")
    drawn = np.isfinite(sizes) & (sizes > 0)
    if drawn.any():
        style = {"angles": "xy", "pivot": "mid", "units": "width", "scale": 20, "width": 0.006, "zorder": 3}
        unit = [-component[drawn] / sizes[drawn] for component in (d_phi, d_r)]
        arrows = ax.quiver(phi[drawn], r[drawn], *unit, scale.fraction(sizes[drawn]), cmap=ARROWS, **style)
        arrows.set_clim(0, 1)
        arrows.set_in_layout(False)  # the layout takes unclipped arrows for larger than the figure
        label = f"$|{symbol}|$"
        colour_bar(arrows, [ax], scale, label, location="bottom", pad=0.02, shrink=0.9)
    undefined = ~np.isfinite(sizes) & view.computed[picked]
    if undefined.any():
        ax.plot(phi[undefined], r[undefined], "x", color="0.4", markersize=4)
    waiting = ~view.computed[picked]
    if waiting.any():
        ax.plot(phi[waiting], r[waiting], ".", color="0.75", markersize=3)


@styled
def arrow_figure(views):
    """Gradient and natural gradient of every view as arrows."""
    wanted = wanted_vectors(views)
    scales = {}
    for name, (_, _, length) in VECTORS.items():
        having = [view for view, drawn in wanted if drawn == name]
        scales |= {(view.name, name): scale for view, scale in zip(having, having and scales_of(having, length))}
    figure, axes = panels(len(wanted), 4, 3.75, 6.3)
    for ax, (view, name) in zip(axes, wanted):
        arrow_panel(ax, view, name, scales[view.name, name])
    return figure


def wanted_vectors(views):
    return [(view, name) for view in views for name in vectors_of(view)]


# --- stream lines -----------------------------------------------------------------------------------------------------
# Matplotlib's own follow the nearest values of a coarser grid. A narrow valley, across which the gradient turns round
# between two cells, needs interpolated values and steps that do not bounce from wall to wall.

STREAM_PANEL = 320, 500  # pixels of a panel of stream lines, about
STREAM_STEP = 1.5  # lengths in these pixels
STREAM_STEPS = 350  # each way from a seed
STREAM_GAP = 7  # lines keep this to twice as far apart
STREAM_SHORTEST = 30  # length of a line that is drawn
SEEDS = 14, 26  # lines start here, at most


def vector_between(view, name, pixel):
    """A function of places [n] to the vectors there times some factor, NaN outside the cells.

    Both are complex numbers x + iy in pixels, from the corner of smallest phi and r. Bilinear, and in units of the longest
    vector around, which neither overflows nor underflows.
    """
    _, components, length = VECTORS[name]
    axes = [(axis - axis[0]) / p for axis, p in zip((view.phi, view.r), pixel)]
    size = view.values[length]
    units = sum(one * (view.values[key] / size / p) for one, key, p in zip((1, 1j), components, pixel))

    def vectors_at(places):
        ends = []
        for axis, x in zip(axes, (places.real, places.imag)):
            k = np.clip(np.searchsorted(axis, x, "right") - 1, 0, len(axis) - 2)
            part = (x - axis[k]) / (axis[k + 1] - axis[k])
            part[(part < 0) | (part > 1)] = np.nan
            ends.append(((k, 1 - part), (k + 1, part)))
        corners = [(size[i, j], units[i, j], u * v) for i, u in ends[0] for j, v in ends[1]]
        longest = np.maximum.reduce([size for size, _, _ in corners])
        return sum(size / longest * weight * unit for size, unit, weight in corners)

    return vectors_at


def follow(vectors_at, seeds):
    """Paths [seeds, steps] along vectors in steps of equal length.

    A step takes the mean direction of its two ends, at full length: where these point against each other across a
    valley, what is left is the direction along it.
    """
    path = [seeds]
    for _ in range(STREAM_STEPS):
        here = vectors_at(path[-1])
        here /= np.abs(here)
        there = vectors_at(path[-1] + STREAM_STEP * here)
        way = here + there / np.abs(there)
        path.append(path[-1] + STREAM_STEP * way / np.abs(way))
    return np.array(path).T


def ended(path):
    """A path up to where it leaves the cells or, at a zero, gets nowhere."""
    path = path[np.isfinite(path)]
    far = 16
    still = np.flatnonzero(np.abs(path[far:] - path[:-far]) < 0.3 * far * STREAM_STEP)
    return path[: still[0] + 1] if still.size else path


def stream_lines(view, name):
    """Paths [steps, (phi, r)] downhill that cover a panel evenly: the longest as they are, others up to those."""
    low, span = (np.array([f(axis) for axis in (view.phi, view.r)]) for f in (np.min, np.ptp))
    width, height = STREAM_PANEL
    x, y = ((np.arange(count) + 0.5) / count * side for count, side in zip(SEEDS, STREAM_PANEL))
    seeds = (x[:, None] + 1j * y).ravel()
    with np.errstate(all="ignore"):
        vectors_at = vector_between(view, name, span / STREAM_PANEL)
        down, up = follow(lambda places: -vectors_at(places), seeds), follow(vectors_at, seeds)
    halves = [(ended(before), ended(after)) for before, after in zip(up, down)]
    taken = np.zeros((width // STREAM_GAP + 3, height // STREAM_GAP + 3), bool)
    lines = []
    for before, after in sorted(halves, key=lambda pair: -len(pair[0]) - len(pair[1])):
        line, seed = np.concatenate([before[:0:-1], after]), len(before) - 1
        i, j = (np.array([line.real, line.imag]) // STREAM_GAP).astype(int) + 1
        on_frame = np.minimum(np.minimum(line.real, width - line.real), np.minimum(line.imag, height - line.imag)) < 2
        met = np.flatnonzero(taken[i, j] | on_frame)
        first, last = met[met <= seed].max(initial=-1) + 1, met[met >= seed].min(initial=len(line))
        if last - first > STREAM_SHORTEST / STREAM_STEP:
            lines.append(low + span / STREAM_PANEL * np.stack([line.real, line.imag], axis=1)[first:last])
            for di, dj in np.ndindex(3, 3):
                taken[i[first:last] + di - 1, j[first:last] + dj - 1] = True
    return lines


def draw_streams(ax, lines):
    """Lines with an arrow head in the middle of each, of long ones more."""
    colour = "#101418"
    ax.add_collection(LineCollection(lines, colors=colour, linewidths=0.8), autolim=False)
    heads = [
        (line[k], line[k + 1] - line[k - 1])
        for line in lines
        for k in middles(len(line), 1 + int(len(line) * STREAM_STEP / 110))
    ]
    if heads:
        places, ways = np.array(heads).swapaxes(0, 1)
        ways /= np.hypot(*ways.T)[:, None]
        # an arrow as long as its head: only that is seen
        style = {"units": "inches", "width": 0.012, "headwidth": 5.5, "headlength": 7, "headaxislength": 6}
        arrows = ax.quiver(
            *places.T, *ways.T, angles="xy", pivot="mid", color=colour, scale_units="inches", scale=1 / (7 * 0.012), **style
        )
        arrows.set_in_layout(False)


def stream_panel(ax, view, name, scale):
    """Lines that follow the vectors downhill, over the loss; returns what a colour bar of the loss needs."""
    symbol, _, length = VECTORS[name]
    prepare(ax, view, f"{short(view.name)}: along $-{symbol}$")
    mappable = None
    if scale is not None and "loss" in view.values:
        show_gaps(ax, view, view.values["loss"])
        mappable = mesh(ax, view, scale.fraction(view.values["loss"]), BACKGROUND)
    else:
        ax.set_facecolor(PANEL)
    set_aspect(ax, view)
    star(ax, view)
    if min(view.values[length].shape) < 4:
        ax.text(0.5, 0.5, "too few cells\nfor stream lines", transform=ax.transAxes, ha="center", color="#1c1e22")
    else:
        draw_streams(ax, stream_lines(view, name))
    return mappable


@styled
def stream_figure(views):
    """Gradient and natural gradient of every view as stream lines."""
    wanted = wanted_vectors(views)
    having = [view for view, _ in wanted if "loss" in view.values]
    scale = shared_scale(having, "loss") if having else None
    figure, axes = panels(len(wanted), 4, 3.75, 6.2)
    drawn = [stream_panel(ax, view, name, scale) for ax, (view, name) in zip(axes, wanted)]
    drawn = [mappable for mappable in drawn if mappable is not None]
    if drawn:
        colour_bar(drawn[0], axes, scale, "$L$", location="bottom", pad=0.03, shrink=0.35)
    return figure


# --- lines ------------------------------------------------------------------------------------------------------------


def log_axis(axis, low, high):
    """For values drawn as their powers of ten: labels say so."""
    step = max(1, round((high - low) / 6))
    if high - low < 2:
        steps = [m * 10.0**k for k in range(int(np.floor(low)), int(np.ceil(high))) for m in (1, 2, 3, 5)]
        axis.set_major_locator(FixedLocator(np.log10(steps)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: number(10**value, 3)))
        return
    axis.set_major_locator(MultipleLocator(step))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(float(f"1e{round(value)}"))))


def cut(view, name, direction):
    """(position, log10 of sizes) of a quantity on the line through the minimum loss along axis 0 or 1."""
    i, j = np.searchsorted(view.rows, view.minimum_cell()[0]), np.searchsorted(view.columns, view.minimum_cell()[1])
    values = view.values[name][:, j] if direction == 0 else view.values[name][i]
    with np.errstate(all="ignore"):
        heights = np.log10(np.abs(values))
    return (view.phi, view.r)[direction], np.where(np.isfinite(heights), heights, np.nan)


def cut_panel(ax, views, lines, direction):
    axis = views[0].axes[direction]
    ax.set_xlabel(axis_label(axis))
    ax.set_facecolor("none")
    ax.grid(color="0.5", alpha=0.25, linewidth=0.6)
    heights = []
    for k, view in enumerate(views):
        for name, style in lines:
            if name in view.values:
                places, height = cut(view, name, direction)
                absolute = name == "fisher_r_phi"
                symbol = tex(("|%s|" if absolute else "%s") % view.quantities[name].symbol)
                line = {"color": LINES[k % len(LINES)], "linestyle": style, "linewidth": 1.6}
                ax.plot(places, height, label=f"{short(view.name)}  {symbol}", **line)
                heights.append(height[np.isfinite(height)])
    heights = np.concatenate(heights)
    if heights.size:
        low, high = max(heights.min(), heights.max() - 24), heights.max()
        margin = 0.04 * (high - low) or 0.1
        ax.set_ylim(low - margin, high + margin)
        log_axis(ax.yaxis, low, high)
    if axis.unit == "rad":
        pi_ticks(ax.xaxis, *axis.values[[0, -1]])


@styled
def cut_figure(views):
    """Lines through the cell of minimum loss, along phi above and along r below."""
    views = [view for view in views if view.minimum_cell() is not None]
    groups = [(title, lines) for title, lines in CUTS.items() if any(n in v.values for n, _ in lines for v in views)]
    directions = [k for k in (0, 1) if any(view.shape[k] > 1 for view in views)]
    figure, axes = panels(len(directions) * len(groups), len(groups), 4.9, 3.5)
    rows = np.reshape(axes, (len(directions), len(groups)))
    for k, (title, lines) in enumerate(groups):
        for row, direction in zip(rows, directions):
            cut_panel(row[k], views, lines, direction)
        rows[0, k].set_title(title)
        rows[-1, k].legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.2),
            frameon=False,
            ncol=min(len(views), 2),
            fontsize="medium" if len(views) < 3 else "x-small",
        )
    return figure


@styled
def alignment_figure(views):
    """Share of the cells whose gradient, or natural gradient, is within an angle of the stiff direction."""
    figure, axes = panels(2, 2, 5.6, 4.2)
    for ax, (measure, title) in zip(axes, (("stiff_angle", "as drawn"), ("fisher_angle", "measured by $F$"))):
        alignment_panel(ax, views, measure)
        ax.set_title(title)
    axes[0].set_ylabel("share of the cells [%]")
    axes[1].legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    return figure


def alignment_panel(ax, views, measure):
    ax.set_facecolor("none")
    ax.grid(color="0.5", alpha=0.25, linewidth=0.6)
    for k, view in enumerate(views):
        for name, style in (("gradient", "-"), ("natural_gradient", "--")):
            if f"{name}_{measure}" not in view.values:
                continue
            angles = np.sort(view.spread_evenly(f"{name}_{measure}"))
            every = thin(len(angles), 600) if len(angles) else []
            shares = 100 * (np.arange(len(angles)) + 1) / max(1, len(angles))
            line = {"color": LINES[k % len(LINES)], "linestyle": style, "linewidth": 1.8}
            ax.plot(angles[every], shares[every], label=f"{short(view.name)}  ${VECTORS[name][0]}$", **line)
    ax.set_xlim(0, 90)
    ax.set_ylim(0, 100)
    ax.xaxis.set_major_locator(MultipleLocator(15))
    ax.set_xlabel("angle to the stiff direction [°]")


# --- samples ----------------------------------------------------------------------------------------------------------


def sample_panel(ax, view):
    samples = view.samples
    every = max(1, len(samples.y) // MOST_POINTS)
    x0, x1, y = samples.x0[::every], samples.x1[::every], samples.y[::every]
    ax.set_title(short(view.name))
    ax.set_xlabel("$x_0$")
    ax.set_ylabel("$x_1$")
    ax.set_facecolor(PANEL)
    for label, (colour, marker) in enumerate(zip(CLASSES, "o^")):
        chosen = y == label
        style = {"color": colour, "marker": marker, "markersize": 3.5, "linestyle": "none", "alpha": 0.55}
        ax.plot(x0[chosen], x1[chosen], label=f"$y={label}$", markeredgewidth=0, **style)
    middle = np.array([(x0.min() + x0.max()) / 2, (x1.min() + x1.max()) / 2])
    half = 0.56 * max(np.ptp(x0), np.ptp(x1), 1e-6)
    ax.set_xlim(middle[0] - half, middle[0] + half)
    ax.set_ylim(middle[1] - half, middle[1] + half)
    ax.set_aspect("equal")
    if view.minimum_cell() is not None:
        draw_boundary(ax, *view.where(view.minimum_cell()), middle, 3 * half)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncol=2, frameon=False, fontsize="small")


def draw_boundary(ax, phi, r, middle, reach):
    """The line a = 0, and beside it those where the network is three to one sure of a class."""
    normal, along = np.array([np.sin(phi), np.cos(phi)]), np.array([np.cos(phi), -np.sin(phi)])
    foot = middle - (normal @ middle + r) * normal
    for level, style, label in ((0, "-", "$z=1/2$"), (np.log(3), "--", "$z=1/4,\\ 3/4$"), (-np.log(3), "--", None)):
        x, y = (foot + level * normal)[:, None] + reach * np.outer(along, [-1, 1])
        ax.plot(x, y, color=BOUNDARY, linestyle=style, linewidth=1.8 if level == 0 else 1.0, label=label)


@styled
def sample_figure(views):
    """The samples of every view with the decision boundary at the minimum loss."""
    views = [view for view in views if view.samples is not None]
    figure, axes = panels(len(views), 3, 4.8, 5.0)
    for ax, view in zip(axes, views):
        sample_panel(ax, view)
    return figure


# --- the list ---------------------------------------------------------------------------------------------------------

DRAW = {
    "samples": sample_figure,
    "arrows": arrow_figure,
    "streams": stream_figure,
    "cuts": cut_figure,
    "alignment": alignment_figure,
}  # those of catalogue.FIGURES


def draw(views, name, log=None):
    """The figure called `name`, or the map of that quantity."""
    return DRAW[name](views) if name in DRAW else map_figure(views, name, log)
