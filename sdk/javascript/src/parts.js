// The records of the contract from what an author gives: everything is checked, what is left out stays out.

import * as check from "./check.js";
import { host } from "./host.js";
import { numericLimits, textLimits } from "./limits.js";

const GROUPS = ["main", "setup", "cleanup"];
const SCALES = ["linear", "log-x", "log-y", "log-xy"];

const given = (value) => value !== undefined && value !== null;

/**
 * Writes options into a record. `setters` is a map from option to a function of the record, the value, `what` and the
 * option's name: only what is given costs anything.
 */
function apply(record, options, setters, what) {
  if (!given(options)) return record;
  if (typeof options !== "object" || Array.isArray(options)) throw check.wrong(what, options, "an object");
  for (const key in options) {
    const set = setters.get(key);
    if (set === undefined) throw check.unknownOption(key, setters.keys(), what);
    const value = options[key];
    if (value !== undefined && value !== null) set(record, value, what, key);
  }
  return record;
}

const setters = (table) => new Map(Object.entries(table));

/** Setters for fields of the same name. */
const fields = (checked, ...names) =>
  Object.fromEntries(
    names.map((name) => [name, (record, value, what, key) => (record[name] = checked(value, what, key))]),
  );

/** As the engine takes it: see component.js. */
const u32 = (value, what, key) => host().u32(check.unsigned(value, what, key));

const group = (record, value, what, key) => (record.group = check.oneOf(value, GROUPS, what, key));
const moreProperties = (record, value, what, key) => record.properties.push(...check.properties(value, what, key));

const SEQUENCE = {
  ...fields(check.text, "name"),
  ...fields(check.textOrEmpty, "path", "version"),
  ...fields(check.optionalTime, "start"),
  ...fields(check.optionalWord, "errorCode"),
  ...fields(check.optionalText, "errorMessage", "reportText"),
  group,
  properties: moreProperties,
};

const NESTED = setters({ ...SEQUENCE, ...fields(check.status, "status"), ...fields(check.number, "duration") });
const PROGRAM = setters(SEQUENCE);

/** A sequence by its name, or with more. */
function sequence(options, known, what) {
  const record = { name: undefined, path: "", version: "", group: "main", properties: [] };
  if (typeof options === "string") record.name = check.text(options, what);
  else apply(record, options, known, what);
  if (record.name === undefined) throw check.wrong(what, options, "a name, or an object with a name");
  return record;
}

/** A sequence, and how it is to be closed. */
export function sequenceToWire(options) {
  const { status, duration, ...wire } = sequence(options, NESTED, "sequence");
  return { wire, status, duration };
}

const HEADER = setters({
  ...fields(check.text, "serialNumber"),
  ...fields(
    check.optionalText,
    "partNumber",
    "revision",
    "operator",
    "machineName",
    "location",
    "purpose",
    "batchSerialNumber",
    "fixture",
    "comment",
    "errorMessage",
    "key",
    "id",
  ),
  ...fields(u32, "processCode"),
  ...fields(check.signed, "socketIndex", "errorCode"),
  ...fields(check.optionalTime, "start"),
  ...fields(check.number, "duration"),
  program: (record, value) => (record.program = sequence(value, PROGRAM, "program")),
  properties: moreProperties,
});

export function headerToWire(options) {
  const record = apply({ serialNumber: undefined, program: undefined, properties: [] }, options, HEADER, "header");
  if (record.serialNumber === undefined) throw check.wrong("header: serialNumber", options?.serialNumber, "a text");
  record.program ??= sequence("Main", PROGRAM, "program");
  return record;
}

const numbers = (values, what, key) =>
  values instanceof Float64Array
    ? values
    : Float64Array.from(check.list(values, what, key), (value) => check.number(value, what, key));

const SERIES = setters({ ...fields(check.text, "name"), ...fields(numbers, "x", "y") });

const CHART = setters({
  ...fields(check.textOrEmpty, "label", "xLabel", "xUnit", "yLabel", "yUnit"),
  scale: (record, value, what, key) => (record.scale = check.oneOf(value, SCALES, what, key)),
  series(record, value, what, key) {
    for (const one of check.list(value, what, key)) {
      const empty = { name: undefined, x: new Float64Array(0), y: new Float64Array(0) };
      record.series.push(apply(empty, one, SERIES, check.at(what, key)));
      if (empty.name === undefined) throw check.wrong(check.at(what, "name of a series"), one?.name, "a text");
    }
  },
});

