// What H5Web asks of a file before it plots it, asked of the same reader (h5wasm):
//
//     node h5web_rules.mjs NODE_MODULES/h5wasm/dist/node/hdf5_hl.js FILE.h5
//
// Prints, as JSON, what would be plotted first: group, signal, shape, axes with their labels, and the values' range. Exits
// with 1 and a line where a rule is broken. H5Web follows `default`; wants signal, axes and auxiliary signals to be direct
// children of an NXdata group, texts that are scalars to be scalars, and shapes that fit; and looks for `interpretation`
// on the dataset of the signal only.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [reader, path] = process.argv.slice(2);
const { default: h5wasm } = await import(pathToFileURL(resolve(reader)));
await h5wasm.ready;
const file = new h5wasm.File(path, "r");

function demand(fulfilled, rule) {
    if (fulfilled) return;
    console.error(`${path}: ${rule}`);
    process.exit(1);
}

// H5Web takes an attribute for a text only where it is a scalar string.
function scalarText(object, name) {
    const attribute = object.attrs[name];
    return attribute && attribute.shape.length === 0 && typeof attribute.value === "string" ? attribute.value : undefined;
}

function texts(object, name) {
    return object.attrs[name] ? [object.attrs[name].value].flat() : [];
}

function child(group, name) {
    demand(!name.includes("/") && group.keys().includes(name), `${name} is no direct child of ${group.path}`);
    const found = group.get(name);
    demand(found instanceof h5wasm.Dataset, `${group.path}/${name} is no dataset`);
    return found;
}

// The group that is opened first: along `default` to NXdata.
function follow(group) {
    if (scalarText(group, "NX_class") === "NXdata") return group;
    const next = scalarText(group, "default");
    demand(next !== undefined, `${group.path} has no default`);
    demand(group.keys().includes(next), `the default of ${group.path} is missing: ${next}`);
    return follow(group.get(next));
}

const label = (dataset, name) => {
    const units = scalarText(dataset, "units");
    return scalarText(dataset, "long_name") ?? (units ? `${name} (${units})` : name);
};

const group = follow(file.get("/"));
const signalName = scalarText(group, "signal");
demand(signalName !== undefined, "signal is no scalar text");
const signal = child(group, signalName);
demand(signal.shape.length === 2, "the signal is no image");
demand(scalarText(signal, "interpretation") === "image", "the signal does not say that it is an image");

const axes = texts(group, "axes");
demand(axes.length === signal.shape.length, "not an axis for each dimension");
const labels = axes.map((name, dimension) => {
    const axis = child(group, name);
    demand(axis.shape.length === 1 && axis.shape[0] === signal.shape[dimension], `${name} has not the length of its dimension`);
    demand(/^[<>]?[fd]/.test(axis.dtype), `${name} is no number`);
    return label(axis, name);
});
const auxiliary = texts(group, "auxiliary_signals");
for (const name of auxiliary)
    demand(child(group, name).shape.join() === signal.shape.join(), `${name} has not the shape of the signal`);
if (group.keys().includes("title")) demand(child(group, "title").shape.length === 0, "title is no scalar");

const values = signal.value;
const [least, largest] = values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
console.log(JSON.stringify({ group: group.path, signal: signalName, label: label(signal, signalName), shape: signal.shape,
    axes: labels, auxiliary, least, largest }));
