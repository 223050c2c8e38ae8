/* Maps of (phi, r). All show one window, so that they can be compared; one unit of phi is as long as one of r unless
 * the data lie too far away for that.
 *
 * Click or tap: the line of that place. Drag: move the window. Once a map is in focus, the wheel zooms, and
 * so do + and -; arrow keys move the line, with Shift the window; 0 shows everything. */

const MARGIN = {left: 34, right: 8, top: 8, bottom: 34};
const TALLEST = 2.1, FLATTEST = 0.6; // height over width of a map
const PAPER = 270; // pixels of the width of a map on paper
const COARSE = 6; // pixels of the first picture, which is there sooner
const SMALLEST = 1e-9, LARGEST = 1e6; // of a window

/** What all maps show at first: a turn of phi, and the whole floor of the valley. */
function home() {
  const {phi, r} = fishergrid.ranges;
  const reach =
    r[1] - r[0] > 0 ? Math.max(...r.map(Math.abs), floorSize(0), floorSize(lengthOf(movedOf.get(state.set)))) : 5;
  const high = Math.ceil(2 * reach + 0.5) / 2, wide = phi[1] - phi[0] > 0 ? phi : [phi[0] - 1, phi[0] + 1];
  return {phi: [...wide], r: [-high, high]};
}

const meanOf = x => x.reduce((a, b) => a + b, 0) / x.length;
const weighted = (set, x) =>
  set.weights ? x.reduce((a, b, k) => a + set.weights[k] * b, 0) / set.weights.reduce((a, b) => a + b, 0) : meanOf(x);

const centres = new WeakMap();
/** Mean of x0 and of x1 of the moved data; NaN without samples. */
function centre(size = state.shift) {
  const set = base(), [d0, d1] = shiftOf(size);
  if (!centres.has(set)) centres.set(set, [weighted(set, set.x0), weighted(set, set.x1)]);
  const [m0, m1] = centres.get(set);
  return [m0 + d0, m1 + d1];
}
/** Floor of the valley: the lines through the mean of the data. */
const floorAt = (phi, size) => { const [m0, m1] = centre(size); return -(m0 * Math.sin(phi) + m1 * Math.cos(phi)); };
const floorSize = size => Math.hypot(...centre(size)) || 0;

function ranges() {
  const given = state.window.split(" ").map(Number);
  return given.length === 4 && given.every(Number.isFinite) && given[0] < given[1] && given[2] < given[3]
    ? {phi: given.slice(0, 2), r: given.slice(2)} : home();
}
const show_window = ({phi, r}) =>
  change({window: [...phi, ...r].map(value => Number(value.toPrecision(12))).join(" ")});

/** The window, `factor` times as large about a place, which stays where it is. */
function zoom(factor, at) {
  const {phi, r} = ranges(), size = (phi[1] - phi[0]) * factor;
  const about = at ?? [(phi[0] + phi[1]) / 2, (r[0] + r[1]) / 2];
  if (size < SMALLEST || size > LARGEST) return;
  show_window({
    phi: phi.map(v => about[0] + factor * (v - about[0])),
    r: r.map(v => about[1] + factor * (v - about[1])),
  });
}
const pan = (dphi, dr) => {
  const {phi, r} = ranges();
  show_window({phi: phi.map(v => v + dphi), r: r.map(v => v + dr)});
};

/** Chooses a line by its place on a map of the data moved by `size`. */
const choose = (phi, r, size) => change({phi, r: r + offset(phi, size), step: 0});

const HOVER = {now: null}; // the place under the pointer, on no link
const hoverers = [];
let drawing = false;
function hover(place) {
  HOVER.now = place;
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => { drawing = false; for (const draw of hoverers) draw(); });
}

/** A map in `parent`, with its stationary points. size(): how far its data are moved; overlay(context, X, Y): draws on
 * it; axis: what its vertical axis is; parts: of the state that change what overlay draws. */
