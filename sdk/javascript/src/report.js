// Where reports go. Steps are gathered and cross to the station 64 at a time: a call for each would cost more than the step.

import * as check from "./check.js";
import { rejected } from "./errors.js";
import { host } from "./host.js";
import { numericLimits, textLimits } from "./limits.js";

const BATCH = 64;

const GROUPS = ["main", "setup", "cleanup"];
const SCALES = ["linear", "log-x", "log-y", "log-xy"];

const keys = (...names) => new Set(names);

const SEQUENCE = keys("name", "path", "version", "group", "status", "start", "duration", "errorCode", "errorMessage", "reportText", "properties");

/** A sequence by its name, or with more. */
function sequenceToWire(given, what) {
  const found = typeof given === "string" ? { name: given } : check.options(given, SEQUENCE, what);
  return {
    wire: {
      name: check.text(found.name, `${what}: name`),
      path: check.textOrEmpty(found.path, `${what}: path`),
      version: check.textOrEmpty(found.version, `${what}: version`),
      group: found.group === undefined ? "main" : check.oneOf(found.group, GROUPS, `${what}: group`),
      start: check.optionalTime(found.start, `${what}: start`),
      errorCode: check.optionalWord(found.errorCode, `${what}: errorCode`),
      errorMessage: check.optionalText(found.errorMessage, `${what}: errorMessage`),
      reportText: check.optionalText(found.reportText, `${what}: reportText`),
      properties: check.properties(found.properties, `${what}: properties`),
    },
    status: check.optionalStatus(found.status, `${what}: status`),
    duration: check.optionalNumber(found.duration, `${what}: duration`),
  };
}

const HEADER = keys(
  "serialNumber", "partNumber", "revision", "processCode", "start", "duration", "operator", "machineName", "location", "purpose",
  "batchSerialNumber", "fixture", "socketIndex", "comment", "errorCode", "errorMessage", "key", "id", "program", "properties",
);

function headerToWire(given) {
  if (given === undefined || given === null) throw check.wrong("header", given, "an object with a serialNumber");
  const header = check.options(given, HEADER, "header");
  const optional = (key) => check.optionalText(header[key], `header: ${key}`);
  const program = sequenceToWire(header.program ?? "Main", "program");
  if (program.status !== undefined) throw new TypeError("program: its status is that of the report: uut.finish(status)");
  if (program.duration !== undefined) throw new TypeError("program: its duration is that of the report: header.duration");
  return {
    serialNumber: check.text(header.serialNumber, "header: serialNumber"),
    partNumber: optional("partNumber"),
    revision: optional("revision"),
    processCode: check.optionalUnsigned(header.processCode, "header: processCode"),
    start: check.optionalTime(header.start, "header: start"),
    duration: check.optionalNumber(header.duration, "header: duration"),
    operator: optional("operator"),
    machineName: optional("machineName"),
    location: optional("location"),
    purpose: optional("purpose"),
    batchSerialNumber: optional("batchSerialNumber"),
    fixture: optional("fixture"),
    socketIndex: check.optionalSigned(header.socketIndex, "header: socketIndex"),
    comment: optional("comment"),
    errorCode: check.optionalSigned(header.errorCode, "header: errorCode"),
    errorMessage: optional("errorMessage"),
    key: optional("key"),
    id: optional("id"),
    program: program.wire,
    properties: check.properties(header.properties, "header: properties"),
  };
}

const CHART = keys("label", "xLabel", "xUnit", "yLabel", "yUnit", "scale", "series");
const SERIES = keys("name", "x", "y");

function chartToWire(given, what) {
  if (given === undefined || given === null) throw check.wrong(what, given, "an object with series");
  const chart = check.options(given, CHART, what);
  const numbers = (values, where) => {
    if (values instanceof Float64Array) return values;
    return Float64Array.from(check.list(values, where), (value) => check.number(value, where));
  };
  return {
    label: check.textOrEmpty(chart.label, `${what}: label`),
    xLabel: check.textOrEmpty(chart.xLabel, `${what}: xLabel`),
    yLabel: check.textOrEmpty(chart.yLabel, `${what}: yLabel`),
    xUnit: check.textOrEmpty(chart.xUnit, `${what}: xUnit`),
    yUnit: check.textOrEmpty(chart.yUnit, `${what}: yUnit`),
    scale: chart.scale === undefined ? "linear" : check.oneOf(chart.scale, SCALES, `${what}: scale`),
    series: check.list(chart.series, `${what}: series`).map((one) => {
      const series = check.options(one, SERIES, `${what}: series`);
      const name = check.text(series.name, `${what}: name of a series`);
      return { name, x: numbers(series.x, `${what}: x of ${name}`), y: numbers(series.y, `${what}: y of ${name}`) };
    }),
  };
}

