/* Screen 2: the landscape, the floor of its valley, flow lines, and everything about one line. */

const MAPPED = [
  "loss", "gradient_phi", "gradient_r", "natural_gradient_phi", "natural_gradient_r", "fisher_phi_phi", "fisher_r_phi",
  "fisher_r_r", "hessian_phi_phi", "gradient_size", "natural_gradient_size", "angle", "fisher_correlation",
  "fisher_condition", "hessian_condition", "fisher_volume", "fisher_curvature",
];
const FLOWS = {gradient: "--gradient", natural_gradient: "--natural"};

function drawFloor(context, X, Y, size) {
  const [low, high] = ranges().phi, path = [];
  for (let k = 0; k <= 300; k++) path.push(low + k / 300 * (high - low));
  stroke(context, path.map(phi => [X(phi), Y(floorAt(phi, size))]), {tint: "#111", width: 1.5, dash: [6, 4]});
}

/** Returns a promise of its first picture. */
function makeLandscape() {
  const select = byId("quantity");
  for (const name of MAPPED) make("option", select, {value: name, textContent: fishergrid.QUANTITIES[name]});
  let lines = null, request = 0;
  const map = makeMap(byId("landscape-map"), {
    name: "landscape", size: () => state.shift, quantity: () => state.quantity, parts: "shift quantity",
    overlay(context, X, Y) {
      drawFloor(context, X, Y, state.shift);
      for (const line of lines ?? []) drawPath(context, X, Y, line, {tint: colour(FLOWS[state.flow]), width: 1.8});
    },
  });

  async function flow() {
    const id = ++request;
    const found = FLOWS[state.flow] ? await flowLines(state.flow, state.shift, () => id !== request) : [];
    if (id !== request) return;
    lines = found;
    map.canvas.dataset.flow = JSON.stringify(lines.map(line => line.at(-1)));
    map.draw();
  }

  when("set shift flow", () => { lines = null; flow(); });
  setTimeout(flow, QUIET);
  makeReadout();
  return map.refresh(true);
}

// --- everything about a line --------------------------------------------------------------------------------------

const UNITS = {phi: " rad", fisher_eigenvector_angle: " rad", angle: "°"};

/** Rows of the table: name, symbol, words. */
const ROWS = [
  ["phi", "φ", "angle of the line"],
  ["r", "r", "its distance from the origin, with a sign"],
  ["loss", "L"],
  ["gradient_phi", "g_φ"],
  ["gradient_r", "g_r"],
  ["natural_gradient_phi", "n_φ"],
  ["natural_gradient_r", "n_r"],
  ["fisher_phi_phi", "F_φφ"],
  ["fisher_r_phi", "F_rφ"],
  ["fisher_r_r", "F_rr"],
  ["hessian_phi_phi", "H_φφ"],
  ["newton_phi", "(H⁻¹g)_φ"],
  ["newton_r", "(H⁻¹g)_r"],
  ["empirical_fisher_phi_phi", "E_φφ"],
  ["empirical_fisher_r_phi", "E_rφ"],
  ["empirical_fisher_r_r", "E_rr"],
  ["fisher_eigenvalue_max", "λ_max(F)"],
  ["fisher_eigenvalue_min", "λ_min(F)"],
  ["fisher_eigenvector_angle", "angle of v_max"],
  ["fisher_condition", "κ(F)"],
  ["hessian_condition", "κ(H)"],
  ["fisher_hessian_eigenvalue", "1 + h/C"],
  ["fisher_volume", "√det F"],
  ["natural_gradient_norm", "√(gᵀF⁻¹g)"],
  ["fisher_curvature", "K"],
  ["angle", "∠(g, n)"],
  ["natural_gradient_flag", "n is"],
  ["newton_flag", "H is"],
  ["curvature_flag", "K is"],
];
const subscripted = symbol => symbol.replace(/_(φφ|rφ|rr|φ|r|max|min)/g, "<sub>$1</sub>");

function makeReadout() {
  const table = byId("readout"), head = make("tr", make("thead", table)), body = make("tbody", table), cells = {};
  const {QUANTITIES, FLAGS, inner} = fishergrid;
  make("th", head, {textContent: "of this line", attributes: {scope: "col"}});
  const columns = [0, 1].map(k => make("th", head, {attributes: {scope: "col"}, dataset: {column: k}}));
  for (const [name, symbol, words] of ROWS) {
    const row = make("tr", body);
    const title = words ?? QUANTITIES[name] ?? FLAGS[name][1];
    make("th", row, {innerHTML: subscripted(symbol), title, attributes: {scope: "row"}});
    cells[name] = [0, 1].map(k => make("td", row, {dataset: {field: name, column: k}}));
  }

  function fill() {
    const [phi, own] = HOVER.now ?? [state.phi, state.r], sizes = shownSizes();
    table.classList.toggle("single", sizes.length === 1);
    sizes.forEach((size, k) => {
      const set = moved(size), r = own - offset(phi, size), sums = inner.sumsAt(set, phi, r, true);
      const point = fishergrid.evaluate(set, phi, r);
      columns[k].textContent = nameOf(size);
      for (const [name] of ROWS) {
        const value = name === "phi" ? phi : name === "r" ? r : name in FLAGS ? point[FLAGS[name][0]]
          : inner.formula(name)(sums);
        cells[name][k].textContent = typeof value === "string" ? value.replace("_", " ")
          : show(value, 7) + (UNITS[name] && Number.isFinite(value) ? UNITS[name] : "");
        cells[name][k].dataset.value = value;
      }
    });
    const reason = fishergrid.evaluate(moved(), phi, own - offset(phi)).reason;
    byId("readout-reason").textContent = reason ? `There is no natural gradient here: ${reason}.` : "";
  }
  when("set shift phi r", fill);
  hoverers.push(fill);
  fill();
}
