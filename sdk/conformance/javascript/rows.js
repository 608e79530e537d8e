// Rows and their fields.

import { ConvertError, integer, log, number } from "wats-converter";

/** Each row: how many fields it has at most, and whether the last of them takes everything that is left. */
const ROWS = new Map([
  ["unit", [4, false]],
  ["head", [2, true]],
  ["program", [3, false]],
  ["retitle", [2, false]],
  ["end", [1, false]],
  ["discard", [0, false]],
  ["emit", [2, true]],
  ["open", [1, false]],
  ["close", [2, false]],
  ["num", [7, false]],
  ["multi", [2, false]],
  ["m", [7, false]],
  ["pf", [2, false]],
  ["pfs", [2, false]],
  ["text", [5, false]],
  ["texts", [2, false]],
  ["action", [2, false]],
  ["popup", [3, false]],
  ["exec", [2, false]],
  ["generic", [2, false]],
  ["chart", [7, false]],
  ["plot", [6, false]],
  ["series", [3, false]],
  ["attach-step", [3, true]],
  ["result", [1, true]],
  ["at", [1, false]],
  ["took", [1, false]],
  ["failing", [2, false]],
  ["note", [1, true]],
  ["in", [1, false]],
  ["with", [2, false]],
  ["attach", [3, true]],
  ["attach-source", [1, false]],
  ["misc", [2, true]],
  ["sub", [4, false]],
  ["asset", [4, false]],
  ["data", [1, true]],
  ["process", [1, false]],
  ["product", [1, false]],
  ["log", [2, true]],
  ["progress", [1, false]],
  ["ask", [1, false]],
  ["read", [2, false]],
  ["companion", [1, false]],
  ["needs", [1, true]],
  ["skip", [1, true]],
  ["wait", [3, true]],
  ["fail", [3, true]],
  ["fail-at", [2, true]],
  ["panic", [1, true]],
]);

/** All rows that matter. Unknown ones are found here, before anything is done. */
export function readRows(lines, settings) {
  const rows = [];
  lines.forEach((text, index) => {
    const line = index + 1;
    if (text === "" || text.startsWith("#")) return;
    const [word, ...fields] = text.split(";");
    if (settings.ignore.includes(word)) return;
    const known = ROWS.get(word);
    if (known === undefined) {
      const message = `unknown row "${word}"`;
      if (settings.strict) throw ConvertError.unsupported(message, { line });
      log.warn(`line ${line}: ${message}`);
      return;
    }
    const [most, takesRest] = known;
    if (takesRest && fields.length > most) fields.push(fields.splice(most - 1).join(";"));
    if (fields.length > most) {
      throw ConvertError.malformed(`${word} has at most ${most} fields, found ${fields.length}`, { line });
    }
    rows.push(new Row(line, word, fields, settings.decimal_mark));
  });
  return rows;
}

/** One row of the file. Fields count from 0, an empty one is undefined where it is read as something. */
export class Row {
  #fields;
  #decimalMark;

  constructor(line, word, fields, decimalMark) {
    this.line = line;
    this.word = word;
    this.#fields = fields;
    this.#decimalMark = decimalMark;
  }

  /** A field; empty when it is not there. */
  text(index) {
    return this.#fields[index] ?? "";
  }

  /** A field that must not be empty. */
  required(index) {
    const text = this.text(index);
    if (text === "") throw this.malformed(index, "empty");
    return text;
  }

  number(index) {
    const text = this.text(index);
    return text === "" ? undefined : this.decimal(index, text);
  }

  /** A piece of a field as a number. */
  decimal(index, text) {
    try {
      return number(text, { decimalMark: this.#decimalMark });
    } catch {
      throw this.malformed(index, `"${text}" is not a number`);
    }
  }

  /** A number where the field reads as one, else its text. */
  value(index) {
    try {
      return this.decimal(index, this.text(index));
    } catch {
      return this.text(index);
    }
  }

  whole(index, min, max) {
    const text = this.text(index);
    if (text === "") return undefined;
    try {
      return integer(text, { min, max });
    } catch {
      throw this.malformed(index, `"${text}" is not a whole number`);
    }
  }

  unsigned(index) {
    return this.whole(index, 0, 2 ** 32 - 1);
  }

  signed(index) {
    return this.whole(index, -(2 ** 31), 2 ** 31 - 1);
  }

  /** One of a list of words. */
  wordOf(index, words) {
    const text = this.text(index);
    return text === "" ? undefined : this.oneOf(index, text, words);
  }

  /** A piece of a field as one of a list of words. */
  oneOf(index, text, words) {
    const found = words.find((word) => word === text);
    if (found === undefined) throw this.malformed(index, `"${text}" is not one of ${words.join(", ")}`);
    return found;
  }

  status(index) {
    return this.wordOf(index, STATUSES);
  }

  /** An error at this line. */
  wrong(message) {
    return ConvertError.malformed(message, { line: this.line });
  }

  /** An error at a field. */
  malformed(index, message) {
    return ConvertError.malformed(message, { line: this.line, column: index + 2 });
  }
}

export const STATUSES = ["passed", "failed", "done", "skipped", "error", "terminated"];
