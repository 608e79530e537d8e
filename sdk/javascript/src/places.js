// From a place in the bundle to the author's file and line. The table is made by tools/places.mjs from the bundle's
// source map: `files` are paths in the project, `runs` are [first line in the bundle, lines, index of the file, first
// line in the file], in order. Lines of this SDK are in no run.

const FRAME = /^\s*at (?:(.*?) \()?(?:.*?):(\d+)(?::\d+)?\)?$/gm;

function find(runs, line) {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle][0] + runs[middle][1] <= line) low = middle + 1;
    else high = middle;
  }
  const run = runs[low];
  return run !== undefined && run[0] <= line ? run : undefined;
}

/** All frames of a stack in the author's files, the innermost first: `readHead (converter.ts line 12)`. */
export function frames(stack, table) {
  const found = [];
  for (const [, name, line] of String(stack).matchAll(FRAME)) {
    const run = find(table.runs, Number(line));
    if (run === undefined) continue;
    found.push({ name, place: `${table.files[run[2]]} line ${run[3] + Number(line) - run[0]}` });
  }
  return found;
}
