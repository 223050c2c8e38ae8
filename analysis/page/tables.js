"use strict";
/* Windows: one quantity at width x height points of a rectangle of (phi, r), computed in a worker.
 *
 *   fishergrid.window(set, quantity, {phi: [low, high], r: [low, high]}, width, height, {slot})
 *       -> a Promise of a Float64Array, [height, width], row 0 at the top: value[y * width + x] is the quantity at the
 *          middle of pixel (x, y), phi = low + (x + 1/2) / width (high - low) and
 *          r = high - (y + 1/2) / height (high - low).
 *          A newer window of the same slot (default: the name of the set) cancels it; then it resolves to null.
 *   fishergrid.later(name, ...arguments)
 *       -> a Promise of fishergrid[name](...arguments), computed in the worker; null if that failed
 *   fishergrid.start()
 *       -> loads the data of the page's element #sets; the text of the element #arithmetic is what the worker runs
 *
 * Without a worker, everything is computed here, in slices between which the page can answer.
 *
 * The moments are analytic functions of phi and r, so they are summed only at Chebyshev nodes of patches, and
 * interpolated between them, as the sweep does (include/fishergrid/nodes.h). Patches lie in (phi, r'), r' = r +
 * mean0 sin phi + mean1 cos phi: there a data set and its shifted copies have the same moments, and share them. A
 * patch is filled when a point in it is asked for first. */
