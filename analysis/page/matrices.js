/* Screen 3: the Fisher matrix, the Hessian and the empirical Fisher matrix as ellipses over the map. */

const MATRICES = {
  fisher: point => point.fisher,
  hessian: point => [point.hessian_phi_phi, point.fisher[1], point.fisher[2]],
  empirical_fisher: point => point.empirical_fisher,
};
const COLUMNS = 5; // of ellipses

/** Draws {d: d^T M d = c} about a place, scaled so that its longest half axis is `reach` pixels; where M is not
 * positive definite, a cross along the directions in which d^T M d = 0. */
function drawEllipse(context, x, y, [a, b, d], reach, tint) {
  const half = Math.hypot((a - d) / 2, b), mean = (a + d) / 2, angle = Math.atan2(2 * b, a - d) / 2;
  const large = mean + half, small = (a * d - b * b) / large;
  if (!Number.isFinite(angle) || !(large > 0)) return;
  const c = Math.cos(angle), s = Math.sin(angle), screen = (u, v) => [x + (c * u - s * v), y - (s * u + c * v)];
  if (small > 0) {
    const narrow = reach * Math.sqrt(small / large), points = [];
    for (let k = 0; k <= 48; k++)
      points.push(screen(narrow * Math.cos(k / 24 * Math.PI), reach * Math.sin(k / 24 * Math.PI)));
    return stroke(context, points, {tint, width: 1.8});
  }
  const slope = Math.atan2(Math.sqrt(large), Math.sqrt(-small)); // of the null directions from the axis of `large`
  for (const sign of [1, -1]) {
    const [u, v] = [reach * Math.cos(slope), sign * reach * Math.sin(slope)];
    stroke(context, [screen(-u, -v), screen(u, v)], {tint: colour("--gradient"), width: 1.6});
  }
}

function makeMatrices() {
  [() => 0, () => state.shift].forEach((size, k) => {
    makeMap(byId("matrix-maps"), {
      name: `matrix-${k}`, size, parts: "shift matrix",
      overlay(context, X, Y) {
        const {phi, r} = ranges(), cell = (phi[1] - phi[0]) / COLUMNS, set = moved(size());
        const rows = Math.max(1, Math.round(COLUMNS * (Y(r[0]) - Y(r[1])) / (X(phi[1]) - X(phi[0]))));
        const reach = 0.42 * (X(cell) - X(0)), matrixOf = MATRICES[state.matrix] ?? MATRICES.fisher;
        const place = (p, q) =>
          drawEllipse(context, X(p), Y(q), matrixOf(fishergrid.evaluate(set, p, q)), reach, "#111");
        for (let i = 0; i < COLUMNS; i++)
          for (let j = 0; j < rows; j++) place(phi[0] + (i + 0.5) * cell, r[0] + (j + 0.5) / rows * (r[1] - r[0]));
      },
    });
  });
  when("set shift stationary", fillMatrices);
}

/** The table of numbers at the minimum. */
function fillMatrices() {
  const table = byId("matrix-numbers"), sizes = shownSizes(), points = sizes.map(minimumOf);
  table.hidden = !hasSamples() || points.some(point => !point); // interpolated fields are not exact
  if (table.hidden) return;
  const pair = ([a, b]) => `${show(a, 4)}, ${show(b, 4)}`, rows = [
    ["minimum φ, r", p => `${show(p.phi, 7)}, ${show(p.r, 7)}`],
    ["loss L", p => show(p.loss, 9)],
    ["eigenvalues of F", p => pair(p.fisher_eigenvalues)],
    ["eigenvalues of H", p => pair(p.hessian_eigenvalues)],
    ["κ(F)", p => show(p.fisher_condition, 4)],
    ["κ(H), what gradient descent meets", p => show(conditionOf(p.hessian_eigenvalues), 4)],
    ["eigenvalues of F⁻¹H, what natural descent meets", p => pair(p.fisher_hessian_eigenvalues)],
    ["h = H_φφ − F_φφ", p => show(p.hessian_phi_phi - p.fisher[0], 4)],
    ["F_φφ and empirical E_φφ", p => `${show(p.fisher[0], 4)}, ${show(p.empirical_fisher[0], 4)}`],
    ["F_rr and empirical E_rr", p => `${show(p.fisher[2], 4)}, ${show(p.empirical_fisher[2], 4)}`],
  ];
  table.replaceChildren();
  make("caption", table, {textContent: "At the minimum, which is where the gradient is 0 to rounding"});
  const head = make("tr", make("thead", table));
  make("th", head, {textContent: "number", attributes: {scope: "col"}});
  for (const size of sizes) make("th", head, {textContent: nameOf(size), attributes: {scope: "col"}});
  const body = make("tbody", table);
  for (const [words, of] of rows) {
    const row = make("tr", body);
    make("th", row, {innerHTML: subscripted(words), attributes: {scope: "row"}});
    for (const point of points) make("td", row, {textContent: of(point)});
  }
}
