"use strict";
// The interactive maps. Data: see explorer_data in page.py. No library, no network.
(() => {
  const source = JSON.parse(document.getElementById("data").textContent);

  // --- data ---------------------------------------------------------------------------------------------------------

  const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const numbers = ({bytes: size, data}) => new (size === 4 ? Float32Array : Float64Array)(bytes(data).buffer);

  const phi = numbers(source.phi), r = numbers(source.r);
  const phiEdges = edgesOf(phi), rEdges = edgesOf(r);
  const low = {phi: phiEdges[0], r: rEdges[0]}, high = {phi: phiEdges.at(-1), r: rEdges.at(-1)};
  const tables = {sequential: bytes(source.colours.sequential), diverging: bytes(source.colours.diverging)};
  const turns = (phi.at(-1) - phi[0]) / (2 * Math.PI);
  const periodic = phi.length > 2 && turns > 0.5 && Math.abs(turns - Math.round(turns)) < 1e-6;
  const names = Object.keys(source.quantities);

  const sets = source.sets.map(raw => {
    const fields = {};
    for (const name of names) if (raw.fields[name]) fields[name] = numbers(raw.fields[name]);
    const s = raw.samples;
    const samples = s && {x0: numbers(s.x0), x1: numbers(s.x1), y: s.y, all: s.all, total: s.total};
    return {name: raw.name, fields, scales: raw.scales, waiting: bytes(raw.waiting), samples, minimum: raw.minimum};
  });

  function edgesOf(x) {
    if (x.length === 1) return [x[0] - 0.5, x[0] + 0.5];
    const middle = Array.from({length: x.length - 1}, (_, k) => (x[k] + x[k + 1]) / 2);
    return [2 * x[0] - middle[0], ...middle, 2 * x[x.length - 1] - middle[middle.length - 1]];
  }

  /** Index of the cell whose edges hold `value`, clamped. */
  function cellOf(edges, value) {
    let a = 0, b = edges.length - 2;
    while (a < b) {
      const m = (a + b + 1) >> 1;
      if (edges[m] <= value) a = m; else b = m - 1;
    }
    return a;
  }

  const at = (set, name, i, j) => set.fields[name][i * r.length + j];
  const isWaiting = (set, i, j) => (set.waiting[(i * r.length + j) >> 3] >> ((i * r.length + j) & 7)) & 1;

  // --- numbers and colours --------------------------------------------------------------------------------------------

  function show(value) {
    if (!Number.isFinite(value)) return "–";
    const size = Math.abs(value);
    const short = Number(value.toPrecision(6));
    const text = size !== 0 && (size < 1e-3 || size >= 1e6) ? short.toExponential() : short.toString();
    return text.replace(/e([+-])(\d+)/, (_, sign, power) => " × 10" + raised((sign === "-" ? "⁻" : "") + power)).replace("-", "−");
  }
  const raised = text => text.replace(/\d/g, d => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]);

  /** Position in the colour map, as Scale.fraction in scales.py. */
  function fraction(scale, value) {
    let place;
    if (scale.kind === "log") {
      place = Math.log(Math.max(value, scale.low) / scale.low) / (Math.log(scale.high / scale.low) || 1);
    } else if (scale.kind === "symlog") {
      place = 0.5 + 0.5 * Math.sign(value) * Math.log1p(Math.abs(value) / scale.low) / Math.log1p(scale.high / scale.low);
    } else {
      place = (value - scale.low) / ((scale.high - scale.low) || 1);
    }
    return Math.min(1, Math.max(0, place));
  }

  const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // --- the network ----------------------------------------------------------------------------------------------------

  /** Loss, gradient, natural gradient and Fisher matrix from all samples, by margins: nothing cancels when saturated. */
  function evaluateSamples(samples, phi, r) {
    const {x0, x1, y} = samples, n = y.length, s = Math.sin(phi), c = Math.cos(phi);
    const rho = new Float64Array(n), w = new Float64Array(n), turn = new Float64Array(n);
    let loss = 0, gr = 0, weight = 0, mean = 0;
    for (let k = 0; k < n; k++) {
      const sign = y[k] === 0 ? 1 : -1, margin = sign * (s * x0[k] + c * x1[k] + r);
      const q = Math.exp(-Math.abs(margin));
      loss += Math.log1p(q) + Math.max(-margin, 0);
      rho[k] = -sign * (margin > 0 ? q : 1) / (1 + q);
      w[k] = q / ((1 + q) * (1 + q));
      turn[k] = c * x0[k] - s * x1[k];
      gr += rho[k];
      weight += w[k];
      mean += w[k] * turn[k];
    }
    mean /= weight;
    let spread = 0, across = 0;
    for (let k = 0; k < n; k++) {
      const d = turn[k] - mean;
      spread += w[k] * d * d;
      across += rho[k] * d;
    }
    const share = source.mean ? 1 / n : 1, lambda = source.damping;
    const g = [share * (across + mean * gr), share * gr];
    return {loss: share * loss, g, n: natural(g, share * across, mean, share * weight, share * spread, lambda)};
  }

  function natural(g, across, mean, weight, spread, lambda) {
    if (lambda === 0) {
      const turn = across / spread;
      return [turn, g[1] / weight - mean * turn];
    }
    const pp = spread + mean * mean * weight + lambda, pr = mean * weight, rr = weight + lambda;
    const det = weight * spread + lambda * (pp + weight);
    return [(rr * g[0] - pr * g[1]) / det, (pp * g[1] - pr * g[0]) / det];
  }

  /** The same between the cells of the map, for data sets whose samples are not all here. */
  function evaluateFields(set, phiHere, rHere) {
    const [i, u] = bracket(phi, phiHere), [j, v] = bracket(r, rHere);
    const between = name => (1 - u) * ((1 - v) * at(set, name, i, j) + v * at(set, name, i, j + 1)) +
      u * ((1 - v) * at(set, name, i + 1, j) + v * at(set, name, i + 1, j + 1));
    return {loss: between("loss"), g: [between("gradient_phi"), between("gradient_r")],
      n: [between("natural_gradient_phi"), between("natural_gradient_r")]};
  }

  function bracket(x, value) {
    let a = 0, b = x.length - 2;
    while (a < b) {
      const m = (a + b + 1) >> 1;
      if (x[m] <= value) a = m; else b = m - 1;
    }
    return [a, Math.min(1, Math.max(0, (value - x[a]) / (x[a + 1] - x[a])))];
  }

  const needed = ["loss", "gradient_phi", "gradient_r", "natural_gradient_phi", "natural_gradient_r"];
  function evaluatorOf(set) {
    if (set.samples && set.samples.all) return (p, q) => evaluateSamples(set.samples, p, q);
    if (phi.length > 1 && r.length > 1 && needed.every(name => set.fields[name])) return (p, q) => evaluateFields(set, p, q);
    return null;
  }

  // --- descents -------------------------------------------------------------------------------------------------------

  const MOST_STEPS = 2000;
  const LONGEST = 0.25;  // of a step, in the plane of (phi, r)
  const SLOPE = 0.5;     // Armijo's condition: the loss falls by this share of what its slope promises. A smaller one
                         // lets steps across a valley jump from side to side
  const ENOUGH = 1e-9;   // a natural step that promises to lower the loss by less than this share of it is the end

  function wrap(p) {
    if (!periodic) return p;
    const span = phi.at(-1) - phi[0];
    return p - span * Math.floor((p - phi[0]) / span);
  }

  /** Descends along -g (kind "g") or -n (kind "n"); a step doubles after success and halves until the loss falls enough. */
  function descend(evaluate, kind, start) {
    const path = [start];
    let [p, q] = start, here = evaluate(p, q), step = 1, end = "steps";
    for (let k = 0; k < MOST_STEPS; k++) {
      const v = here[kind], slope = here.g[0] * v[0] + here.g[1] * v[1];
      const promise = 0.5 * (here.g[0] * here.n[0] + here.g[1] * here.n[1]);
      if (!Number.isFinite(slope)) { end = "undefined"; break; }
      if (promise <= ENOUGH * here.loss) { end = "minimum"; break; }
      step = Math.min(step, LONGEST / Math.hypot(v[0], v[1]), kind === "n" ? 1 : Infinity);
      let next = null;
      for (let tries = 0; tries < 60 && !next; tries++, step /= 2) {
        const to = [wrap(p - step * v[0]), q - step * v[1]];
        const outside = to[1] < r[0] || to[1] > r.at(-1) || to[0] < phi[0] || to[0] > phi.at(-1);
        if (outside) { next = {to, outside}; break; }
        const found = evaluate(...to);
        if (found.loss <= here.loss - SLOPE * step * slope) next = {to, found};
      }
      if (!next) { end = "stuck"; break; }
      if (next.outside) { end = "edge"; break; }
      path.push(next.to);
      [p, q] = next.to;
      here = next.found;
      step *= 4;  // the loop has halved it once
    }
    return {path, end, loss: here.loss, steps: path.length - 1};
  }

  const ENDS = {
    minimum: "at a point where the loss is level", steps: "not there yet", edge: "then it leaves the grid",
    stuck: "then no step lowers the loss any more", undefined: "then there is no natural gradient",
  };
  const plural = n => n === 1 ? "1 step" : `${n} steps`;
  const describe = (what, d, why = "") =>
    `${what}: ${plural(d.steps)} to L = ${show(d.loss)}, ${ENDS[d.end]}${d.end === "edge" ? why : ""}.`;
  const WHY = "; its steps are longest where the outputs change least";

  // --- panels ---------------------------------------------------------------------------------------------------------

  const state = {quantity: names.includes("loss") ? "loss" : names[0], cell: null, descents: new Map()};
  const section = document.getElementById("explorer");
  section.hidden = false;
  const panels = sets.map(makePanel);

  function make(tag, parent, properties = {}) {
    const node = Object.assign(document.createElement(tag), properties);
    parent.append(node);
    return node;
  }

  function makePanel(set) {
    const box = make("div", document.getElementById("panels"), {className: "panel"});
    make("h3", box, {textContent: `Data set ${set.name}`});
    const map = make("canvas", box, {className: "map", tabIndex: 0});
    map.dataset.set = set.name;
    map.setAttribute("role", "img");
    map.setAttribute("aria-label", `Map of data set ${set.name} over phi and r`);
    const plane = set.samples ? make("canvas", box, {className: "plane"}) : null;
    const paths = make("p", box, {className: "paths"});  // last: its height varies
    paths.setAttribute("aria-live", "polite");
    return {set, map, plane, paths, picture: null};
  }

  /** A canvas as sharp as the screen; returns its context in CSS pixels. */
  function prepare(canvas, height) {
    const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.font = `13px ${getComputedStyle(canvas).fontFamily}`;
    return context;
  }

  const MARGIN = {left: 46, right: 104, top: 6, bottom: 42};
  const frameOf = canvas => ({x: MARGIN.left, y: MARGIN.top, width: canvas.clientWidth - MARGIN.left - MARGIN.right,
    height: canvas.clientHeight - MARGIN.top - MARGIN.bottom});
  const toX = (frame, p) => frame.x + frame.width * (p - low.phi) / (high.phi - low.phi);
  const toY = (frame, q) => frame.y + frame.height * (high.r - q) / (high.r - low.r);

  /** The map without what moves, drawn once for a quantity and size. */
  function drawPicture(panel) {
    const height = Math.min(430, Math.max(300, panel.map.clientWidth * 0.72));
    prepare(panel.map, height);
    const canvas = document.createElement("canvas"), ratio = window.devicePixelRatio || 1;
    canvas.width = panel.map.width;
    canvas.height = panel.map.height;
    const context = canvas.getContext("2d"), frame = frameOf(panel.map);
    const left = Math.round(frame.x * ratio), top = Math.round(frame.y * ratio);
    const width = Math.round(frame.width * ratio), tall = Math.round(frame.height * ratio);
    const image = context.createImageData(width, tall);
    const values = panel.set.fields[state.quantity], scale = panel.set.scales[state.quantity];
    const table = scale && tables[scale.signed ? "diverging" : "sequential"];
    const rows = Array.from({length: tall}, (_, y) => cellOf(rEdges, high.r - (y + 0.5) / tall * (high.r - low.r)));
    for (let x = 0; x < width; x++) {
      const i = cellOf(phiEdges, low.phi + (x + 0.5) / width * (high.phi - low.phi));
      for (let y = 0; y < tall; y++) {
        const value = values ? values[i * r.length + rows[y]] : NaN, o = 4 * (y * width + x);
        if (scale && Number.isFinite(value)) {
          const k = 3 * Math.min(255, Math.floor(256 * fraction(scale, value)));
          image.data.set([table[k], table[k + 1], table[k + 2], 255], o);
        } else {
          image.data.set(isWaiting(panel.set, i, rows[y]) ? [233, 223, 230, 255] : [185, 185, 185, 255], o);
        }
      }
    }
    context.putImageData(image, left, top);
    context.scale(ratio, ratio);
    context.font = `13px ${getComputedStyle(panel.map).fontFamily}`;
    drawAxes(context, frame);
    if (scale) drawBar(context, frame, scale, table);
    panel.picture = canvas;
  }

  function niceSteps(low, high, most) {
    const raw = (high - low) / most, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map(m => m * power).find(s => s >= raw);
    const found = [];
    for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(k * step);
    return found;
  }

  function phiTicks() {
    for (const parts of [1, 2, 4]) {
      const step = Math.PI / parts, first = Math.ceil(phi[0] / step - 1e-6), last = Math.floor(phi.at(-1) / step + 1e-6);
      if (source.axes[0].unit === "rad" && last - first >= 3 && last - first <= 8)
        return Array.from({length: last - first + 1}, (_, k) => [(first + k) * step, piText(first + k, parts)]);
    }
    return niceSteps(phi[0], phi.at(-1), 5).map(v => [v, show(v)]);
  }

  function piText(count, parts) {
    let over = count, under = parts;
    while (under > 1 && over % 2 === 0) { over /= 2; under /= 2; }
    if (over === 0) return "0";
    const factor = Math.abs(over) === 1 ? "" : Math.abs(over);
    return `${over < 0 ? "−" : ""}${factor}π${under > 1 ? "/" + under : ""}`;
  }

  const axisTitle = axis => axis.unit === "" || axis.unit === "1" ? axis.label : `${axis.label} [${axis.unit}]`;

  function drawAxes(context, frame) {
    context.strokeStyle = context.fillStyle = style("--ink");
    context.lineWidth = 1;
    context.strokeRect(frame.x - 0.5, frame.y - 0.5, frame.width + 1, frame.height + 1);
    const bottom = frame.y + frame.height;
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const [value, label] of phiTicks()) {
      context.fillRect(toX(frame, value), bottom, 1, 5);
      context.fillText(label, toX(frame, value), bottom + 8);
    }
    context.fillText(axisTitle(source.axes[0]), frame.x + frame.width / 2, bottom + 25);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of niceSteps(r[0], r.length > 1 ? r.at(-1) : r[0] + 1, 6)) {
      context.fillRect(frame.x - 5, toY(frame, value), 5, 1);
      context.fillText(show(value), frame.x - 8, toY(frame, value));
    }
    besideAxis(context, axisTitle(source.axes[1]), frame.y + frame.height / 2);
  }

  function besideAxis(context, text, y) {
    context.save();
    context.translate(11, y);
    context.rotate(-Math.PI / 2);
    context.textAlign = "center";
    context.fillText(text, 0, 0);
    context.restore();
  }

  function drawBar(context, frame, scale, table) {
    const x = frame.x + frame.width + 12;
    for (let y = 0; y < frame.height; y++) {
      const place = 1 - y / frame.height, n = scale.names.length;  // of categories, or 0
      const k = 3 * Math.min(255, Math.floor(256 * (n ? (Math.ceil(place * n) - 0.5) / n : place)));
      context.fillStyle = `rgb(${table[k]},${table[k + 1]},${table[k + 2]})`;
      context.fillRect(x, frame.y + y, 13, 1.5);
    }
    context.fillStyle = style("--ink");
    context.textAlign = "left";
    context.textBaseline = "middle";
    for (const [place, label] of scale.ticks) {
      const y = frame.y + frame.height * (1 - place);
      context.fillRect(x + 13, y, 4, 1);
      context.fillText(label, x + 20, y);
    }
  }

  function drawMap(panel) {
    const context = panel.map.getContext("2d"), ratio = window.devicePixelRatio || 1, frame = frameOf(panel.map);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, panel.map.width, panel.map.height);
    context.drawImage(panel.picture, 0, 0);
    context.scale(ratio, ratio);
    context.save();
    context.beginPath();
    context.rect(frame.x, frame.y, frame.width, frame.height);
    context.clip();
    const found = state.descents.get(panel.set.name);
    if (found) {
      drawPath(context, frame, found.g.path, style("--gradient"), 3);  // wider: seen where the other lies on it
      drawPath(context, frame, found.n.path, style("--natural"), 1);
    }
    if (state.cell) {
      const x = toX(frame, phi[state.cell[0]]), y = toY(frame, r[state.cell[1]]);
      for (const [colour, width] of [["rgba(0,0,0,.55)", 3], ["#fff", 1]]) {
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.beginPath();
        context.moveTo(x, frame.y); context.lineTo(x, frame.y + frame.height);
        context.moveTo(frame.x, y); context.lineTo(frame.x + frame.width, y);
        context.stroke();
      }
    }
    context.restore();
    if (panel.set.minimum) drawStar(context, toX(frame, panel.set.minimum[0]), toY(frame, panel.set.minimum[1]));
  }

  function drawPath(context, frame, path, colour, times) {
    const half = (high.phi - low.phi) / 2;
    for (const [stroke, width] of [["#fff", 2.2 * times + 1.6], [colour, 2.2 * times]]) {
      context.strokeStyle = stroke;
      context.lineWidth = width;
      context.lineJoin = "round";
      context.beginPath();
      path.forEach(([p, q], k) => {
        const jump = k > 0 && Math.abs(p - path[k - 1][0]) > half;  // over the edge of the period
        if (k === 0 || jump) context.moveTo(toX(frame, p), toY(frame, q));
        else context.lineTo(toX(frame, p), toY(frame, q));
      });
      context.stroke();
    }
    if (path.length <= 80) {
      context.fillStyle = colour;
      for (const [p, q] of path) disc(context, toX(frame, p), toY(frame, q), 1.9 + 0.7 * times);
    }
    context.fillStyle = "#fff";
    disc(context, toX(frame, path[0][0]), toY(frame, path[0][1]), 4.5);
  }

  function disc(context, x, y, radius) {
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.fill();
  }

  function drawStar(context, x, y) {
    context.beginPath();
    for (let k = 0; k < 10; k++) {
      const size = k % 2 ? 3.4 : 8.5, angle = Math.PI * (k / 5 - 0.5);
      context.lineTo(x + size * Math.cos(angle), y + size * Math.sin(angle));
    }
    context.closePath();
    context.fillStyle = "#fff";
    context.strokeStyle = "#000";
    context.lineWidth = 1;
    context.fill();
    context.stroke();
  }

  // --- samples --------------------------------------------------------------------------------------------------------

  const CLASSES = ["#d55e00", "#0072b2"];

  /** A circle for class 0, a triangle for class 1, as in the figure of the samples. */
  function mark(context, x, y, label, radius) {
    if (label === 0) return disc(context, x, y, radius);
    context.beginPath();
    context.moveTo(x, y - 1.2 * radius);
    context.lineTo(x - 1.1 * radius, y + 0.9 * radius);
    context.lineTo(x + 1.1 * radius, y + 0.9 * radius);
    context.fill();
  }

  function drawPlane(panel) {
    if (!panel.plane) return;
    const context = prepare(panel.plane, 280), {x0, x1, y} = panel.set.samples;
    const width = panel.plane.clientWidth - MARGIN.left - MARGIN.right, height = 280 - 12 - 54;
    const bounds = x => x.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
    const [a0, b0] = bounds(x0), [a1, b1] = bounds(x1);
    const unit = 1.12 * Math.max((b0 - a0) / width, (b1 - a1) / height, 1e-9);  // per pixel, the same both ways
    const middle = [(a0 + b0) / 2, (a1 + b1) / 2];
    const X = v => MARGIN.left + width / 2 + (v - middle[0]) / unit, Y = v => 8 + height / 2 - (v - middle[1]) / unit;
    context.fillStyle = style("--panel");
    context.fillRect(MARGIN.left, 8, width, height);
    context.save();
    context.beginPath();
    context.rect(MARGIN.left, 8, width, height);
    context.clip();
    context.globalAlpha = 0.6;
    for (let k = 0; k < y.length; k++) {
      context.fillStyle = CLASSES[y[k]];
      mark(context, X(x0[k]), Y(x1[k]), y[k], 2.1);
    }
    context.globalAlpha = 1;
    const place = state.cell ? [phi[state.cell[0]], r[state.cell[1]]] : panel.set.minimum;
    if (place) {
      const s = Math.sin(place[0]), c = Math.cos(place[0]), a = s * middle[0] + c * middle[1] + place[1];
      const reach = 2 * unit * (width + height) + Math.abs(a);
      const foot = [middle[0] - a * s, middle[1] - a * c];
      context.strokeStyle = "#1c1e21";
      context.lineWidth = 2;
      context.beginPath();
      context.moveTo(X(foot[0] - reach * c), Y(foot[1] + reach * s));
      context.lineTo(X(foot[0] + reach * c), Y(foot[1] - reach * s));
      context.stroke();
      panel.plane.dataset.boundary = JSON.stringify(place);
      panel.plane.dataset.hidden = Math.abs(a) > unit * (Math.abs(s) * width + Math.abs(c) * height) / 2;
    }
    context.restore();
    context.strokeStyle = context.fillStyle = style("--ink");
    context.lineWidth = 1;
    context.strokeRect(MARGIN.left - 0.5, 7.5, width + 1, height + 1);
    context.textBaseline = "top";
    context.textAlign = "center";
    for (const v of niceSteps(middle[0] - unit * width / 2, middle[0] + unit * width / 2, 6)) context.fillText(show(v), X(v), height + 13);
    context.fillText("x₀", MARGIN.left + width / 2, height + 32);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const v of niceSteps(middle[1] - unit * height / 2, middle[1] + unit * height / 2, 5)) context.fillText(show(v), MARGIN.left - 6, Y(v));
    besideAxis(context, "x₁", 8 + height / 2);
    context.textAlign = "left";
    const x = MARGIN.left + width + 12;
    ["y = 0", "y = 1"].forEach((label, k) => {
      context.fillStyle = CLASSES[k];
      mark(context, x + 4, 18 + 20 * k, k, 4);
      context.fillStyle = style("--ink");
      context.fillText(label, x + 14, 18 + 20 * k);
    });
    if (panel.plane.dataset.hidden === "true") {
      context.textAlign = "center";
      context.fillStyle = "#1c1e21";
      context.fillText("the line of this cell lies outside this view", MARGIN.left + width / 2, 24);
    }
  }

  // --- table ----------------------------------------------------------------------------------------------------------

  const readout = document.getElementById("readout");
  const cells = new Map();

  function makeReadout() {
    const head = make("tr", make("thead", readout));
    make("th", head);
    for (const {set} of panels) make("th", head, {textContent: set.name});
    const body = make("tbody", readout);
    const rows = source.axes.map(({symbol, unit}, k) => [["phi", "r"][k], "position", symbol, unit]);
    for (const name of names) {
      const {words, symbol, unit} = source.quantities[name];
      rows.push([name, words, symbol, unit]);
    }
    for (const [name, words, symbol, unit] of rows) {
      const row = make("tr", body);
      make("td", row, {innerHTML: symbol, title: words});
      for (const {set} of panels) {
        const cell = make("td", row, {textContent: "–"});
        cell.dataset.set = set.name;
        cell.dataset.field = name;
        cells.set(`${set.name} ${name}`, [cell, unit]);
      }
    }
  }

  function fillReadout() {
    for (const {set} of panels) {
      const own = set.minimum && [cellOf(phiEdges, set.minimum[0]), cellOf(rEdges, set.minimum[1])];
      const place = state.cell || own;
      if (!place) continue;
      const [i, j] = place;
      const put = (name, value) => {
        const [cell, unit] = cells.get(`${set.name} ${name}`), scale = set.scales[name];
        const waiting = name !== "phi" && name !== "r" && isWaiting(set, i, j);
        const text = scale?.names[value - scale.low - 0.5] ?? show(value);
        cell.textContent = waiting ? "not computed" : text + (unit === "1" || unit === "" || !Number.isFinite(value) ? "" : ` ${unit}`);
      };
      put("phi", phi[i]);
      put("r", r[j]);
      for (const name of names) put(name, set.fields[name] ? at(set, name, i, j) : NaN);
    }
  }

  // --- pointer and keys -------------------------------------------------------------------------------------------------

  function moveTo(cell) {
    state.cell = cell;
    for (const panel of panels) {
      drawMap(panel);
      drawPlane(panel);
    }
    fillReadout();
  }

  function startAt(start) {
    for (const panel of panels) {
      const evaluate = evaluatorOf(panel.set);
      if (!evaluate) {
        panel.paths.textContent = "No descents: the file holds neither all samples nor the fields they need.";
        continue;
      }
      const found = {g: descend(evaluate, "g", start), n: descend(evaluate, "n", start)};
      state.descents.set(panel.set.name, found);
      panel.paths.textContent = `${describe("Gradient descent", found.g)} ${describe("Natural gradient descent", found.n, WHY)}`;
      for (const kind of ["g", "n"]) {
        panel.paths.dataset[`${kind}Steps`] = found[kind].steps;
        panel.paths.dataset[`${kind}End`] = found[kind].end;
        panel.paths.dataset[`${kind}Loss`] = found[kind].loss;
        panel.paths.dataset[`${kind}Last`] = JSON.stringify(found[kind].path.at(-1));
      }
    }
    panels.forEach(drawMap);
  }

  function placeOf(panel, event) {
    const box = panel.map.getBoundingClientRect(), frame = frameOf(panel.map);
    const u = (event.clientX - box.left - frame.x) / frame.width, v = (event.clientY - box.top - frame.y) / frame.height;
    if (u < 0 || u > 1 || v < 0 || v > 1) return null;
    return [low.phi + u * (high.phi - low.phi), high.r - v * (high.r - low.r)];
  }

  const clamp = (value, x) => Math.min(Math.max(value, x[0]), x[x.length - 1]);

  function listen(panel) {
    panel.map.addEventListener("pointermove", event => {
      const place = placeOf(panel, event);
      moveTo(place && [cellOf(phiEdges, place[0]), cellOf(rEdges, place[1])]);
    });
    panel.map.addEventListener("pointerleave", () => moveTo(null));
    panel.map.addEventListener("click", event => {
      const place = placeOf(panel, event);
      if (place) startAt([clamp(place[0], phi), clamp(place[1], r)]);
    });
    panel.map.addEventListener("keydown", event => {
      const moves = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1]};
      const middle = [phi.length >> 1, r.length >> 1], [i, j] = state.cell || middle;
      if (moves[event.key]) {
        const far = event.shiftKey ? 10 : 1, [di, dj] = moves[event.key];
        moveTo([Math.min(Math.max(i + far * di, 0), phi.length - 1), Math.min(Math.max(j + far * dj, 0), r.length - 1)]);
      } else if (event.key === "Enter") {
        startAt([phi[i], r[j]]);
      } else {
        return;
      }
      event.preventDefault();
    });
  }

  // --- start ------------------------------------------------------------------------------------------------------------

  function redraw() {
    for (const panel of panels) {
      drawPicture(panel);
      drawMap(panel);
      drawPlane(panel);
    }
  }

  const select = document.getElementById("quantity");
  for (const name of names) make("option", select, {value: name, textContent: source.quantities[name].words});
  select.value = state.quantity;
  select.addEventListener("change", () => { state.quantity = select.value; redraw(); });
  document.getElementById("clear").addEventListener("click", () => {
    state.descents.clear();
    for (const panel of panels) panel.paths.textContent = "";
    redraw();
  });

  const thinned = phi.length < source.shape[0] || r.length < source.shape[1]
    ? `The maps show ${phi.length} x ${r.length} of ${source.shape[0]} x ${source.shape[1]} cells, those of all extremes among them. ` : "";
  const exact = sets.filter(set => set.samples && set.samples.all).map(set => set.name);
  const between = sets.filter(set => !exact.includes(set.name) && evaluatorOf(set)).map(set => set.name);
  document.getElementById("method").textContent = thinned +
    (exact.length ? `Descents of ${exact.join(", ")}: loss, gradient and Fisher matrix are summed over the samples at every step. ` : "") +
    (between.length ? `Descents of ${between.join(", ")}: from the fields, interpolated between the cells of the map, because the page does not have all samples. ` : "") +
    "The step length is doubled after each step, and halved until the loss falls by at least half of what its slope predicts. " +
    `No step is longer than ${LONGEST}, and no natural step is longer than the natural gradient. Natural steps are longest ` +
    "where the outputs change least, so a descent that starts high on a wall may run far along the valley before it reaches the " +
    `floor. A descent ends where a natural step would lower the loss by less than ${show(ENOUGH)} of its value, ` +
    `where it leaves the grid${periodic ? " (φ goes round)" : ""}, or after ${MOST_STEPS} steps.`;

  makeReadout();
  panels.forEach(listen);
  redraw();
  fillReadout();
  new ResizeObserver(() => window.requestAnimationFrame(redraw)).observe(document.getElementById("panels"));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
})();
