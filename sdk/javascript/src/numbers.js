// Numbers as files spell them. Nothing is guessed: what is no number is an error that shows the text.

import { options, text as checkedText, wrong } from "./check.js";
import { ConvertError } from "./errors.js";

const NUMBER = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|(inf|infinity)|(nan))$/i;
const WHOLE = /^[+-]?\d+$/;

const PLACE = ["line", "column", "offset", "path", "file"];
const OF_NUMBER = new Set(["decimalMark", ...PLACE]);
const OF_INTEGER = new Set(["min", "max", ...PLACE]);

/** Something else than an object has no options: `cells.map(number)` gives the index. */
function checkedOptions(more, known, what) {
  if (typeof more === "object" && more !== null) options(more, known, what);
}

function placeOf(more) {
  if (typeof more !== "object" || more === null) return undefined;
  const { decimalMark, min, max, ...place } = more;
  return place;
}

export function number(text, more) {
  checkedOptions(more, OF_NUMBER, "number");
  const mark = more?.decimalMark ?? ".";
  if (typeof mark !== "string" || mark.length !== 1) throw wrong("decimalMark", mark, "one character");
  let spelt = checkedText(text, "number").trim();
  if (mark !== ".") {
    if (text.includes(".")) {
      throw ConvertError.malformed(
        `${JSON.stringify(text)} is not a number with the decimal mark '${mark}'`,
        placeOf(more),
      );
    }
    spelt = spelt.replaceAll(mark, ".");
  }
  const match = NUMBER.exec(spelt);
  if (match === null) throw ConvertError.malformed(`${JSON.stringify(text)} is not a number`, placeOf(more));
  if (match[2] !== undefined) return NaN;
  if (match[1] !== undefined) return spelt.startsWith("-") ? -Infinity : Infinity;
  return Number(spelt);
}

export function integer(text, more) {
  checkedOptions(more, OF_INTEGER, "integer");
  const min = more?.min ?? Number.MIN_SAFE_INTEGER;
  const max = more?.max ?? Number.MAX_SAFE_INTEGER;
  const spelt = checkedText(text, "whole number").trim();
  const value = WHOLE.test(spelt) ? Number(spelt) : NaN;
  if (!(value >= min && value <= max)) {
    throw ConvertError.malformed(`${JSON.stringify(text)} is not a whole number in its range`, placeOf(more));
  }
  return value + 0;
}
