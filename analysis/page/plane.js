/* The samples and lines in the plane (x0, x1), to scale. */

const CLASSES = ["--class-0", "--class-1"];
const MOST_DRAWN = 4000; // marks: more hide one another
const PAPER_PLANE = 380; // pixels of the width on paper
const FRAME = {left: 34, right: 8, top: 8, bottom: 34};

function samplesMark(context, x, y, label, radius) {
  if (label === 0) return disc(context, x, y, radius);
  context.beginPath();
  context.moveTo(x, y - 1.2 * radius);
  context.lineTo(x - 1.1 * radius, y + 0.9 * radius);
  context.lineTo(x + 1.1 * radius, y + 0.9 * radius);
  context.fill();
}

/** [lowest, highest] of numbers. */
const edgesOf = x => x.reduce((edges, v) => [Math.min(edges[0], v), Math.max(edges[1], v)], [Infinity, -Infinity]);

/** Draws the samples into a canvas. points: what shall be in the picture besides; framed: the samples that are to fit
 * into it. Returns its scales. */
function drawSamples(canvas, whole, points, tallest, framed = whole) {
  const set = whole.drawn ?? whole; // points that stand for many samples are none to look at
  const fits = framed.drawn ?? framed, step = Math.ceil(set.x0.length / MOST_DRAWN);
  const edges = (x, axis) => edgesOf([...edgesOf(x), ...points.map(point => point[axis])]);
  const [a0, b0] = edges(fits.x0, 0), [a1, b1] = edges(fits.x1, 1);
  const inner = widthOf(canvas.parentElement, PAPER_PLANE) - FRAME.left - FRAME.right;
  const height = Math.round(Math.min(tallest, Math.max(160, inner * (b1 - a1 || 1) / (b0 - a0 || 1) + 40)));
  const unit = 1.1 * Math.max((b0 - a0) / inner, (b1 - a1) / height, 1e-12); // a pixel
  const middle = [(a0 + b0) / 2, (a1 + b1) / 2], right = FRAME.left + inner, bottom = FRAME.top + height;
  const context = prepare(canvas, right + FRAME.right, bottom + FRAME.bottom);
  const X = v => FRAME.left + inner / 2 + (v - middle[0]) / unit;
  const Y = v => FRAME.top + height / 2 - (v - middle[1]) / unit;
  const at = (x, y) =>
    [middle[0] + unit * (x - FRAME.left - inner / 2), middle[1] - unit * (y - FRAME.top - height / 2)];
  context.fillStyle = colour("--panel");
  context.fillRect(FRAME.left, FRAME.top, inner, height);
  drawFrame(context, FRAME.left, FRAME.top, inner, height);
  for (const v of ticks(at(FRAME.left, 0)[0], at(right, 0)[0], 6)) context.fillText(show(v), X(v), bottom + 5);
  context.textAlign = "right";
  context.fillText("x₀", right, bottom + 19);
  context.textBaseline = "middle";
  for (const v of ticks(at(0, bottom)[1], at(0, FRAME.top)[1], 5)) context.fillText(show(v), FRAME.left - 5, Y(v));
  context.textAlign = "left";
  context.fillText("x₁", 2, FRAME.top + 4);
  context.beginPath();
  context.rect(FRAME.left, FRAME.top, inner, height);
  context.clip();
  context.globalAlpha = 0.55;
  const tints = CLASSES.map(colour);
  for (let k = 0; k < set.x0.length; k += step) {
    context.fillStyle = tints[set.y[k]];
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

const GRIP = 16, NEAR = 8; // pixels around the handle, and around the line and the samples

/** Screen 1: the moved data, the line, and its lever arm. Drag the line to move it, its handle to turn it, a sample to
 * see what depends on it: while it is dragged, here; once it is let go, everywhere. */
function makePlane() {
  const canvas = byId("plane"), out = byId("plane-words"), chosen = {k: -1};
  let view = null, handle = null, drag = null, preview = null;

  const here = () => HOVER.now ?? [state.phi, state.r];
  const fill = makeSamples(canvas, chosen, () => view.unit, draw);

  function draw() {
    if (!hasSamples()) return;
    const set = preview ?? moved(), [phi, own] = here(), r = own - offset(phi), s = Math.sin(phi), c = Math.cos(phi);
    const point = fishergrid.evaluate(set, phi, r), lever = point.fisher[1] / point.fisher[2];
    const foot = [-r * s, -r * c], end = [foot[0] + lever * c, foot[1] - lever * s];
    const near = Math.abs(r) < 4 * Math.hypot(...centre()) + 4 ? [foot] : [];
    view = drawSamples(canvas, set, [[0, 0], ...near], 460, preview ? moved() : set);
    const {context, X, Y} = view, screen = ([x, y]) => [X(x), Y(y)], plain = {edge: null};
    stroke(context, lineIn(view, phi, r), {tint: colour("--ink"), ...plain});
    stroke(context, [[0, 0], foot].map(screen), {tint: colour("--quiet"), width: 1.5, dash: [4, 4], ...plain});
    disc(context, X(0), Y(0), 4, colour("--ink"));
    Object.assign(context, {textAlign: "left", textBaseline: "bottom", fillStyle: colour("--ink")});
    context.fillText("origin", X(0) + 6, Y(0) - 4);
    if (Number.isFinite(lever)) {
      stroke(context, [foot, end].map(screen), {tint: colour("--lever"), width: 4, ...plain});
      disc(context, ...screen(end), 7, colour("--lever"));
    }
    if (chosen.k >= 0) drawLineMark(context, X(set.x0[chosen.k]), Y(set.x1[chosen.k]), "#ffd400");
    handle = Number.isFinite(lever) ? screen(end) : [NaN, NaN];
    Object.assign(canvas.dataset, {line: JSON.stringify([phi, r]), view: JSON.stringify([view.middle, view.unit])});
    out.textContent = `Line: φ = ${show(phi, 5)}, r = ${show(r, 5)}. Loss ${show(point.loss)}. ${leverWords(lever)}`;
  }

  const leverWords = lever => Number.isFinite(lever)
    ? `Lever arm ${show(lever, 4)}: turning by 0.1 moves the line at the data by ${show(Math.abs(lever) * 0.1, 3)}.`
    : "The Fisher matrix is 0 here: no sample is near the line.";

  const placeOf = event => {
    const b = canvas.getBoundingClientRect();
    return [event.clientX - b.left, event.clientY - b.top];
  };

  /** What a pointer takes hold of: the function that follows it. */
  function held([x, y]) {
    const place = view.at(x, y), r = state.r - offset(state.phi);
    if (Math.hypot(x - handle[0], y - handle[1]) < GRIP) return turnLine;
    const off = Math.abs(place[0] * Math.sin(state.phi) + place[1] * Math.cos(state.phi) + r) / view.unit;
    const k = canMoveSamples() && off > NEAR ? sampleNear(moved(), place, NEAR * view.unit) : -1;
    if (k < 0) return moveLine;
    chosen.k = k;
    fill();
    return dragSample;
  }

  canvas.addEventListener("pointerdown", event => {
    drag = held(placeOf(event));
    canvas.setPointerCapture(event.pointerId);
    if (drag === moveLine) drag(...view.at(...placeOf(event)));
    else draw();
  });
  canvas.addEventListener("pointermove", event => drag?.(...view.at(...placeOf(event))));
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, letGo);

  function letGo() {
    const set = preview, [d0, d1] = shiftOf(), k = chosen.k;
    drag = preview = null;
    if (set) moveSample(k, [set.x0[k] - d0, set.x1[k] - d1]);
  }

  function dragSample(p0, p1) {
    preview = withMoved(moved(), new Map([[chosen.k, [p0, p1]]]));
    draw();
  }

  function moveLine(p0, p1) {
    change({r: -(p0 * Math.sin(state.phi) + p1 * Math.cos(state.phi)) + offset(state.phi), step: 0});
  }

  function turnLine(p0, p1) {
    const r = state.r - offset(state.phi), far = Math.hypot(p0, p1);
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
  fill();
  draw();
}
