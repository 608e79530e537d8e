// Values are checked before they cross to the station: there a wrong type would end the call without a word, and a
// number that is too large would be cut.

export const LARGEST_U32 = 2 ** 32 - 1;

/** A value in words, for messages. */
export function shown(value) {
  if (value === null || value === undefined) return String(value);
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
    case "number":
    case "boolean":
      return `${typeof value} ${value}`;
    case "bigint":
      return `bigint ${value}n`;
    case "object":
      return Array.isArray(value)
        ? "an array"
        : `an object${value.constructor?.name ? ` (${value.constructor.name})` : ""}`;
    default:
      return `a ${typeof value}`;
  }
}

/** `what` and `key` are put together only here: on the way of every step that would be most of the work. */
export function at(what, key) {
  return key === undefined ? what : `${what}: ${key}`;
}

export function wrong(what, found, expected) {
  return new TypeError(`${what}: found ${shown(found)}, expected ${expected}`);
}

/** Half a surrogate pair cannot cross: it becomes U+FFFD, as everywhere in JavaScript where text becomes bytes. */
export function text(value, what, key) {
  if (typeof value !== "string") throw wrong(at(what, key), value, "a text");
  return value.isWellFormed() ? value : value.toWellFormed();
}

/** A text, or undefined when it is absent or blank. */
export function optionalText(value, what, key) {
  if (value === undefined || value === null) return undefined;
  const found = text(value, what, key);
  return found.trim() === "" ? undefined : found;
}

/** As a text; blank is the same as none. */
export function textOrEmpty(value, what, key) {
  return optionalText(value, what, key) ?? "";
}

/** A number or a word. */
export function optionalWord(value, what, key) {
  return typeof value === "number" ? String(value) : optionalText(value, what, key);
}

/** A point in time is text: a Date has lost the offset that the file gave, or has invented one. */
export function optionalTime(value, what, key) {
  if (value instanceof Date)
    throw new TypeError(`${at(what, key)}: found a Date, expected ISO 8601 text; see timestamp()`);
  return optionalText(value, what, key);
}

export function number(value, what, key) {
  if (typeof value !== "number") throw wrong(at(what, key), value, "a number");
  return value;
}

export function optionalNumber(value, what, key) {
  return value === undefined || value === null ? undefined : number(value, what, key);
}

function whole(value, what, key, low, high) {
  if (typeof value !== "number") throw wrong(at(what, key), value, "a number");
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(`${at(what, key)}: found ${value}, expected a whole number from ${low} to ${high}`);
  }
  return value;
}

export function unsigned(value, what, key) {
  return whole(value, what, key, 0, LARGEST_U32);
}

export function optionalUnsigned(value, what, key) {
  return value === undefined || value === null ? undefined : unsigned(value, what, key);
}

export function signed(value, what, key) {
  return whole(value, what, key, -(2 ** 31), 2 ** 31 - 1);
}

export function optionalSigned(value, what, key) {
  return value === undefined || value === null ? undefined : signed(value, what, key);
}

/** A count of bytes: exact as long as a number is. */
export function size(value, what, key) {
  return whole(value, what, key, 0, Number.MAX_SAFE_INTEGER);
}

export function oneOf(value, known, what, key) {
  if (!known.includes(value)) throw wrong(at(what, key), value, `one of ${known.join(", ")}`);
  return value;
}

export function list(value, what, key) {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrong(at(what, key), value, "an array");
  return value;
}

/** Bytes as they are, or a text in UTF-8. */
export function bytes(value, what, key) {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return utf8(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw wrong(at(what, key), value, "a Uint8Array or a text");
}

/** The bytes of a text. The engine has no TextEncoder. */
function utf8(value) {
  const packed = unescape(encodeURIComponent(value.toWellFormed()));
  return Uint8Array.from(packed, (c) => c.charCodeAt(0));
}

/** An object whose keys are all known: a misspelt option must not be lost. */
export function options(value, known, what) {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw wrong(what, value, "an object");
  for (const key of Object.keys(value)) {
    if (!known.has(key)) throw unknownOption(key, known, what);
  }
  return value;
}

export function unknownOption(key, known, what) {
  return new TypeError(`${what}: there is no option ${JSON.stringify(key)}; there are ${[...known].join(", ")}`);
}

/** A document as JSON text. */
export function json(value, what, key) {
  if (typeof value === "string") return text(value, what, key);
  if (typeof value !== "object" || value === null) throw wrong(at(what, key), value, "an object or JSON text");
  return JSON.stringify(value, (inside, inner) => {
    // JSON.stringify would make null of it.
    if (typeof inner === "number" && !Number.isFinite(inner))
      throw new TypeError(`${at(what, key)}: ${inside} is ${inner}, which JSON cannot hold`);
    return inner;
  }).toWellFormed();
}

const STATUSES = ["passed", "failed", "done", "skipped", "error", "terminated"];

/** A status, or a boolean. */
export function status(value, what, key) {
  if (typeof value === "boolean") return value ? "passed" : "failed";
  return oneOf(value, STATUSES, what, key);
}

export function optionalStatus(value, what, key) {
  return value === undefined || value === null ? undefined : status(value, what, key);
}

/** An object of small values, as the contract's list of properties. */
export function properties(value, what, key) {
  if (value === undefined || value === null) return [];
  if (typeof value !== "object" || Array.isArray(value)) throw wrong(at(what, key), value, "an object");
  const found = [];
  for (const [name, inner] of Object.entries(value)) {
    if (inner !== undefined && inner !== null)
      found.push({ key: name.toWellFormed(), value: small(inner, at(what, key), name) });
  }
  return found;
}

function small(value, what, key) {
  switch (typeof value) {
    case "string":
      return { tag: "text", val: text(value, what, key) };
    case "number":
      return { tag: "number", val: value };
    case "boolean":
      return { tag: "flag", val: value };
    case "object":
      return { tag: "json", val: json(value, what, key) };
    default:
      throw wrong(at(what, key), value, "a text, number, boolean, array or object");
  }
}
