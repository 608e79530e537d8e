// What an operator can set: declared once, with defaults. The station checks what was written against the schema made
// of it.

import { text, wrong } from "./check.js";
import { ConvertError } from "./errors.js";

const declared = (schema, value, description, more) => {
  const made = { ...schema, ...more, default: value };
  if (description !== undefined) made.description = text(description, "description of a setting");
  return Object.freeze({ schema: made });
};

export const setting = Object.freeze({
  text(value, description, more) {
    return declared({ type: "string" }, text(value, "default of a text setting"), description, more);
  },

  number(value, description, more) {
    if (typeof value !== "number" || !Number.isFinite(value))
      throw wrong("default of a number setting", value, "a number");
    return declared({ type: "number" }, value, description, more);
  },

  integer(value, description, more) {
    if (!Number.isSafeInteger(value)) throw wrong("default of an integer setting", value, "a whole number");
    return declared({ type: "integer" }, value, description, more);
  },

  flag(value, description) {
    if (typeof value !== "boolean") throw wrong("default of a flag setting", value, "true or false");
    return declared({ type: "boolean" }, value, description);
  },

  choice(values, value, description) {
    if (!Array.isArray(values) || !values.includes(value))
      throw wrong("default of a choice setting", value, "one of its values");
    return declared({ enum: [...values] }, value, description);
  },

  /** Anything that JSON Schema can say: tables, lists. */
  json(schema, value, description) {
    return declared(schema, value, description);
  },
});

/** JSON Schema of all settings; empty when there are none. */
export function schemaOf(settings) {
  const entries = Object.entries(settings);
  if (entries.length === 0) return "";
  return JSON.stringify({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: Object.fromEntries(entries.map(([key, { schema }]) => [key, schema])),
    additionalProperties: false,
  });
}

const TYPES = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
};

/** A pattern that this engine does not read is left to the station. */
function matches(pattern, value) {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}

/** What of a schema the value does not keep, as a text; undefined when it is right. */
function broken(schema, value) {
  if (typeof value === "number") {
    if (value < schema.minimum) return `at least ${schema.minimum}`;
    if (value > schema.maximum) return `at most ${schema.maximum}`;
  }
  if (typeof value === "string") {
    const length = [...value].length;
    if (length < schema.minLength) return `at least ${schema.minLength} characters`;
    if (length > schema.maxLength) return `at most ${schema.maxLength} characters`;
    if (schema.pattern !== undefined && !matches(schema.pattern, value))
      return `a text that matches ${schema.pattern}`;
  }
  return undefined;
}

function keepsRules(key, schema, value) {
  const expected = broken(schema, value);
  if (expected === undefined) return;
  throw ConvertError.misconfigured(`settings: ${key}: found ${JSON.stringify(value)}, expected ${expected}`);
}

/** The settings as the converter sees them, from one JSON object. Defaults are copied, so that no call changes them. */
export function settingsFrom(json, declared) {
  let given;
  try {
    given = json.trim() === "" ? {} : JSON.parse(json);
  } catch (error) {
    throw ConvertError.misconfigured(`settings: ${error.message}`);
  }
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw ConvertError.misconfigured("settings: expected an object");
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(declared, key)) throw ConvertError.misconfigured(`settings: ${key}: there is no such setting`);
  }
  const settings = {};
  for (const [key, { schema }] of Object.entries(declared)) {
    keepsRules(key, schema, schema.default);
    if (!Object.hasOwn(given, key)) {
      settings[key] = JSON.parse(JSON.stringify(schema.default));
      continue;
    }
    const right =
      schema.enum === undefined ? (TYPES[schema.type]?.(given[key]) ?? true) : schema.enum.includes(given[key]);
    if (!right) {
      const expected = schema.enum === undefined ? schema.type : `one of ${schema.enum.join(", ")}`;
      throw ConvertError.misconfigured(`settings: ${key}: found ${JSON.stringify(given[key])}, expected ${expected}`);
    }
    keepsRules(key, schema, given[key]);
    settings[key] = given[key];
  }
  return settings;
}
