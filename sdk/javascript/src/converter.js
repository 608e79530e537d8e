// What an author defines, and what stands between it and the contract.

import * as check from "./check.js";
import { Waiting, errorToWire, fault } from "./errors.js";
import { host } from "./host.js";
import { Input } from "./input.js";
import { Reports } from "./report.js";
import { schemaOf, settingsFrom } from "./settings.js";

const GRANTS = ["lookup", "own-id"];
const DEFINITION = new Set([
  "name",
  "version",
  "summary",
  "formats",
  "patterns",
  "minSize",
  "maxSize",
  "magic",
  "contains",
  "grants",
  "homepage",
  "license",
  "author",
  "settings",
  "probe",
  "convert",
]);

const made = new WeakSet();

/** Whether a value was made by converter(). */
export const isConverter = (value) => typeof value === "object" && value !== null && made.has(value);

/** A converter plugin. What is wrong with the definition is told here, and so when the component is built. */
export function converter(definition) {
  if (typeof definition !== "object" || definition === null) throw check.wrong("converter", definition, "an object");
  const given = check.options(definition, DEFINITION, "converter");
  for (const name of ["probe", "convert"]) {
    if (typeof given[name] !== "function") throw check.wrong(`converter: ${name}`, given[name], "a function");
  }
  const settings = given.settings ?? {};
  for (const [key, value] of Object.entries(settings)) {
    if (typeof value?.schema !== "object")
      throw check.wrong(`converter: settings.${key}`, value, "setting.text(...), setting.number(...), ...");
  }
  const texts = (key) =>
    check.list(given[key], `converter: ${key}`).map((value) => check.text(value, `converter: ${key}`));
  const whole = (value, what) => (value === undefined ? undefined : check.size(value, what));
  const result = Object.freeze({
    definition: given,
    settings,
    descriptor: Object.freeze({
      name: check.text(given.name, "converter: name"),
      version: check.text(given.version, "converter: version"),
      summary: check.textOrEmpty(given.summary, "converter: summary"),
      formats: texts("formats"),
      recognition: {
        patterns: texts("patterns"),
        minSize: whole(given.minSize, "converter: minSize"),
        maxSize: whole(given.maxSize, "converter: maxSize"),
        magic: check.list(given.magic, "converter: magic").map(({ offset = 0, bytes }) => ({
          offset: check.unsigned(offset, "converter: magic: offset"),
          bytes: magicBytes(bytes),
        })),
        contains: texts("contains"),
      },
      settingsSchema: schemaOf(settings),
      grants: check
        .list(given.grants, "converter: grants")
        .map((grant) => check.oneOf(grant, GRANTS, "converter: grants")),
      properties: check.properties(
        { homepage: given.homepage, license: given.license, author: given.author },
        "converter",
      ),
    }),
  });
  made.add(result);
  return result;
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
  try {
    const settings = settingsFrom(host().station.settingsJson(), converter.settings);
    const result = converter.definition.convert(new Input(wireInput), settings, new Reports());
    mustNotWait(result, "convert");
    // Nothing returned could be an outcome whose `return` was forgotten.
    if (!outcomes.has(result))
      throw check.wrong("convert returned", result, "Outcome.converted(), .skipped(why) or .waiting(reason)");
    return result;
  } catch (thrown) {
    if (thrown instanceof Waiting) return waitingToWire(thrown);
    throw errorToWire(fault(thrown, host().locate), host().u32);
  }
}
