// Runs a converter in Node, without the station: it gets bytes, a name and settings, and what it writes is recorded for
// plain asserts. Nothing is judged here: whether a report is right is told by `wats plugin test`, in the real sandbox.

import * as converter from "./converter.js";
import { ConvertError } from "./errors.js";
import { guard } from "./guard.js";
import { use } from "./host.js";
import { Others, textsOf } from "./others.js";
import * as scheduled from "./scheduled.js";

const MOST_TEXT = 64 * 1024 * 1024;

/** 0x80 to 0x9f of windows-1252: some versions of Node take them for control characters. */
const WINDOWS_1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

/** What the plugin says about itself, as the station gets it. */
export function describe(plugin) {
  return converter.isScheduledConverter(plugin) ? plugin.descriptor : checked(plugin).descriptor;
}

/** Asks the converter whether it can read the file. */
export function probe(plugin, given) {
  const run = new Run(checked(plugin), given);
  run.input = inputOf(given);
  return run.during(() => converter.probe(plugin, run.input));
}

/** Has the converter read the file, and gives back what became of it. */
export function convert(plugin, given) {
  const run = new Run(checked(plugin), given);
  run.input = inputOf(given);
  return ended(run, () => converter.convert(plugin, run.input));
}

/** Has a scheduled converter run, and gives back what became of it. */
export function run(plugin, given = {}) {
  if (!converter.isScheduledConverter(plugin))
    throw new TypeError(
      "expected what scheduledConverter({ ... }) gave, mostly the default export of the plugin's file",
    );
  const run = new Run(plugin, given);
  run.recorder.statesKeyAndStart = true;
  const others = new Others(plugin.descriptor.grants, given);
  run.others = others.interfaces();
  const properties = given.byHand === true ? [{ key: "by-hand", value: { tag: "flag", val: true } }] : [];
  const info = { due: given.due ?? "2026-01-01T12:00:00Z", previous: given.previous, properties };
  const converted = ended(run, () => scheduled.run(plugin, info));
  const kept = converted.outcome === "converted" ? others.state : others.before;
  return Object.assign(converted, { requests: others.requests, state: textsOf(kept) });
}

function inputOf(given) {
  const companions = (given.companions ?? []).map((file) => new RecordedFile(file));
  return { main: new RecordedFile(given), companions };
}

function ended(run, call) {
  return run.during(() => {
    try {
      const outcome = call();
      if (outcome.tag !== "converted") return new Converted(run, outcome);
      const open = run.recorder.unfinished();
      if (open.length === 0) return new Converted(run, outcome);
      const message = `found ${open.length} report(s) neither finished nor discarded: ${open.join(", ")}`;
      return new Converted(run, undefined, ConvertError.internal(message));
    } catch (wire) {
      return new Converted(run, undefined, errorFromWire(wire));
    }
  });
}

function checked(plugin) {
  if (!converter.isConverter(plugin))
    throw new TypeError("expected what converter({ ... }) gave, mostly the default export of the plugin's file");
  return plugin;
}

/** What became of a file. */
export class Converted {
  #run;
  #error;

  constructor(run, outcome, error) {
    this.#run = run;
    this.#error = error;
    this.outcome = error === undefined ? outcome.tag : "error";
    this.why = outcome?.tag === "skipped" ? outcome.val : undefined;
    this.waiting = outcome?.tag === "waiting" ? plain(outcome.val) : undefined;
    this.log = run.log;
    this.progress = run.progress;
  }

  get reports() {
    this.#expect("converted");
    return this.#run.recorder.reports;
  }

  get report() {
    const { reports } = this;
    if (reports.length !== 1) throw new Error(`found ${reports.length} reports, expected one`);
    return reports[0];
  }

  get error() {
    this.#expect("error");
    return this.#error;
  }

  #expect(outcome) {
    if (this.outcome === outcome) return;
    const more = this.#error?.toString() ?? this.why ?? this.waiting?.reason ?? "";
    throw new Error(`the outcome is ${this.outcome}${more === "" ? "" : ` (${more})`}, not ${outcome}`);
  }
}

