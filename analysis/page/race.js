/* Screen 4: descents from one line, in the data as they are and moved. */

const RULES = {
  gradient: {words: "gradient", tint: "--gradient"},
  natural_gradient: {words: "natural gradient", tint: "--natural"},
  damped: {words: "damped natural gradient", tint: "--damped"},
  newton: {words: "Newton", tint: "--newton"},
};
const MOST_STEPS = {search: 2000, fixed: 20000};
const ENDS = {
  minimum: "arrived", steps: "not arrived", stuck: "no step lowers the loss", uphill: "ended: the Hessian is indefinite, Newton’s step goes uphill",
  undefined: "ended: there is no such step", overflow: "ended: left the range of numbers",
};

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
  const runs = {}; // {"gradient 0": of a rule in the data moved by 0}
  const sizes = () => [0, state.shift], chosen = () => Object.keys(RULES).filter(rule => state.rules.split(" ").includes(rule));
  const plane = byId("race-plane"), chart = byId("race-chart"), slider = byId("race-step"), table = byId("race-table");
  let request = 0, playing = 0;

  const boxes = byId("race-rules");
  for (const [rule, {words, tint}] of Object.entries(RULES)) {
    const label = make("label", boxes);
    const box = make("input", label, {type: "checkbox", checked: chosen().includes(rule), dataset: {rule}});
    make("span", label, {className: "swatch"}).style.borderColor = `var(${tint})`;
    label.append(words);
    box.addEventListener("change", () => change({rules: Object.keys(RULES).filter(name => boxes.querySelector(`[data-rule=${name}]`).checked).join(" ")}));
  }

  const maps = [0, 1].map(k => makeMap(byId("race-maps"), {
    name: `race-${k}`, size: () => sizes()[k], parts: "shift",
    overlay(context, X, Y) {
      for (const rule of chosen()) {
        const run = runs[`${rule} ${k}`];
        if (!run) continue;
        const path = run.path.slice(0, stepNow() + 1), tint = colour(RULES[rule].tint);
        drawPath(context, X, Y, path, {tint, width: 2.2});
        const [phi, r] = path.at(-1);
        for (const place of turns(phi)) { disc(context, X(place), Y(r), 5.5, "#000"); disc(context, X(place), Y(r), 4, tint); }
      }
      drawPoints(context, X, Y, sizes()[k]);
    },
  }));

  const longest = () => Math.max(1, ...chosen().flatMap(rule => [0, 1].map(k => runs[`${rule} ${k}`]?.steps ?? 0)));
  /** The step that is shown; state.step counts from 1, 0 means the last. */
  const stepNow = () => state.step === 0 ? longest() : Math.min(state.step - 1, longest());

  async function run() {
    const id = ++request, fixed = state.way === "fixed";
    byId("race-words").textContent = "Computing …";
    table.setAttribute("aria-busy", "true");
    await Promise.all(chosen().flatMap(rule => [0, 1].map(async k => {
      const size = sizes()[k], set = moved(size), point = minimumOf(size);
      const options = {damping: state.damping, max_steps: MOST_STEPS[fixed ? "fixed" : "search"]};
      if (fixed && point) Object.assign(options, {step: state.share * longestStep(rule, point, state.damping), target: [point.phi, point.r]});
      const found = await fishergrid.later("descend", set, rule, state.phi, state.r - offset(state.phi, size), options);
      if (id === request && found) runs[`${rule} ${k}`] = found;
    })));
    if (id !== request) return;
    table.removeAttribute("aria-busy");
    describe();
    show_step();
  }

  function describe() {
    table.replaceChildren();
    make("caption", table, {textContent: `Descents from the line φ = ${show(state.phi, 5)}, r = ${show(state.r, 5)} of ${state.set}`});
    const head = make("tr", make("thead", table)), body = make("tbody", table);
    for (const text of ["rule", ...sizes().map(size => `steps in ${nameOf(size)}`), ...sizes().map(size => `loss in ${nameOf(size)}`)])
      make("th", head, {textContent: text, attributes: {scope: "col"}});
    for (const rule of chosen()) {
      const row = make("tr", body, {dataset: {rule}}), both = [0, 1].map(k => runs[`${rule} ${k}`]);
      make("th", row, {textContent: RULES[rule].words, attributes: {scope: "row"}});
      both.forEach((found, k) => make("td", row, {
        textContent: found ? `${found.steps}${found.end === "minimum" ? "" : ` (${ENDS[found.end] ?? found.end})`}` : "–",
        dataset: {run: k, steps: found?.steps, end: found?.end},
      }));
      for (const found of both) make("td", row, {textContent: found ? show(found.loss, 9) : "–"});
    }
    const words = chosen().map(rule => `${RULES[rule].words} ${[0, 1].map(k => runs[`${rule} ${k}`]).map(found => found?.arrived ? found.steps : "not arrived").join(" and ")}`);
    byId("race-words").textContent = `Steps in ${sizes().map(nameOf).join(" and ")}: ${words.join("; ")}.`;
    const point = minimumOf(0), other = minimumOf(state.shift);
    byId("race-share").textContent = state.way !== "fixed" || !point ? "" : "Steps: " + chosen().map(rule =>
      `${RULES[rule].words} ${[point, other].map(p => show(state.share * longestStep(rule, p, state.damping), 3)).join(" and ")}`).join("; ") + ".";
  }

  function show_step() {
    const steps = longest(), now = stepNow();
    slider.value = Math.round(1000 * Math.log1p(now) / Math.log1p(steps));
    slider.setAttribute("aria-valuetext", `step ${now}`);
    byId("race-now").textContent = `step ${now}`;
    for (const map of maps) map.draw();
    drawLines();
    drawChart();
  }

  /** The lines of all descents at this step in the samples; those of the moved data dashed, moved back. */
  function drawLines() {
    const view = drawSamples(plane, base(), [], 300);
    for (const rule of chosen()) {
      [0, 1].forEach(k => {
        const run = runs[`${rule} ${k}`];
        if (!run) return;
        const [phi, r] = run.path[Math.min(stepNow(), run.steps)];
        if (Number.isFinite(phi + r)) stroke(view.context, lineIn(view, phi, r + offset(phi, sizes()[k])), {tint: colour(RULES[rule].tint), dash: k ? [7, 5] : [], width: 2.2, edge: colour("--panel")});
      });
    }
  }

  function drawChart() {
    const width = chart.parentElement.clientWidth, height = 250, frame = {left: 46, right: 8, top: 8, bottom: 34};
    const context = prepare(chart, width, height), found = chosen().flatMap(rule => [0, 1].map(k => [rule, k, runs[`${rule} ${k}`]])).filter(([, , run]) => run);
    if (found.length === 0) return; // nothing has been computed yet
    const least = Math.min(...sizes().map(size => minimumOf(size)?.loss ?? Infinity), ...found.map(([, , run]) => Math.min(...run.losses.slice(-1))));
    const floor = Math.max(1e-9 * Math.abs(least), 1e-12), above = loss => Math.max(loss - least, floor);
    const high = Math.max(10 * floor, ...found.map(([, , run]) => above(run.losses[0]))), steps = longest();
    const X = k => frame.left + Math.log1p(k) / Math.log1p(steps) * (width - frame.left - frame.right);
    const Y = loss => frame.top + Math.log(high / Math.min(above(loss), high)) / Math.log(high / floor) * (height - frame.top - frame.bottom);
    Object.assign(context, {strokeStyle: colour("--ink"), fillStyle: colour("--ink"), lineWidth: 1, textAlign: "center", textBaseline: "top"});
    context.strokeRect(frame.left - 0.5, frame.top - 0.5, width - frame.left - frame.right + 1, height - frame.top - frame.bottom + 1);
    for (let k = 1; k <= steps; k *= 10) context.fillText(show(k), X(k), height - frame.bottom + 5);
    context.fillText("step", (width + frame.left) / 2, height - 15);
    Object.assign(context, {textAlign: "right", textBaseline: "middle"});
    for (let power = Math.ceil(Math.log10(floor)); power <= Math.log10(high); power += 3) context.fillText(`10${raised(String(power))}`, frame.left - 5, Y(least + 10 ** power));
    context.textAlign = "left";
    context.fillText("loss above the minimum", frame.left + 6, height - frame.bottom - 10);
    const now = stepNow();
    stroke(context, [[X(now), frame.top], [X(now), height - frame.bottom]], {tint: colour("--quiet"), width: 1, edge: null});
    for (const [rule, k, run] of found)
      stroke(context, run.losses.map((loss, at) => [X(at), Y(loss)]).filter(([, y]) => Number.isFinite(y)), {tint: colour(RULES[rule].tint), dash: k ? [7, 5] : [], edge: null});
  }

  slider.addEventListener("input", () => { stop(); change({step: 1 + Math.round(Math.expm1(slider.value / 1000 * Math.log1p(longest())))}); });
  const stop = () => { cancelAnimationFrame(playing); playing = 0; byId("race-play").textContent = "Play"; };
  byId("race-play").addEventListener("click", () => {
    if (playing) return stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return change({step: 0});
    byId("race-play").textContent = "Stop";
    const started = performance.now(), last = longest();
    const go = time => {
      const share = (time - started) / 6000;
      change({step: share < 1 ? 1 + Math.round(Math.expm1(Math.max(0, share) * Math.log1p(last))) : 0});
      if (share < 1) playing = requestAnimationFrame(go); else stop();
    };
    playing = requestAnimationFrame(go);
  });

  when("set shift phi r rules way share damping stationary", run);
  when("step theme", show_step);
  onWidth(plane.parentElement, show_step);
}