export function chartToWire(options, what) {
  if (!given(options)) throw check.wrong(what, options, "an object with series");
  return apply(
    { label: "", xLabel: "", yLabel: "", xUnit: "", yUnit: "", scale: "linear", series: [] },
    options,
    CHART,
    what,
  );
}

const ATTACHMENT = setters({ ...fields(check.text, "name", "contentType"), ...fields(check.bytes, "content") });

export function attachmentToWire(options, what) {
  const record = apply({ name: undefined, contentType: undefined, content: undefined }, options, ATTACHMENT, what);
  for (const key of ["name", "contentType", "content"]) {
    if (record[key] === undefined)
      throw check.wrong(check.at(what, key), undefined, key === "content" ? "a Uint8Array or a text" : "a text");
  }
  return record;
}

const SUB_UNIT = setters({
  ...fields(check.text, "serialNumber", "partNumber"),
  ...fields(check.optionalText, "revision", "partType"),
});

export function subUnitToWire(options) {
  const record = apply({ serialNumber: undefined, partNumber: undefined }, options, SUB_UNIT, "sub unit");
  for (const key of ["serialNumber", "partNumber"]) check.text(record[key], "sub unit", key);
  return record;
}

const property = (name, checked) => (record, value, what, key) => {
  const val = checked(value, what, key);
  if (val !== undefined) record.properties.push({ key: name, value: { tag: "text", val } });
};

const ASSET = setters({
  ...fields(check.text, "serialNumber"),
  ...fields(u32, "usageCount"),
  type: property("type", check.optionalText),
  partNumber: property("part-number", check.optionalText),
  calibrated: property("calibration-date", check.optionalTime),
  calibrationDue: property("calibration-due", check.optionalTime),
  properties: moreProperties,
});

export function assetToWire(options) {
  const record = apply({ serialNumber: undefined, usageCount: 1, properties: [] }, options, ASSET, "asset");
  check.text(record.serialNumber, "asset", "serialNumber");
  return record;
}

const addNumber = (step, key, val) => step.properties.push({ key, value: { tag: "number", val } });

const LOOP_SUMMARY = setters(fields(check.unsigned, "count", "passed", "failed"));

/** What every kind of step has. `extras` is no part of the record: it follows the step. */
const STEP = {
  ...fields(check.status, "status"),
  ...fields(check.optionalTime, "start"),
  ...fields(check.number, "duration"),
  ...fields(check.optionalWord, "errorCode"),
  ...fields(check.optionalText, "errorMessage", "reportText"),
  group,
  properties: moreProperties,
  loopIndex: (step, value, what, key) => addNumber(step, "loop-index", check.unsigned(value, what, key)),
  loopSummary(step, value, what, key) {
    const { count, passed, failed } = apply(
      { count: undefined, passed: undefined, failed: undefined },
      value,
      LOOP_SUMMARY,
      check.at(what, key),
    );
    addNumber(step, "loop-count", check.unsigned(count, what, "loopSummary.count"));
    addNumber(step, "loop-ending-index", count);
    addNumber(step, "loop-passed", check.unsigned(passed, what, "loopSummary.passed"));
    addNumber(step, "loop-failed", check.unsigned(failed, what, "loopSummary.failed"));
  },
  causedFailure(step, value, what, key) {
    if (typeof value !== "boolean") throw check.wrong(check.at(what, key), value, "true or false");
    if (value) step.properties.push({ key: "caused-uut-failure", value: { tag: "flag", val: true } });
  },
  chart: (step, value, what, key) => (extrasOf(step).chart = chartToWire(value, check.at(what, key))),
  attach: (step, value, what, key) => (extrasOf(step).attachment = attachmentToWire(value, check.at(what, key))),
  results: (step, value, what, key) =>
    (extrasOf(step).results = check.list(value, what, key).map((one) => check.json(one, what, key))),
};

const extrasOf = (step) => (step.extras ??= { chart: undefined, attachment: undefined, results: [] });

const NUMERIC_STEP = setters({
  ...STEP,
  unit: (step, value, what, key) => (step.body.val.unit = check.textOrEmpty(value, what, key)),
  limits: (step, value, what, key) => (step.body.val.limits = numericLimits(value, what, key)),
  measuredStatus: (step, value, what, key) => (step.body.val.status = check.status(value, what, key)),
});

