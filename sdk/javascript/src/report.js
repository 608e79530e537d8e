// Where reports go. Steps are gathered and cross to the station 64 at a time: a call for each would cost more than the
// step.

import * as check from "./check.js";
import { rejected } from "./errors.js";
import { host } from "./host.js";
import { SourceFile } from "./input.js";
import * as parts from "./parts.js";

const BATCH = 64;

const ENDED = new Set(["status", "duration"]);
const EMITTED = new Set(["key"]);

/** Writer of one report on a unit under test. */
export class Uut {
  #wire;
  #serialNumber;
  #steps = [];
  /** How the open sequences are to be closed, the innermost last. */
  #open = [];

  constructor(header) {
    const wire = parts.headerToWire(header);
    this.#serialNumber = wire.serialNumber;
    this.#wire = new (host().report.Uut)(wire);
  }

  setHeader(header) {
    const wire = parts.headerToWire(header);
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
    const { wire, status, duration } = parts.sequenceToWire(sequence);
    this.#flush();
    this.#writer().openSequence(wire);
    this.#open.push({ status, duration });
  }

  close(ended) {
    const { status, duration } = check.options(ended, ENDED, "close");
    const opened = this.#open.pop();
    this.#flush();
    this.#writer().closeSequence(
      check.optionalStatus(status, "close", "status") ?? opened?.status,
      check.optionalNumber(duration, "close", "duration") ?? opened?.duration,
    );
  }

  get depth() {
    return this.#open.length;
  }

  numeric(name, value, options) {
    this.#push(name, { tag: "numeric", val: parts.numericBody(value, name) }, options);
  }

  multiNumeric(name, measurements, options) {
    this.#push(name, { tag: "multi-numeric", val: parts.numericMeasurements(measurements, name) }, options);
  }

  passFail(name, status, options) {
    this.#push(
      name,
      { tag: "pass-fail", val: { name: "", status: check.status(status, `step ${name}`, "status") } },
      options,
    );
  }

  multiPassFail(name, measurements, options) {
    this.#push(name, { tag: "multi-pass-fail", val: parts.passFailMeasurements(measurements, name) }, options);
  }

  text(name, value, options) {
    this.#push(name, { tag: "text", val: parts.textBody(value, name) }, options);
  }

  multiText(name, measurements, options) {
    this.#push(name, { tag: "multi-text", val: parts.textMeasurements(measurements, name) }, options);
  }

  action(name, options) {
    this.#push(name, { tag: "action" }, options);
  }

  chart(name, chart, options) {
    this.#push(name, { tag: "chart", val: parts.chartToWire(chart, `step ${name}: chart`) }, options);
  }

  messagePopup(name, options) {
    this.#push(name, { tag: "message-popup", val: {} }, options);
  }

  callExecutable(name, exitCode, options) {
    this.#push(name, { tag: "call-executable", val: check.signed(exitCode, `step ${name}`, "exit code") }, options);
  }

  generic(stepType, name, options) {
    this.#push(name, { tag: "generic", val: check.text(stepType, `step ${name}`, "step type") }, options);
  }

  attach(attachment) {
    this.#writer().attach(parts.attachmentToWire(attachment, "attachment"));
  }

  attachFile(file, contentType) {
    if (!(file instanceof SourceFile)) throw check.wrong("attachFile", file, "a file of the input");
    this.#writer().attachFile(file.wire, check.text(contentType, "attachFile", "content type"));
  }

  miscInfo(description, text) {
    const info = {
      description: check.text(description, "misc info", "description"),
      text: check.text(text, "misc info", "text"),
    };
    this.#writer().addMiscInfos([info]);
  }

  subUnit(unit) {
    this.#writer().addSubUnits([parts.subUnitToWire(unit)]);
  }

  asset(asset) {
    this.#writer().addAssets([parts.assetToWire(asset)]);
  }

  data(entry) {
    this.#writer().addData(check.json(entry, "data"));
  }

  finish(status) {
    const ended = check.optionalStatus(status, "finish", "status");
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
    if (this.#wire === undefined)
      throw new Error(`the report of ${this.#serialNumber} is finished or discarded: nothing can be added`);
    return this.#wire;
  }

  /** All of a step is checked before anything of it is written. */
  #push(name, body, options) {
    const writer = this.#writer();
    const step = parts.stepToWire(name, body, options);
    const { extras } = step;
    if (extras !== undefined) delete step.extras;
    this.#steps.push(step);
    // What belongs to a step goes to the one added last.
    if (extras !== undefined || this.#steps.length >= BATCH || parts.isHeavy(step)) this.#flush();
    if (extras === undefined) return;
    if (extras.chart !== undefined) writer.addChart(extras.chart);
    if (extras.attachment !== undefined) writer.addAttachment(extras.attachment);
    for (const result of extras.results) writer.addResult(result);
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
    // What the contract calls an error comes as an exception; some tools wrap it.
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
    const { key } = check.options(options, EMITTED, "emitJson");
    const document = check.json(report, "emitJson");
    const name = check.optionalText(key, "emitJson", "key");
    return handedOver(() => host().report.emitJson(document, name));
  }
}