function makeMap(parent, {
  name, size, title = () => nameOf(size()), quantity = () => "loss", axis = () => "r", overlay, parts,
}) {
  const box = make("div", parent, {className: "map"}), heading = make("h3", box);
  const canvas = make("canvas", box, {
    tabIndex: 0, dataset: {map: name}, attributes: {role: "application", "aria-describedby": "keys"},
  });
  const bar = make("div", box, {className: "bar"}), colours = make("div", bar, {className: "colours"});
  const labels = make("div", bar, {className: "labels"}), meaning = make("div", bar);
  const buttons = make("div", box, {className: "buttons"});
  for (const [text, words, act] of [
    ["+", "Zoom in", () => zoom(0.5)],
    ["−", "Zoom out", () => zoom(2)],
    ["all", "Show all", () => change({window: ""})],
  ]) {
    const attributes = {"aria-label": words};
    make("button", buttons, {type: "button", textContent: text, title: words, onclick: act, attributes});
  }

  let picture = null, request = 0, visible = false, stale = true, timer = 0;

  function frame() {
    const {phi, r} = home(), ratio = Math.min(TALLEST, Math.max(FLATTEST, (r[1] - r[0]) / (phi[1] - phi[0])));
    const width = Math.max(60, widthOf(box, PAPER) - MARGIN.left - MARGIN.right);
    return {width, height: Math.round(width * ratio)};
  }

  function scales() {
    const {phi, r} = ranges(), {width, height} = frame();
    return {
      X: v => MARGIN.left + ((v - phi[0]) / (phi[1] - phi[0])) * width,
      Y: v => MARGIN.top + ((r[1] - v) / (r[1] - r[0])) * height,
      at: (x, y) => [
        phi[0] + ((x - MARGIN.left) / width) * (phi[1] - phi[0]),
        r[1] - ((y - MARGIN.top) / height) * (r[1] - r[0]),
      ],
    };
  }

  /** Those out of sight come when nothing else has happened for a while, for print. */
  function later() {
    clearTimeout(timer);
    timer = setTimeout(() => stale && refresh(true), QUIET);
  }

  /** Asks for the picture of the window, a coarse one first. */
  async function refresh(hidden = false) {
    stale = true;
    if (!visible && !hidden) return later();
    stale = false;
    const id = ++request, window_ = ranges(), {width, height} = frame(), set = moved(size()), what = quantity();
    const fine = Math.min(2, window.devicePixelRatio || 1);
    for (const each of [1 / COARSE, fine]) {
      const [w, h] = [width, height].map(n => Math.max(1, Math.round(n * each)));
      const values = await fishergrid.window(set, what, window_, w, h, {slot: name});
      if (id !== request || !values) return;
      const scale = scaleOf(values);
      picture = {canvas: paint(values, w, h, scale, each >= 1), ranges: window_};
      if (scale) {
        colours.style.background = barOf(scale);
        meaning.textContent = fishergrid.QUANTITIES[what];
        labels.replaceChildren(...[0, 0.5, 1].map(f => make("span", null, {textContent: show(scale.value(f), 3)})));
      }
      if (each >= 1) performance.mark("picture");
      canvas.dataset.ready = each >= 1 ? `${set.name} ${what} ${state.window}` : "";
      draw();
    }
  }

  function draw() {
    const {width, height} = frame(), {X, Y} = scales();
    const context = prepare(canvas, width + MARGIN.left + MARGIN.right, height + MARGIN.top + MARGIN.bottom);
    heading.textContent = title();
    canvas.setAttribute("aria-label", `${fishergrid.QUANTITIES[quantity()]} of ${title()} over φ and r`);
    context.save();
    context.beginPath();
    context.rect(MARGIN.left, MARGIN.top, width, height);
    context.clip();
    context.fillStyle = "#8c8c8c";
    context.fillRect(MARGIN.left, MARGIN.top, width, height);
    if (picture) {
      const {phi, r} = picture.ranges;
      context.drawImage(picture.canvas, X(phi[0]), Y(r[1]), X(phi[1]) - X(phi[0]), Y(r[0]) - Y(r[1]));
    }
    overlay?.(context, X, Y);
    for (const place of turns(state.phi))
      drawLineMark(context, X(place), Y(state.r - offset(state.phi, size())), "#fff");
    if (HOVER.now)
      for (const place of turns(HOVER.now[0]))
        drawLineMark(context, X(place), Y(HOVER.now[1] - offset(HOVER.now[0], size())), "#ffd400");
    context.restore();
    axes(context, width, height, X, Y);
    drawPoints(context, X, Y, size()); // whole, also on an edge
  }

  function axes(context, width, height, X, Y) {
    const {phi, r} = ranges(), bottom = MARGIN.top + height;
    drawFrame(context, MARGIN.left, MARGIN.top, width, height);
    const quarters = (phi[1] - phi[0]) / Math.PI > 0.9;
    for (const v of quarters ? ticks(phi[0] / Math.PI, phi[1] / Math.PI, 4).map(k => k * Math.PI) : ticks(...phi, 3)) {
      context.fillRect(X(v) - 0.5, bottom, 1, 4);
      context.fillText(quarters ? piText(v / Math.PI) : show(v), X(v), bottom + 6);
    }
    context.textAlign = "right";
    context.fillText("φ", MARGIN.left + width, bottom + 20);
    context.textBaseline = "middle";
    for (const v of ticks(...r, 8)) {
      context.fillRect(MARGIN.left - 4, Y(v) - 0.5, 4, 1);
      if (Math.abs(Y(v) - MARGIN.top - 4) > 12) // off the axis' own letter
        context.fillText(show(v), MARGIN.left - 6, Y(v), MARGIN.left - 6);
    }
    context.textAlign = "left";
    context.fillText(axis(), 2, MARGIN.top + 4);
  }

  const piText = k => Math.abs(k) < 1e-9 ? "0" : `${Math.abs(k - 1) < 1e-9 ? "" : show(k, 3)}π`;

  // --- pointer and keys ---
  const pointers = new Map();
  let travelled = 0;
  const placeOf = event => {
    const b = canvas.getBoundingClientRect();
    return scales().at(event.clientX - b.left, event.clientY - b.top);
  };
  const spread = () => { const [a, b] = [...pointers.values()]; return Math.hypot(a[0] - b[0], a[1] - b[1]); };

  canvas.addEventListener("pointerdown", event => {
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    canvas.setPointerCapture(event.pointerId);
    travelled = 0;
  });
  canvas.addEventListener("pointermove", event => {
    const before = pointers.get(event.pointerId), place = placeOf(event);
    if (!before) return hover([place[0], place[1] + offset(place[0], size())]);
    const apart = pointers.size === 2 ? spread() : 0, {X, Y} = scales();
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    travelled += Math.hypot(event.clientX - before[0], event.clientY - before[1]);
    if (pointers.size === 2) zoom(apart / spread(), place);
    else if (travelled > 4)
      pan((before[0] - event.clientX) / (X(1) - X(0)), (before[1] - event.clientY) / (Y(1) - Y(0)));
  });
  const end = event => {
    if (pointers.delete(event.pointerId) && event.type === "pointerup" && travelled <= 4)
      choose(...placeOf(event), size());
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => hover(null));
  canvas.addEventListener("wheel", event => {
    if (document.activeElement !== canvas) return;
    event.preventDefault();
    zoom(2 ** (Math.sign(event.deltaY) * Math.min(1, Math.abs(event.deltaY) / 240)), placeOf(event));
  }, {passive: false});
  canvas.addEventListener("keydown", event => {
    const {phi, r} = ranges(),
      arrow = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1]}[event.key];
    const [dphi, dr] = arrow ? [arrow[0] * (phi[1] - phi[0]), arrow[1] * (r[1] - r[0])] : [];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (arrow && event.shiftKey) pan(dphi / 8, dr / 8);
    else if (arrow) choose(state.phi + dphi / 60, state.r - offset(state.phi, size()) + dr / 60, size());
    else if (event.key === "+" || event.key === "=") zoom(0.5);
    else if (event.key === "-") zoom(2);
    else if (event.key === "0") change({window: ""});
    else return;
    event.preventDefault();
  });

  when(`window set ${parts}`, () => refresh());
  when(`window set phi r stationary theme ${parts}`, draw);
  hoverers.push(() => visible && draw());
  new IntersectionObserver(entries => {
    visible = entries.at(-1).isIntersecting;
    if (visible && stale) refresh();
  }, {rootMargin: "100px"}).observe(canvas);
  onWidth(box, () => { draw(); refresh(); });
  draw();
  refresh();
  return {draw, canvas, refresh};
}

