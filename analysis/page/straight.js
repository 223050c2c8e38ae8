/* Screen 5: the moved data in the coordinates (phi, r + offset), which straighten the valley. The data do not
 * change. */

function makeStraight() {
  /** The shift that is left in the coordinates. */
  const left = () => state.shift * (1 - Math.min(1, Math.max(0, state.straight)));
  let paths = {};

  /** Flow lines from the chosen line: those of the moved data, carried over, and those of the new coordinates. */
  function compute() {
    paths = {};
    if (!hasSamples()) return;
    for (const rule of ["gradient", "natural_gradient"]) {
      const of = size => flowLine(moved(size), rule, state.phi, state.r - offset(state.phi, size));
      const carried = of(state.shift).map(([phi, r]) => [phi, r + offset(phi, state.shift) - offset(phi, left())]);
      const own = of(left());
      paths[rule] = {carried, own, apart: apart(carried, own)};
    }
    const apartOf = Object.entries(paths).map(([rule, path]) => [rule, path.apart]);
    map.canvas.dataset.paths = JSON.stringify(Object.fromEntries(apartOf));
    words();
    map.draw();
  }

  const map = makeMap(byId("straight-map"), {
    name: "straight", size: left, parts: "shift straight",
    title: () => `${nameOf(state.shift)}, straightened by ${show(100 * state.straight, 3)}\u00a0%`,
    axis: () => state.straight > 0 ? "r′" : "r",
    overlay(context, X, Y) {
      drawFloor(context, X, Y, left());
      for (const [rule, {carried, own}] of Object.entries(paths)) {
        const tint = colour(RULES[rule].tint);
        drawPath(context, X, Y, carried, {tint, width: 7});
        drawPath(context, X, Y, own, {tint: "#fff", width: 3.5, edge: null});
        drawPath(context, X, Y, own, {tint, width: 2, dash: [6, 4], edge: null});
      }
    },
  });

  /** How far the points of one path are from the other, at most. */
  const apart = (a, b) => Math.max(...a.map(([p, q]) => Math.min(...b.map(([u, v]) => Math.hypot(p - u, q - v)))));

  function words() {
    byId("straight-words").textContent = state.shift === left()
      ? "These are the coordinates φ and r themselves." : [coordinates(), ...pathWords(), matrixWords()].join(" ");
  }

  function coordinates() {
    const terms = shiftOf(state.shift - left()).map((d, k) => [d, ["sin", "cos"][k]]).filter(([d]) => d !== 0);
    const text = terms.map(([d, name]) => ` ${d < 0 ? "−" : "+"} ${show(Math.abs(d), 3)} ${name} φ`).join("");
    return `Coordinates φ and r′ = r${text}.`;
  }

  const pathWords = () => Object.entries(paths).filter(([, {own}]) => own.length > 1).map(([rule, {apart: far}]) =>
    `The ${RULES[rule].words}’s path computed in these coordinates is ${
      far < LENGTH ? "the path in the old ones" : `up to ${show(far, 2)} from that in the old ones`}.`);

  function matrixWords() {
    const point = minimumOf(left());
    return point ? `κ(H) is ${show(conditionOf(point.hessian_eigenvalues), 4)} here, the eigenvalues of F⁻¹H are 1 and `
      + `${show(point.fisher_hessian_eigenvalues[1], 4)}.` : "";
  }

  when("set shift phi r straight", compute);
  when("stationary", words);
  setTimeout(compute, QUIET);
}
