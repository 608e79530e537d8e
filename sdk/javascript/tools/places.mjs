// node places.mjs <bundle.js>: writes the table of places into the bundle, from <bundle.js>.map beside it. See
// src/places.js.

import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of a segment of a source map: base 64, five bits a digit, the lowest bit of a number is its sign. */
function numbers(segment) {
  const found = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit);
    value += (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    found.push(value & 1 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return found;
}

/** For each line of the bundle, the source and line of its first mapping. */
function firstMappings(mappings) {
  let source = 0;
  let line = 0;
  return mappings.split(";").map((segments) => {
    let first;
    for (const segment of segments === "" ? [] : segments.split(",")) {
      const [, sources = 0, lines = 0, columns] = numbers(segment);
      source += sources;
      line += lines;
      if (columns !== undefined) first ??= { source, line };
    }
    return first;
  });
}

const bundle = resolve(process.argv[2]);
const project = process.cwd();
const sdk = resolve(dirname(fileURLToPath(import.meta.url)), "..", "src") + sep;
const map = JSON.parse(readFileSync(`${bundle}.map`, "utf8"));
const sources = map.sources.map((source) => resolve(dirname(bundle), map.sourceRoot ?? "", source));

const files = [];
const runs = [];
firstMappings(map.mappings).forEach((mapping, index) => {
  if (mapping === undefined || sources[mapping.source].startsWith(sdk)) return;
  const path = relative(project, sources[mapping.source]).split(sep).join("/");
  // A file outside of the project by its name: the way there is a matter of this machine.
  const name = path.startsWith("..") ? basename(path) : path;
  if (!files.includes(name)) files.push(name);
  const file = files.indexOf(name);
  const last = runs.at(-1);
  if (
    last !== undefined &&
    last[2] === file &&
    last[0] + last[1] === index + 1 &&
    last[3] + last[1] === mapping.line + 1
  )
    last[1] += 1;
  else runs.push([index + 1, 1, file, mapping.line + 1]);
});

const text = readFileSync(bundle, "utf8");
const mark = '"@places@"';
if (!text.includes(mark))
  throw new Error(`${bundle}: no ${mark} in it: it was not bundled with src/component.js, or is done already`);
writeFileSync(
  bundle,
  text.replace(mark, () => JSON.stringify(JSON.stringify({ files, runs }))),
);
