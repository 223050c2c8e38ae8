/* Screen 4: descents from one line, in the data as they are and moved. */

const RULES = {
  gradient: {words: "gradient", tint: "--gradient"},
  natural_gradient: {words: "natural gradient", tint: "--natural"},
  damped: {words: "damped natural gradient", tint: "--damped"},
  newton: {words: "Newton", tint: "--newton"},
};
const MOST_STEPS = {search: 2000, fixed: 20000};
const ENDS = {
  minimum: "arrived",
  steps: "not arrived",
  stuck: "no step lowers the loss",
  uphill: "H indefinite",
  undefined: "no such step",
  overflow: "out of range",
};
const DASHED = [7, 5];

/** The longest fixed step with which a descent settles at the minimum: 2 over the largest eigenvalue of P H. */
function longestStep(rule, point, damping) {
  const [a, b, d] = [point.hessian_phi_phi, point.fisher[1], point.fisher[2]];
  if (rule === "gradient") return 2 / point.hessian_eigenvalues[0];
  if (rule === "newton") return 2;
  if (rule === "natural_gradient") return 2 / Math.max(...point.fisher_hessian_eigenvalues);
  const [p, q, s] = [point.fisher[0] + damping, point.fisher[1], point.fisher[2] + damping], det = p * s - q * q;
  const trace = (s * a - 2 * q * b + p * d) / det, product = (a * d - b * b) / det;
  return 2 / (trace / 2 + Math.sqrt(Math.max(0, trace * trace / 4 - product)));
}

function makeRace() {
  const runs = {}; // {"gradient 0": of a rule in the data as they are, "gradient 1": moved}
  const chosen = () => Object.keys(RULES).filter(rule => state.rules.split(" ").includes(rule));
  const runOf = (rule, k) => runs[`${rule} ${k}`];
  /** [rule, k, its run] of all that are there. */
  const present = () =>
    chosen().flatMap(rule => shownSizes().map((_, k) => [rule, k, runOf(rule, k)])).filter(([, , run]) => run);
  const styleOf = (rule, k) => ({tint: colour(RULES[rule].tint), dash: k ? DASHED : []});
  const plane = byId("race-plane"), slider = byId("race-step"), table = byId("race-table");
  let request = 0, playing = 0;

  const boxes = byId("race-rules");
  for (const [rule, {words, tint}] of Object.entries(RULES)) {
    const label = make("label", boxes);
    make("input", label, {type: "checkbox", checked: chosen().includes(rule), dataset: {rule}});
    make("span", label, {className: "swatch"}).style.borderColor = `var(${tint})`;
    label.append(words);
  }
  boxes.addEventListener("change", () => {
    const checked = [...boxes.querySelectorAll("input")].filter(box => box.checked);
    change({rules: checked.map(box => box.dataset.rule).join(" ")});
  });

  const maps = [0, 1].map(k => makeMap(byId("race-maps"), {
    name: `race-${k}`, size: () => k * state.shift, parts: "shift",
    overlay(context, X, Y) {
      for (const rule of chosen()) {
        const run = runOf(rule, k);
        if (!run) continue;
        const path = run.path.slice(0, stepNow() + 1), tint = colour(RULES[rule].tint), [phi, r] = path.at(-1);
        drawPath(context, X, Y, path, {tint, width: 2.2});
        for (const place of turns(phi)) {
          disc(context, X(place), Y(r), 5.5, "#000");
          disc(context, X(place), Y(r), 4, tint);
        }
      }
    },
  }));

  const longest = () => Math.max(1, ...present().map(([, , run]) => run.steps));
  /** The step that is shown; state.step counts from 1, 0 means the last. */
  const stepNow = () => state.step === 0 ? longest() : Math.min(state.step - 1, longest());

  async function run() {
    const id = ++request;
    if (!hasSamples()) return;
    byId("race-words").textContent = "Computing …";
    table.setAttribute("aria-busy", "true");
    await Promise.all(chosen().flatMap(rule => shownSizes().map(async (size, k) => {
      const r = state.r - offset(state.phi, size);
      const found = await fishergrid.later("descend", moved(size), rule, state.phi, r, optionsOf(rule, size));
      if (id === request && found) runs[`${rule} ${k}`] = found;
    })));
    if (id !== request) return;
    table.removeAttribute("aria-busy");
    describe();
    show_step();
  }

  function optionsOf(rule, size) {
    const fixed = state.way === "fixed", point = fixed && minimumOf(size);
    const options = {damping: state.damping, max_steps: MOST_STEPS[fixed ? "fixed" : "search"]};
    if (point) options.target = [point.phi, point.r];
    if (point) options.step = state.share * longestStep(rule, point, state.damping);
    return options;
  }

  // --- the numbers ---

  const inAll = of => shownSizes().map(of).join(" and ");
  const endOf = found => found.end === "minimum" ? found.steps : `${found.steps} (${ENDS[found.end] ?? found.end})`;

  function describe() {
    table.replaceChildren();
    make("caption", table, {
      textContent: `Descents from the line φ = ${show(state.phi, 5)}, r = ${show(state.r, 5)} of ${nameOf(0)}`,
    });
    const head = make("tr", make("thead", table)), body = make("tbody", table), sizes = shownSizes();
    const titles = ["steps", "loss"].flatMap(word => sizes.map(size => `${word} in ${nameOf(size)}`));
    for (const text of ["rule", ...titles]) make("th", head, {textContent: text, attributes: {scope: "col"}});
    for (const rule of chosen()) {
      const row = make("tr", body, {dataset: {rule}}), all = sizes.map((_, k) => runOf(rule, k));
      make("th", row, {textContent: RULES[rule].words, attributes: {scope: "row"}});
      all.forEach((found, k) => make("td", row, {
        textContent: found ? endOf(found) : "–", dataset: {run: k, steps: found?.steps, end: found?.end},
      }));
      for (const found of all) make("td", row, {textContent: found ? show(found.loss, 9) : "–"});
    }
    const steps = (rule, k) => runOf(rule, k)?.arrived ? runOf(rule, k).steps : "not arrived";
    const words = chosen().map(rule => `${RULES[rule].words} ${inAll((_, k) => steps(rule, k))}`);
    const indefinite = present().some(([, , found]) => found.end === "uphill")
      ? " Newton’s step goes uphill where the Hessian H is indefinite, so it ends there." : "";
    byId("race-words").textContent = `Steps in ${inAll(nameOf)}: ${words.join("; ")}.${indefinite}`;
    byId("race-share").textContent = state.way === "fixed" && minimumOf(0) ? fixedSteps() : "";
  }

  function fixedSteps() {
    const step = (rule, size) => show(state.share * longestStep(rule, minimumOf(size), state.damping), 3);
    return `Steps: ${chosen().map(rule => `${RULES[rule].words} ${inAll(size => step(rule, size))}`).join("; ")}.`;
  }

  // --- the pictures ---

  function show_step() {
    if (!hasSamples()) return;
    const steps = longest(), now = stepNow();
    slider.value = Math.round(1000 * Math.log1p(now) / Math.log1p(steps));
    slider.setAttribute("aria-valuetext", `step ${now}`);
    byId("race-now").textContent = `step ${now}`;
    for (const map of maps) map.draw();
    drawLines();
    drawChart(byId("race-chart"), present(), {steps, now, styleOf});
  }

  /** The lines of all descents at this step in the samples; those of the moved data dashed, moved back. */
  function drawLines() {
    const view = drawSamples(plane, base(), [], 300), sizes = shownSizes(), edge = colour("--panel");
    for (const [rule, k, found] of present()) {
      const [phi, r] = found.path[Math.min(stepNow(), found.steps)];
      const line = lineIn(view, phi, r + offset(phi, sizes[k]));
      if (Number.isFinite(phi + r)) stroke(view.context, line, {...styleOf(rule, k), width: 2.2, edge});
    }
  }

  // --- the step that is shown ---

  const ofShare = (share, last) => 1 + Math.round(Math.expm1(share * Math.log1p(last)));
  slider.addEventListener("input", () => {
    stop();
    change({step: ofShare(slider.value / 1000, longest())});
  });
  const stop = () => {
    cancelAnimationFrame(playing);
    playing = 0;
    byId("race-play").textContent = "Play";
  };
  byId("race-play").addEventListener("click", () => {
    if (playing) return stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return change({step: 0});
    byId("race-play").textContent = "Stop";
    const started = performance.now(), last = longest();
    const go = time => {
      const share = (time - started) / 6000;
      change({step: share < 1 ? ofShare(Math.max(0, share), last) : 0});
      if (share < 1) playing = requestAnimationFrame(go);
      else stop();
    };
    playing = requestAnimationFrame(go);
  });

  when("set shift", () => {
    for (const key of Object.keys(runs)) delete runs[key]; // of other data
  });
  when("set shift phi r rules way share damping stationary", run);
  when("step theme", show_step);
  onWidth(plane.parentElement, show_step);
}

