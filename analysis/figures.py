"""The figures, each a function of Views that returns a Matplotlib figure; report.py and plot.py draw with them.

Panels have the plane of the grid: phi to the right, r upwards. A star is the minimum of the loss, a cross a saddle.
Vectors point downhill, the way a descent goes. What the file does not hold is computed from its samples.
"""

import re
import textwrap

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.collections import EllipseCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator
from PIL import Image

from catalogue import VECTORS
from lines import flows, geodesics
from network import matrices, shift
from quantities import OVER_SAMPLES, SYMBOLS, UNITS
from scales import LINEAR_MOST, Scale, number, pi_text, scale_of, terms
from script import writing
from survey import local_view, thin

INK = "#1c1e21"  # of text and frames
UNDEFINED, NOT_COMPUTED = "#b9b9b9", "#e9dfe6"  # cells without a value
ARROWS = ListedColormap(colormaps["viridis"](np.linspace(0, 0.87, 256)))  # the bright end is lost on light panels
BACKGROUND = ListedColormap(0.45 * colormaps["cividis"](np.linspace(0, 1, 256)) + 0.55)  # lines stay visible on it
PANEL = "#f7f7f4"  # behind arrows
CLASSES = ["#d55e00", "#0072b2"]  # Okabe and Ito's, for y = 0 and y = 1
BOUNDARY = "#1c1e22"  # between them
LEVER = "#b5669c"
SHADE = "#ecd9b4"  # where the Hessian is indefinite
ARROW = {"angles": "xy", "pivot": "mid", "units": "width", "scale": 20, "width": 0.006, "zorder": 3}
OUTLINE = [withStroke(linewidth=2.6, foreground="#1c1e22")]
KINDS = {  # of steps and matrices: colour
    "gradient": "#d55e00", "natural_gradient": "#0072b2", "newton": "#009e73",
    "fisher": "#0072b2", "hessian": "#009e73", "empirical_fisher": "#d55e00",
}  # fmt: skip
WIDTHS = {"fisher": 2.6, "hessian": 1.2, "empirical_fisher": 1.0}  # the first lies below the others
DESCENTS = {"gradient": "gradient descent", "natural_gradient": "natural gradient descent"}
LINE_COLOURS = {"geodesic": "#1c1e21", "natural_gradient": KINDS["natural_gradient"], "gradient": KINDS["gradient"]}
DPI = 110
PNG_LEVEL = 2  # of 9: half the time of the usual 6, and a sixth more bytes
TITLE_COLUMNS = 32  # of a line of words in a title, at most
SAME = 1e-9  # of the largest value: a smaller difference is rounding
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
        "√det F": r"\sqrt{\det F}", "H⁻¹g": "H^{-1}g", "λ": r"\lambda", "θ": r"\theta",
        "φ": r"\varphi ", "ρ": r"\rho", "κ": r"\kappa", "∠": r"\angle ",
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


def label_of(quantity, view):
    """Symbol, unit, and whether it is a sum over the samples."""
    unit = UNITS.get(quantity.name, "") if quantity.unit in ("", "1") else quantity.unit
    if quantity.name in OVER_SAMPLES and view.samples is not None:
        unit += f", {'mean' if view.mean else 'sum'} over {view.samples.total} samples"
    return with_unit(tex(quantity.symbol), unit)


def bracket_of(quantity, view):
    """The unit alone, such as "[nats, sum over 1000 samples]"."""
    label = label_of(quantity, view)
    return label[label.index("[") :] if "[" in label else ""


