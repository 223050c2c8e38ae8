"""Lines in the plane of (phi, r), from the samples: descents in small steps, and geodesics of the Fisher metric."""

import numpy as np
from scipy.integrate import LSODA, solve_bvp

from network import between

ARRIVED = 0.01  # distance from the minimum at which a line has arrived
LONGEST, LARGEST_STEP = 60.0, 0.25  # length of the longest line, and of its longest step
NEAR = 30.0  # distance along r from the minimum; of lines that start further away, both are longer in proportion
MOST_STEPS = 1000  # of a line, which ends there; the default data need some 150
DOWNHILL = ("gradient", "natural_gradient")
STARTS, FEW_STARTS = (4, 3), (2, 2)  # of flow lines and of geodesics, of phi and of r


def flows(view):
    """{vector field: lines [steps, (phi, r)]} downhill from places spread evenly over the grid."""
    if "flows" not in view.kept:
        few, end = thinned(view)
        starts = inside(view, STARTS)
        view.kept["flows"] = {name: [flow(few, name, start, end) for start in starts] for name in DOWNHILL}
    return view.kept["flows"]


def geodesics(view):
    """[{kind: line}] to the minimum: along -g and -n, and the geodesic of F (None where it is not found)."""
    if "geodesics" not in view.kept:
        few, end = thinned(view)
        view.kept["geodesics"] = []
        for start in inside(view, FEW_STARTS) if end else ():
            lines = {name: flow(few, name, start, end) for name in DOWNHILL}
            view.kept["geodesics"].append({**lines, "geodesic": geodesic(few, lines["natural_gradient"])})
    return view.kept["geodesics"]


def thinned(view):
    """A Network of fewer samples, and (phi, r) of its minimum, None without."""
    few, point = view.network.thinned(), view.minimum
    return few, point and few.refined((point.phi, point.r))


def inside(view, counts):
    """Places [(phi, r)] spread evenly over the grid, off its edges."""
    low, span = (np.array([f(axis.values) for axis in view.axes]) for f in (np.min, np.ptp))
    phi, r = ((np.arange(count) + 0.5) / count for count in counts)
    return [low + span * np.array([p, q]) for p in phi for q in r]


# --- along a vector field ---------------------------------------------------------------------------------------------


def downhill(network, kind):
    """A function of a place to the unit vector along -g (kind "gradient") or -n ("natural_gradient") there.

    Zero where there is none. It has as few operations as it can, for lines need thousands of places.
    """
    s = np.where(network.y == 0, 1.0, -1.0)

    def vector(place):
        cos, sin = np.cos(place[0]), np.sin(place[0])
        v, a = cos * network.x0 - sin * network.x1, sin * network.x0 + cos * network.x1 + place[1]
        e = np.exp(-np.abs(a))
        q = 1 / (1 + e)
        rho = -s * q * np.where(s * a > 0, e, 1.0)
        g = np.array([rho @ v, rho.sum()])
        if kind == "gradient":
            found = g
        else:
            w = e * q * q
            W0 = w.sum()
            m = (w @ v) / W0
            d = v - m
            if network.damping:
                l = network.damping / network.weight
                found = np.linalg.solve(np.array([[w @ v**2 + l, m * W0], [m * W0, W0 + l]]), g)
            else:
                turn = (rho @ d) / (w @ d**2)
                found = np.array([turn, g[1] / W0 - m * turn])
        longest = np.abs(found).max()
        if not 0 < longest < np.inf:
            return np.zeros(2)
        found = -found / longest
        return found / np.hypot(*found)

    return vector


def flow(network, kind, start, minimum):
    """[steps, (phi, r)] of the line along -g or -n from a start to the minimum, whole turns of phi included."""
    vector = downhill(network, kind)
    path = [np.array(start, float)]
    grown = max(1, abs(start[1] - minimum[1]) / NEAR) if minimum is not None else 1

    def arrived(place):
        return minimum is not None and between(place, minimum) < ARRIVED

    with np.errstate(all="ignore"):
        limits = {"t_bound": LONGEST * grown, "max_step": LARGEST_STEP * grown}
        solver = LSODA(lambda _, place: vector(place), 0, path[0], rtol=1e-5, atol=1e-6, **limits)
        while solver.status == "running" and len(path) < MOST_STEPS and not arrived(path[-1]):
            solver.step()
            path.append(solver.y)
    return np.array(path)


def acceleration(network, phi, r, d_phi, d_r):
    """(phi, r) components of the second derivative of a geodesic of F at some places [n]: -F^-1 b, with the
    Christoffel symbols b of the first kind."""
    u = np.outer(np.sin(phi), network.x0) + np.outer(np.cos(phi), network.x1)
    v = np.outer(np.cos(phi), network.x0) - np.outer(np.sin(phi), network.x1)
    a = u + r[:, None]
    e = np.exp(-np.abs(a))
    w = e / (1 + e) ** 2
    wt = -np.sign(a) * (1 - e) / (1 + e) / 2 * w
    T0, T1, T2, T3 = (np.einsum("ns,ns->n", wt, power) for power in (np.ones_like(v), v, v * v, v * v * v))
    U0, U1 = (w * u).sum(axis=1), (w * u * v).sum(axis=1)
    b_phi = (T3 - U1) * d_phi**2 + 2 * T2 * d_phi * d_r + T1 * d_r**2
    b_r = (T2 - U0) * d_phi**2 + 2 * T1 * d_phi * d_r + T0 * d_r**2
    W0 = w.sum(axis=1)
    m = (w * v).sum(axis=1) / W0
    turn = (b_phi - m * b_r) / (w * (v - m[:, None]) ** 2).sum(axis=1)
    return -turn, -(b_r / W0 - m * turn)


def length(network, line):
    """Length of a line [steps, (phi, r)] in the metric F."""
    total = 0.0
    for (phi, r), (d_phi, d_r) in zip((line[1:] + line[:-1]) / 2, np.diff(line, axis=0)):
        v = np.cos(phi) * network.x0 - np.sin(phi) * network.x1
        e = np.exp(-np.abs(np.sin(phi) * network.x0 + np.cos(phi) * network.x1 + r))
        total += np.sqrt(e / (1 + e) ** 2 @ (v * d_phi + d_r) ** 2)
    return total * np.sqrt(network.weight)


def geodesic(network, line):
    """[steps, (phi, r)] of the geodesic of F between the ends of a line, by collocation from that line; None without.

    With samples about the origin r does not have to follow phi, so few nodes are enough.
    """
    m0, m1 = network.centre()
    centred = network.moved((-m0, -m1))

    def off_floor(phi):
        return m0 * np.sin(phi) + m1 * np.cos(phi)

    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    if len(line) < 3 or not along[-1] > 0:
        return None
    mesh = np.linspace(0, 1, 21)
    guess = np.array([np.interp(mesh, along / along[-1], x) for x in (line[:, 0], line[:, 1] + off_floor(line[:, 0]))])
    start, end = guess.T[[0, -1]]
    guess = np.concatenate([guess, np.gradient(guess, mesh, axis=1)])
    with np.errstate(all="ignore"):
        found = solve_bvp(
            lambda _, y: np.array([y[2], y[3], *acceleration(centred, *y)]),
            lambda first, last: np.concatenate([first[:2] - start, last[:2] - end]),
            mesh, guess, tol=1e-3, max_nodes=400,
        )  # fmt: skip
    phi, r = found.sol(np.linspace(0, 1, 200))[:2]
    return np.transpose([phi, r - off_floor(phi)]) if found.success else None
