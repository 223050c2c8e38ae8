"use strict";
/* Descents, stationary points, and the numbers that the page states about them.
 *
 *   fishergrid.descend(set, rule, phi, r, {step, max_steps = 2000, damping = 0, target})
 *       -> {path: [[phi, r], ...], losses, steps, arrived, loss, end}
 *
 * Rules: "gradient", "natural_gradient", "newton", and "damped", which follows (F + damping)^-1 g. A `step` is
 * fixed: every step is so many times the vector. Without it, a step doubles after success and is halved until the
 * loss falls enough; see RULE. A descent ends
 *   "minimum"    where a natural step promises to lower the loss by less than 1e-9 of it; with a `target` [phi, r],
 *                where it is within 1e-4 of that: `arrived` is true
 *   "steps"      after max_steps steps
 *   "stuck"      where no step lowers the loss any more
 *   "uphill"     where the vector does not point downhill: Newton's, where the Hessian is not positive definite
 *   "undefined"  where the vector does not exist, or has left the range of doubles
 * phi is not wrapped: a path that goes round leaves [0, 2 pi].
 *
 *   fishergrid.stationary(set)
 *       -> [{phi, r, loss, kind, fisher, hessian, fisher_hessian, gradient_size}], lowest loss first
 *
 * kind: "minimum", "saddle" or "maximum"; fisher, hessian and fisher_hessian: the eigenvalues of F, H and F^-1 H. They
 * are the points that the file lists; where it lists none yet, or the samples were changed, Newton's method finds them
 * from a grid of starts.
 *
 *   fishergrid.numbers(set, ...)
 *       -> a Promise of
 *          {set: {minimum: a stationary point or null, hessian_condition, fisher_hessian_condition,   // at the minimum
 *                 race: {rule: {starts, arrived, steps, farthest}},  // how many starts(), how many of them arrived,
 *                                         // median number of steps of those (or null), largest |r| on the way
 *                 fixed: {rule: {step, steps, arrived}}}}  // from (3, 0) until within 1e-4 of the minimum
 *
 * Without a minimum there are no fixed steps, and without samples no race. The fixed steps are 1 / (largest eigenvalue
 * of H) times the gradient, 0.2 natural gradients, one Newton step.
 * Ask the worker for the numbers: fishergrid.later("numbers", "A", "B") takes some seconds. */