const ATTACHMENT = keys("name", "contentType", "content");

function attachmentToWire(given, what) {
  if (given === undefined || given === null) throw check.wrong(what, given, "an object with name, contentType and content");
  const attachment = check.options(given, ATTACHMENT, what);
  return {
    name: check.text(attachment.name, `${what}: name`),
    contentType: check.text(attachment.contentType, `${what}: contentType`),
    content: check.bytes(attachment.content, `${what}: content`),
  };
}

const COMMON = [
  "status", "group", "start", "duration", "errorCode", "errorMessage", "reportText", "loopIndex", "loopSummary", "causedFailure",
  "properties", "chart", "attach", "results",
];
const STEP = keys(...COMMON);
const NUMERIC = keys("unit", "limits", "measuredStatus", ...COMMON);
const TEXT = keys("limits", "measuredStatus", ...COMMON);
const POPUP = keys("response", "button", ...COMMON);
const LOOP_SUMMARY = keys("count", "passed", "failed");
const NUMERIC_MEASUREMENT = keys("name", "value", "unit", "limits", "status");
const PASS_FAIL_MEASUREMENT = keys("name", "status");
const TEXT_MEASUREMENT = keys("name", "value", "limits", "status");

function numericToWire(name, measurement, status, what) {
  return {
    name,
    value: check.optionalNumber(measurement.value, `${what}: value`),
    unit: check.textOrEmpty(measurement.unit, `${what}: unit`),
    limits: numericLimits(measurement.limits, `${what}: limits`),
    status: check.optionalStatus(status, `${what}: status`),
  };
}

function textToWire(name, measurement, status, what) {
  const { value } = measurement;
  return {
    name,
    value: value === undefined || value === null ? undefined : check.text(value, `${what}: value`),
    limits: textLimits(measurement.limits, `${what}: limits`),
    status: check.optionalStatus(status, `${what}: status`),
  };
}

/** Several measurements of a step, each with a name. */
function several(given, known, what, toWire) {
  if (!Array.isArray(given)) throw check.wrong(what, given, "an array of measurements");
  return given.map((one) => {
    const measurement = check.options(one, known, `${what}: measurement`);
    const name = check.text(measurement.name, `${what}: name of a measurement`);
    return toWire(name, measurement, measurement.status, `${what}/${name}`);
  });
}

/** What is rare about a step goes into its properties. */
function stepProperties(options, what) {
  const found = check.properties(options.properties, `${what}: properties`);
  const add = (key, tag, val) => found.push({ key, value: { tag, val } });
  if (options.loopIndex !== undefined && options.loopIndex !== null) {
    add("loop-index", "number", check.unsigned(options.loopIndex, `${what}: loopIndex`));
  }
  if (options.loopSummary !== undefined && options.loopSummary !== null) {
    const { count, passed, failed } = check.options(options.loopSummary, LOOP_SUMMARY, `${what}: loopSummary`);
    add("loop-count", "number", check.unsigned(count, `${what}: loopSummary.count`));
    add("loop-ending-index", "number", count);
    add("loop-passed", "number", check.unsigned(passed, `${what}: loopSummary.passed`));
    add("loop-failed", "number", check.unsigned(failed, `${what}: loopSummary.failed`));
  }
  if (options.causedFailure) add("caused-uut-failure", "flag", true);
  return found;
}

/** Writer of one report on a unit under test. */
export class Uut {
  #wire;
  #serialNumber;
  #steps = [];
  /** How the open sequences are to be closed, the innermost last. */
  #open = [];

  constructor(header) {
    const wire = headerToWire(header);
    this.#serialNumber = wire.serialNumber;
    this.#wire = new (host().report.Uut)(wire);
  }

  setHeader(header) {
    const wire = headerToWire(header);
    this.#writer().setHeader(wire);
    this.#serialNumber = wire.serialNumber;
  }

