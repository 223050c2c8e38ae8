/* Screen 5: the moved data in the coordinates (phi, r + offset), which straighten the valley. The data do not change. */

function makeStraight() {
  const left = () => state.shift * (1 - Math.min(1, Math.max(0, state.straight))); // the shift that is left in the coordinates
  let paths = {};

  /** Flow lines from the chosen line: those of the moved data, carried over, and those computed in the new coordinates. */
  function compute() {
    paths = {};
    for (const rule of ["gradient", "natural_gradient"]) {
      const of = size => flowLine(moved(size), rule, state.phi, state.r - offset(state.phi, size));
      const carried = of(state.shift).map(([phi, r]) => [phi, r + offset(phi, state.shift) - offset(phi, left())]);
      paths[rule] = {carried, own: of(left())};
    }
    map.canvas.dataset.paths = JSON.stringify(Object.fromEntries(Object.entries(paths).map(([rule, {carried, own}]) => [rule, apart(carried, own)])));
    words();
    map.draw();
  }

  const map = makeMap(byId("straight-map"), {
    name: "straight", size: left, title: () => `${nameOf(state.shift)}, straightened by ${show(100 * state.straight, 3)} %`, parts: "shift straight",
    overlay(context, X, Y) {
      drawFloor(context, X, Y, left());
      for (const [rule, {carried, own}] of Object.entries(paths)) {
        drawPath(context, X, Y, carried, {tint: colour(RULES[rule].tint), width: 6});
        drawPath(context, X, Y, own, {tint: "#111", width: 1.5, dash: [5, 4]});
      }
      drawPoints(context, X, Y, left());
    },
  });

  /** How far the points of one path are from the other, at most. */
  const apart = (a, b) => Math.max(...a.map(([p, q]) => Math.min(...b.map(([u, v]) => Math.hypot(p - u, q - v)))));

  function words() {
    const point = minimumOf(left());
    byId("straight-words").textContent = [
      `Coordinates φ and r′ = r${shiftOf(state.shift - left()).map((d, k) => d ? ` ${d < 0 ? "−" : "+"} ${show(Math.abs(d), 3)} ${["sin", "cos"][k]} φ` : "").join("")}.`,
      ...["gradient", "natural_gradient"].filter(rule => paths[rule]).map(rule =>
        `The ${RULES[rule].words}’s path computed in these coordinates is ${show(apart(paths[rule].carried, paths[rule].own), 2)} from the path in the old ones, at most.`),
      point ? `κ(H) is ${show(Math.abs(point.hessian_eigenvalues[0] / point.hessian_eigenvalues[1]), 4)} here, the eigenvalues of F⁻¹H are 1 and ${show(point.fisher_hessian_eigenvalues[1], 4)}.` : "",
    ].join(" ");
  }
  when("set shift phi r straight", compute);
  when("stationary", words);
  setTimeout(compute, QUIET);
}
