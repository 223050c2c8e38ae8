/* Flow lines: the paths of descents in ever smaller steps, from their start to where they end. */

const LENGTH = 0.04, MOST = 1500; // of a step; steps
const NEAR_DATA = 8; // distance of the line from the data up to which steps have this length along r, too

/** Along -g by implicit Euler steps of one length, d = -(mu + H)^-1 g: the valley of the loss is far steeper across
 * than along, and explicit steps would jump from side to side. Along -n by midpoint steps, for n goes straight to the
 * point. Far from the data the line hardly turns, and steps along r grow with the distance. */
function flowLine(set, rule, phi, r) {
  const {sumsAt, gradient, hessian, natural, newton} = fishergrid.inner, path = [[phi, r]];
  const field = (p, q) => natural(sumsAt(set, p, q), 0), [m0, m1] = [set.x0, set.x1].map(x => weighted(set, x));
  const grown = () => Math.max(1, Math.abs(m0 * Math.sin(phi) + m1 * Math.cos(phi) + r) / NEAR_DATA || 0);
  for (let k = 0; k < MOST; k++) {
    let step;
    if (rule === "gradient") {
      const s = sumsAt(set, phi, r), of = length => implicit(hessian(s), gradient(s), length);
      step = of(LENGTH * grown());
      if (step && Math.abs(step[0]) > LENGTH) step = of(LENGTH);
      if (!step) { const v = newton(s); path.push([phi - v[0], r - v[1]]); break; }
    } else {
      const v = field(phi, r), size = Math.hypot(...v);
      const far = Math.min(LENGTH * size / Math.hypot(v[0], v[1] / grown()), size / 16);
      if (!(size > 1e-3)) break;
      const w = field(phi - far / 2 * v[0] / size, r - far / 2 * v[1] / size), length = Math.hypot(...w);
      step = w.map(x => -far * x / length);
    }
    phi += step[0];
    r += step[1];
    if (!Number.isFinite(phi + r)) break;
    path.push([phi, r]);
  }
  return path;
}

/** -(mu + H)^-1 g of this length; null where Newton's step is shorter. */
function implicit([a, b, d], g, length) {
  const half = Math.hypot((a - d) / 2, b), mean = (a + d) / 2, angle = Math.atan2(2 * b, a - d) / 2;
  const c = Math.cos(angle), s = Math.sin(angle);
  const along = c * g[0] + s * g[1], across = c * g[1] - s * g[0], [large, small] = [mean + half, mean - half];
  const parts = mu => [along / (mu + large), across / (mu + small)];
  if (small > 0 && Math.hypot(...parts(0)) <= length) return null;
  let low = Math.max(0, -small), high = low + Math.hypot(...g) / length;
  for (let k = 0; k < 50; k++) {
    const middle = (low + high) / 2;
    if (Math.hypot(...parts(middle)) > length) low = middle; else high = middle;
  }
  const [x, y] = parts(high);
  return [-(c * x - s * y), -(s * x + c * y)];
}

/** A dozen flow lines of the moved data over the whole map, in slices between which the page can answer; null once
 * `cancelled`. Those along -n are the ones of the unmoved data in sheared coordinates. */
async function flowLines(rule, size, cancelled) {
  const {phi, r} = home(), lines = [], own = rule === "gradient" ? size : 0;
  for (let i = 0; i < 6; i++) {
    for (const share of [0.05, 0.95]) {
      const start = [phi[0] + (i + 0.5) / 6 * (phi[1] - phi[0]), r[0] + share * (r[1] - r[0])];
      const line = flowLine(moved(own), rule, start[0], start[1] + offset(start[0], size) - offset(start[0], own));
      lines.push(line.map(([p, q]) => [p, q + offset(p, own) - offset(p, size)]));
      await new Promise(go => setTimeout(go));
      if (cancelled()) return null;
    }
  }
  return lines;
}
