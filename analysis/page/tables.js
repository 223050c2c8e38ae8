"use strict";
/* Windows: one quantity at width x height points of a rectangle of (phi, r), computed in a worker.
 *
 *   fishergrid.window(set, quantity, {phi: [low, high], r: [low, high]}, width, height, {slot})
 *       -> a Promise of a Float64Array, [height, width], row 0 at the top: value[y * width + x] is the quantity at the
 *          middle of pixel (x, y), phi = low + (x + 1/2) / width (high - low), r = high - (y + 1/2) / height (high - low).
 *          A newer window of the same slot (default: the name of the set) cancels it; then it resolves to null.
 *   fishergrid.later(name, ...arguments)
 *       -> a Promise of fishergrid[name](...arguments), computed in the worker; null if that failed
 *   fishergrid.start()
 *       -> loads the data of the page's element #sets; the text of the element #arithmetic is what the worker runs
 *
 * Without a worker, everything is computed here, in slices between which the page can answer. */
(fishergrid => {
  const {setOf, sumsAt, formula} = fishergrid.inner;
  const newest = {};  // {slot: number of its newest window}
  const breath = () => new Promise(resume => setTimeout(resume));

  /** The values of a window, or null once `cancelled`. */
  async function windowHere(which, quantity, {phi, r}, width, height, cancelled = () => false) {
    const set = setOf(which), of = formula(quantity), values = new Float64Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++)
        values[y * width + x] = of(sumsAt(set, phi[0] + (x + 0.5) / width * (phi[1] - phi[0]),
          r[1] - (y + 0.5) / height * (r[1] - r[0]), quantity === "fisher_curvature"));
      await breath();
      if (cancelled()) return null;
    }
    return values;
  }

  // --- the worker -----------------------------------------------------------------------------------------------

  const waiting = new Map();  // {number of a request: what takes its answer}
  let worker = null, requests = 0;

  function startWorker(text) {
    try {
      worker = new Worker(URL.createObjectURL(new Blob([text, "fishergrid.serve();"], {type: "text/javascript"})));
      worker.onmessage = ({data: [id, answer]}) => { waiting.get(id)?.(answer); waiting.delete(id); };
    } catch {
      worker = null;
    }
  }

  const ask = (id, name, given) => new Promise(take => {
    waiting.set(id, take);
    worker.postMessage([id, name, given]);
  });

  /** What a request is about: in the worker, and here if there is none. */
  const ANSWERS = {
    window: ([set, quantity, ranges, width, height, slot], id) => {
      newest[slot] = id;
      return windowHere(set, quantity, ranges, width, height, () => newest[slot] !== id);
    },
  };
  const answer = async (id, name, given) => {
    try {
      return await (ANSWERS[name] ?? (arguments_ => fishergrid[name](...arguments_)))(given, id);
    } catch {
      return null;
    }
  };
  const request = (name, given) => {
    const id = ++requests;
    return worker ? ask(id, name, given) : answer(id, name, given);
  };

  const serve = () => {
    onmessage = async ({data: [id, name, given]}) => postMessage([id, await answer(id, name, given)]);
  };

  const windowOf = (set, quantity, ranges, width, height, {slot = setOf(set).name} = {}) =>
    request("window", [setOf(set), quantity, ranges, width, height, slot]);
  const later = (name, ...given) => request(name, given.map(value => fishergrid.sets[value] ?? value));

  function start() {
    fishergrid.load(JSON.parse(document.getElementById("sets").textContent));
    startWorker(document.getElementById("arithmetic").textContent);
  }

  Object.assign(fishergrid, {window: windowOf, windowHere, later, start, serve});
})(globalThis.fishergrid ??= {});
