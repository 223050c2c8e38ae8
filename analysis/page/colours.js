/* Values to colours: cividis for sizes, PuOr for signed values. Both are even in lightness and safe for the
 * colour-blind. */

const STOPS = {
  sequential: [
    "#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838",
  ],
  diverging: ["#2d004b", "#5f4a94", "#998fc1", "#cdcde4", "#f7f7f6", "#fdd5a4", "#f1a241", "#bf6d0a", "#7f3b08"],
};
const LOGARITHMIC_FROM = 30; // ratio of largest to smallest value
const CONTOURS = 16;

const rgb = hex => [1, 3, 5].map(k => parseInt(hex.slice(k, k + 2), 16));
const PALETTES = Object.fromEntries(Object.entries(STOPS).map(([name, stops]) => [name, paletteOf(stops.map(rgb))]));

/** 256 colours, 3 bytes each. */
function paletteOf(stops) {
  const bytes = new Uint8ClampedArray(3 * 256);
  for (let k = 0; k < 256; k++) {
    const at = k / 255 * (stops.length - 1), low = Math.min(Math.floor(at), stops.length - 2);
    for (let c = 0; c < 3; c++) bytes[3 * k + c] = stops[low][c] + (at - low) * (stops[low + 1][c] - stops[low][c]);
  }
  return bytes;
}

/** The scale of some values: {palette, fraction(value), value(fraction)}; null where no value is finite. */
function scaleOf(values) {
  let low = Infinity, high = -Infinity;
  const sizes = [];
  values.forEach((value, k) => {
    if (!Number.isFinite(value)) return;
    if (value < low) low = value;
    if (value > high) high = value;
    if (k % 37 === 0 && value !== 0) sizes.push(Math.abs(value));
  });
  if (low > high) return null;
  if (low < 0) {
    const most = Math.max(-low, high), middle = sizes.sort((a, b) => a - b)[sizes.length >> 1] ?? most;
    const unit = middle / 2 || 1, end = Math.asinh(most / unit);
    return {
      palette: "diverging", fraction: v => 0.5 + 0.5 * Math.asinh(v / unit) / end,
      value: f => unit * Math.sinh((2 * f - 1) * end),
    };
  }
  if (low > 0 && high > LOGARITHMIC_FROM * low || low > 0 && high > 3 * low) {
    const least = Math.max(low, high * 1e-24), span = Math.log(high / least);
    return {
      palette: "sequential", fraction: v => Math.log(Math.max(v, least) / least) / span,
      value: f => least * Math.exp(f * span),
    };
  }
  return {palette: "sequential", fraction: v => (v - low) / (high - low || 1), value: f => low + f * (high - low)};
}

/** A canvas with the values [height, width] as colours and, where asked, contours: lines between pixels of unlike
 * levels. */
function paint(values, width, height, scale, contours) {
  const canvas = Object.assign(document.createElement("canvas"), {width, height}), context = canvas.getContext("2d");
  const image = context.createImageData(width, height), palette = PALETTES[scale?.palette ?? "sequential"];
  const levels = new Int16Array(width * height);
  for (let k = 0; k < values.length; k++) {
    const f = scale ? Math.min(1, Math.max(0, scale.fraction(values[k]))) : NaN;
    levels[k] = Number.isNaN(f) ? -1 : Math.min(CONTOURS - 1, Math.floor(f * CONTOURS));
    const at = 3 * Math.round(255 * f), here = Number.isNaN(f) ? [140, 140, 140] : palette.subarray(at, at + 3);
    image.data.set(here, 4 * k);
    image.data[4 * k + 3] = 255;
  }
  for (let y = 0; contours && y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      const k = y * width + x;
      if (levels[k] === levels[k + 1] && levels[k] === levels[k + width]) continue;
      const f = (levels[k] + 0.5) / CONTOURS, towards = scale.palette === "sequential" && f < 0.5 ? 255 : 0;
      for (let c = 0; c < 3; c++) image.data[4 * k + c] += 0.38 * (towards - image.data[4 * k + c]);
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** The bar of a scale, as text of a CSS background. */
const barOf = scale => `linear-gradient(to right, ${STOPS[scale.palette].join(", ")})`;
