import { LARGEST_U32, optionalNumber, list, options, text, wrong } from "./check.js";

const KINDS = ["malformed", "truncated", "unsupported", "rejected", "misconfigured", "internal"];
const PLACE_KEYS = new Set(["line", "column", "offset", "path", "file"]);

/** Why a file could not be converted, and where in it. */
export class ConvertError extends Error {
  constructor(kind, message, place) {
    super(text(message, "message of an error"));
    if (!KINDS.includes(kind)) throw wrong("kind of an error", kind, `one of ${KINDS.join(", ")}`);
    this.name = "ConvertError";
    this.kind = kind;
    this.place = {};
    if (place !== undefined) this.at(place);
  }

  static malformed(message, place) {
    return new ConvertError("malformed", message, place);
  }

  static truncated(message, place) {
    return new ConvertError("truncated", message, place);
  }

  static unsupported(message, place) {
    return new ConvertError("unsupported", message, place);
  }

  static misconfigured(message, place) {
    return new ConvertError("misconfigured", message, place);
  }

  static internal(message, place) {
    return new ConvertError("internal", message, place);
  }

  at(place) {
    options(place, PLACE_KEYS, "place of an error");
    for (const key of ["line", "column", "offset"]) {
      if (place[key] !== undefined && typeof place[key] !== "number")
        throw wrong(`place of an error: ${key}`, place[key], "a number");
    }
    for (const key of ["path", "file"]) {
      if (place[key] !== undefined) text(place[key], `place of an error: ${key}`);
    }
    this.place = { ...this.place, ...place };
    return this;
  }

  /** With the place: `line 7, column 3: "O.12" is not a number`. */
  toString() {
    const { line, column, offset, path, file } = this.place;
    let where = file === undefined ? "" : `${file}, `;
    if (line !== undefined) where += column === undefined ? `line ${line}: ` : `line ${line}, column ${column}: `;
    else if (offset !== undefined) where += `byte ${offset}: `;
    else if (path !== undefined) where += `${path}: `;
    return where + this.message;
  }
}

/** The host found violations; it has all of them, the message the first few. */
export function rejected(violations) {
  const shown = violations.slice(0, 5).map(({ path, message }) => `${path}: ${message}`);
  if (violations.length > shown.length) shown.push("...");
  const count = violations.length === 1 ? "the report breaks a rule" : `the report breaks ${violations.length} rules`;
  const error = new ConvertError("rejected", `${count}: ${shown.join("; ")}`);
  error.violations = violations;
  return error;
}

/** Thrown, the file waits; it is no failure. */
export class Waiting extends Error {
  constructor(reason, more) {
    super(text(reason, "reason to wait"));
    this.name = "Waiting";
    const { retryAfter, missing } = options(more, new Set(["retryAfter", "missing"]), "waiting");
    this.retryAfter = optionalNumber(retryAfter, "retryAfter");
    this.missing = list(missing, "missing").map((name) => text(name, "missing"));
  }
}

/** An error as the contract has it; `u32` as in host.js. It must not fail: a place that cannot be said is left out. */
export function errorToWire(error, u32) {
  const { line, column, offset, path, file } = error.place;
  const counts = (value) =>
    Number.isFinite(value) && value >= 1 ? u32(Math.min(Math.floor(value), LARGEST_U32)) : undefined;
  let place = { tag: "whole" };
  if (counts(line) !== undefined) {
    place =
      counts(column) === undefined
        ? { tag: "line", val: counts(line) }
        : { tag: "cell", val: { line: counts(line), column: counts(column) } };
  } else if (Number.isSafeInteger(offset) && offset >= 0) {
    place = { tag: "offset", val: offset };
  } else if (path !== undefined) {
    place = { tag: "path", val: path.toWellFormed() };
  }
  return { kind: error.kind, message: error.message.toWellFormed(), place, file: file?.toWellFormed() };
}

const MOST_CAUSES = 5;

/** What led to it, the nearest first. */
function causesOf(thrown) {
  let told = "";
  try {
    const seen = new Set([thrown]);
    let cause = thrown instanceof Error ? thrown.cause : undefined;
    while (cause !== undefined && cause !== null && !seen.has(cause) && seen.size <= MOST_CAUSES) {
      seen.add(cause);
      const isError = cause instanceof Error;
      told += `; caused by ${isError ? `${cause.name}: ${cause.message}` : String(cause)}`;
      cause = isError ? cause.cause : undefined;
    }
  } catch {
    // A cause without a text is not told.
  }
  return told;
}

/**
 * Any exception as one that the operator can read: `TypeError: bad thing (converter.js line 42)`. What is not an
 * `Error` is shown as it is.
 */
export function fault(thrown, locate) {
  if (thrown instanceof ConvertError) return thrown;
  let message;
  try {
    message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `thrown: ${String(thrown)}`;
  } catch {
    message = "something was thrown that has no text";
  }
  const causes = causesOf(thrown);
  const place = thrown instanceof Error ? locate(thrown.stack) : undefined;
  return ConvertError.internal((place === undefined ? message : `${message} (${place})`) + causes);
}