(fishergrid => {
  const {setOf, sumsAt, lossOf, formula, countOf, dampingOf} = fishergrid.inner;

  // --- patches --------------------------------------------------------------------------------------------------

  /* The poles of the moments lie where a = i pi: pi away along r. With N nodes a panel of half-width h, the error
   * falls as (t + sqrt(t^2 + 1))^-N, t = pi / h: 3e-15 along r. Along phi, the poles lie asinh(pi / radius) away; more
   * nodes there, because the moments grow towards them. */
  const N_R = 18, HALF_R = 1, N_PHI = 20, T_PHI = 2.45, HALF_PHI_MAX = 1;
  /* Beyond the samples, at a distance m, the poles lie m away too, so panels grow with m: one reaches from m to at most
   * GROWTH m, with an error of (x + sqrt(x^2 - 1))^-N = 2e-15, x = 1 + 2 / (GROWTH - 1). There the moments with a
   * factor z (1 - z) decay as e^-|r'|, and so do all where no sample is on the wrong side: a patch has them without
   * that factor. */
  const GROWTH = 1.85, BEYOND = 2.4;
  const FARTHEST = 300;      // of margins in patches: beyond, exponentials would leave the range of doubles
  const MOST_PATCHES = 1500; // kept; of the fewest moments, 25 MB
  const ILL = 1e-4;          // C is a difference: a point where it is below this share of the W2 behind it is summed
                             // itself

  const nodes = n => Float64Array.from({length: n}, (_, k) => Math.cos(Math.PI * (k + 0.5) / n));
  const R_NODES = nodes(N_R), PHI_NODES = nodes(N_PHI);
  const BARYCENTRIC = PHI_NODES.map((_, k) => (k % 2 ? -1 : 1) * Math.sin(Math.PI * (k + 0.5) / N_PHI));
  /** Chebyshev coefficients from values at nodes: coefficient[a] = sum over j of TO_CHEBYSHEV[a][j] value[j]. */
  const TO_CHEBYSHEV = R_NODES.reduce((rows, _, a) => rows.concat([R_NODES.map(
    (_, j) => (a === 0 ? 1 : 2) / N_R * Math.cos(a * Math.PI * (j + 0.5) / N_R))]), []);

  /** The moments, in the order in which a patch holds them. Those of a group need the groups before it. d and u are
   * those about the patch's centre, t about its value there. */
  const L = 0, G0 = 1, G1 = 2, W0 = 3, W1 = 4, W2 = 5, H = 6, E0 = 7, E1 = 8, E2 = 9;
  const S0 = 10, S1 = 11, S2 = 12, S3 = 13, W3 = 14, U0 = 15, U1 = 16, X = 17;  // sum w t d^a, w d^3, w u d^a, w t u
  const EXERCISE = 6, GEOMETRY = 10, CURVATURE = 18;  // how many
  const momentsFor = quantity => quantity === "fisher_curvature" ? CURVATURE
    : /hessian|newton|empirical/.test(quantity) ? GEOMETRY : EXERCISE;

  /** What a set and its shifted copies share. */
  const sharedOf = new WeakMap();
  function shared(set) {
    const base = set.base ?? set;
    if (sharedOf.has(base)) return sharedOf.get(base);
    const n = base.x0.length, mean = x => x.reduce((sum, value) => sum + value / n, 0);
    const mean0 = mean(base.x0), mean1 = mean(base.x1);
    const order = [...base.y.keys()].sort((a, b) => base.y[a] - base.y[b]);  // class 0 first
    const x0 = Float64Array.from(order, k => base.x0[k] - mean0);
    const x1 = Float64Array.from(order, k => base.x1[k] - mean1);
    const radius = x0.reduce((most, value, k) => Math.max(most, Math.hypot(value, x1[k])), 0);
    const half = Math.min(HALF_PHI_MAX, Math.asinh(Math.PI / radius) / T_PHI), panels = Math.ceil(Math.PI / half);
    const near = Math.ceil((radius + BEYOND - HALF_R) / (2 * HALF_R)), beyond = (2 * near + 1) * HALF_R - radius;
    const ratio = (FARTHEST - 2 * radius) / beyond, far = Math.ceil(Math.log(ratio) / Math.log(GROWTH));
    const made = {
      x0, x1, mean0, mean1, radius, n, n0: base.y.reduce((sum, y) => sum + (y === 0), 0),
      weights: base.weights && Float64Array.from(order, k => base.weights[k]),
      panels, half: Math.PI / panels, patches: new Map(),
      near, beyond, growth: ratio > GROWTH ? ratio ** (1 / far) : GROWTH,  // the last panel ends at FARTHEST
    };
    sharedOf.set(base, made);
    return made;
  }

  /** Means of x0, x1 and of 1 - z or z (`above` tells which), weighted by w at a point (phi, r'). */
  function centreOf(of, phi, r) {
    const sine = Math.sin(phi), cosine = Math.cos(phi), a = of.x0.map((x, k) => sine * x + cosine * of.x1[k] + r);
    const heaviest = a.reduce((best, value, k) => Math.abs(value) < Math.abs(a[best]) ? k : best, 0);
    const above = a[heaviest] >= 0, least = Math.abs(a[heaviest]);
    let sum = 0, c0 = 0, c1 = 0, tail = 0;
    for (let k = 0; k < of.n; k++) {
      const q = Math.exp(-Math.abs(a[k])), t = 1 / (1 + q);
      const w = (of.weights?.[k] ?? 1) * Math.exp(least - Math.abs(a[k])) * t * t;
      sum += w;
      c0 += w * of.x0[k];
      c1 += w * of.x1[k];
      tail += w * (a[k] > 0 === above ? q : 1) / (1 + q);
    }
    return {c0: c0 / sum, c1: c1 / sum, above, tail: tail / sum};
  }

  /** The number of the panel along r' in which r' lies: of equal ones between -of.near and of.near. */
  function panelOf(of, r) {
    const k = Math.round(r / (2 * HALF_R));
    if (Math.abs(k) <= of.near) return k;
    const far = Math.log((Math.abs(r) - of.radius) / of.beyond) / Math.log(of.growth);
    return Math.sign(k) * (of.near + 1 + Math.floor(far));
  }

  /** Centre and half width of panel k. */
  function panel(of, k) {
    const far = Math.abs(k) - of.near - 1;
    if (far < 0) return {r_c: 2 * k * HALF_R, half_r: HALF_R, far: 0};
    const [low, high] = [far, far + 1].map(power => of.radius + of.beyond * of.growth ** power);
    return {r_c: Math.sign(k) * (low + high) / 2, half_r: (high - low) / 2, far: Math.sign(k)};
  }

  /** By which power of e^-|r'| each moment decays in a panel beyond the samples. */
  const DECAYS = Float64Array.from({length: CURVATURE}, (_, moment) => W0 <= moment && moment <= W2 || moment >= S0);
  const decaysOf = (of, far) => far === 0 ? null
    : (far > 0 ? of.n0 : of.n - of.n0) < of.n ? DECAYS : DECAYS.map((power, moment) =>
      power || (E0 <= moment && moment <= E2 ? 2 : 1));

  /** The first `moments` moments at the nodes of patch (i, k): Chebyshev coefficients along r, [phi][moment][N_R]. */
  function makePatch(of, i, k, moments) {
    const phi_c = (2 * i + 1) * of.half, {r_c, half_r, far} = panel(of, k), decays = decaysOf(of, far);
    const centre = centreOf(of, phi_c, r_c);
    const {n, n0, weights} = of, u = new Float64Array(n), d = new Float64Array(n), e = new Float64Array(n);
    const stretch = Math.floor(700 / (of.radius + Math.abs(r_c) + half_r + 1));  // of factors 1 + q that stay in range
    const coefficients = new Float64Array(N_PHI * moments * N_R), sums = new Float64Array(moments);
    let w2 = 0;
    for (let node = 0; node < N_PHI; node++) {
      const phi = phi_c + of.half * PHI_NODES[node], sine = Math.sin(phi), cosine = Math.cos(phi);
      for (let k = 0; k < n; k++) {
        const x0 = of.x0[k] - centre.c0, x1 = of.x1[k] - centre.c1, a = sine * of.x0[k] + cosine * of.x1[k] + r_c;
        u[k] = sine * x0 + cosine * x1;
        d[k] = cosine * x0 - sine * x1;
        e[k] = Math.exp(k < n0 ? -a : a);
      }
      for (let j = 0; j < N_R; j++) {
        sums.fill(0);
        const off = half_r * R_NODES[j], grown = Math.exp(far * off);
        addClass(sums, e, d, u, 0, n0, Math.exp(-off), weights, stretch, false, centre);
        addClass(sums, e, d, u, n0, n, Math.exp(off), weights, stretch, true, centre);
        if (decays) for (let moment = 0; moment < moments; moment++) sums[moment] *= grown ** decays[moment];
        w2 = Math.max(w2, Math.abs(sums[W2]));
        for (let moment = 0; moment < moments; moment++)
          for (let a = 0; a < N_R; a++)
            coefficients[(node * moments + moment) * N_R + a] += TO_CHEBYSHEV[a][j] * sums[moment];
      }
    }
    return {...centre, moments, coefficients, w2, r_c, half_r, far, decays};
  }

  /** Adds the samples first..end-1 of one class to the sums: q = e[k] factor. */
  function addClass(sums, e, d, u, first, end, factor, weights, stretch, isOne, centre) {
    let g0 = 0, g1 = 0, w0 = 0, w1 = 0, w2 = 0, loss = 0;
    if (weights) {
      for (let k = first; k < end; k++) {
        const q = e[k] * factor, t = 1 / (1 + q), p = weights[k] * q * t, w = p * t, wd = w * d[k];
        loss += weights[k] * Math.log1p(q);
        g0 += p; g1 += p * d[k]; w0 += w; w1 += wd; w2 += wd * d[k];
      }
    } else {
      for (let from = first; from < end; from += stretch) {
        const to = Math.min(end, from + stretch);
        let product = 0;  // of all 1 + q, less 1
        for (let k = from; k < to; k++) {
          const q = e[k] * factor, t = 1 / (1 + q), p = q * t, w = p * t, wd = w * d[k];
          product += q + product * q;
          g0 += p; g1 += p * d[k]; w0 += w; w1 += wd; w2 += wd * d[k];
        }
        loss += Math.log1p(product);
      }
    }
    const sign = isOne ? 1 : -1;
    sums[L] += loss; sums[G0] += sign * g0; sums[G1] += sign * g1;
    sums[W0] += w0; sums[W1] += w1; sums[W2] += w2;
    if (sums.length > EXERCISE) addGeometry(sums, e, d, u, first, end, factor, weights, sign);
    if (sums.length > GEOMETRY) addCurvature(sums, e, d, u, first, end, factor, weights, isOne, centre);
  }

  function addGeometry(sums, e, d, u, first, end, factor, weights, sign) {
    let h = 0, e0 = 0, e1 = 0, e2 = 0;
    for (let k = first; k < end; k++) {
      const q = e[k] * factor, p = q / (1 + q), weight = weights ? weights[k] : 1, p2 = weight * p * p, pd = p2 * d[k];
      h += weight * p * u[k];
      e0 += p2; e1 += pd; e2 += pd * d[k];
    }
    sums[H] -= sign * h;
    sums[E0] += e0; sums[E1] += e1; sums[E2] += e2;
  }

  function addCurvature(sums, e, d, u, first, end, factor, weights, isOne, {above, tail}) {
    for (let k = first; k < end; k++) {
      const q = e[k] * factor, p = q / (1 + q), other = 1 / (1 + q), w = (weights ? weights[k] : 1) * p * other;
      const t = above ? (isOne ? other : p) - tail : tail - (isOne ? p : other);  // p is z where y = 1, else 1 - z
      const wt = w * t, dk = d[k], wu = w * u[k];
      sums[S0] += wt; sums[S1] += wt * dk; sums[S2] += wt * dk * dk; sums[S3] += wt * dk * dk * dk;
      sums[W3] += w * dk * dk * dk; sums[U0] += wu; sums[U1] += wu * dk; sums[X] += t * wu;
    }
  }

  /** Patch (i, k) with so many moments at least; null where there is none. */
  function patchAt(of, i, k, moments) {
    const key = k * of.panels + i, kept = of.patches.get(key);
    if (kept && kept.moments >= moments) return kept;
    const {r_c, half_r} = panel(of, k);
    if (of.radius + Math.abs(r_c) + half_r > FARTHEST + 1e-6) return null;
    const made = makePatch(of, i, k, moments);
    if (of.patches.size >= MOST_PATCHES) of.patches.delete(of.patches.keys().next().value);
    of.patches.set(key, made);
    return made;
  }

  // --- between the nodes ----------------------------------------------------------------------------------------

  /** Weights of the nodes of phi at position x in [-1, 1] of a panel. */
  function phiWeights(x, weights) {
    let sum = 0;
    for (let k = 0; k < N_PHI; k++) {
      const off = x - PHI_NODES[k];
      if (off === 0) { weights.fill(0); weights[k] = 1; return; }
      weights[k] = BARYCENTRIC[k] / off;
      sum += weights[k];
    }
    for (let k = 0; k < N_PHI; k++) weights[k] /= sum;
  }

  /** line[moment][N_R]: the coefficients of the first moments of a patch at one phi. */
  function lineOf(patch, weights, moments, line) {
    const {coefficients} = patch, stride = patch.moments * N_R, length = moments * N_R;
    line.fill(0, 0, length);
    for (let node = 0; node < N_PHI; node++) {
      const weight = weights[node], from = node * stride;
      for (let k = 0; k < length; k++) line[k] += weight * coefficients[from + k];
    }
  }

  /** Clenshaw's sum of the coefficients line[from..] at x. */
  function polynomial(line, from, x) {
    let b1 = 0, b2 = 0;
    for (let a = N_R - 1; a > 0; a--) {
      const b = line[from + a] + 2 * x * b1 - b2;
      b2 = b1;
      b1 = b;
    }
    return line[from] + x * b1 - b2;
  }

  /** Sums of points that come column by column: `column(phi)`, then `at(r)` any number of times. `at` returns one and
   * the same object, which the next call fills anew. */
  function interpolator(set, moments) {
    const of = shared(set), [d0, d1] = set.shift ?? [0, 0], m0 = of.mean0 + d0, m1 = of.mean1 + d1;
    const weights = new Float64Array(N_PHI), m = new Float64Array(CURVATURE), lines = new Map(), room = [];
    const s = {mu: 0, nu: 0, scale: set.mean ? 1 / countOf(set) : 1, damping: dampingOf(set), K: NaN};
    let phi, sine, cosine, i, lever;
    const numberOf = r => panelOf(of, r + lever);

    function column(to) {
      phi = to;
      sine = Math.sin(phi);
      cosine = Math.cos(phi);
      lever = m0 * sine + m1 * cosine;
      const turns = phi / (2 * Math.PI), place = (turns - Math.floor(turns)) * of.panels;
      i = Math.min(Math.floor(place), of.panels - 1);
      phiWeights(2 * (place - i) - 1, weights);
      lines.clear();
    }

    /** The line of a patch at this phi, made when it is first needed. */
    function lineAt(k) {
      let found = lines.get(k);
      if (found === undefined) {
        const patch = patchAt(of, i, k, moments);
        found = patch && {patch, line: room[lines.size] ??= new Float64Array(moments * N_R)};
        if (found) lineOf(patch, weights, moments, found.line);
        lines.set(k, found);
      }
      return found;
    }

    function at(r) {
      const found = lineAt(numberOf(r));
      if (!found) return sumsAt(set, phi, r, moments > GEOMETRY);
      const {patch, line} = found, {decays} = patch, off = r + lever - patch.r_c, x = off / patch.half_r;
      for (let moment = 0; moment < moments; moment++) m[moment] = polynomial(line, moment * N_R, x);
      const mean = m[W1] / m[W0], c0 = m0 + patch.c0, c1 = m1 + patch.c1;
      s.C = m[W2] - mean * m[W1];
      if (!(s.C > ILL * patch.w2)) return sumsAt(set, phi, r, moments > GEOMETRY);
      if (decays) {
        const shrunk = Math.exp(-patch.far * off);
        for (let moment = 0; moment < moments; moment++) m[moment] *= shrunk ** decays[moment];
        s.C *= shrunk;
      }
      s.L = m[L];
      s.G0 = m[G0];
      s.W0 = m[W0];
      s.M = mean + cosine * c0 - sine * c1;
      s.N = m[G1] - mean * m[G0];
      if (moments > EXERCISE) {
        s.h = m[H] - (sine * c0 + cosine * c1) * m[G0];
        s.E0 = m[E0];
        s.E1 = m[E1] - mean * m[E0];
        s.E2 = m[E2] - mean * (2 * m[E1] - mean * m[E0]);
      }
      if (moments > GEOMETRY) s.K = curvatureOf(mean, patch) / s.scale;
      return s;
    }

    /** The loss alone, at one r of the column. */
    function lossAt(r) {
      const patch = patchAt(of, i, numberOf(r), moments), line = room[0] ??= new Float64Array(moments * N_R);
      if (!patch) return lossOf(set, phi, r);
      lines.clear();
      lineOf(patch, weights, 1, line);
      const off = r + lever - patch.r_c, shrunk = patch.decays ? Math.exp(-patch.far * off) ** patch.decays[L] : 1;
      return s.scale * shrunk * polynomial(line, L * N_R, off / patch.half_r);
    }

    /** As in geometry.js, from sums about the centre of the patch. */
    function curvatureOf(mean, {above, tail}) {
      const t = m[S0] / m[W0], tbar = t + (above ? tail - 0.5 : 0.5 - tail);
      const T1 = m[S1] - t * m[W1], by2 = m[S2] - t * m[W2], by3 = m[S3] - t * m[W3];
      const T2 = by2 - 2 * mean * T1, T3 = by3 - 3 * mean * (by2 - mean * T1);
      const central3 = m[W3] - 3 * mean * m[W2] + 2 * mean * mean * m[W1];
      return (t * m[U0] - m[X] + T1 * T1 / s.W0 + (T2 * T2 - T1 * (T3 - m[U1] + mean * m[U0])) / s.C
        + tbar * (T2 - T1 * central3 / s.C)) / s.W0 / s.C;
    }

    return {column, at, lossAt, numberOf, of};
  }

  /** {sumsAt, lossOf} by patches: for many points of one set. */
  function tabled(set, moments) {
    if (set.x0.length === 0) return {sumsAt, lossOf};
    const points = interpolator(set, moments), finite = (phi, r) => Number.isFinite(phi) && Number.isFinite(r);
    return {
      sumsAt(_, phi, r) {
        if (!finite(phi, r)) return sumsAt(set, phi, r);
        points.column(phi);
        return {...points.at(r)};
      },
      lossOf(_, phi, r) {
        if (!finite(phi, r)) return NaN;
        points.column(phi);
        return points.lossAt(r);
      },
    };
  }

  // --- windows --------------------------------------------------------------------------------------------------

  const SLICE = 15;  // ms of computing between two looks for a newer request
  /** Lets whatever waits have its turn. */
  const breath = () => new Promise(resume => setTimeout(resume));

  /** The values of a window, or null once `cancelled`. */
  async function windowHere(which, quantity, {phi, r}, width, height, cancelled = () => false) {
    const set = setOf(which), of = formula(quantity), values = new Float64Array(width * height).fill(NaN);
    if (set.x0.length === 0 && !set.fields) return values;
    const moments = momentsFor(quantity), points = set.fields ? null : interpolator(set, moments);
    const direct = !points || nodesOf(points, phi, r) > 4 * width * height;
    const rAt = y => r[1] - (y + 0.5) / height * (r[1] - r[0]);
    let since = performance.now();
    for (let x = 0; x < width; x++) {
      const here = phi[0] + (x + 0.5) / width * (phi[1] - phi[0]);
      if (!direct) points.column(here);
      for (let y = 0; y < height; y++) {
        values[y * width + x] = of(direct ? sumsAt(set, here, rAt(y), moments > GEOMETRY) : points.at(rAt(y)));
        if ((y & 15) === 0 && performance.now() - since > SLICE) {
          await breath();
          if (cancelled()) return null;
          since = performance.now();
        }
      }
    }
    return values;
  }

  /** How many nodes a window touches, about. */
  function nodesOf(points, phi, r) {
    const wide = Math.min((phi[1] - phi[0]) / (2 * points.of.half) + 1, points.of.panels);
    points.column((phi[0] + phi[1]) / 2);
    return wide * (points.numberOf(r[1]) - points.numberOf(r[0]) + 1) * N_PHI * N_R;
  }

  // --- the worker -----------------------------------------------------------------------------------------------

  const newest = {};           // {slot: number of its newest window}
  const waiting = new Map();   // {number of a request: {name, given, take}}
  let worker = null, requests = 0;

  /** A worker that has the page's sets; when it fails, what it was asked is answered here. */
  function startWorker(text, data) {
    try {
      worker = new Worker(URL.createObjectURL(new Blob([text, "fishergrid.serve();"], {type: "text/javascript"})));
      worker.onmessage = ({data: [id, found]}) => { waiting.get(id)?.take(found); waiting.delete(id); };
      worker.onerror = () => {
        worker = null;
        for (const [id, {name, given, take}] of waiting) answer(id, name, given).then(take);
        waiting.clear();
      };
      worker.postMessage([0, "load", [data]]);
    } catch {
      worker = null;
    }
  }

  /* The worker keeps data sets, and with them their patches. Those of the page it has; others go to it once, and are
   * then named by numbers. */
  const MOST_SETS = 8;
  const keys = new WeakMap(), sent = new Set(), received = new Map();
  let lastKey = 0;

  /** What stands for a set in a message: {of: which base, rest: its own properties}. */
  function packedSet(set) {
    const base = set.base ?? set, {x0, x1, y, weights, fields, base: _, ...rest} = set;
    const name = Object.keys(fishergrid.sets).find(name => fishergrid.sets[name] === base);
    if (name) return {of: {name}, rest};
    if (!keys.has(base)) keys.set(base, ++lastKey);
    const key = keys.get(base), known = sent.delete(key);
    sent.add(key);  // the last that was used
    const forget = sent.size > MOST_SETS ? [...sent][0] : null;
    sent.delete(forget);
    const samples = known ? undefined : {x0: base.x0, x1: base.x1, y: base.y, weights: base.weights};
    return {of: {key, forget, samples}, rest};
  }

  function unpackedSet({of, rest}) {
    received.delete(of.forget);
    if (of.samples) received.set(of.key, of.samples);
    const base = of.name ? fishergrid.sets[of.name] : received.get(of.key);
    return rest.shift ? {...fishergrid.shifted(base, ...rest.shift), ...rest} : {...base, ...rest, base};
  }

  const isSet = value => typeof value === "object" && value?.x0 instanceof Float64Array;
  const packed = given => given.map(value => isSet(value) ? packedSet(value) : value);
  const unpacked = given => given.map(value => value?.of ? unpackedSet(value) : value);

  async function answer(id, name, given) {
    try {
      if (name !== "window") return await fishergrid[name](...given);
      const [slot, ...rest] = given;
      newest[slot] = id;
      return await windowHere(...rest, () => newest[slot] !== id);
    } catch {
      return null;
    }
  }

  function request(name, given) {
    const id = ++requests;
    if (!worker) return answer(id, name, given);
    return new Promise(take => {
      waiting.set(id, {name, given, take});
      worker.postMessage([id, name, packed(given)]);
    });
  }

  const serve = () => {
    onmessage = async ({data: [id, name, given]}) => postMessage([id, await answer(id, name, unpacked(given))]);
  };

  const windowOf = (set, quantity, ranges, width, height, {slot = setOf(set).name} = {}) =>
    request("window", [slot, setOf(set), quantity, ranges, width, height]);
  const later = (name, ...given) => request(name, given);

  function start() {
    const data = JSON.parse(document.getElementById("sets").textContent);
    fishergrid.load(data);
    startWorker(document.getElementById("arithmetic").textContent, data);
  }

  Object.assign(fishergrid.inner, {tabled, breath, EXERCISE, GEOMETRY});
  Object.assign(fishergrid, {window: windowOf, windowHere, later, start, serve});
})(globalThis.fishergrid ??= {});