/** Loss above the minimum against the step, both logarithmic. runs: [[rule, k, run], ...]. */
function drawChart(canvas, runs, {steps, now, styleOf}) {
  const frame = {left: 46, right: 8, top: 26, bottom: 34}, canvasHeight = 270;
  const width = widthOf(canvas.parentElement, PAPER_PLANE) - frame.left - frame.right;
  const height = canvasHeight - frame.top - frame.bottom, bottom = frame.top + height;
  const context = prepare(canvas, width + frame.left + frame.right, canvasHeight);
  if (runs.length === 0) return; // nothing has been computed yet
  const minima = shownSizes().map(size => minimumOf(size)?.loss ?? Infinity);
  const least = Math.min(...minima, ...runs.map(([, , run]) => run.loss));
  const floor = Math.max(1e-9 * Math.abs(least), 1e-12), above = loss => Math.max(loss - least, floor);
  const high = Math.max(10 * floor, ...runs.map(([, , run]) => above(run.losses[0])));
  const X = k => frame.left + Math.log1p(k) / Math.log1p(steps) * width;
  const Y = loss => frame.top + Math.log(high / Math.min(above(loss), high)) / Math.log(high / floor) * height;
  drawFrame(context, frame.left, frame.top, width, height);
  for (let k = 1; k <= steps; k *= 10) {
    context.fillRect(X(k) - 0.5, bottom, 1, 4);
    context.fillText(show(k), X(k), bottom + 6);
  }
  context.fillText("step", frame.left + width / 2, bottom + 19);
  Object.assign(context, {textAlign: "right", textBaseline: "middle"});
  for (let power = Math.ceil(Math.log10(floor)); power <= Math.log10(high); power += 3) {
    const y = Y(least + 10 ** power);
    context.fillRect(frame.left - 4, y - 0.5, 4, 1);
    context.fillText(`10${raised(String(power))}`, frame.left - 6, y);
  }
  Object.assign(context, {textAlign: "left", textBaseline: "bottom"});
  context.fillText("loss above the minimum, in nats", frame.left, frame.top - 6);
  stroke(context, [[X(now), frame.top], [X(now), bottom]], {tint: colour("--quiet"), width: 1, edge: null});
  for (const [rule, k, run] of runs) {
    const points = run.losses.map((loss, at) => [X(at), Y(loss)]).filter(([, y]) => Number.isFinite(y));
    stroke(context, points, {...styleOf(rule, k), edge: null});
  }
}
