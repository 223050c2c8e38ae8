/* The closed list of self-tests: identities that hold for any samples, tried at some places, in this browser. */

function makeChecks() {
  const details = byId("checks"), body = byId("checks-body");
  details.addEventListener("toggle", () => { if (details.open && body.children.length === 0) fill(); });

  const at = (phi, r, size) => fishergrid.evaluate(moved(size), phi, r - offset(phi, size));
  const apart = (a, b, scale) => Math.max(...[a].flat().map((x, k) => Math.abs(x - [b].flat()[k]))) / (scale || 1);
  const size = pair => Math.hypot(...[pair].flat());

  /** How far the samples are from the origin: a rounding of phi changes a by so much, and e^a by that share. */
  const reach = () => [0, state.shift].map(moved).reduce((most, {x0, x1}) =>
    x0.reduce((far, x, k) => Math.max(far, Math.hypot(x, x1[k])), most), 1);

  /** [what, largest relative difference that rounding explains for samples within 10 of the origin, difference at
   * (phi, r) of the data moved by s]. */
  const damping = base().damping ?? 0, CHECKS = [
    ["the gradient is that of the loss (differences of 10⁻⁵)", 1e-6, (phi, r, s) => {
      const d = 1e-5, line = (p, q) => at(phi + p, r + q + offset(phi + p, s) - offset(phi, s), s).loss;
      const slope = (p, q) => (line(p, q) - line(-p, -q)) / (2 * d), {gradient} = at(phi, r, s);
      return apart([slope(d, 0), slope(0, d)], gradient, size(gradient));
    }],
    [damping > 0 ? "(F + λI) n = g" : "F n = g", 1e-10, (phi, r, s) => {
      const {fisher: [f, b, h], natural_gradient: [p, q], gradient} = at(phi, r, s), [a, d] = [f + damping, h + damping];
      return apart([a * p + b * q, b * p + d * q], gradient, size([a * p, b * q, d * q]) + size(gradient));
    }],
    ["F(φ + π, −r) = F(φ, r), with F_rφ reversed", 1e-12, (phi, r, s) => {
      const [own, other] = [[phi, r], [phi + Math.PI, -r]].map(place => fishergrid.evaluate(moved(s), ...place).fisher);
      return apart([own[0], -own[1], own[2]], other, size(own));
    }],
    ["moved data have the loss of the same line", 1e-11,
      (phi, r, s) => apart(at(phi, r, s).loss, at(phi, r, 0).loss, at(phi, r, 0).loss)],
    ["moved data have the same n_φ", 1e-9, (phi, r, s) => {
      if (damping > 0) return NaN; // which is measured in the coordinates
      const [there, here] = [s, 0].map(shift => at(phi, r, shift).natural_gradient);
      return apart(there[0], here[0], size(here));
    }],
    ["F does not depend on the labels", 0, (phi, r, s) => {
      const set = moved(s), swapped = {...set, y: set.y.map(label => 1 - label)};
      const [there, here] = [swapped, set].map(of => fishergrid.evaluate(of, phi, r).fisher);
      return apart(there, here, size(here));
    }],
    ["det(F⁻¹H) = 1 + h/C, the product of its eigenvalues", 1e-12, (phi, r, s) => {
      const {fisher: [a, b, d], hessian_phi_phi: c, fisher_hessian_eigenvalues: [, e]} = at(phi, r, s);
      const det = a * d - b * b, found = (c * d - b * b) / det;
      if (!(det > 1e-6 * a * d)) return NaN;  // a difference of which few digits are left
      return apart(found, e, (Math.abs(c * d) + b * b + Math.abs(found) * a * d) / det);
    }],
  ];

  function fill() {
    const places = [[0.4, 1], [1.9, -2], [3, 0], [4.4, 1.2], [5.8, -0.5]];
    for (const [words, near, difference] of CHECKS) {
      const bound = near * Math.max(1, reach() / 10);
      const all = [0, state.shift].flatMap(s => places.map(([phi, r]) => difference(phi, r, s)));
      const found = Math.max(...all.filter(Number.isFinite)), holds = found <= bound;
      if (found === -Infinity) continue; // these data have no such numbers
      const verdict = holds ? `holds (at most ${show(bound, 2)})` : `does not hold (more than ${show(bound, 2)})`;
      const row = make("tr", body);
      make("th", row, {innerHTML: subscripted(words), attributes: {scope: "row"}});
      make("td", row, {textContent: show(found, 2)});
      make("td", row, {textContent: verdict, dataset: {holds}});
    }
  }
}
