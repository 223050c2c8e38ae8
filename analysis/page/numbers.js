/* Numbers and elements for people. */

const raised = text => text.replace(/[-\d]/g, c => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);

/** 0.9583, 15090, 1.04 × 10⁷; – for what does not exist. */
function show(value, digits = 6) {
  if (!Number.isFinite(value)) return value === undefined || Number.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value), short = Number(value.toPrecision(digits));
  const text = size !== 0 && (size < 1e-3 || size >= 1e6) ? short.toExponential() : String(short);
  const [factor, power] = text.split("e");
  return (power ? `${factor} × 10${raised(power.replace("+", ""))}` : factor).replace("-", "−");
}

function make(tag, parent, properties = {}) {
  const {dataset, attributes, ...rest} = properties, element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, dataset);
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  parent?.append(element);
  return element;
}

const byId = id => document.getElementById(id);
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Some round numbers between low and high. */
function ticks(low, high, most) {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find(factor => factor * power >= rough);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step);
  return found;
}

const onPaper = () => document.documentElement.classList.contains("paper");
/** Pixels of a picture in an element. On paper a picture is narrower than on a screen: it is drawn for that width, or
 * its text would shrink with it. */
const widthOf = (element, onPaperMost) => onPaper() ? Math.min(element.clientWidth, onPaperMost) : element.clientWidth;

/** A canvas of so many CSS pixels, cleared, with one unit a CSS pixel. */
function prepare(canvas, width, height) {
  const ratio = onPaper() ? 3 : window.devicePixelRatio || 1, context = canvas.getContext("2d");
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  canvas.style.height = `${height}px`;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.font = `12px ${getComputedStyle(canvas).fontFamily}`;
  return context;
}

/** The outline of a picture; what is written next stands below it. */
function drawFrame(context, left, top, width, height) {
  const ink = colour("--ink");
  Object.assign(context, {strokeStyle: ink, fillStyle: ink, lineWidth: 1, textAlign: "center", textBaseline: "top"});
  context.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
}

/** A line through points, with a pale edge so that it is seen on any ground. */
function stroke(context, points, {tint, width = 2, dash = [], edge = "rgba(255,255,255,.85)"}) {
  if (points.length === 0) return;
  for (const [style, wide] of edge ? [[edge, width + 2], [tint, width]] : [[tint, width]]) {
    Object.assign(context, {strokeStyle: style, lineWidth: wide, lineJoin: "round"});
    context.setLineDash(style === edge ? [] : dash);
    context.beginPath();
    points.forEach(([x, y], k) => k ? context.lineTo(x, y) : context.moveTo(x, y));
    context.stroke();
  }
  context.setLineDash([]);
}

function disc(context, x, y, radius, fill) {
  if (fill) context.fillStyle = fill;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

/** Calls `draw` when the width of an element has changed. */
function onWidth(element, draw) {
  let before = element.clientWidth;
  new ResizeObserver(() => {
    if (element.clientWidth === before) return;
    before = element.clientWidth;
    requestAnimationFrame(draw);
  }).observe(element);
}