(fishergrid => {
  const {setOf, countOf, sumsAt, lossOf, gradient, fisher, hessian, natural, newton, ratio, eigenvaluesOf, dampingOf,
    tabled, breath, EXERCISE, GEOMETRY} = fishergrid.inner;

  const RULE = {
    slope: 0.5,     // Armijo's condition: the loss falls by this share of what its slope promises. A smaller one lets
                    // steps across a valley jump from side to side
    longest: 1 / 40, // v^T F v / n of a step v at most: it changes the outputs by half of it, in nats a sample (their
                    // KL divergence). Measured by F, equal lines take equal steps however the data lie
    enough: 1e-9,   // a natural step that promises to lower the loss by less than this share of it is the end
    tries: 60,      // halvings before a descent counts as stuck
    within: 1e-4,   // of the target
  };

  const VECTORS = {
    gradient,
    natural_gradient: s => natural(s, s.damping),
    damped: (s, damping) => natural(s, damping),
    newton,
  };

  const times = ([pp, rp, rr], [a, b]) => pp * a * a + 2 * rp * a * b + rr * b * b;

  /** `by`: what evaluates, the samples themselves or something faster. */
  function descend(which, rule, phi, r, options = {}, by = {sumsAt, lossOf}) {
    const {step: fixed, max_steps = 2000, damping = 0, target} = options;
    const set = setOf(which), vectorOf = VECTORS[rule] ?? (() => [NaN, NaN]), lambda = dampingOf(set, damping);
    const longest = RULE.longest * (set.mean ? 1 : countOf(set));
    const path = [[phi, r]];
    let here = by.sumsAt(set, phi, r), loss = here.scale * here.L, step = 1, end = "steps";
    const losses = [loss];
    for (;;) {
      const v = vectorOf(here, lambda), g = gradient(here), n = natural(here, here.damping);
      const slope = g[0] * v[0] + g[1] * v[1], promise = (g[0] * n[0] + g[1] * n[1]) / 2;
      if (target ? distance([phi, r], target) < RULE.within : promise < RULE.enough * loss) { end = "minimum"; break; }
      if (path.length > max_steps) break;
      if (!Number.isFinite(slope)) { end = "undefined"; break; }
      if (fixed === undefined) {
        if (!(slope > 0)) { end = slope < 0 ? "uphill" : "stuck"; break; }
        step = Math.min(2 * step, Math.sqrt(longest / times(fisher(here), v)), rule === "gradient" ? Infinity : 1);
        let tries = RULE.tries;
        while (tries > 0 && !(by.lossOf(set, phi - step * v[0], r - step * v[1]) <= loss - RULE.slope * step * slope)) {
          step /= 2;
          tries--;
        }
        if (tries === 0) { end = "stuck"; break; }
      }
      const taken = fixed ?? step;
      [phi, r] = [phi - taken * v[0], r - taken * v[1]];
      here = by.sumsAt(set, phi, r);
      loss = here.scale * here.L;
      path.push([phi, r]);
      losses.push(loss);
    }
    return {path, losses, steps: path.length - 1, arrived: end === "minimum", loss, end};
  }

  const turn = phi => Math.atan2(Math.sin(phi), Math.cos(phi));
  const distance = (a, b) => Math.hypot(turn(a[0] - b[0]), a[1] - b[1]);

  // --- stationary points ----------------------------------------------------------------------------------------

  const FLAT = 1e-12;  // an eigenvalue of the Hessian this much smaller than the other is 0 to rounding

  /** What there is to say about a stationary point. */
  function described(set, phi, r, kind) {
    const s = sumsAt(set, phi, r), [larger, smaller] = eigenvaluesOf(hessian(s));
    return {
      phi: phi - 2 * Math.PI * Math.floor(phi / (2 * Math.PI)), r, loss: s.scale * s.L,
      kind: kind ?? (smaller > 0 ? "minimum" : larger > 0 ? "saddle" : "maximum"),
      fisher: eigenvaluesOf(fisher(s)), hessian: [larger, smaller], fisher_hessian: [1, ratio(s)],
      gradient_size: Math.hypot(...gradient(s)),
    };
  }

  /** Newton's method from a point; null where it finds nothing. Steps of more than half a unit are shortened. */
  function root(set, phi, r) {
    for (let k = 0; k < 50; k++) {
      const v = newton(sumsAt(set, phi, r)), size = Math.hypot(...v);
      if (!Number.isFinite(size)) return null;
      const share = Math.min(1, 0.5 / size);
      phi -= share * v[0];
      r -= share * v[1];
      if (size < 1e-13 * (1 + Math.abs(r))) return [phi, r];
      if (size < 1e-9 && k > 40) return [phi, r];  // rounding is all that is left
    }
    return null;
  }

  function stationary(which) {
    const set = setOf(which);
    if (set.stationary) return set.stationary.map(point => described(set, ...point));
    const n = set.x0.length, found = [];
    if (n === 0) return found;
    const sum = x => x.reduce((a, b) => a + b, 0) / n, mean = [sum(set.x0), sum(set.x1)];
    const reach = 2 + set.x0.reduce((most, x, k) => Math.max(most, Math.hypot(x - mean[0], set.x1[k] - mean[1])), 0);
    for (let i = 0; i < 24; i++) {
      for (let j = 0; j < 12; j++) {
        const phi = 2 * Math.PI * i / 24, lever = mean[0] * Math.sin(phi) + mean[1] * Math.cos(phi);
        const at = root(set, phi, reach * (2 * j / 11 - 1) - lever);
        if (at && !found.some(other => distance(other, at) < 1e-6)) found.push(at);
      }
    }
    return found.map(at => described(set, ...at))
      .filter(({hessian: [a, b]}) => Math.abs(b) > FLAT * Math.abs(a)).sort((a, b) => a.loss - b.loss);
  }

  // --- what the page states -------------------------------------------------------------------------------------

  const STARTS = {phi: 12, r: 8}, MAX_STEPS = 2000, MOST_FIXED_STEPS = 20000, FIXED_START = [3, 0];

  /** Even places of the grid: phi_k = low + k / 12 of its range, and 8 of r with both ends. */
  function starts() {
    const {phi, r} = fishergrid.ranges, of = (range, share) => range[0] + share * (range[1] - range[0]), all = [];
    for (let i = 0; i < STARTS.phi; i++)
      for (let j = 0; j < STARTS.r; j++) all.push([of(phi, i / STARTS.phi), of(r, j / (STARTS.r - 1))]);
    return all;
  }

  async function race(set, rule, by) {
    const found = [];
    for (const at of starts()) {
      found.push(descend(set, rule, ...at, {max_steps: MAX_STEPS}, by));
      await breath();  // somebody may be waiting for a picture
    }
    const steps = found.filter(d => d.arrived).map(d => d.steps).sort((a, b) => a - b);
    return {
      starts: found.length, arrived: steps.length, steps: steps[steps.length >> 1] ?? null,
      farthest: found.reduce((most, d) => d.path.reduce((far, at) => Math.max(far, Math.abs(at[1])), most), 0),
    };
  }

  async function numbersOf(set) {
    if (set.x0.length === 0) return {minimum: null};
    const points = stationary(set), minimum = points.find(point => point.kind === "minimum") ?? null;
    const quick = tabled(set, EXERCISE), quickNewton = tabled(set, GEOMETRY), numbers = {minimum};
    numbers.race = {};
    for (const rule of ["gradient", "natural_gradient"]) numbers.race[rule] = await race(set, rule, quick);
    if (!minimum) return numbers;
    numbers.hessian_condition = minimum.hessian[0] / minimum.hessian[1];
    numbers.fisher_hessian_condition = Math.max(...minimum.fisher_hessian) / Math.min(...minimum.fisher_hessian);
    numbers.fixed = {};
    for (const [rule, step] of [["gradient", 1 / minimum.hessian[0]], ["natural_gradient", 0.2], ["newton", 1]]) {
      const options = {step, max_steps: MOST_FIXED_STEPS, target: [minimum.phi, minimum.r]};
      const {steps, arrived} = descend(set, rule, ...FIXED_START, options, rule === "newton" ? quickNewton : quick);
      numbers.fixed[rule] = {step, steps, arrived};
    }
    return numbers;
  }

  async function numbers(...which) {
    const found = {};
    for (const set of which.flat().map(setOf)) found[set.name] = await numbersOf(set);
    return found;
  }

  Object.assign(fishergrid, {descend, stationary, starts, numbers, RULE});
})(globalThis.fishergrid ??= {});