/** phi and its turns within the window. */
function turns(phi) {
  const [low, high] = ranges().phi, found = [];
  for (let k = Math.ceil((low - phi) / (2 * Math.PI)); phi + 2 * Math.PI * k <= high && found.length < 20; k++)
    found.push(phi + 2 * Math.PI * k);
  return found;
}

function drawLineMark(context, x, y, tint) {
  for (const [style, width] of [["#000", 4], [tint, 2]]) {
    Object.assign(context, {strokeStyle: style, lineWidth: width});
    context.beginPath();
    context.arc(x, y, 6, 0, 2 * Math.PI);
    context.stroke();
  }
}

function drawStar(context, x, y) {
  context.beginPath();
  for (let k = 0; k < 10; k++) {
    const length = k % 2 ? 3.4 : 8.5, angle = Math.PI * (k / 5 - 0.5);
    context.lineTo(x + length * Math.cos(angle), y + length * Math.sin(angle));
  }
  context.closePath();
  Object.assign(context, {fillStyle: "#fff", strokeStyle: "#000", lineWidth: 1});
  context.fill();
  context.stroke();
}

const CROSS = [[-6, -6], [6, 6], [0, 0], [-6, 6], [6, -6]]; // in one stroke

/** Stationary points of the data moved by `size`: a star at a minimum, a cross at a saddle. */
function drawPoints(context, X, Y, size) {
  const [low, high] = ranges().r;
  for (const {phi, r, kind} of pointsOf(size).filter(point => low <= point.r && point.r <= high)) {
    for (const place of turns(phi)) {
      const [x, y] = [X(place), Y(r)];
      if (kind === "minimum") drawStar(context, x, y);
      else stroke(context, CROSS.map(([u, v]) => [x + u, y + v]), {tint: "#000"});
    }
  }
}

/** A path of [phi, r] with its copies whole turns away. */
function drawPath(context, X, Y, path, options) {
  const [low, high] = ranges().phi, values = path.map(([phi]) => phi), turn = 2 * Math.PI;
  const first = Math.ceil((low - Math.max(...values.slice(0, 5000))) / turn) - 1,
    last = Math.floor((high - Math.min(...values.slice(0, 5000))) / turn) + 1;
  for (let k = first; k <= last && k < first + 12; k++)
    stroke(
      context,
      path.filter(([phi, r]) => Number.isFinite(phi + r)).map(([phi, r]) => [X(phi + turn * k), Y(r)]),
      options,
    );
}
