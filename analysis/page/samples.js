/* Samples that were moved by hand: state.samples is "number x0 x1, ...", in the coordinates of the data as they are. */

const hasSamples = () => base().x0.length > 0;
/** Points that stand for many samples are not offered. */
const canMoveSamples = () => hasSamples() && !base().weights;

/** {number of a sample: [x0, x1]} of those that are moved. */
function movedSamples(set, text = state.samples) {
  const rows = text.split(",").map(row => row.trim().split(/\s+/).map(Number));
  return new Map(rows
    .filter(row => row.length === 3 && row.every(Number.isFinite) && Number.isInteger(row[0]) && row[0] in set.x0)
    .map(([k, ...place]) => [k, place]));
}

/** The set with these samples moved; the set itself where there are none. */
function withMoved(set, samples) {
  if (samples.size === 0 || set.weights) return set;
  const {stationary: _, said: __, ...rest} = set, [x0, x1] = [set.x0.slice(), set.x1.slice()];
  for (const [k, place] of samples) [x0[k], x1[k]] = place;
  return {...rest, x0, x1};
}

let latest = {};
/** The data set of the file, with what was moved by hand. One and the same object until something else is moved. */
function edited(set) {
  const key = `${set.name} ${state.samples}`;
  if (latest.key !== key) latest = {key, set: withMoved(set, movedSamples(set))};
  return latest.set;
}

function moveSample(k, place) {
  const samples = movedSamples(base()).set(k, place.map(x => Number(x.toPrecision(12))));
  change({samples: [...samples].map(row => row.flat().join(" ")).join(","), step: 0});
}

/** The sample nearest to a place among those within `reach`; -1 without one. */
function sampleNear({x0, x1}, [p0, p1], reach) {
  let best = -1, least = reach;
  for (let k = 0; k < x0.length; k++) {
    const far = Math.hypot(x0[k] - p0, x1[k] - p1);
    if (far < least) [best, least] = [k, far];
  }
  return best;
}

/** The number of the chosen sample, arrow keys, and Reset. `chosen`: {k}, which the picture marks by `draw`. */
function makeSamples(canvas, chosen, unit, draw) {
  const number = byId("sample"), reset = byId("samples-reset"), STEP = 5; // pixels
  const fill = () => {
    byId("samples").hidden = !canMoveSamples();
    reset.disabled = state.samples === "";
    number.max = base().x0.length;
    if (chosen.k >= base().x0.length) chosen.k = -1;
    number.value = chosen.k < 0 ? "" : chosen.k + 1;
  };
  number.addEventListener("input", () => {
    const k = Number(number.value) - 1;
    chosen.k = Number.isInteger(k) && k in base().x0 ? k : -1;
    draw();
  });
  reset.addEventListener("click", () => change({samples: "", step: 0}));
  canvas.addEventListener("keydown", event => {
    const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1]}[event.key];
    if (!step || chosen.k < 0 || !canMoveSamples()) return;
    event.preventDefault();
    const {x0, x1} = base(), k = chosen.k;
    moveSample(k, [x0[k] + step[0] * STEP * unit(), x1[k] + step[1] * STEP * unit()]);
  });
  when("set", fill);
  return fill;
}
