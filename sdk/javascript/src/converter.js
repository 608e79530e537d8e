// What an author defines, and what stands between it and the contract.

import * as check from "./check.js";
import { Waiting, errorToWire, fault } from "./errors.js";
import { host } from "./host.js";
import { HttpError } from "./http.js";
import { Input } from "./input.js";
import { Reports } from "./report.js";
import { schemaOf, settingsFrom } from "./settings.js";

const GRANTS = ["lookup", "own-id"];
const SCHEDULED_GRANTS = [...GRANTS, "state", "http"];
const ABOUT = ["name", "version", "summary", "grants", "homepage", "license", "author", "settings"];
const RULES = ["formats", "patterns", "minSize", "maxSize", "magic", "contains"];
const DEFINITION = new Set([...ABOUT, ...RULES, "probe", "convert"]);
const SCHEDULED_DEFINITION = new Set([...ABOUT, "run"]);

const made = new WeakSet();
const scheduled = new WeakSet();

/** Whether a value was made by converter(). */
export const isConverter = (value) => typeof value === "object" && value !== null && made.has(value);

/** Whether a value was made by scheduledConverter(). */
export const isScheduledConverter = (value) => typeof value === "object" && value !== null && scheduled.has(value);

/** A converter plugin. What is wrong with the definition is told here, and so when the component is built. */
export function converter(definition) {
  const grant = (word) => check.oneOf(word, GRANTS, "converter: grants");
  const result = plugin("converter", definition, DEFINITION, ["probe", "convert"], grant);
  made.add(result);
  return result;
}

/** A scheduled converter. */
export function scheduledConverter(definition) {
  const what = "scheduledConverter";
  const grant = (word) => {
    if (typeof word === "string" && /^http:./.test(word)) return check.text(word, `${what}: grants`);
    return check.oneOf(word, SCHEDULED_GRANTS, `${what}: grants`);
  };
  const result = plugin(what, definition, SCHEDULED_DEFINITION, ["run"], grant);
  scheduled.add(result);
  return result;
}

/** What `what` makes of a definition with these keys, of which `functions` must be there. */
function plugin(what, definition, known, functions, grant) {
  if (typeof definition !== "object" || definition === null) throw check.wrong(what, definition, "an object");
  const given = check.options(definition, known, what);
  for (const name of functions) {
    if (typeof given[name] !== "function") throw check.wrong(`${what}: ${name}`, given[name], "a function");
  }
  const settings = given.settings ?? {};
  for (const [key, value] of Object.entries(settings)) {
    if (typeof value?.schema !== "object")
      throw check.wrong(`${what}: settings.${key}`, value, "setting.text(...), setting.number(...), ...");
  }
  const texts = (key) => check.list(given[key], `${what}: ${key}`).map((value) => check.text(value, `${what}: ${key}`));
  const whole = (key) => (given[key] === undefined ? undefined : check.size(given[key], `${what}: ${key}`));
  return Object.freeze({
    definition: given,
    settings,
    descriptor: Object.freeze({
      name: check.text(given.name, `${what}: name`),
      version: check.text(given.version, `${what}: version`),
      summary: check.textOrEmpty(given.summary, `${what}: summary`),
      formats: texts("formats"),
      recognition: {
        patterns: texts("patterns"),
        minSize: whole("minSize"),
        maxSize: whole("maxSize"),
        magic: check.list(given.magic, `${what}: magic`).map(({ offset = 0, bytes }) => ({
          offset: check.unsigned(offset, `${what}: magic: offset`),
          bytes: magicBytes(bytes),
        })),
        contains: texts("contains"),
      },
      settingsSchema: schemaOf(settings),
      grants: check.list(given.grants, `${what}: grants`).map(grant),
      properties: check.properties({ homepage: given.homepage, license: given.license, author: given.author }, what),
    }),
  });
}

/** A text stands for its characters up to U+00FF as bytes: `PK\x03\x04`. */
function magicBytes(value) {
  if (value instanceof Uint8Array) return value;
  const spelt = check.text(value, "converter: magic: bytes");
  return Uint8Array.from(spelt, (c) => {
    const byte = c.charCodeAt(0);
    if (byte > 0xff)
      throw new RangeError(`converter: magic: bytes: found ${JSON.stringify(c)}, which is no byte; give a Uint8Array`);
    return byte;
  });
}

const detected = new WeakSet();

function detection(confidence, detail, more) {
  const { missing, serialNumber, partNumber } = check.options(
    more,
    new Set(["missing", "serialNumber", "partNumber"]),
    "detection",
  );
  const result = Object.freeze({
    confidence,
    detail: check.textOrEmpty(detail, "detection: detail"),
    missing: check.list(missing, "detection: missing").map((name) => check.text(name, "detection: missing")),
    properties: check.properties(
      {
        "serial-number": check.optionalText(serialNumber, "detection: serialNumber"),
        "part-number": check.optionalText(partNumber, "detection: partNumber"),
      },
      "detection",
    ),
  });
  detected.add(result);
  return result;
}

/** Whether a converter can read a file. */
export const Detection = Object.freeze({
  no: (why) => detection(0, why),
  certain: (detail, more) => detection(1, detail, more),
  likely: (confidence, detail, more) => {
    const found = check.number(confidence, "confidence");
    return detection(Number.isNaN(found) ? 0 : Math.min(Math.max(found, 0), 1), detail, more);
  },
});

const outcomes = new WeakSet();

function outcome(wire) {
  const result = Object.freeze(wire);
  outcomes.add(result);
  return result;
}

function waitingToWire(waiting) {
  const { message, retryAfter, missing } = waiting;
  return { tag: "waiting", val: { reason: message.toWellFormed(), retryAfter, missing } };
}

/** How a conversion ended. */
export const Outcome = Object.freeze({
  converted: () => outcome({ tag: "converted" }),
  skipped: (why) => outcome({ tag: "skipped", val: check.text(why, "skipped") }),
  waiting: (reason, more) => outcome(waitingToWire(new Waiting(reason, more))),
});

function mustNotWait(result, name) {
  if (typeof result?.then === "function")
    throw new TypeError(`${name} must not be async: nothing goes on after it returns`);
}

/** The contract's `probe`. Exceptions are the caller's. */
export function probe(converter, wireInput) {
  const settings = settingsFrom(host().station.settingsJson(), converter.settings);
  const result = converter.definition.probe(new Input(wireInput), settings);
  mustNotWait(result, "probe");
  if (!detected.has(result))
    throw check.wrong("probe returned", result, "Detection.certain(), .likely(...) or .no(...)");
  return result;
}

/** The contract's `convert`: an outcome, or throws the contract's error. Nothing else gets out. */
export function convert(converter, wireInput) {
  return ended(converter, "convert", (settings) =>
    converter.definition.convert(new Input(wireInput), settings, new Reports()),
  );
}

/** What a call of `name` of the author's came to. */
export function ended(plugin, name, call) {
  try {
    const result = call(settingsFrom(host().station.settingsJson(), plugin.settings));
    mustNotWait(result, name);
    // Nothing returned could be an outcome whose `return` was forgotten.
    if (!outcomes.has(result))
      throw check.wrong(`${name} returned`, result, "Outcome.converted(), .skipped(why) or .waiting(reason)");
    return result;
  } catch (thrown) {
    const meant = thrown instanceof HttpError ? thrown.meaning() : thrown;
    if (meant instanceof Waiting) return waitingToWire(meant);
    throw errorToWire(fault(meant, host().locate), host().u32);
  }
}