/** A report as it was written. */
export class Report {
  constructor(header) {
    this.header = header;
    this.steps = [];
    this.attachments = [];
    this.miscInfos = [];
    this.subUnits = [];
    this.assets = [];
    this.data = [];
  }

  /** The first step of that name, by the names of the sequences around it: `Supply/Vcc`. */
  step(path) {
    let { steps } = this;
    let found;
    for (const name of path.split("/")) {
      found = steps?.find((step) => step.name === name);
      if (found === undefined)
        throw new Error(
          `no step ${JSON.stringify(name)} on the way to ${path}; there are ${steps?.map((step) => step.name).join(", ")}`,
        );
      ({ steps } = found);
    }
    return found;
  }
}

/** One file as the contract has it. */
class RecordedFile {
  #given;
  #bytes;

  constructor(given) {
    this.#given = given;
    const { content } = given;
    if (typeof content !== "string" && !(content instanceof Uint8Array))
      throw new TypeError("content: expected a text or a Uint8Array");
    this.#bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  }

  name() {
    return this.#given.name ?? "input.txt";
  }

  path() {
    return this.#given.path ?? this.name();
  }

  modified() {
    return this.#given.modified ?? "2026-01-01T12:00:00Z";
  }

  size() {
    return this.#bytes.length;
  }

  read(offset, length) {
    return new Uint8Array(this.#bytes.subarray(offset, offset + length));
  }

  text(encoding) {
    if (this.#bytes.length > MOST_TEXT) throw { tag: "too-large", val: MOST_TEXT };
    const [b0, b1] = this.#bytes;
    const label =
      encoding ?? (b0 === 0xff && b1 === 0xfe ? "utf-16le" : b0 === 0xfe && b1 === 0xff ? "utf-16be" : "utf-8");
    let decoder;
    try {
      decoder = new TextDecoder(label, { fatal: true });
    } catch {
      throw { tag: "unknown-encoding" };
    }
    try {
      const decoded = decoder.decode(this.#bytes);
      if (decoder.encoding !== "windows-1252") return decoded;
      return decoded.replace(/[\x80-\x9f]/g, (c) => WINDOWS_1252[c.charCodeAt(0) - 0x80]);
    } catch {
      throw { tag: "invalid-at", val: this.#firstInvalid(decoder.encoding) };
    }
  }

  /** Where the bytes stop being right: the shortest beginning that cannot be the beginning of anything right. */
  #firstInvalid(label) {
    const right = (length) => {
      try {
        new TextDecoder(label, { fatal: true }).decode(this.#bytes.subarray(0, length), { stream: true });
        return true;
      } catch {
        return false;
      }
    };
    let low = 0;
    let high = this.#bytes.length + 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (right(middle)) low = middle;
      else high = middle;
    }
    // Back to the first byte of a character of UTF-8 that was cut.
    for (let back = 1; label === "utf-8" && back <= 3; back++) {
      if (this.#bytes[low - back] >= 0xc0) return low - back;
      if (!(this.#bytes[low - back] >= 0x80)) break;
    }
    return low;
  }
}

class Run {
  constructor(plugin, given) {
    this.log = [];
    this.progress = [];
    this.recorder = new Recorder(given.violations ?? []);
    this.settings = JSON.stringify(given.settings ?? {});
    this.lookup = lookup(plugin.descriptor.grants.includes("lookup"), given.lookup);
  }

  /** Without a clock and random numbers, as in the sandbox. */
  during(body) {
    const before = use({
      report: this.recorder.interface(),
      station: {
        log: (level, message) => this.log.push({ level, message }),
        progress: (fraction) => this.progress.push(fraction),
        settingsJson: () => this.settings,
      },
      lookup: this.lookup,
      ...this.others,
      locate: locateInNode,
      u32: (value) => value,
    });
    const undo = guard();
    try {
      return body();
    } finally {
      undo();
      use(before);
    }
  }
}

/** Writes down what goes to the station. */
class Recorder {
  constructor(violations) {
    this.reports = [];
    this.open = new Set();
    this.violations = violations;
  }

  unfinished() {
    return [...this.open].map((writer) => writer.report.header.serialNumber);
  }

  interface() {
    const recorder = this;
    class Uut extends Writer {
      constructor(header) {
        super(header);
        recorder.open.add(this);
      }

      static finish(writer, status) {
        recorder.open.delete(writer);
        const violations = writer.ended();
        if (violations.length > 0) throw violations;
        if (status !== undefined) writer.report.status = status;
        const { key, start } = writer.report.header;
        return recorder.hand(writer.report, key, start);
      }

      static discard(writer) {
        recorder.open.delete(writer);
      }
    }
    const emitJson = (text, key) => {
      let json;
      try {
        json = JSON.parse(text);
      } catch (error) {
        // As the station tells it: a violation, not a fault of the plugin.
        throw [{ path: placeInJson(text, error), rule: "unreadable", message: error.message }];
      }
      return this.hand(plain({ json, key }), key, json?.start);
    };
    return { Uut, emitJson };
  }

  hand(report, key, start) {
    const missing = Object.entries({ key, start }).filter(([, value]) => this.statesKeyAndStart && value === undefined);
    const violations = [...this.violations, ...missing.map(([name]) => missingFrom(name))];
    if (violations.length > 0) throw violations;
    this.reports.push(report);
    return `00000000-0000-4000-8000-${String(this.reports.length).padStart(12, "0")}`;
  }
}

/** As the station refuses it of a scheduled converter. */
function missingFrom(name) {
  const message =
    "found none; each report of a scheduled converter states it, so that what is known already is recognised";
  return { path: `header/${name}`, rule: `missing-${name}`, message };
}

class Writer {
  constructor(header) {
    this.report = new Report(flat(header));
    this.nested = [this.report];
    /** Told by finish, as the station does. */
    this.violations = [];
  }

  ended() {
    const open = this.nested.length - 1;
    if (open > 0) this.#unbalanced(`found ${open} sequences still open at the end`);
    return this.violations;
  }

  #unbalanced(found) {
    this.violations.push({
      path: this.#path(),
      rule: "unbalanced-sequence",
      message: `${found}, allowed is one close for each open`,
    });
  }

  /** Of the innermost sequence. */
  #path() {
    const names = this.nested.slice(1).map(({ name }) => name);
    return ["steps", this.report.header.program?.name, ...names].filter((name) => name !== undefined).join("/");
  }

  /** The value of a text of JSON, or undefined where it is none. */
  #json(text, what) {
    try {
      return JSON.parse(text);
    } catch (error) {
      this.violations.push({ path: `${this.#path()}/${what}`, rule: "unreadable", message: error.message });
      return undefined;
    }
  }

  setHeader(header) {
    this.report.header = flat(header);
  }

  openSequence(sequence) {
    const opened = { type: "sequence", ...flat(sequence), steps: [] };
    this.#innermost().steps.push(opened);
    this.nested.push(opened);
  }

  closeSequence(status, duration) {
    if (this.nested.length === 1) {
      this.#unbalanced("found a sequence closed while none was open but the program");
      return;
    }
    Object.assign(this.nested.pop(), plain({ status, duration }));
  }

  add(steps) {
    for (const step of steps) this.#innermost().steps.push(stepFromWire(step));
  }

  addChart(chart) {
    this.#last().besideChart = chartFromWire(chart);
  }

  addAttachment(attachment) {
    this.#last().attachment = attachment;
  }

  addResult(json) {
    const result = this.#json(json, "result");
    if (result !== undefined) (this.#last().results ??= []).push(result);
  }

  attach(attachment) {
    this.report.attachments.push(attachment);
  }

  attachFile(file, contentType) {
    this.report.attachments.push({ name: file.name(), contentType, content: file.read(0, file.size()) });
  }

  addMiscInfos(infos) {
    this.report.miscInfos.push(...infos);
  }

  addSubUnits(units) {
    this.report.subUnits.push(...units.map(plain));
  }

  addAssets(assets) {
    this.report.assets.push(...assets.map(flat));
  }

  addData(json) {
    const entry = this.#json(json, "data");
    if (entry !== undefined) this.report.data.push(entry);
  }

  #innermost() {
    return this.nested.at(-1);
  }

  #last() {
    return this.#innermost().steps.at(-1);
  }
}

/** Where a text stops being JSON; at its end where the engine does not say. */
function placeInJson(text, error) {
  const said = /at position (\d+)/.exec(error.message);
  const before = said === null ? text : text.slice(0, Number(said[1]));
  const lines = before.split("\n");
  return `line ${lines.length}, column ${[...lines.at(-1)].length + 1}`;
}

/** Without what is not there. */
function plain(record) {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined && value !== null));
}

/** Without what is not there or says nothing, properties as an object. */
function flat(record) {
  const { properties, group, ...rest } = record;
  const found = plain(rest);
  for (const key of ["path", "version"]) if (found[key] === "") delete found[key];
  if (found.program !== undefined) found.program = flat(found.program);
  if (group !== undefined && group !== "main") found.group = group;
  if (properties.length > 0) {
    found.properties = Object.fromEntries(
      properties.map(({ key, value }) => [key, value.tag === "json" ? JSON.parse(value.val) : value.val]),
    );
  }
  return found;
}

function measurementFromWire({ name, ...rest }) {
  return plain({ name: name === "" ? undefined : name, ...rest });
}

function chartFromWire(chart) {
  return { ...chart, series: chart.series.map(({ name, x, y }) => ({ name, x: [...x], y: [...y] })) };
}

function stepFromWire({ body: { tag, val }, ...rest }) {
  const step = { type: tag, ...flat(rest) };
  switch (tag) {
    case "pass-fail":
      step.status ??= val.status;
      return step;
    case "numeric":
    case "text": {
      const { status, ...measurement } = measurementFromWire(val);
      Object.assign(step, measurement);
      if (status !== undefined) step.measuredStatus = status;
      return step;
    }
    case "multi-numeric":
    case "multi-text":
    case "multi-pass-fail":
      step.measurements = val.map(measurementFromWire);
      return step;
    case "chart":
      step.chart = chartFromWire(val);
      return step;
    case "message-popup":
      return Object.assign(step, plain(val));
    case "call-executable":
      step.exitCode = val;
      return step;
    case "generic":
      step.stepType = val;
      return step;
    default:
      return step;
  }
}

function errorFromWire({ kind, message, place: { tag, val }, file }) {
  const places = { whole: {}, line: { line: val }, cell: val, offset: { offset: val }, path: { path: val } };
  return new ConvertError(kind, message, plain({ ...places[tag], file }));
}

function lookup(granted, given) {
  const answer = (list, same) => {
    if (!granted) return { tag: "denied" };
    if (given?.unavailable !== undefined) return { tag: "unavailable", val: given.unavailable };
    const found = (list ?? []).find(same);
    return found === undefined ? { tag: "absent" } : { tag: "found", val: found };
  };
  return {
    processByName(name) {
      const same = (process) => process.name.toLowerCase() === name.toLowerCase();
      return answer(
        given?.processes?.map((process) => ({ properties: [], ...process })),
        same,
      );
    },
    productByPartNumber(partNumber) {
      const same = (product) => product.partNumber === partNumber;
      return answer(
        given?.products?.map((product) => ({ name: "", revisions: [], properties: [], ...product })),
        same,
      );
    },
  };
}

const SDK = new URL(".", import.meta.url).href;

function locateInNode(stack) {
  for (const [, file, line] of String(stack).matchAll(/^\s*at .*?\(?((?:file:\/\/)?[^\s()]+):(\d+):\d+\)?$/gm)) {
    if (file.startsWith(SDK) || file.startsWith("node:")) continue;
    return `${file.slice(file.lastIndexOf("/") + 1)} line ${line}`;
  }
  return undefined;
}