  sequence(sequence, body) {
    if (typeof body !== "function") throw check.wrong("sequence", body, "a function that adds its steps");
    this.open(sequence);
    try {
      const result = body(this);
      if (typeof result?.then === "function") throw new TypeError("sequence: its function must not be async");
      return result;
    } finally {
      // Not where the function has finished or thrown away the report.
      if (this.#wire !== undefined) this.close();
    }
  }

  open(sequence) {
    const { wire, status, duration } = sequenceToWire(sequence, "sequence");
    this.#flush();
    this.#writer().openSequence(wire);
    this.#open.push({ status, duration });
  }

  close(ended) {
    const { status, duration } = check.options(ended, keys("status", "duration"), "close");
    const opened = this.#open.pop();
    this.#flush();
    this.#writer().closeSequence(
      check.optionalStatus(status, "close: status") ?? opened?.status,
      check.optionalNumber(duration, "close: duration") ?? opened?.duration,
    );
  }

  get depth() {
    return this.#open.length;
  }

  numeric(name, value, options) {
    const what = `step ${name}`;
    const given = check.options(options, NUMERIC, what);
    const measurement = numericToWire("", { value, unit: given.unit, limits: given.limits }, given.measuredStatus, what);
    this.#push(name, { tag: "numeric", val: measurement }, given);
  }

  multiNumeric(name, measurements, options) {
    const what = `step ${name}`;
    const val = several(measurements, NUMERIC_MEASUREMENT, what, numericToWire);
    this.#push(name, { tag: "multi-numeric", val }, check.options(options, STEP, what));
  }

  passFail(name, status, options) {
    const what = `step ${name}`;
    const val = { name: "", status: check.status(status, `${what}: status`) };
    this.#push(name, { tag: "pass-fail", val }, check.options(options, STEP, what));
  }

  multiPassFail(name, measurements, options) {
    const what = `step ${name}`;
    const val = several(measurements, PASS_FAIL_MEASUREMENT, what, (inner, _, status, where) => ({
      name: inner,
      status: check.status(status, `${where}: status`),
    }));
    this.#push(name, { tag: "multi-pass-fail", val }, check.options(options, STEP, what));
  }

  text(name, value, options) {
    const what = `step ${name}`;
    const given = check.options(options, TEXT, what);
    this.#push(name, { tag: "text", val: textToWire("", { value, limits: given.limits }, given.measuredStatus, what) }, given);
  }

  multiText(name, measurements, options) {
    const what = `step ${name}`;
    const val = several(measurements, TEXT_MEASUREMENT, what, textToWire);
    this.#push(name, { tag: "multi-text", val }, check.options(options, STEP, what));
  }

  action(name, options) {
    this.#push(name, { tag: "action" }, check.options(options, STEP, `step ${name}`));
  }

  chart(name, chart, options) {
    const what = `step ${name}`;
    this.#push(name, { tag: "chart", val: chartToWire(chart, `${what}: chart`) }, check.options(options, STEP, what));
  }

  messagePopup(name, options) {
    const what = `step ${name}`;
    const given = check.options(options, POPUP, what);
    const val = {
      response: check.optionalText(given.response, `${what}: response`),
      button: check.optionalSigned(given.button, `${what}: button`),
    };
    this.#push(name, { tag: "message-popup", val }, given);
  }

  callExecutable(name, exitCode, options) {
    const what = `step ${name}`;
    this.#push(name, { tag: "call-executable", val: check.signed(exitCode, `${what}: exit code`) }, check.options(options, STEP, what));
  }

  generic(stepType, name, options) {
    const what = `step ${name}`;
    this.#push(name, { tag: "generic", val: check.text(stepType, `${what}: step type`) }, check.options(options, STEP, what));
  }

  attach(attachment) {
    this.#writer().attach(attachmentToWire(attachment, "attachment"));
  }

  attachFile(file, contentType) {
    this.#writer().attachFile(file.wire, check.text(contentType, "attachFile: content type"));
  }

  miscInfo(description, text) {
    const info = { description: check.text(description, "misc info: description"), text: check.text(text, "misc info: text") };
    this.#writer().addMiscInfos([info]);
  }

