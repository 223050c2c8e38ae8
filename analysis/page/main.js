/* Controls, numbers in sentences, and the start. */

const same = value => value;

/** An input that shows and sets a part of the state; `of` and `to` convert, e.g. for logarithmic sliders. */
function bind(id, name, {of = same, to = same, words = value => show(value, 4), more = () => ({})} = {}) {
  const input = byId(id), out = byId(`${id}-value`);
  const fill = () => {
    input.value = of(state[name]);
    if (out) out.textContent = words(state[name]);
  };
  input.addEventListener("input", () => {
    const value = to(input.type === "range" ? Number(input.value) : input.value);
    change({[name]: value, ...more(value)});
  });
  when(`set ${name}`, fill);
  fill();
}

/** Numbers in sentences, by the name in data-number; of the data as they are, and moved. */
const NUMBERS = {
  name: () => state.set,
  moved: () => nameOf(state.shift),
  shift: () => show(state.shift, 4),
  amplitude: () => show(floorSize(0), 3),
  "amplitude-moved": () => show(floorSize(state.shift), 3),
  lever: p => show(p.fisher[1] / p.fisher[2], 3),
  "lever-moved": (p, q) => show(q.fisher[1] / q.fisher[2], 3),
  h: p => show(p.hessian_phi_phi - p.fisher[0], 4),
  "kappa-h": p => show(conditionOf(p.hessian_eigenvalues), 4),
  "kappa-h-moved": (p, q) => show(conditionOf(q.hessian_eigenvalues), 4),
  second: p => show(p.fisher_hessian_eigenvalues[1], 4),
  limit: p => show(2 / p.fisher_hessian_eigenvalues[1], 2),
  "empirical": p => show(p.empirical_fisher[2], 4),
  "fisher-r-r": p => show(p.fisher[2], 4),
};
const conditionOf = ([a, b]) => Math.abs(a / b);

function fillNumbers() {
  const [p, q] = [0, state.shift].map(minimumOf), known = dataKey() in stationary, {said, stationary: listed} = base();
  for (const element of document.querySelectorAll("[data-number]")) {
    const of = NUMBERS[element.dataset.number];
    if (of.length === 0 || (p && q)) element.textContent = of(p, q);
  }
  byId("landscape-map").dataset.points = known ? JSON.stringify(pointsOf(0).map(({kind, r}) => [kind, r])) : "";
  // Sentences and screens stand only where there is what they are about.
  const there = {minimum: p || !known, samples: hasSamples(), shift: state.shift !== 0};
  for (const element of document.querySelectorAll("[data-needs]"))
    element.hidden = !element.dataset.needs.split(" ").every(need => there[need]);
  for (const maps of document.querySelectorAll(".maps.two")) maps.classList.toggle("single", state.shift === 0);
  byId("points-words").textContent = listed || !hasSamples() || state.samples ? (said ?? []).join(" ")
    : "The file does not list the stationary points (yet), so this page looks for them itself.";
}

const LATER = 1000; // milliseconds after other data are shown: behind their pictures
let asked = 0;
/** The descents from many starts, in words. Takes seconds in the worker. */
async function fillStarts() {
  const id = ++asked, twin = movedOf.get(state.set), isStory = state.set === FIRST.name && state.samples === "";
  const data = state.samples ? [0, lengthOf(twin)].slice(0, twin ? 2 : 1).map(moved) : [base(), twin].filter(Boolean);
  const names = data.map(set => set.name);
  byId("starts-words").textContent = "";
  const found = (await fishergrid.later("numbers", ...data)) ?? {};
  if (id !== asked || !names.every(name => found[name]?.race && found[name].minimum)) return;
  const count = rule => names.map(name => `${found[name].race[rule].arrived} times in ${name}`).join(" and ");
  const text = `from ${found[names[0]].race.gradient.starts} starts, natural gradient descent reaches the minimum `
    + `${count("natural_gradient")} within 2000 steps, gradient descent ${count("gradient")}`;
  if (byId("starts") && isStory) byId("starts").textContent = text;
  const stepsOf = ({steps, arrived}) => arrived ? steps : `more than ${steps}`;
  const fixed = rule => names.map(name => stepsOf(found[name].fixed[rule])).join(" and ");
  byId("starts-words").innerHTML = subscripted(`${text[0].toUpperCase()}${text.slice(1)}. The starts lie evenly on the `
    + `grid of the sweep. With fixed steps from φ = 3, r = 0 until 10⁻⁴ from the minimum: gradient (1/λ_max(H)) `
    + `${fixed("gradient")} steps, natural gradient (0.2) ${fixed("natural_gradient")}, Newton ${fixed("newton")}.`);
}

function begin() {
  if (bases.length === 0) return;
  document.documentElement.classList.add("live");
  Object.assign(state, readAddress());
  addEventListener("hashchange", () => change(readAddress()));
  addEventListener("blur", writeAddress); // whoever goes to the address bar finds what is shown
  const repaint = () => { changed.add("theme"); tell(); };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  for (const [event, on] of [["beforeprint", true], ["afterprint", false]])
    addEventListener(event, () => { document.documentElement.classList.toggle("paper", on); repaint(); });

  const select = byId("set");
  for (const {name} of bases) make("option", select, {value: name, textContent: name});
  byId("set-label").hidden = bases.length < 2;
  select.value = state.set;
  select.addEventListener("change", () => change({
    set: select.value, shift: lengthOf(movedOf.get(select.value)), window: "", step: 0,
  }));
  const longest = () => Math.max(5, lengthOf(movedOf.get(state.set)));
  const reach = () => Math.ceil(2 * floorSize(0) + 5) / 2 + 2;
  const fillRanges = () => {
    select.value = state.set;
    byId("shift").max = longest();
    Object.assign(byId("r"), {min: -reach(), max: reach()});
  };
  let timer = 0;
  when("set", () => {
    fillRanges();
    clearTimeout(timer);
    timer = setTimeout(fillStarts, LATER);
    findStationary();
  });
  fillRanges();
  bind("shift", "shift", {words: value => `${show(value, 3)} (${nameOf(value)})`, more: () => ({step: 0})});
  // the sliders are phi and r of the moved data: to turn by phi alone is to turn about the origin
  bind("phi", "phi", {
    words: value => show(value, 5),
    more: value => ({r: state.r - offset(state.phi) + offset(value), step: 0}),
  });
  const fillR = () => {
    byId("r").value = state.r - offset(state.phi);
    byId("r-value").textContent = show(state.r - offset(state.phi), 5);
  };
  byId("r").addEventListener("input", () => change({r: Number(byId("r").value) + offset(state.phi), step: 0}));
  when("set shift phi r", fillR);
  fillR();

  bind("quantity", "quantity");
  bind("flow", "flow");
  bind("matrix", "matrix");
  bind("way", "way");
  bind("share", "share", {words: value => `${show(value, 2)} of the longest stable step`});
  bind("damping", "damping", {
    of: value => Math.log10(value), to: value => 10 ** value, words: value => show(value, 3),
  });
  bind("straight", "straight", {words: value => `${show(100 * value, 3)} %`});
  when("way", () => { byId("share").disabled = state.way !== "fixed"; });
  byId("share").disabled = state.way !== "fixed";

  makePlane();
  const first = makeLandscape();
  byId("quantity").value = state.quantity;
  makeMatrices();
  makeRace();
  makeStraight();
  makeChecks();
  when("set shift stationary", fillNumbers);
  fillNumbers();
  first.then(findStationary);  // the worker does one thing at a time
  timer = setTimeout(fillStarts, LATER);
}

begin();
