/* The samples and lines in the plane (x0, x1), to scale. */

const CLASSES = ["#d55e00", "#0072b2"];
const MOST_DRAWN = 4000; // marks: more hide one another

function samplesMark(context, x, y, label, radius) {
  if (label === 0) return disc(context, x, y, radius);
  context.beginPath();
  context.moveTo(x, y - 1.2 * radius);
  context.lineTo(x - 1.1 * radius, y + 0.9 * radius);
  context.lineTo(x + 1.1 * radius, y + 0.9 * radius);
  context.fill();
}

/** Draws the samples into a canvas; points: what shall be in the picture besides. Returns its scales. */
function drawSamples(canvas, whole, points, tallest) {
  const set = whole.drawn ?? whole; // points that stand for many samples are none to look at
  const width = canvas.parentElement.clientWidth, step = Math.ceil(set.x0.length / MOST_DRAWN), frame = {left: 34, right: 8, top: 8, bottom: 34};
  const edges = (x, more) => { let [a, b] = [Infinity, -Infinity]; for (const v of x) { a = Math.min(a, v); b = Math.max(b, v); } for (const v of more) { a = Math.min(a, v); b = Math.max(b, v); } return [a, b]; };
  const [a0, b0] = edges(set.x0, points.map(p => p[0])), [a1, b1] = edges(set.x1, points.map(p => p[1]));
  const inner = width - frame.left - frame.right;
  const height = Math.round(Math.min(tallest, Math.max(160, inner * (b1 - a1 || 1) / (b0 - a0 || 1) + 40)));
  const unit = 1.1 * Math.max((b0 - a0) / inner, (b1 - a1) / height, 1e-12); // a pixel
  const middle = [(a0 + b0) / 2, (a1 + b1) / 2];
  const context = prepare(canvas, width, height + frame.top + frame.bottom);
  const X = v => frame.left + inner / 2 + (v - middle[0]) / unit, Y = v => frame.top + height / 2 - (v - middle[1]) / unit;
  const at = (x, y) => [middle[0] + unit * (x - frame.left - inner / 2), middle[1] - unit * (y - frame.top - height / 2)];
  context.fillStyle = colour("--panel");
  context.fillRect(frame.left, frame.top, inner, height);
  Object.assign(context, {strokeStyle: colour("--ink"), fillStyle: colour("--ink"), lineWidth: 1, textAlign: "center", textBaseline: "top"});
  context.strokeRect(frame.left - 0.5, frame.top - 0.5, inner + 1, height + 1);
  for (const v of ticks(at(frame.left, 0)[0], at(frame.left + inner, 0)[0], 6)) context.fillText(show(v), X(v), frame.top + height + 5);
  Object.assign(context, {textAlign: "right"});
  context.fillText("x₀", frame.left + inner, frame.top + height + 19);
  context.textBaseline = "middle";
  for (const v of ticks(at(0, frame.top + height)[1], at(0, frame.top)[1], 5)) context.fillText(show(v), frame.left - 5, Y(v));
  context.textAlign = "left";
  context.fillText("x₁", 2, frame.top + 4);
  context.beginPath();
  context.rect(frame.left, frame.top, inner, height);
  context.clip();
  context.globalAlpha = 0.55;
  for (let k = 0; k < set.x0.length; k += step) {
    context.fillStyle = CLASSES[set.y[k]];
    samplesMark(context, X(set.x0[k]), Y(set.x1[k]), set.y[k], 2.2);
  }
  context.globalAlpha = 1;
  return {context, X, Y, at, unit, reach: unit * (inner + height), middle};
}

/** The line a = 0 of (phi, r), as two points beyond the picture. */
function lineIn({middle, reach, X, Y}, phi, r) {
  const s = Math.sin(phi), c = Math.cos(phi), a = s * middle[0] + c * middle[1] + r;
  const foot = [middle[0] - a * s, middle[1] - a * c], far = reach + Math.abs(a);
  return [-far, far].map(t => [X(foot[0] + t * c), Y(foot[1] - t * s)]);
}