  subUnit(unit) {
    const given = check.options(unit, keys("partNumber", "serialNumber", "revision", "partType"), "sub unit");
    this.#writer().addSubUnits([
      {
        serialNumber: check.text(given.serialNumber, "sub unit: serialNumber"),
        partNumber: check.text(given.partNumber, "sub unit: partNumber"),
        revision: check.optionalText(given.revision, "sub unit: revision"),
        partType: check.optionalText(given.partType, "sub unit: partType"),
      },
    ]);
  }

  asset(asset) {
    const known = keys("serialNumber", "usageCount", "type", "partNumber", "calibrated", "calibrationDue", "properties");
    const given = check.options(asset, known, "asset");
    const properties = check.properties(given.properties, "asset: properties");
    const add = (key, val) => val !== undefined && properties.push({ key, value: { tag: "text", val } });
    add("type", check.optionalText(given.type, "asset: type"));
    add("part-number", check.optionalText(given.partNumber, "asset: partNumber"));
    add("calibration-date", check.optionalTime(given.calibrated, "asset: calibrated"));
    add("calibration-due", check.optionalTime(given.calibrationDue, "asset: calibrationDue"));
    const serialNumber = check.text(given.serialNumber, "asset: serialNumber");
    const usageCount = check.unsigned(given.usageCount ?? 1, "asset: usageCount");
    this.#writer().addAssets([{ serialNumber, usageCount, properties }]);
  }

  data(entry) {
    this.#writer().addData(check.json(entry, "data"));
  }

  finish(status) {
    const ended = check.optionalStatus(status, "finish: status");
    this.#flush();
    const wire = this.#writer();
    this.#wire = undefined;
    return handedOver(() => host().report.Uut.finish(wire, ended));
  }

  discard() {
    const wire = this.#writer();
    this.#wire = undefined;
    this.#steps = [];
    host().report.Uut.discard(wire);
  }

  #writer() {
    if (this.#wire === undefined) throw new Error(`the report of ${this.#serialNumber} is finished or discarded: nothing can be added`);
    return this.#wire;
  }

  #push(name, body, options) {
    const what = `step ${name}`;
    const writer = this.#writer();
    const step = {
      name: check.text(name, "name of a step"),
      body,
      status: check.optionalStatus(options.status, `${what}: status`),
      group: options.group === undefined ? "main" : check.oneOf(options.group, GROUPS, `${what}: group`),
      start: check.optionalTime(options.start, `${what}: start`),
      duration: check.optionalNumber(options.duration, `${what}: duration`),
      errorCode: check.optionalWord(options.errorCode, `${what}: errorCode`),
      errorMessage: check.optionalText(options.errorMessage, `${what}: errorMessage`),
      reportText: check.optionalText(options.reportText, `${what}: reportText`),
      properties: stepProperties(options, what),
    };
    const { chart, attach, results } = options;
    // All of it is checked before anything is written: a step is there whole or not at all.
    const besideChart = chart === undefined || chart === null ? undefined : chartToWire(chart, `${what}: chart`);
    const attachment = attach === undefined || attach === null ? undefined : attachmentToWire(attach, `${what}: attach`);
    const nested = check.list(results, `${what}: results`).map((result) => check.json(result, `${what}: results`));
    this.#steps.push(step);
    const extras = besideChart !== undefined || attachment !== undefined || nested.length > 0;
    // What belongs to a step goes to the one added last.
    if (extras || this.#steps.length >= BATCH) this.#flush();
    if (besideChart !== undefined) writer.addChart(besideChart);
    if (attachment !== undefined) writer.addAttachment(attachment);
    for (const result of nested) writer.addResult(result);
  }

  #flush() {
    if (this.#steps.length === 0) return;
    const steps = this.#steps;
    this.#steps = [];
    this.#writer().add(steps);
  }
}

/** The report's id, or what is wrong with it as an exception. */
function handedOver(hand) {
  try {
    return hand();
  } catch (thrown) {
    const violations = thrown?.payload ?? thrown;
    if (Array.isArray(violations)) throw rejected(violations);
    throw thrown;
  }
}

/** Where a converter's reports go. */
export class Reports {
  uut(header) {
    return new Uut(header);
  }

  emitJson(report, options) {
    const { key } = check.options(options, keys("key"), "emitJson");
    const document = check.json(report, "emitJson");
    return handedOver(() => host().report.emitJson(document, check.optionalText(key, "emitJson: key")));
  }
}