const TEXT_STEP = setters({
  ...STEP,
  limits: (step, value, what, key) => (step.body.val.limits = textLimits(value, what, key)),
  measuredStatus: (step, value, what, key) => (step.body.val.status = check.status(value, what, key)),
});

const POPUP_STEP = setters({
  ...STEP,
  response: (step, value, what, key) => (step.body.val.response = check.optionalText(value, what, key)),
  button: (step, value, what, key) => (step.body.val.button = check.signed(value, what, key)),
});

const OTHER_STEP = setters(STEP);

const SETTERS = { numeric: NUMERIC_STEP, text: TEXT_STEP, "message-popup": POPUP_STEP };

/** A step with its options; `extras` is what must follow it, or undefined. */
export function stepToWire(name, body, options) {
  const step = { name: check.text(name, "name of a step"), body, group: "main", properties: [] };
  return given(options) ? apply(step, options, SETTERS[body.tag] ?? OTHER_STEP, `step ${name}`) : step;
}

// A step from which on nothing more waits for company: 64 that are just lighter stay well below what the host takes in one call
// (32 MiB, its limit `hostcall_bytes`).
const HEAVY = 256 * 1024;
// About how many bytes each of a list is on its way to the host, beside its texts.
const EACH = 100;

const length = (text) => text?.length ?? 0;
const sum = (list, weight) => list.reduce((total, one) => total + EACH + weight(one), 0);
const measured = ({ name, value }) => name.length + (typeof value === "string" ? value.length : 0);

/** Whether a step is so large that it goes to the host at once. */
export function isHeavy({ body, reportText, errorMessage, properties }) {
  let weight = length(reportText) + length(errorMessage);
  if (properties.length > 0) weight += sum(properties, ({ value }) => length(value.val));
  if (body.tag === "text") weight += measured(body.val);
  else if (body.tag.startsWith("multi-")) weight += sum(body.val, measured);
  else if (body.tag === "chart") weight += sum(body.val.series, ({ x, y }) => 8 * (x.length + y.length));
  return weight >= HEAVY;
}

const LOGGED = Object.freeze({ tag: "log" });

/** A number, or none when it was not measured. */
export const numericBody = (value, step) => ({
  name: "",
  value: typeof value === "number" ? value : check.optionalNumber(value, `step ${step}`, "value"),
  unit: "",
  limits: LOGGED,
});

/** A text, or none. */
export const textBody = (value, step) => ({
  name: "",
  value: given(value) ? check.text(value, `step ${step}`, "value") : undefined,
  limits: LOGGED,
});

const NUMERIC_MEASUREMENT = setters({
  ...fields(check.text, "name"),
  ...fields(check.number, "value"),
  ...fields(check.textOrEmpty, "unit"),
  ...fields(numericLimits, "limits"),
  ...fields(check.status, "status"),
});

const PASS_FAIL_MEASUREMENT = setters({ ...fields(check.text, "name"), ...fields(check.status, "status") });

const TEXT_MEASUREMENT = setters({
  ...fields(check.text, "name", "value"),
  ...fields(textLimits, "limits"),
  ...fields(check.status, "status"),
});

/** Several measurements of a step, each with a name. */
function several(measurements, known, empty, step) {
  const what = `step ${step}`;
  if (!Array.isArray(measurements)) throw check.wrong(what, measurements, "an array of measurements");
  return measurements.map((one) => {
    const record = apply({ ...empty }, one, known, `${what}: measurement ${one?.name}`);
    check.text(record.name, what, "name of a measurement");
    return record;
  });
}

export const numericMeasurements = (measurements, step) =>
  several(measurements, NUMERIC_MEASUREMENT, { name: undefined, unit: "", limits: LOGGED }, step);

export const textMeasurements = (measurements, step) =>
  several(measurements, TEXT_MEASUREMENT, { name: undefined, limits: LOGGED }, step);

export function passFailMeasurements(measurements, step) {
  const found = several(measurements, PASS_FAIL_MEASUREMENT, { name: undefined, status: undefined }, step);
  for (const { name, status } of found) check.status(status, `step ${step}: measurement ${name}`, "status");
  return found;
}
