"use strict";
/* The local geometry of one point (phi, r) of one data set. Letters as in include/fishergrid/kernel.h.
 *
 * Three files make `fishergrid`, the arithmetic of the page: geometry.js (this one), tables.js (windows of many
 * points) and descent.js (descents, stationary points). They touch no document: page.py puts them into the page,
 * a worker runs their text from a Blob, and Node.js loads them as they are. What they offer:
 *
 *   fishergrid.sets                      {name: set}, the data sets of the page
 *   fishergrid.load(data)                fills `sets` from the page's data; see page_sets.py for its form
 *   fishergrid.evaluate(set, phi, r)     everything of one point, see `evaluate` below
 *   fishergrid.quantity(name, set, phi, r)   one number of QUANTITIES
 *   fishergrid.flag(name, set, phi, r)       one word of FLAGS: what the numbers of a field are
 *   fishergrid.QUANTITIES                {name: words}: the fields of the file by their names there, and some more
 *   fishergrid.shifted(set, d0, d1)      the set with (d0, d1) added to every sample
 *   fishergrid.window(set, quantity, {phi: [low, high], r: [low, high]}, width, height, {slot})
 *                                        a Promise of height x width numbers, see tables.js
 *   fishergrid.descend(set, rule, phi, r, {step, max_steps, damping, target})   see descent.js
 *   fishergrid.stationary(set)           see descent.js
 *   fishergrid.numbers(set, ...)         the numbers that the page states, see descent.js
 *   fishergrid.later(name, ...arguments) a Promise of what fishergrid[name](...arguments) returns, from the worker
 *
 * A set is {name, x0, x1, y} (Float64Arrays; y holds 0 and 1), perhaps with weights (of points that stand for
 * many samples; `drawn` are then some of the samples, {x0, x1, y}), count (number of samples, where it is not
 * x0.length), fields (in place of samples, a table of sums between which points are interpolated: approximate, and
 * only within the grid), stationary (the stationary points that the file lists, [[phi, r, kind], ...]), mean (true:
 * loss, gradient and matrices are divided by the number of samples) and damping (lambda, of the natural gradient).
 * Wherever a set is wanted, the name of one of the page will do. Nothing here throws: what does not exist is NaN, and
 * `reason` says why. */