/** Screen 1: the moved data, the line, and its lever arm. Drag the line to move it, its handle to turn it. */
function makePlane() {
  const canvas = byId("plane"), out = byId("plane-words");
  let view = null, handle = null, turning = false, held = false;

  const here = () => HOVER.now ?? [state.phi, state.r];

  function draw() {
    const set = moved(), [phi, own] = here(), r = own - offset(phi), s = Math.sin(phi), c = Math.cos(phi);
    const point = fishergrid.evaluate(set, phi, r), lever = point.fisher[1] / point.fisher[2];
    const foot = [-r * s, -r * c], end = [foot[0] + lever * c, foot[1] - lever * s];
    const near = Math.abs(r) < 4 * Math.hypot(...centre()) + 4 ? [foot] : [];
    view = drawSamples(canvas, set, [[0, 0], ...near], 460);
    const {context, X, Y} = view;
    stroke(context, lineIn(view, phi, r), {tint: colour("--ink"), edge: null});
    context.fillStyle = colour("--ink");
    stroke(context, [[X(0), Y(0)], [X(foot[0]), Y(foot[1])]], {tint: colour("--quiet"), width: 1.5, dash: [4, 4], edge: null});
    disc(context, X(0), Y(0), 4, colour("--ink"));
    Object.assign(context, {textAlign: "left", textBaseline: "bottom", fillStyle: colour("--ink")});
    context.fillText("origin", X(0) + 6, Y(0) - 4);
    if (Number.isFinite(lever)) {
      stroke(context, [[X(foot[0]), Y(foot[1])], [X(end[0]), Y(end[1])]], {tint: colour("--lever"), width: 4, edge: null});
      disc(context, X(end[0]), Y(end[1]), 7, colour("--lever"));
    }
    handle = [X(end[0]), Y(end[1])];
    canvas.dataset.line = JSON.stringify([phi, r]);
    out.textContent = `Line: φ = ${show(phi, 5)}, r = ${show(r, 5)}. Loss ${show(point.loss)}. ` + (Number.isFinite(lever)
      ? `Lever arm ${show(lever, 4)}: turning by 0.1 moves the line at the data by ${show(Math.abs(lever) * 0.1, 3)}.` : "The Fisher matrix is 0 here: no sample is near the line.");
  }

  const placeOf = event => { const b = canvas.getBoundingClientRect(); return [event.clientX - b.left, event.clientY - b.top]; };
  canvas.addEventListener("pointerdown", event => {
    const [x, y] = placeOf(event);
    held = true;
    turning = Math.hypot(x - handle[0], y - handle[1]) < 16;
    canvas.setPointerCapture(event.pointerId);
    if (!turning) drag(event);
  });
  canvas.addEventListener("pointermove", event => held && drag(event));
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { held = false; });

  function drag(event) {
    const [p0, p1] = view.at(...placeOf(event)), r = state.r - offset(state.phi), far = Math.hypot(p0, p1);
    if (!turning) return change({r: -(p0 * Math.sin(state.phi) + p1 * Math.cos(state.phi)) + offset(state.phi), step: 0});
    if (far < Math.abs(r) || far === 0) return; // no line at this distance from the origin meets the pointer
    const toward = Math.atan2(p1, p0), found = [Math.asin(-r / far) - toward, Math.PI - Math.asin(-r / far) - toward];
    const off = phi => Math.abs(Math.atan2(Math.sin(phi - state.phi), Math.cos(phi - state.phi)));
    let [phi] = found.sort((a, b) => off(a) - off(b));
    phi -= 2 * Math.PI * Math.floor(phi / (2 * Math.PI));
    change({phi, r: r + offset(phi), step: 0});
  }

  when("set shift phi r stationary theme", draw);
  hoverers.push(draw);
  onWidth(canvas.parentElement, draw);
  draw();
}
