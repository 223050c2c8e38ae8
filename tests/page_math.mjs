/* Runs the page's arithmetic: node page_math.mjs FOLDER REQUESTS.json prints what fishergrid[name](...arguments)
 * returns for each request [name, ...arguments], as JSON in which numbers that are not finite are strings.
 * REQUESTS.json: {data, of sets_data in page.py, or null; requests}. A set that begins with "+" is shifted:
 * "+A 5 0". "names" are those of QUANTITIES. */
import {readFileSync} from "node:fs";
import {pathToFileURL} from "node:url";

const [folder, file] = process.argv.slice(2);
for (const name of ["geometry.js", "tables.js", "descent.js"]) await import(pathToFileURL(`${folder}/${name}`));
const {fishergrid} = globalThis;

const {data, requests} = JSON.parse(readFileSync(file, "utf8"));
if (data) fishergrid.load(data);
const argument = value => {
  const found = /^\+(\w+) (\S+) (\S+)$/.exec(value);
  return found ? fishergrid.shifted(found[1], Number(found[2]), Number(found[3])) : value;
};
const plain = (_, value) => value instanceof Float64Array ? [...value]
  : typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
fishergrid.names = () => Object.keys(fishergrid.QUANTITIES);
for (const [name, ...given] of requests)
  console.log(JSON.stringify(await fishergrid[name](...given.map(argument)) ?? null, plain));