(fishergrid => {
  const nothing = {x0: new Float64Array(0), x1: new Float64Array(0), y: new Float64Array(0)};

  /** The set called so, or the set itself. */
  const setOf = set => (typeof set === "string" ? fishergrid.sets[set] : set) ?? nothing;
  const countOf = set => set.count ?? set.x0.length;

  // --- sums over the samples ------------------------------------------------------------------------------------

  const STRETCH = 512;  // of factors 1 + q <= 2 whose product stays in range

  let room = {w: new Float64Array(0)};
  function roomFor(n) {
    if (room.w.length < n)
      room = Object.fromEntries(["m", "w", "rho", "d", "e"].map(name => [name, new Float64Array(n)]));
    return room;
  }

  /** The sums of a point, with d = a_phi - M: L, G0 = sum rho, N = sum rho d, W0 = sum w, M, C = sum w d^2,
   * h = -sum rho u, and E0, E1, E2 = sum p^2 (1, d, d^2). As in recompute_pivoted.c, differences are those to the
   * sample j of largest weight, W0 and C are scaled by e^mu, mu = |m_j|, and G0, N, h by e^nu, nu = min max(m, 0)
   * (E by e^2nu). Then nothing cancels, C is 0 exactly where the Fisher matrix has rank 1, and nothing underflows. */
  function sums(set, phi, r) {
    const {x0, x1, y, weights} = set, n = x0.length, {m, w, rho, d, e} = roomFor(n);
    const sine = Math.sin(phi), cosine = Math.cos(phi);
    let mu = Infinity, nu = Infinity, j = 0;
    for (let k = 0; k < n; k++) {
      const a = sine * x0[k] + cosine * x1[k] + r, margin = y[k] === 0 ? a : -a, size = Math.abs(margin);
      m[k] = margin;
      if (size < mu) { mu = size; j = k; }
      if (margin < nu) nu = margin;
    }
    nu = Math.max(nu, 0);
    const e_mu = Math.exp(-mu), e_nu_mu = Math.exp(nu - mu), x0_j = x0[j], x1_j = x1[j];
    // product: of the factors 1 + q, less 1. A logarithm of each would cost as much as all the rest
    let L = 0, W0 = 0, W1 = 0, product = 0;
    for (let k = 0; k < n; k++) {
      const margin = m[k], scaled = Math.exp(mu - Math.abs(margin)), q = scaled * e_mu, t = 1 / (1 + q);
      const weight = weights ? weights[k] : 1, p = t * (margin > 0 ? scaled * e_nu_mu : 1);
      d[k] = cosine * (x0[k] - x0_j) - sine * (x1[k] - x1_j);
      w[k] = weight * scaled * t * t;
      rho[k] = y[k] === 0 ? -weight * p : weight * p;
      e[k] = weight * p * p;
      if (margin < 0) L -= weight * margin;
      if (weights) L += weight * Math.log1p(q);
      else if ((k + 1) % STRETCH > 0) product += q + product * q;
      else {
        L += Math.log1p(product) + Math.log1p(q);
        product = 0;
      }
      W0 += w[k];
      W1 += w[k] * d[k];
    }
    L += Math.log1p(product);
    const mean = W1 / W0, u_j = sine * x0_j + cosine * x1_j;
    let G0 = 0, N = 0, C = 0, rest = 0, h = 0, E0 = 0, E1 = 0, E2 = 0;
    for (let k = 0; k < n; k++) {
      const u = sine * (x0[k] - x0_j) + cosine * (x1[k] - x1_j);
      const own = d[k] -= mean;
      G0 += rho[k];
      N += rho[k] * own;
      C += w[k] * own * own;
      rest += w[k] * own;
      h -= rho[k] * u;
      E0 += e[k];
      E1 += e[k] * own;
      E2 += e[k] * own * own;
    }
    return {
      L, G0, N, W0, M: mean + cosine * x0_j - sine * x1_j, C: Math.max(C - rest * rest / W0, 0), h: h - u_j * G0,
      E0, E1, E2, mu, nu, j, scale: set.mean ? 1 / countOf(set) : 1, damping: dampingOf(set), K: NaN,
    };
  }

  /** The loss alone. */
  function lossOf(set, phi, r) {
    if (lacking(set, phi, r)) return NaN;
    if (set.fields) return between(set, phi, r).L * (set.mean ? 1 / countOf(set) : 1);
    const {x0, x1, y, weights} = set, n = x0.length, sine = Math.sin(phi), cosine = Math.cos(phi);
    let L = 0, product = 0;
    for (let k = 0; k < n; k++) {
      const a = sine * x0[k] + cosine * x1[k] + r, margin = y[k] === 0 ? a : -a, q = Math.exp(-Math.abs(margin));
      const weight = weights ? weights[k] : 1;
      if (margin < 0) L -= weight * margin;
      if (weights) L += weight * Math.log1p(q);
      else if ((k + 1) % STRETCH > 0) product += q + product * q;
      else {
        L += Math.log1p(product) + Math.log1p(q);
        product = 0;
      }
    }
    return (L + Math.log1p(product)) * (set.mean ? 1 / countOf(set) : 1);
  }

  const dampingOf = (set, damping = set.damping ?? 0) => set.mean ? damping * countOf(set) : damping;

  /** Gaussian curvature of the metric F, from sums central in v, u and t = 1/2 - z; `s` has just been summed. */
  function curvature(set, phi, r, s) {
    const {x0, x1, y} = set, n = x0.length, {m, w, d} = room, {W0, C, j} = s;
    const sine = Math.sin(phi), cosine = Math.cos(phi), above = (y[j] === 0 ? m[j] : -m[j]) >= 0;
    const tail = k => {  // 1 - z or z, whichever is small at the heaviest sample
      const q = Math.exp(-Math.abs(m[k])), small = (y[k] === 0 ? m[k] >= 0 : m[k] <= 0) === above;
      return (small ? q : 1) / (1 + q);
    };
    const tails = new Float64Array(n);
    let tailMean = 0, uMean = 0;
    for (let k = 0; k < n; k++) {
      tails[k] = tail(k);
      tailMean += w[k] * tails[k] / W0;
      uMean += w[k] * (sine * (x0[k] - x0[j]) + cosine * (x1[k] - x1[j])) / W0;
    }
    const tbar = above ? tailMean - 0.5 : 0.5 - tailMean;
    let X = 0, T1 = 0, T2 = 0, T3 = 0, U1 = 0, W3 = 0;
    for (let k = 0; k < n; k++) {
      const u = sine * (x0[k] - x0[j]) + cosine * (x1[k] - x1[j]) - uMean;
      const tau = above ? tails[k] - tailMean : tailMean - tails[k], v = w[k] * d[k];
      X += w[k] * tau * u;
      T1 += tau * v;
      T2 += tau * v * d[k];
      T3 += tau * v * d[k] * d[k];
      U1 += v * u;
      W3 += v * d[k] * d[k];
    }
    return (-X + T1 * T1 / W0 + (T2 * T2 - T1 * (T3 - U1)) / C + tbar * (T2 - T1 * W3 / C)) / W0 / C * Math.exp(s.mu);
  }

  // --- formulas -------------------------------------------------------------------------------------------------

  /** F n = g, or (F + damping) n = g; [phi, r]. */
  function natural(s, damping) {
    if (damping > 0) {
      const e_mu = Math.exp(-s.mu), e_nu = Math.exp(-s.nu);
      const W0 = s.W0 * e_mu, C = s.C * e_mu, G0 = s.G0 * e_nu, N = s.N * e_nu;
      const det = W0 * C + damping * (C + s.M * s.M * W0 + W0) + damping * damping;
      return [(W0 * N + damping * (N + s.M * G0)) / det, ((C + damping) * G0 - s.M * W0 * N) / det];
    }
    if (!(s.C > 0)) return [NaN, NaN];
    const turn = times(s.N / s.C, s.mu - s.nu);
    return [turn, times(s.G0 / s.W0, s.mu - s.nu) - s.M * turn];
  }

  /** det H / W0, scaled as gradients are. */
  const hessianDeterminant = s => s.C * Math.exp(s.nu - s.mu) + s.h;

  /** H n = g. */
  function newton(s) {
    const det = hessianDeterminant(s);
    if (!(s.W0 > 0) || det === 0) return [NaN, NaN];
    return [s.N / det, times(s.G0 / s.W0, s.mu - s.nu) - s.M * s.N / det];
  }

  /** x e^power; 0 stays 0. */
  const times = (x, power) => x === 0 ? x : x * Math.exp(power);

  const eigenvaluesOf = ([pp, rp, rr]) => {
    const mean = (pp + rr) / 2, half = Math.hypot((pp - rr) / 2, rp);
    return [mean + half, mean - half];
  };
  const size = ([x, y]) => Math.hypot(x, y);

  const weightOf = s => s.scale * Math.exp(-s.mu), rhoOf = s => s.scale * Math.exp(-s.nu);
  const fisher = s => {
    const by = weightOf(s);
    return [by * (s.C + s.M * s.M * s.W0), by * s.M * s.W0, by * s.W0];
  };
  const gradient = s => [rhoOf(s) * (s.N + s.M * s.G0), rhoOf(s) * s.G0];
  const hessian = s => {
    const [pp, rp, rr] = fisher(s);
    return [pp + rhoOf(s) * s.h, rp, rr];
  };
  const empirical = s => {
    const by = rhoOf(s) * Math.exp(-s.nu), m = s.E0 > 0 ? s.E1 / s.E0 : 0, M = m + s.M;
    return [by * (Math.max(s.E2 - m * s.E1, 0) + M * M * s.E0), by * M * s.E0, by * s.E0];
  };

  /** x of kernel.h: lambda_max = W0 x, lambda_min = C / x. */
  const spread = s => {
    const T = s.C / s.W0 + s.M * s.M;
    return (T + 1 + Math.hypot(T - 1, 2 * s.M)) / 2;
  };
  const eigenvalueMax = s => weightOf(s) * s.W0 * spread(s);
  const eigenvalueMin = s => weightOf(s) * s.C / spread(s);
  const condition = s => spread(s) / (s.C / s.W0) * spread(s);
  const eigenvectorAngle = s => s.W0 > 0 ? Math.atan2(2 * s.M + 0, s.C / s.W0 + s.M * s.M - 1) / 2 : NaN;
  const volume = s => weightOf(s) * Math.sqrt(s.W0) * Math.sqrt(s.C);
  const norm = s => s.C > 0
    ? Math.sqrt(s.scale) * times(Math.hypot(s.G0 / Math.sqrt(s.W0), s.N / Math.sqrt(s.C)), s.mu / 2 - s.nu) : NaN;

  /** The second eigenvalue of F^-1 H, whose first is 1: 1 + h/C. */
  const ratio = s => s.C > 0 ? 1 + times(s.h / s.C, s.mu - s.nu) : NaN;
  const largerOverSmaller = ([a, b]) => {
    const sizes = [Math.abs(a), Math.abs(b)];
    return Math.max(...sizes) / Math.min(...sizes);
  };
  const angleBetween = ([a, b], [c, d]) => a * a + b * b > 0 && c * c + d * d > 0
    ? Math.atan2(Math.abs(a * d - b * c), a * c + b * d) * 180 / Math.PI : NaN;

  /** {name: [formula, words]}: the fields of the file first, then more of them. */
  const FORMULAS = {
    loss: [s => s.scale * s.L, "cross-entropy loss"],
    fisher_phi_phi: [s => fisher(s)[0], "Fisher information of φ"],
    fisher_r_phi: [s => fisher(s)[1], "Fisher information between r and φ"],
    fisher_r_r: [s => fisher(s)[2], "Fisher information of r"],
    gradient_phi: [s => gradient(s)[0], "derivative of the loss by φ"],
    gradient_r: [s => gradient(s)[1], "derivative of the loss by r"],
    natural_gradient_phi: [s => natural(s, s.damping)[0], "natural gradient, component φ"],
    natural_gradient_r: [s => natural(s, s.damping)[1], "natural gradient, component r"],
    hessian_phi_phi: [s => hessian(s)[0], "Hessian of the loss by φ"],
    empirical_fisher_phi_phi: [s => empirical(s)[0], "empirical Fisher information of φ"],
    empirical_fisher_r_phi: [s => empirical(s)[1], "empirical Fisher information between r and φ"],
    empirical_fisher_r_r: [s => empirical(s)[2], "empirical Fisher information of r"],
    newton_phi: [s => newton(s)[0], "Newton step, component φ"],
    newton_r: [s => newton(s)[1], "Newton step, component r"],
    fisher_eigenvalue_max: [eigenvalueMax, "larger eigenvalue of the Fisher matrix"],
    fisher_eigenvalue_min: [eigenvalueMin, "smaller eigenvalue of the Fisher matrix"],
    fisher_eigenvector_angle: [eigenvectorAngle, "angle from the φ axis to the stiff direction, in radians"],
    fisher_condition: [condition, "condition number of the Fisher matrix"],
    fisher_volume: [volume, "volume density √det F of the Fisher metric"],
    natural_gradient_norm: [norm, "length of the natural gradient in the Fisher metric"],
    fisher_curvature: [s => s.K, "Gaussian curvature of the Fisher metric"],
    log_loss: [s => Math.log(s.scale * s.L), "logarithm of the loss"],
    gradient_size: [s => size(gradient(s)), "length of the gradient"],
    natural_gradient_size: [s => size(natural(s, s.damping)), "length of the natural gradient"],
    angle: [
      s => angleBetween(gradient(s), natural(s, s.damping)), "angle between gradient and natural gradient, in degrees",
    ],
    fisher_correlation: [s => s.M / Math.hypot(s.M, Math.sqrt(s.C / s.W0)), "correlation of r and φ"],
    hessian_eigenvalue_max: [s => eigenvaluesOf(hessian(s))[0], "larger eigenvalue of the Hessian"],
    hessian_eigenvalue_min: [s => eigenvaluesOf(hessian(s))[1], "smaller eigenvalue of the Hessian"],
    hessian_condition: [s => largerOverSmaller(eigenvaluesOf(hessian(s))), "condition number of the Hessian"],
    fisher_hessian_eigenvalue: [ratio, "second eigenvalue of F⁻¹H, the first is 1"],
    fisher_hessian_condition: [s => largerOverSmaller([1, ratio(s)]), "condition number of F⁻¹H"],
  };
  const QUANTITIES = Object.fromEntries(Object.entries(FORMULAS).map(([name, [, words]]) => [name, words]));

  // --- one point ------------------------------------------------------------------------------------------------

  /** Why a point has no sums, or "". */
  const lacking = (set, phi, r) => set === nothing ? "there is no such data set"
    : !(Number.isFinite(phi) && Number.isFinite(r)) ? "φ and r must be finite numbers"
    : set.fields ? "" : set.x0.length === 0 ? "the file holds no samples of this data set" : "";

  const NO_SUMS = Object.fromEntries(
    "L G0 N W0 M C h E0 E1 E2 mu nu scale damping K".split(" ").map(name => [name, NaN]));

  /** The sums of a point, or NaN; `whole` with the curvature. */
  function sumsAt(set, phi, r, whole = false) {
    if (lacking(set, phi, r)) return NO_SUMS;
    if (set.fields) return between(set, phi, r);
    const s = sums(set, phi, r);
    if (whole) s.K = s.C > 0 ? curvature(set, phi, r, s) * (set.mean ? countOf(set) : 1) : NaN;
    return s;
  }

  /** The sums between the points of set.fields, bilinear; NaN outside of them, and where cells are not computed. Those
   * of a shifted set are those of the same line before: sums about the mean do not change, M and h do. */
  function between(set, phi, r) {
    const {fields, shift: [d0, d1] = [0, 0]} = set, sine = Math.sin(phi), cosine = Math.cos(phi);
    const here = r + d0 * sine + d1 * cosine, n = fields.r.length;
    const [i, u] = bracket(fields.phi, phi), [j, v] = bracket(fields.r, here);
    const s = {...NO_SUMS, mu: 0, nu: 0, scale: set.mean ? 1 / countOf(set) : 1, damping: dampingOf(set)};
    if (!(u >= 0 && u <= 1 && v >= 0 && v <= 1)) return s;
    for (const name of Object.keys(fields)) {
      const x = fields[name];
      if (name !== "phi" && name !== "r")
        s[name] = (1 - u) * ((1 - v) * x[i * n + j] + v * x[i * n + j + 1])
          + u * ((1 - v) * x[(i + 1) * n + j] + v * x[(i + 1) * n + j + 1]);
    }
    s.M += d0 * cosine - d1 * sine;
    s.h -= (d0 * sine + d1 * cosine) * s.G0;
    return s;
  }

  /** The interval of the increasing x that holds a value, and where in it. */
  function bracket(x, value) {
    let a = 0, b = x.length - 2;
    while (a < b) {
      const m = (a + b + 1) >> 1;
      if (x[m] <= value) a = m; else b = m - 1;
    }
    return [a, (value - x[a]) / (x[a + 1] - x[a])];
  }

  function stateOf(s, vector) {
    if (Number.isNaN(s.L)) return ["missing", "the fields of the file do not reach this point"];
    if (!(s.damping > 0) && !(s.C > 0)) return ["undefined", "the Fisher matrix has rank 1, so it has no inverse"];
    if (!vector.every(Number.isFinite)) return ["overflow", "the natural gradient exceeds the largest double"];
    return ["regular", ""];
  }

  const isInfinite = x => Math.abs(x) === Infinity;
  function newtonState(s) {
    const det = hessianDeterminant(s);
    if (Number.isNaN(det)) return "missing";
    if (newton(s).some(isInfinite)) return "overflow";
    return det > 0 ? "positive_definite" : det < 0 ? "indefinite" : "undefined";
  }
  const curvatureState = s => Number.isNaN(s.L) ? "missing" : isInfinite(s.K) ? "overflow"
    : Number.isNaN(s.K) ? "undefined" : "regular";

  /** Everything about one point. Pairs are [phi, r], matrices [phi_phi, r_phi, r_r]; H_rphi = F_rphi, H_rr = F_rr. */
  function evaluate(which, phi, r) {
    const set = setOf(which), s = sumsAt(set, phi, r, true), vector = natural(s, s.damping);
    const [state, reason] = stateOf(s, vector), matrix = hessian(s);
    return {
      loss: s.scale * s.L,
      gradient: gradient(s),
      fisher: fisher(s),
      hessian_phi_phi: matrix[0],
      natural_gradient: vector,
      newton: newton(s),
      empirical_fisher: empirical(s),
      fisher_eigenvalues: [eigenvalueMax(s), eigenvalueMin(s)],
      fisher_eigenvector_angle: eigenvectorAngle(s),
      fisher_condition: condition(s),
      fisher_volume: volume(s),
      natural_gradient_norm: norm(s),
      curvature: s.K,
      hessian_eigenvalues: eigenvaluesOf(matrix),
      fisher_hessian_eigenvalues: [1, ratio(s)],  // of F^-1 H
      state,  // of the natural gradient, see FLAGS
      newton_state: newtonState(s),
      curvature_state: set.fields && !set.fields.K ? "missing" : curvatureState(s),
      reason: lacking(set, phi, r) || reason,
    };
  }

  const formula = name => FORMULAS[name]?.[0] ?? (() => NaN);
  /** The flags of the file, as words. "recomputed" is "regular" here: every point is computed in that way. */
  const FLAGS = {
    natural_gradient_flag: ["state", "what the natural gradient is"],
    newton_flag: ["newton_state", "what the Newton step is, and the Hessian"],
    curvature_flag: ["curvature_state", "what the curvature is"],
  };
  const flag = (name, which, phi, r) => evaluate(which, phi, r)[FLAGS[name][0]];

  const quantity = (name, which, phi, r) => formula(name)(sumsAt(setOf(which), phi, r, name === "fisher_curvature"));

  // --- data sets ------------------------------------------------------------------------------------------------

  const plus = (x, d) => d === 0 ? x : Float64Array.from(x, value => value + d);

  /** The set with (d0, d1) added to every sample. Its landscape is that of the set, sheared:
   * (phi, r) there is (phi, r + d0 sin phi + d1 cos phi) here. */
  function shifted(which, d0, d1) {
    const set = setOf(which), base = set.base ?? set, [s0, s1] = set.shift ?? [0, 0], shift = [s0 + d0, s1 + d1];
    const {stationary, said, ...rest} = set, {drawn} = base;
    const moved = drawn && {...drawn, x0: plus(drawn.x0, shift[0]), x1: plus(drawn.x1, shift[1])};
    const [x0, x1] = [plus(base.x0, shift[0]), plus(base.x1, shift[1])];
    return {...rest, ...(drawn && {drawn: moved}), x0, x1, base, shift};
  }

  const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const doubles = text => new Float64Array(bytes(text).buffer);

  function points({x0, x1, y}) {
    const at = {x0: doubles(x0), x1: doubles(x1)}, bits = bytes(y);
    return {...at, y: Float64Array.from(at.x0, (_, k) => (bits[k >> 3] >> (k & 7)) & 1)};
  }
  const unpackedFields = ({phi, r, ...packed}) => ({phi, r, ...Object.fromEntries(
    Object.entries(packed).map(([name, text]) => [name, new Float32Array(bytes(text).buffer)]))});

  /** Fills `sets` from the page's data, and keeps `ranges` {phi, r} of the grid and `shear` ([d0, d1] or null). */
  function load(data) {
    Object.assign(fishergrid, {ranges: {phi: data.phi, r: data.r}, shear: data.shear});
    for (const given of data.sets) {
      const {x0, x1, y, weights, like, fields, drawn, ...rest} = given;
      if (like) fishergrid.sets[given.name] = {...shifted(like, ...given.shift), ...rest};
      else {
        fishergrid.sets[given.name] = {
          ...rest, ...(x0 ? points(given) : nothing), ...(weights && {weights: doubles(weights)}),
          ...(drawn && {drawn: points(drawn)}), ...(fields && {fields: unpackedFields(fields)}),
        };
      }
      Object.assign(fishergrid.sets[given.name], {mean: data.mean, damping: data.damping});
    }
    return fishergrid.sets;
  }

  Object.assign(fishergrid, {
    sets: {}, load, evaluate, quantity, flag, shifted, QUANTITIES, FLAGS,
    inner: {
      setOf, countOf, sumsAt, lossOf, formula, gradient, fisher, hessian, natural, newton, norm, ratio, eigenvaluesOf,
      dampingOf,
    },
  });
})(globalThis.fishergrid ??= {});
