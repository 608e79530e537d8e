// What the rows make.

import {
  type Attachment,
  type Chart,
  ConvertError,
  type Header,
  type Input,
  Limits,
  log,
  lookup,
  type NumericMeasurement,
  Outcome,
  progress,
  type Properties,
  type Reports,
  type StepGroup,
  TextLimits,
  type Uut,
} from "wats-converter";

import { type Row, STATUSES } from "./rows.ts";

const GROUPS: readonly StepGroup[] = ["main", "setup", "cleanup"];
const SCALES = ["linear", "log-x", "log-y", "log-xy"] as const;
const KINDS = ["malformed", "truncated", "unsupported", "misconfigured", "internal"] as const;
const LEVELS = ["trace", "debug", "info", "warn", "error"] as const;
const ASKED = ["name", "path", "modified", "size", "companions"] as const;
const ONE_BOUND = ["eq", "eqt", "ne", "lt", "le", "gt", "ge"] as const;
const TWO_BOUNDS = ["gtlt", "gtle", "gelt", "gele", "ltgt", "ltge", "legt", "lege"] as const;
const COMPARISONS = ["log", ...ONE_BOUND, ...TWO_BOUNDS] as const;
const TEXT_COMPARISONS = ["log", "eq", "ne", "case", "nocase"] as const;

/** Fields of the head by their words, and how they are read. */
const HEAD = new Map<string, readonly [field: keyof Header, read: (row: Row) => string | number | undefined]>([
  ["process", ["processCode", (row) => row.unsigned(1)]],
  ["duration", ["duration", (row) => row.number(1)]],
  ["operator", ["operator", (row) => row.text(1)]],
  ["machine", ["machineName", (row) => row.text(1)]],
  ["location", ["location", (row) => row.text(1)]],
  ["purpose", ["purpose", (row) => row.text(1)]],
  ["batch", ["batchSerialNumber", (row) => row.text(1)]],
  ["fixture", ["fixture", (row) => row.text(1)]],
  ["socket", ["socketIndex", (row) => row.signed(1)]],
  ["comment", ["comment", (row) => row.text(1)]],
  ["error-code", ["errorCode", (row) => row.signed(1)]],
  ["error-message", ["errorMessage", (row) => row.text(1)]],
  ["key", ["key", (row) => row.text(1)]],
  ["id", ["id", (row) => row.text(1)]],
]);

/** What rows say of the step or sequence that comes next. */
interface Told {
  start?: string;
  duration?: number | undefined;
  errorCode?: string;
  errorMessage?: string;
  reportText?: string;
  group?: StepGroup;
  properties?: Properties;
}

/** Charts, attachments and results that follow a step. */
interface Following {
  results: string[];
  chart?: Chart;
  attach?: Attachment;
}

/** What of the settings concerns a conversion. */
export interface RunSettings {
  readonly program: string;
  readonly scale: number;
}

/** One conversion. */
export class Run {
  readonly #input: Input;
  readonly #settings: RunSettings;
  readonly #reports: Reports;
  #rows: Row[] = [];
  #header: (Header & { properties: Properties }) | undefined;
  #uut: Uut | undefined;
  #next: Told = {};

  constructor(input: Input, settings: RunSettings, reports: Reports) {
    this.#input = input;
    this.#settings = settings;
    this.#reports = reports;
  }

  /** Goes through all rows. What was not finished when a conversion ends early is no report. */
  all(rows: readonly Row[]): Outcome {
    // The last is the next: taking a row is taking the last.
    this.#rows = rows.toReversed();
    for (let row = this.#take(); row !== undefined; row = this.#take()) {
      const outcome = this.#row(row);
      if (outcome !== undefined) return outcome;
    }
    if (this.#header !== undefined) throw ConvertError.truncated("no end");
    return Outcome.converted();
  }

  #take(): Row | undefined {
    return this.#rows.pop();
  }

