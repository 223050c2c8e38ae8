/* What the page shows: `state`. Its parts stand in the address after #, so that a link shows what its sender saw.
 *
 * A line is (phi, r) in the coordinates of the data set as it is; data moved by `shift` have the same line at
 * (phi, r - offset(phi)). */

const QUIET = 300; // milliseconds without a change before the address is written: browsers limit how often it may be
fishergrid.start();
const sets = fishergrid.sets;
const bases = Object.values(sets).filter(set => (set.x0.length > 0 || set.fields) && !set.shift);

/** The data set that is another one, moved, by the name of that one: {A: B}. */
const movedOf = new Map(Object.values(sets).filter(set => set.shift).map(set => [set.base.name, set]));
const TWIN = bases.map(set => movedOf.get(set.name)).find(set => set);

const FIRST = TWIN?.base ?? bases[0];
const lengthOf = set => set?.shift ? Math.hypot(...set.shift) : 5;
const START = {phi: 2, r: 1}; // beside the floor, a quarter turn from the minimum of A and B

const defaults = {
  set: FIRST?.name ?? "", shift: lengthOf(movedOf.get(FIRST?.name)), ...START, samples: "",
  window: "", quantity: "loss", flow: "natural_gradient", matrix: "fisher", straight: 1,
  rules: "gradient natural_gradient newton", way: "search", share: 0.5, damping: 10, step: 0,
};
const state = {...defaults};

const listeners = [];
let changed = new Set(), timer = 0;

/** Calls `draw` when one of these parts has changed, at most once a frame. */
function when(parts, draw) {
  listeners.push([parts.split(" "), draw]);
}

function change(parts) {
  for (const [name, value] of Object.entries(parts)) {
    if (Object.is(state[name], value)) continue;
    state[name] = value;
    if (changed.size === 0) requestAnimationFrame(tell);
    changed.add(name);
  }
  clearTimeout(timer);
  timer = setTimeout(writeAddress, QUIET);
}

function tell() {
  const parts = changed;
  if (parts.has("samples")) parts.add("set"); // other data
  changed = new Set();
  for (const [wanted, draw] of listeners) if (wanted.some(name => parts.has(name))) draw();
}

function writeAddress() {
  const kept = Object.entries(state).filter(([name, value]) => !Object.is(value, defaults[name]));
  history.replaceState(null, "", `#${new URLSearchParams(kept)}`);
}

/** The state that the address holds; whatever is no value of its kind is left out. */
function readAddress() {
  const found = {...defaults};
  for (const [name, text] of new URLSearchParams(location.hash.slice(1))) {
    if (!(name in defaults)) continue;
    const value = typeof defaults[name] === "number" ? Number(text) : text;
    if (typeof value === "string" || (text !== "" && Number.isFinite(value))) found[name] = value;
  }
  if (!bases.some(set => set.name === found.set)) found.set = defaults.set;
  if (!(found.quantity in fishergrid.QUANTITIES)) found.quantity = defaults.quantity;
  return found;
}

// --- data sets as shown -------------------------------------------------------------------------------------------

const base = () => edited(sets[state.set]);
/** What stands for the data of now, with all that was moved by hand. */
const dataKey = () => `${state.set} ${state.samples}`;

/** By how much the shift moves x0 and x1. */
function shiftOf(size = state.shift) {
  const twin = movedOf.get(state.set), length = lengthOf(twin), [u, v] = twin ? twin.shift.map(d => d / length) : [1, 0];
  return [size * u, size * v];
}

/** r of a line is r - offset in the coordinates of the moved data. */
function offset(phi, size = state.shift) {
  const [d0, d1] = shiftOf(size);
  return d0 * Math.sin(phi) + d1 * Math.cos(phi);
}

const cache = new Map();

/** The data, moved. */
function moved(size = state.shift) {
  const key = `${dataKey()} ${size}`;
  if (!cache.has(key)) {
    if (cache.size > 20) cache.clear();
    cache.set(key, {...fishergrid.shifted(base(), ...shiftOf(size)), name: nameOf(size)});
  }
  return cache.get(key);
}

/** "A", "B", or "A moved by 2.5"; "A, changed" where samples were moved. */
function nameOf(size) {
  const twin = movedOf.get(state.set), changed = state.samples === "" ? "" : ", changed";
  if (size === 0) return state.set + changed;
  const name = twin && Math.abs(size - lengthOf(twin)) < 1e-9 ? twin.name : `${state.set} moved by ${show(size, 3)}`;
  return name + changed;
}
/** How far the data are moved in the maps of a screen: once as they are, and once moved. */
const shownSizes = () => state.shift === 0 ? [0] : [0, state.shift];

const stationary = {}; // {dataKey(): the stationary points of these data}, once they are known

async function findStationary() {
  const key = dataKey();
  stationary[key] ??= (await fishergrid.later("stationary", base())) ?? [];
  if (key !== dataKey()) return;
  changed.add("stationary");
  tell();
}

/** The stationary points of the moved data, each with everything of that point. */
const pointsOf = (size = state.shift) => (stationary[dataKey()] ?? []).map(({phi, r, kind}) =>
  ({phi, r: r - offset(phi, size), kind, ...fishergrid.evaluate(moved(size), phi, r - offset(phi, size))}));
const minimumOf = size => pointsOf(size).find(point => point.kind === "minimum");