def title_of(view, quantity):
    """Such as "A: F_φφ", and below it "Fisher information of φ"."""
    words = re.sub(r"\bphi\b", "φ", quantity.words)
    lines = -(-len(words) // TITLE_COLUMNS)
    return f"{short(view.name)}: {tex(quantity.symbol)}\n{textwrap.fill(words, len(words) // lines + 6)}"


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
    """Writes a figure as its suffix says. PNG and PDF without savefig's trial run, which takes as long as drawing."""
    with rc_context(STYLE), writing(path):
        if path.suffix == ".png":
            picture(figure).save(path, dpi=(DPI, DPI), compress_level=PNG_LEVEL)
            return
        lay_out(figure)
        if path.suffix == ".pdf":
            canvas = figure.canvas
            FigureCanvasPdf(figure).print_pdf(path)
            figure.set_canvas(canvas)
        else:
            figure.savefig(path)


def label_once(figure):
    """Panels of a row whose vertical axes are the same have its labels once, on the left."""
    first = {}
    for ax in figure.axes:
        place = getattr(ax, "get_subplotspec", lambda: None)()
        if place is not None:  # a bar has none
            left = first.setdefault(place.rowspan.start, ax)
            if ax is not left and (ax.get_ylim(), ax.get_ylabel()) == (left.get_ylim(), left.get_ylabel()):
                ax.set_ylabel("")
                ax.tick_params(labelleft=False)


def lay_out(figure):
    """Places the panels, once."""
    if figure.get_layout_engine() is not None:
        label_once(figure)
        figure.get_layout_engine().execute(figure)
        figure.set_layout_engine("none")


def picture(figure):
    """The pixels of a figure."""
    lay_out(figure)
    figure.set_dpi(DPI)  # drawing a PDF leaves another
    with rc_context(STYLE):
        figure.canvas.draw()
    return Image.fromarray(np.asarray(figure.canvas.buffer_rgba()), "RGBA").convert("RGB")


def panels(count, columns, width, height):
    """A figure with `count` panels of a size in inches, `columns` a row, and the list of their axes."""
    columns = min(count, columns)
    rows = -(-count // columns)
    with rc_context(STYLE):
        figure = Figure(figsize=(width * columns, height * rows), dpi=DPI, layout="compressed")
        FigureCanvasAgg(figure)  # one for the layout and the pixels: it remembers how large texts are
        figure.get_layout_engine().set(w_pad=0.1, h_pad=0.08)  # labels of bars keep off the next panel and the edge
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


def mark_points(ax, view):
    """The stationary points of the loss."""
    for point in view.points:
        mark, size = {"minimum": ("*", 14), "saddle": ("X", 8), "maximum": ("^", 8)}[point.kind]
        style = {"color": "white", "markeredgecolor": "black", "markersize": size, "linestyle": "none"}
        ax.plot(point.phi, point.r, marker=mark, clip_on=False, zorder=6, **style)


def draw_floor(ax, view):
    """The floor of the valley, where it is inside the panel."""
    if view.network is not None:
        phi = np.linspace(*ax.get_xlim(), 200)
        style = {"color": "white", "linewidth": 1.4, "linestyle": (0, (4, 3)), "path_effects": OUTLINE}
        ax.plot(phi, view.network.floor(phi), scalex=False, scaley=False, zorder=2.5, **style)


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
        np.ma.masked_invalid(shown.T), colours, vmin=0, vmax=1, origin="lower", aspect=ax.get_aspect(),
        interpolation=interpolation, extent=(phi[0], phi[-1], r[0], r[-1]),
    )  # fmt: skip


def contours(ax, view, values, scale):
    """Thin lines at the ticks of the scale, bright where the map is dark."""
    levels = [level for level, _ in scale.ticks(8)]
    levels = [v for v in levels if np.nanmin(values) < v < np.nanmax(values) and abs(v) < LINEAR_MOST]
    if min(values.shape) > 1 and levels and not scale.names:
        rows, columns = (thin(length, FINE // 4) for length in values.shape)
        brightness = scale.colours(scale.fraction(levels))[:, :3].mean(axis=1)
        inks = np.where(brightness < 0.4, "#ffffff80", f"{INK}73").tolist()
        few = np.ma.masked_invalid(values[np.ix_(rows, columns)].T)
        ax.contour(view.phi[rows], view.r[columns], few, levels=levels, colors=inks, linewidths=0.7, linestyles="-")


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
    set_aspect(ax, view)
    show_gaps(ax, view, values)
    if scale is None or not np.isfinite(values).any():
        ax.text(0.5, 0.5, "no values", transform=ax.transAxes, ha="center", va="center", color="#1c1e22")
        return None
    drawn = mesh(ax, view, scale.fraction(values), scale.colours, "nearest" if scale.names else "antialiased")
    contours(ax, view, values, scale)
    return drawn


# --- maps of one quantity ---------------------------------------------------------------------------------------------


def shared_scale(views, name, log=None):
    """The Scale of a quantity for all these views, their extremes included."""
    quantity = views[0].quantities[name]
    if quantity.names:
        return Scale("linear", quantity.bounds[0] - 0.5, quantity.bounds[1] + 0.5, names=quantity.names)
    log = True if log is None and name in ("loss", "fisher_curvature") else log  # a narrow valley, narrow ridges
    known = [view.extremes[name] for view in views if name in view.extremes]
    lows, highs = [e.low for e in known], [e.high for e in known]
    return scale_of([view.values[name] for view in views], quantity.bounds, log, lows, highs)


def scales_of(views, name, log=None):
    """The Scale of a quantity for each of these views."""
    if views[0].quantities[name].bounds is not None:
        return [shared_scale(views, name, log)] * len(views)
    known = [view.spread_evenly(name) for view in views]
    return for_like(known, lambda group: shared_scale([views[k] for k in group], name, log))


def for_like(arrays, make):
    """[make(group)] for each array; a group, [positions], has arrays between whose usual sizes lies no hundredfold."""
    sizes = np.array([np.median(np.abs(values)) if values.size else 0.0 for values in arrays])
    order = np.argsort(sizes, kind="stable")
    jumps = 1 + np.flatnonzero(sizes[order[1:]] / 100 > sizes[order[:-1]])
    made = {}
    for group in np.split(order, jumps) if arrays else ():
        made |= dict.fromkeys(group, make(sorted(group)))
    return [made[k] for k in range(len(arrays))]


def comparison(view, first, name):
    """(values, Scale) of the difference of a quantity from that of the first data set, moved as this one is; or None.

    Data moved by (d0, d1) are for the network the same as r + d0 sin phi + d1 cos phi in place of r. Both are computed
    from the samples, at places that the grid of the first need not hold.
    """
    move = shift(first.samples, view.samples)
    alike = all(np.array_equal(a.values, b.values) for a, b in zip(view.axes, first.axes))
    if move is None or not alike or view.local is None or name not in view.local.values:
        return None
    values = view.local.values[name]
    with np.errstate(all="ignore"):
        difference = values - first.moved(move).values[name]
    largest = np.nanmax(np.abs(values), initial=0)
    difference[np.abs(difference) <= SAME * largest] = 0.0
    known = difference[np.isfinite(difference)]
    scale = scale_of([known, -known]) if known.any() else Scale("linear", -1.0, 1.0, True)
    return (difference, scale) if known.size else None


@styled
def map_figure(views, name, log=None):
    """A quantity of every view, and how each but the first differs from the first, moved."""
    scales = scales_of(views, name, log)
    compared = [(view, comparison(view, views[0], name)) for view in views[1:]]
    compared = [(view, found) for view, found in compared if found is not None]
    size = (4.1, 5.6) if all(view.to_scale for view in views) else (4.9, 4.1)
    figure, axes = panels(len(views) + len(compared), 3, *size)
    shown = []
    for ax, view, scale in zip(axes, views, scales):
        mappable = heat_map(ax, view, view.values[name], scale, title_of(view, view.quantities[name]))
        if name in ("loss", "gradient_r"):  # where the floor shows
            draw_floor(ax, view)
        mark_points(ax, view)
        if mappable is not None:
            shown.append((ax, mappable, scale, view))
    each = len(views) > 3 or len(axes) == len(views) or any(scale != scales[0] for scale in scales)
    for k, (ax, mappable, scale, view) in enumerate(shown):
        if each or k == len(shown) - 1:
            colour_bar(mappable, [ax], scale, label_of(view.quantities[name], view))
    for ax, (view, (values, scale)) in zip(axes[len(views) :], compared):
        compared_panel(ax, view, views[0], name, values, scale)
    return figure


def compared_panel(ax, view, first, name, values, scale):
    """The difference; without a scale where there is none."""
    quantity, added = view.quantities[name], terms(shift(first.samples, view.samples))
    name, other = short(view.name), short(first.name)
    title = f"{name} \N{MINUS SIGN} {other}: {tex(quantity.symbol)}\nwith {other} at (φ, r {added})"
    mappable = heat_map(ax, view.local, values, scale, title)
    if values.any():
        colour_bar(mappable, [ax], scale, f"difference {bracket_of(quantity, view)}".strip())
    else:
        style = {"ha": "center", "va": "center", "fontsize": "large", "color": INK}
        ax.text(0.5, 0.5, "no difference", transform=ax.transAxes, **style)


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


def plain_panel(ax, view, title):
    """Without colours: contours of the loss, and its stationary points."""
    prepare(ax, view, title)
    set_aspect(ax, view)
    ax.set_facecolor(PANEL)
    loss_contours(ax, view)
    mark_points(ax, view)


def legends_below(axes, handles):
    for ax in axes:
        style = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.11), "frameon": False, "columnspacing": 1.2}
        ax.legend(handles=handles, ncol=3 if len(handles) == 3 else 2, **style)


def arrow_scale(sizes):
    """Logarithmic colours for nine tenths of the arrows, so that these can be told apart; the others share its ends."""
    if not sizes.size:
        return None
    low, high = np.quantile(sizes, [0.05, 0.95])
    return Scale("log", max(low, high * 1e-12), high)


def arrow_cells(view):
    """Positions in the picture of the places of arrows, as np.ix_."""
    return np.ix_(nearest(view.rows, middles(view.shape[0], 17)), nearest(view.columns, middles(view.shape[1], 27)))


def arrow_sizes(view, name):
    """Lengths of the arrows that can be drawn."""
    sizes = view.values[VECTORS[name][2]][arrow_cells(view)]
    return sizes[np.isfinite(sizes) & (sizes > 0)]


def arrow_panel(ax, view, name, scale):
    """Arrows of one length on a thinned grid, their magnitude as colour, over contours of the loss."""
    symbol, components, length = VECTORS[name]
    plain_panel(ax, view, f"{short(view.name)}: $-{symbol}$\n{DESCENTS[name]}")
    picked = arrow_cells(view)
    d_phi, d_r, sizes = (view.values[key][picked] for key in (*components, length))
    phi, r = np.meshgrid(view.phi[picked[0].ravel()], view.r[picked[1].ravel()], indexing="ij")
    drawn = np.isfinite(sizes) & (sizes > 0)
    if drawn.any():
        unit = [-component[drawn] / sizes[drawn] for component in (d_phi, d_r)]
        arrows = ax.quiver(phi[drawn], r[drawn], *unit, scale.fraction(sizes[drawn]), cmap=ARROWS, **ARROW)
        arrows.set_clim(0, 1)
        arrows.set_in_layout(False)  # the layout takes unclipped arrows for larger than the figure
        colour_bar(arrows, [ax], scale, f"$|{symbol}|$", location="bottom", pad=0.02, shrink=0.9, extend="both")
    undefined = ~np.isfinite(sizes) & view.computed[picked]
    if undefined.any():
        ax.plot(phi[undefined], r[undefined], "x", color="0.4", markersize=4)
    waiting = ~view.computed[picked]
    if waiting.any():
        ax.plot(phi[waiting], r[waiting], ".", color="0.75", markersize=3)


@styled
def arrow_figure(views):
    """Gradient and natural gradient of every view as arrows. Data sets of like size share the colours of a vector."""
    scales = {}
    for name in VECTORS:
        having = [view for view in views if name in vectors_of(view)]
        sizes = [arrow_sizes(view, name) for view in having]
        found = for_like(sizes, lambda group: arrow_scale(np.concatenate([sizes[k] for k in group])))
        scales |= {(view.name, name): scale for view, scale in zip(having, found)}
    wanted = [(view, name) for view in views for name in vectors_of(view)]
    figure, axes = panels(len(wanted), 4, 3.4, 6.3)
    for ax, (view, name) in zip(axes, wanted):
        arrow_panel(ax, view, name, scales[view.name, name])
    return figure


@styled
def step_figure(views):
    """Directions of gradient, natural and Newton steps of every view; shaded where the Hessian is indefinite."""
    figure, axes = panels(len(views), 4, 4.6, 6.6)
    for ax, view in zip(axes, views):
        step_panel(ax, view)
    handles = [Line2D([], [], color=KINDS[name], label=f"$-{symbol}$") for name, (symbol, _, _) in VECTORS.items()]
    handles.append(Line2D([], [], color=KINDS["newton"], label="$-H^{-1}g$"))
    handles.append(Patch(facecolor=SHADE, label="$H$ indefinite"))
    legends_below(axes, handles)
    return figure


def step_panel(ax, view):
    plain_panel(ax, view, f"{short(view.name)}\ngradient, natural and Newton steps")
    local = view.local
    shade_indefinite(ax, local)
    picked = np.ix_(*(middles(n, most) for n, most in zip(local.values["loss"].shape, (9, 13))))
    phi, r = np.meshgrid(local.phi[picked[0].ravel()], local.r[picked[1].ravel()], indexing="ij")
    for name in ("newton", "gradient", "natural_gradient"):
        d_phi, d_r = (local.values[f"{name}_{axis}"][picked] for axis in ("phi", "r"))
        sizes = np.hypot(d_phi, d_r)
        drawn = np.isfinite(sizes) & (sizes > 0)
        unit = [-component[drawn] / sizes[drawn] for component in (d_phi, d_r)]
        arrows = ax.quiver(phi[drawn], r[drawn], *unit, color=KINDS[name], **{**ARROW, "pivot": "tail", "scale": 13})
        arrows.set_in_layout(False)


def shade_indefinite(ax, local):
    """Where an eigenvalue of the Hessian is negative."""
    values = local.values  # H = F + diag(h, 0), and its determinant is F_rr (C + h)
    sign = np.ma.masked_invalid(values["independent"] + values["hessian_phi_phi"] - values["fisher_phi_phi"]).T
    ax.contourf(local.phi, local.r, sign, levels=[min(sign.min(), -1), 0], colors=[SHADE], zorder=0)


# --- flow lines -------------------------------------------------------------------------------------------------------

def wrapped(line, view):
    """The line with phi within the grid where that is a whole turn; NaN between the pieces."""
    low, span = view.axes[0].values.min(), np.ptp(view.axes[0].values)
    if abs(span - 2 * np.pi) > 1e-9:
        return line
    turns = np.floor((line[:, 0] - low) / span)
    pieces = np.split(line - np.outer(turns * span, [1, 0]), np.flatnonzero(np.diff(turns)) + 1)
    return np.concatenate([row for piece in pieces for row in (piece, np.full((1, 2), np.nan))])


def draw_line(ax, view, line, colour, width=1.5):
    """A complete line with an arrow head at a third and two thirds of its length, and a dot at its start."""
    shown = wrapped(line, view)
    ax.plot(*shown.T, color=colour, linewidth=width, zorder=3, scalex=False, scaley=False)
    ax.plot(*shown[0], marker="o", color=colour, markersize=4, zorder=3)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    for part in (1 / 3, 2 / 3):
        k = min(int(np.searchsorted(along, part * along[-1])), len(line) - 2)
        way, place = line[k + 1] - line[k], wrapped(line[k : k + 1], view)[0]
        if np.hypot(*way) > 0:
            style = {"angles": "xy", "pivot": "mid", "units": "inches", "width": 0.016, "scale_units": "inches"}
            heads = {"headwidth": 5.5, "headlength": 7, "headaxislength": 6, "scale": 1 / (7 * 0.016), "zorder": 3}
            ax.quiver(*place, *(way / np.hypot(*way)), color=colour, **style, **heads).set_in_layout(False)


def loss_panel(ax, view, scale, title):
    """The loss in pale colours, its floor and stationary points; returns what a colour bar needs."""
    prepare(ax, view, title)
    set_aspect(ax, view)
    ax.set_facecolor(PANEL)
    mappable = None
    if scale is not None and "loss" in view.values:
        show_gaps(ax, view, view.values["loss"])
        mappable = mesh(ax, view, scale.fraction(view.values["loss"]), BACKGROUND)
    draw_floor(ax, view)
    mark_points(ax, view)
    return mappable


@styled
def flow_figure(views):
    """Complete flow lines along -g and -n of every view."""
    wanted = [(view, name) for view in views for name in VECTORS]
    having = [view for view in views if "loss" in view.values]
    scale = shared_scale(having, "loss") if having else None
    figure, axes = panels(len(wanted), 4, 3.4, 6.9)
    drawn = []
    for ax, (view, name) in zip(axes, wanted):
        drawn.append(loss_panel(ax, view, scale, f"{short(view.name)}: $-{VECTORS[name][0]}$\n{DESCENTS[name]}"))
        for line in flows(view)[name]:
            draw_line(ax, view, line, KINDS[name], 1.4)
    loss_bar(drawn, axes, scale, having)
    return figure


def loss_bar(drawn, axes, scale, views):
    drawn = [mappable for mappable in drawn if mappable is not None]
    if drawn:
        label = label_of(views[0].quantities["loss"], views[0])
        colour_bar(drawn[0], axes, scale, label, location="bottom", pad=0.03, shrink=0.35)


@styled
def geodesic_figure(views):
    """Geodesics of the Fisher metric to the minimum, beside the lines along -n and -g."""
    figure, axes = panels(len(views), 4, 4.6, 7.4)
    having = [view for view in views if "loss" in view.values]
    scale = shared_scale(having, "loss") if having else None
    drawn = []
    for ax, view in zip(axes, views):
        drawn.append(loss_panel(ax, view, scale, f"{short(view.name)}\ngeodesics of $F$ and descents"))
        for lines in geodesics(view):
            for name, line in lines.items():
                if line is not None:
                    draw_line(ax, view, line, LINE_COLOURS[name])
    words = {"geodesic": "geodesic of $F$", "natural_gradient": "along $-n$", "gradient": "along $-g$"}
    handles = [Line2D([], [], color=LINE_COLOURS[name], label=label) for name, label in words.items()]
    legends_below(axes, handles)
    loss_bar(drawn, axes, scale, having)
    return figure


# --- matrices ---------------------------------------------------------------------------------------------------------

ENTRIES = [  # the quantities of each group share a scale, for they have one unit
    [("fisher_phi_phi", "Fisher, F_φφ"), ("hessian_phi_phi", "Hessian, H_φφ"),
     ("empirical_fisher_phi_phi", "empirical, E_φφ")],
    [("fisher_r_phi", "Fisher, F_rφ = H_rφ"), ("empirical_fisher_r_phi", "empirical, E_rφ")],
    [("fisher_r_r", "Fisher, F_rr = H_rr"), ("empirical_fisher_r_r", "empirical, E_rr")],
]


@styled
def matrix_figure(views):
    """The entries of Fisher matrix, Hessian and empirical Fisher matrix, a row for each view."""
    width = sum(map(len, ENTRIES))
    figure, axes = panels(width * len(views), width, 2.35, 4.6)
    left = 0
    for group in ENTRIES:
        known = [np.array([view.local.values[name] for name, _ in group]) for view in views]
        bounded = group[0][0] == "fisher_r_r"  # by the number of samples, so that linear colours show both
        scales = for_like(known, lambda alike: scale_of([known[k] for k in alike], log=False if bounded else None))
        for k, (view, scale) in enumerate(zip(views, scales)):
            matrix_panels(axes[k * width + left :][: len(group)], view, group, scale)
        left += len(group)
    return figure


def matrix_panels(axes, view, group, scale):
    """The entries of one unit, and their bar."""
    for ax, (name, title) in zip(axes, group):
        mappable = heat_map(ax, view.local, view.local.values[name], scale, f"{short(view.name)}\n{title_tex(title)}")
        mark_points(ax, view)
    if mappable is not None:
        label = bracket_of(view.local.quantities[group[0][0]], view).strip("[]")
        colour_bar(mappable, axes, scale, label, location="bottom", pad=0.02)


def title_tex(title):
    """Words and symbols such as "Fisher, F_φφ = H_φφ" with the symbols in TeX."""
    return re.sub(r"\w_\w+", lambda match: tex(match[0]), title)


@styled
def ellipse_figure(views):
    """Ellipses d^T M d = const of Fisher matrix, Hessian and empirical Fisher matrix, all of one length."""
    figure, axes = panels(len(views), 4, 4.6, 6.6)
    for ax, view in zip(axes, views):
        ellipse_panel(ax, view)
    names = {"fisher": "Fisher $F$", "empirical_fisher": "empirical $E$", "hessian": "Hessian $H$"}
    handles = [Line2D([], [], color=KINDS[k], linewidth=WIDTHS[k], label=label) for k, label in names.items()]
    handles.append(Patch(facecolor=SHADE, label="$H$ indefinite: no ellipse"))
    legends_below(axes, handles)
    return figure


def ellipse_panel(ax, view):
    plain_panel(ax, view, f"{short(view.name)}\nellipses of $F$, $H$ and $E$")
    local = view.local
    shade_indefinite(ax, local)
    rows, columns = (middles(n, most) for n, most in zip(local.values["loss"].shape, (9, 13)))
    places = (local.phi, rows), (local.r, columns)
    long = 0.95 * min(np.ptp(edges(axis)[[0, -1]]) / len(cells) for axis, cells in places)
    found = {"fisher": [], "hessian": [], "empirical_fisher": []}
    for i in rows:
        for j in columns:
            cell = {name: values[i, j] for name, values in local.values.items()}
            for name, matrix in zip(found, matrices(cell)):
                if np.isfinite(matrix).all():
                    sizes, vectors = np.linalg.eigh(matrix)
                    if sizes[0] > -SAME * sizes[1]:  # else indefinite; to rounding, for rank 1 has an ellipse, too
                        turn = np.degrees(np.arctan2(vectors[1, 0], vectors[0, 0]))  # of the smaller eigenvalue
                        thick = max(np.sqrt(max(sizes[0], 0) / sizes[1]), 0.02)
                        found[name].append((local.phi[i], local.r[j], long, long * thick, turn))
    for name, listed in found.items():
        if listed:
            phi, r, width, height, turn = np.transpose(listed)
            style = {"facecolors": "none", "edgecolors": KINDS[name], "linewidths": WIDTHS[name], "zorder": 3}
            offsets = {"offsets": np.transpose([phi, r]), "offset_transform": ax.transData}
            ax.add_collection(EllipseCollection(width, height, turn, units="xy", **offsets, **style), autolim=False)


# --- samples ----------------------------------------------------------------------------------------------------------


def sample_panel(ax, view):
    samples = view.samples
    every = max(1, len(samples.y) // MOST_POINTS)
    x0, x1, y = samples.x0[::every], samples.x1[::every], samples.y[::every]
    ax.set_title(f"{short(view.name)}\nsamples{' and the line of minimum loss' if view.minimum else ''}")
    ax.set_xlabel("$x_0$")
    ax.set_ylabel("$x_1$")
    ax.set_facecolor(PANEL)
    for label, (colour, marker) in enumerate(zip(CLASSES, "o^")):
        chosen = y == label
        style = {"color": colour, "marker": marker, "markersize": 3.5, "linestyle": "none", "alpha": 0.55}
        ax.plot(x0[chosen], x1[chosen], label=f"$y={label}$", markeredgewidth=0, **style)
    spans = [(min(0, x.min()), max(0, x.max())) for x in (x0, x1)]  # with the origin, about which phi turns the line
    middle = np.mean(spans, axis=1)
    half = 0.56 * max(np.ptp(spans, axis=1).max(), 1e-6)
    ax.set_xlim(middle[0] - half, middle[0] + half)
    ax.set_ylim(middle[1] - half, middle[1] + half)
    ax.set_box_aspect(1)
    if view.minimum is not None:
        draw_boundary(ax, view.minimum.phi, view.minimum.r, middle, 3 * half)
        draw_lever(ax, view)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncol=3, frameon=False, fontsize="small")


def draw_boundary(ax, phi, r, middle, reach):
    """The line a = 0, and beside it those where the network is three to one sure of a class."""
    normal, along = np.array([np.sin(phi), np.cos(phi)]), np.array([np.cos(phi), -np.sin(phi)])
    foot = middle - (normal @ middle + r) * normal
    for level, style, label in ((0, "-", "$z=1/2$"), (np.log(3), "--", "$z=1/4,\\ 3/4$"), (-np.log(3), "--", None)):
        x, y = (foot + level * normal)[:, None] + reach * np.outer(along, [-1, 1])
        ax.plot(x, y, color=BOUNDARY, linestyle=style, linewidth=1.8 if level == 0 else 1.0, label=label)


def draw_lever(ax, view):
    """The lever arm: along the line, from the foot of the origin to that of the mean of the samples."""
    phi, r = view.minimum.phi, view.minimum.r
    normal, along = np.array([np.sin(phi), np.cos(phi)]), np.array([np.cos(phi), -np.sin(phi)])
    foot = -r * normal
    arm = along @ np.array(view.network.centre())
    ends = np.transpose([foot, foot + arm * along])
    ax.plot(*ends, color=LEVER, linewidth=3.5, solid_capstyle="butt", label=f"lever arm, {number(abs(arm), 3)}")
    ax.plot(0, 0, "+", color=BOUNDARY, markersize=9, label="origin")


@styled
def sample_figure(views):
    """The samples of every view with the decision boundary at the minimum of the loss."""
    figure, axes = panels(len(views), 3, 4.8, 5.8)
    for ax, view in zip(axes, views):
        sample_panel(ax, view)
    return figure


@styled
def curvature_figure(views):
    """Gaussian curvature of the Fisher metric: from the file, or from the samples."""
    views = [view if "fisher_curvature" in view.values else view.local for view in views]
    return map_figure(views, "fisher_curvature")


# --- the list ---------------------------------------------------------------------------------------------------------

DRAW = {
    "samples": sample_figure,
    "arrows": arrow_figure,
    "flows": flow_figure,
    "matrices": matrix_figure,
    "ellipses": ellipse_figure,
    "steps": step_figure,
    "curvature": curvature_figure,
    "geodesics": geodesic_figure,
}  # those of catalogue.FIGURES


def draw(views, name, log=None):
    """The figure called `name`, or the map of that quantity."""
    return DRAW[name](views) if name in DRAW else map_figure(views, name, log)