  /** The next row, if it has that word. */
  #takeIf(word: string): Row | undefined {
    return this.#rows.at(-1)?.word === word ? this.#rows.pop() : undefined;
  }

  #row(row: Row): Outcome | void {
    switch (row.word) {
      case "unit":
        return this.#begin(row);
      case "head":
      case "program":
        return this.#head(row);
      case "end": {
        const status = row.status(0);
        const uut = this.#writer(row);
        this.#header = this.#uut = undefined;
        uut.finish(status);
        return undefined;
      }
      case "discard":
        this.#writer(row).discard();
        this.#header = this.#uut = undefined;
        return undefined;
      case "emit":
        this.#reports.emitJson(row.text(1), { key: row.text(0) });
        return undefined;
      case "at":
        this.#next.start = row.text(0);
        return undefined;
      case "took":
        this.#next.duration = row.number(0);
        return undefined;
      case "failing":
        this.#next.errorCode = row.text(0);
        this.#next.errorMessage = row.text(1);
        return undefined;
      case "note":
        this.#next.reportText = row.text(0);
        return undefined;
      case "in":
        this.#next.group = row.wordOf(0, GROUPS) ?? "main";
        return undefined;
      case "with":
        (this.#next.properties ??= {})[row.required(0)] = row.value(1);
        return undefined;
      case "log": {
        log[row.oneOf(0, row.required(0), LEVELS)](row.text(1));
        return undefined;
      }
      case "progress":
        progress(row.number(0) ?? 0);
        return undefined;
      case "needs":
        // For `probe` alone.
        return undefined;
      case "skip":
        return Outcome.skipped(row.text(0));
      case "wait": {
        const missing = row.text(1) === "" ? [] : [row.text(1)];
        return Outcome.waiting(row.text(2), { retryAfter: row.number(0), missing });
      }
      case "fail":
        throw new ConvertError(row.oneOf(0, row.required(0), KINDS), row.text(2), {
          line: row.line,
          column: row.unsigned(1),
        });
      case "fail-at":
        throw ConvertError.malformed(row.text(1), { path: row.text(0) });
      case "panic":
        throw new Error(row.text(0));
      case "m":
        throw row.wrong("m outside of multi");
      case "series":
        throw row.wrong("series outside of chart");
      case "plot":
      case "attach-step":
      case "result":
        throw row.wrong("no step");
      default:
        return this.#report(row);
    }
  }

  #begin(row: Row): void {
    if (this.#header !== undefined) throw row.wrong("unit before end");
    this.#header = {
      serialNumber: row.required(0),
      partNumber: row.text(1),
      revision: row.text(2),
      start: row.text(3),
      program: this.#settings.program,
      properties: {},
    };
  }

  #head(row: Row): void {
    if (this.#header === undefined) throw row.wrong("no unit");
    if (this.#uut !== undefined) throw row.wrong("the head is closed");
    const name = row.required(0);
    if (row.word === "program") {
      this.#header.program = { name, version: row.text(1), path: row.text(2) };
      return;
    }
    const field = HEAD.get(name);
    if (field === undefined) this.#header.properties[name] = row.value(1);
    else this.#header = { ...this.#header, [field[0]]: field[1](row) };
  }

  /** The writer of the open report, opened now if this is its first row. */
  #writer(row: Row): Uut {
    if (this.#header === undefined) throw row.wrong("no unit");
    this.#uut ??= this.#reports.uut(this.#header);
    return this.#uut;
  }

  /** Rows of an open report. */
  #report(row: Row): void {
    const uut = this.#writer(row);
    switch (row.word) {
      case "retitle":
        this.#retitle(uut, row);
        return;
      case "open": {
        const { duration, ...told } = this.#told();
        uut.open({ ...told, name: row.required(0) });
        return;
      }
      case "close":
        uut.close({ status: row.status(0), duration: row.number(1) });
        return;
      case "attach":
        uut.attach({ name: row.required(0), contentType: row.required(1), content: row.text(2) });
        return;
      case "attach-source":
        uut.attachFile(this.#input.main, row.required(0));
        return;
      case "misc":
        uut.miscInfo(row.required(0), row.text(1));
        return;
      case "sub":
        uut.subUnit({
          partNumber: row.required(1),
          serialNumber: row.required(0),
          revision: row.text(2),
          partType: row.text(3),
        });
        return;
      case "asset":
        row.required(1);
        uut.asset({
          serialNumber: row.required(0),
          usageCount: row.unsigned(1) ?? 0,
          type: row.text(2),
          calibrationDue: row.text(3),
        });
        return;
      case "data":
        uut.data(row.text(0));
        return;
      default:
        this.#step(row, uut);
    }
  }

  #retitle(uut: Uut, row: Row): void {
    if (this.#header === undefined) return;
    this.#header = { ...this.#header, start: row.text(0), duration: row.number(1) };
    uut.setHeader(this.#header);
  }

  /** What was said of the next step or sequence. */
  #told(): Told {
    const told = this.#next;
    this.#next = {};
    return told;
  }

  #step(row: Row, uut: Uut): void {
    const told = this.#told();
    const name = row.required(0);
    switch (row.word) {
      case "num": {
        const { value, unit, limits, status } = this.#measured(row);
        uut.numeric(name, value, { ...told, unit, limits, status, measuredStatus: status, ...this.#following() });
        return;
      }
      case "multi": {
        const status = row.status(1);
        const measurements: NumericMeasurement[] = [];
        for (let next = this.#takeIf("m"); next !== undefined; next = this.#takeIf("m")) {
          measurements.push({ name: next.required(0), ...this.#measured(next) });
        }
        uut.multiNumeric(name, measurements, { ...told, status, ...this.#following() });
        return;
      }
      case "pf":
        uut.passFail(name, row.oneOf(1, row.required(1), STATUSES), { ...told, ...this.#following() });
        return;
      case "pfs": {
        const measurements = pairs(row).map(([name, word]) => ({ name, status: row.oneOf(1, word, STATUSES) }));
        uut.multiPassFail(name, measurements, { ...told, ...this.#following() });
        return;
      }
      case "text": {
        const [value, status] = [row.text(1), row.status(4)];
        const limits = textLimits(row);
        uut.text(name, value === "" ? undefined : value, {
          ...told,
          limits,
          status,
          measuredStatus: status,
          ...this.#following(),
        });
        return;
      }
      case "texts": {
        const measurements = pairs(row).map(([name, value]) => ({ name, value }));
        uut.multiText(name, measurements, { ...told, ...this.#following() });
        return;
      }
      case "chart": {
        const chart = this.#chart(row, 1);
        uut.chart(name, chart, { ...told, ...this.#following() });
        return;
      }
      case "action":
        uut.action(name, { ...told, status: row.status(1), ...this.#following() });
        return;
      case "popup":
        uut.messagePopup(name, { ...told, response: row.text(1), button: row.signed(2), ...this.#following() });
        return;
      case "exec":
        row.required(1);
        uut.callExecutable(name, row.signed(1) ?? 0, { ...told, ...this.#following() });
        return;
      case "generic":
        uut.generic(row.required(1), name, { ...told, ...this.#following() });
        return;
      default: {
        const reportText = this.#answer(row);
        const asked = row.word === "read" ? `read ${name} ${row.text(1)}` : `${row.word} ${name}`;
        uut.action(asked, { ...told, reportText, ...this.#following() });
      }
    }
  }

  /** Value, unit, limits and status of a row `num` or `m`. */
  #measured(row: Row): Omit<NumericMeasurement, "name"> {
    const value = row.number(1);
    const comparison = row.wordOf(3, COMPARISONS);
    const [low, high] = [row.number(4), row.number(5)];
    let limits = Limits.inclusive(low, high);
    if (comparison === "log") limits = Limits.log();
    else if (comparison !== undefined) {
      if (low === undefined) throw row.malformed(4, "empty");
      if (isOne(comparison, TWO_BOUNDS) && high === undefined) throw row.malformed(5, "empty");
      limits = Limits.named(comparison, low, high);
    }
    return {
      value: value === undefined ? undefined : value * this.#settings.scale,
      unit: row.text(2),
      limits,
      status: row.status(6),
    };
  }

  /** Charts, attachments and results that follow a step. */
  #following(): Following {
    const found: Following = { results: [] };
    for (;;) {
      const plot = this.#takeIf("plot");
      if (plot !== undefined) {
        found.chart = this.#chart(plot, 0);
        continue;
      }
      const attach = this.#takeIf("attach-step");
      if (attach !== undefined) {
        found.attach = { name: attach.required(0), contentType: attach.required(1), content: attach.text(2) };
        continue;
      }
      const result = this.#takeIf("result");
      if (result === undefined) return found;
      found.results.push(result.text(0));
    }
  }

  /** A chart whose label is the field `first`, and the series that follow. */
  #chart(row: Row, first: number): Chart {
    const series: Chart["series"] = [];
    for (let next = this.#takeIf("series"); next !== undefined; next = this.#takeIf("series")) {
      series.push({ name: next.required(0), x: numbers(next, 1), y: numbers(next, 2) });
    }
    const [label, xLabel, xUnit, yLabel, yUnit] = [0, 1, 2, 3, 4].map((index) => row.text(first + index));
    return { label, xLabel, xUnit, yLabel, yUnit, scale: row.wordOf(first + 5, SCALES) ?? "linear", series };
  }

  /** What the station, the file and its companions answer. */
  #answer(row: Row): string {
    const { main, companions } = this.#input;
    switch (row.word) {
      case "process": {
        const answer = lookup.process(row.text(0));
        return answer.found === undefined ? answer.kind : `found ${answer.found.code} ${answer.found.name}`;
      }
      case "product": {
        const { kind, found } = lookup.product(row.text(0));
        return found === undefined ? kind : `found ${found.partNumber} ${found.name} ${found.revisions.join(",")}`;
      }
      case "ask": {
        const what = row.oneOf(0, row.required(0), ASKED);
        return what === "companions" ? companions.map((file) => file.path()).join(" ") : String(main[what]());
      }
      case "read": {
        row.required(1);
        const bytes = main.read(row.whole(0, 0, Number.MAX_SAFE_INTEGER) ?? 0, row.unsigned(1) ?? 0);
        return `${bytes.length} bytes, sum ${bytes.reduce((sum, byte) => sum + byte, 0)}`;
      }
      default: {
        const companion = companions[row.whole(0, 0, Number.MAX_SAFE_INTEGER) ?? 0];
        if (companion === undefined) throw row.malformed(0, "no such companion");
        return companion.text();
      }
    }
  }
}

function isOne<W extends string>(word: string, words: readonly W[]): word is W {
  return words.some((known) => known === word);
}

/** Numbers separated by one space. */
function numbers(row: Row, index: number): number[] {
  const text = row.text(index);
  return text === "" ? [] : text.split(" ").map((piece) => row.decimal(index, piece));
}

function textLimits(row: Row): TextLimits {
  const limit = row.text(3);
  switch (row.wordOf(2, TEXT_COMPARISONS)) {
    case "eq":
      return TextLimits.eq(limit);
    case "ne":
      return TextLimits.notEqualTo(limit);
    case "case":
      return TextLimits.equalTo(limit);
    case "nocase":
      return TextLimits.equalToInAnyCase(limit);
    default:
      return TextLimits.log();
  }
}

/** `A=x,B=y` of the second field. */
function pairs(row: Row): [name: string, value: string][] {
  return row
    .required(1)
    .split(",")
    .map((pair) => {
      const at = pair.indexOf("=");
      if (at < 0) throw row.malformed(1, `"${pair}" is not NAME=VALUE`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    });
}
