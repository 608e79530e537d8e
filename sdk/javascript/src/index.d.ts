/**
 * Write converter plugins for the WATS station service in JavaScript and TypeScript.
 *
 * A converter turns a result file of test equipment into WATS reports. It is the default export of its file:
 *
 * ```js
 * import { converter, Detection, Limits, number, Outcome } from "wats-converter";
 *
 * export default converter({
 *   name: "one-line",
 *   version: "0.1.0",
 *   summary: "SERIAL;VOLTS in one line",
 *   patterns: ["*.one"],
 *   probe: (input) => (input.main.head(64).includes(0x3b) ? Detection.likely(0.6) : Detection.no("no semicolon")),
 *   convert(input, settings, reports) {
 *     const [serialNumber, volts] = input.main.text().trim().split(";");
 *     const uut = reports.uut({ serialNumber });
 *     uut.numeric("Supply", number(volts, { line: 1, column: 2 }), { unit: "V", limits: Limits.between(4.9, 5.1) });
 *     uut.finish();
 *     return Outcome.converted();
 *   },
 * });
 * ```
 *
 * A converter has no clock, no random numbers, no network, no files but its input, and no memory of the file before.
 * Every value that crosses to the station is checked: one of a wrong type, an option that does not exist or a number
 * that is too large is an exception, never a guess. An exception reaches the operator with its message and the file and
 * line that it came from.
 *
 * Where an option is `undefined`, `null` or (of a text) blank, it counts as left out: an empty field of a file needs no
 * `if`.
 */

/**
 * What a plugin is. The result is the default export of the plugin's file.
 *
 * @throws TypeError or RangeError when the definition is wrong; that is when the component is built.
 */
export function converter<const S extends Settings = {}>(definition: Definition<S>): Converter<S>;

/** Made by {@link converter}. */
export interface Converter<S extends Settings = Settings> {
  readonly definition: Definition<S>;
  /** What the plugin says about itself, in the form of the contract. */
  readonly descriptor: Descriptor;
  readonly settings: S;
}

export interface Definition<S extends Settings = {}> {
  /** Lower-case words joined by `-`, unique on a station: `acme-ict`. */
  name: string;
  /** Semantic version: `1.4.0`. */
  version: string;
  /** One line for people. */
  summary?: string;
  /** Names of the formats that it reads, for people: `Keysight i3070 log`. */
  formats?: string[];
  /** Glob patterns of the file name, without regard to case: `*.csv`. One must match. None: no rule. */
  patterns?: string[];
  /** Smallest size of a file, in bytes. */
  minSize?: number;
  /** Largest size of a file, in bytes. */
  maxSize?: number;
  /**
   * Bytes at a place within the first 4 KiB; `offset` is 0 when left out. A text stands for its characters up to U+00FF
   * as bytes. One must match.
   */
  magic?: { offset?: number; bytes: Uint8Array | string }[];
  /** Texts of which one must occur in the first 4 KiB, in UTF-8 or UTF-16; case matters. */
  contains?: string[];
  /** What it wants to be granted; the operator decides. */
  grants?: Grant[];
  /** Where more is to be read about it. */
  homepage?: string;
  /** Its license. */
  license?: string;
  /** Who wrote it. */
  author?: string;
  /** What an operator can set: {@link setting}. */
  settings?: S;

  /** Whether the plugin can read the input. A good probe reads the first few KiB and no more. Not async. */
  probe(input: Input, settings: ValuesOf<S>): Detection;

  /**
   * Reads the input and writes its reports. Not async. Throw a {@link ConvertError} when the file cannot be converted:
   * then it leaves no report at all. Every other exception is told to the operator as a fault of the plugin.
   */
  convert(input: Input, settings: ValuesOf<S>, reports: Reports): Outcome;
}

/**
 * A plugin that is run at times instead of being given files: it asks other systems ({@link http}) and makes reports of
 * what they answer. The result is the default export of the plugin's file, and `wats-plugin.toml` says
 * `world = "scheduled-converter"`.
 *
 * Every run gets a fresh instance; what is to be known at the next one goes into {@link state}. Two runs may meet the
 * same results: give each report a `key` and a `start`, so that what is known already is recognised. A report without
 * them is refused.
 *
 * @throws TypeError or RangeError when the definition is wrong; that is when the component is built.
 */
export function scheduledConverter<const S extends Settings = {}>(
  definition: ScheduledDefinition<S>,
): ScheduledConverter<S>;

/** Made by {@link scheduledConverter}. */
export interface ScheduledConverter<S extends Settings = Settings> {
  readonly definition: ScheduledDefinition<S>;
  /** What the plugin says about itself, in the form of the contract. */
  readonly descriptor: Descriptor;
  readonly settings: S;
}

export interface ScheduledDefinition<S extends Settings = {}> {
  /** Lower-case words joined by `-`, unique on a station: `burn-in`. */
  name: string;
  /** Semantic version: `1.4.0`. */
  version: string;
  /** One line for people. */
  summary?: string;
  /** What it wants to be granted; the operator decides. */
  grants?: ScheduledGrant[];
  /** Where more is to be read about it. */
  homepage?: string;
  /** Its license. */
  license?: string;
  /** Who wrote it. */
  author?: string;
  /** What an operator can set: {@link setting}. */
  settings?: S;

  /**
   * Looks for results and writes their reports. Not async. `Outcome.skipped`: there was nothing to do.
   * `Outcome.waiting`: not now. Throw a {@link ConvertError} when something is wrong: then there is no report at all,
   * nothing is remembered, and the next run tries again. An {@link HttpError} that is not caught becomes what it means.
   */
  run(run: Run, settings: ValuesOf<S>, reports: Reports): Outcome;
}

/** A run of a scheduled converter. */
export interface Run {
  /** When it was due, ISO 8601 with an offset. The only clock that there is. */
  readonly due: string;
  /** When the last run was due that went well; undefined before the first. */
  readonly previous?: string;
  /** Whether an operator asked for it. */
  readonly byHand: boolean;
}

/**
 * Beside those of a converter `state`: to remember something from run to run; `http`: to send requests to hosts that the
 * operator names; `http:mes.example`, `http:mes.example:8080`: to that one.
 */
export type ScheduledGrant = Grant | "state" | "http" | `http:${string}`;

/**
 * `lookup`: to ask for master data of the WATS server. `own-id`: to keep report ids that the file carries
 * ({@link Header.id}).
 */
export type Grant = "lookup" | "own-id";

/** The descriptor of the contract. */
export interface Descriptor {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly formats: readonly string[];
  readonly recognition: {
    readonly patterns: readonly string[];
    readonly minSize?: number;
    readonly maxSize?: number;
    readonly magic: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
    readonly contains: readonly string[];
  };
  /** JSON Schema 2020-12 of an object, with defaults; empty when there is nothing to set. */
  readonly settingsSchema: string;
  readonly grants: readonly string[];
  readonly properties: readonly {
    readonly key: string;
    readonly value: { readonly tag: string; readonly val: unknown };
  }[];
}

// ---------------------------------------------------------------- settings

/** One thing that an operator can set, with its default. */
export interface Setting<T> {
  readonly schema: { readonly [keyword: string]: unknown };
  /** Only for the type checker. */
  readonly type?: T;
}

/** All that an operator can set, by key. */
export type Settings = { readonly [key: string]: Setting<unknown> };

/** What a converter gets for its settings. */
export type ValuesOf<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/**
 * What an operator can set, with its default. The JSON schema in the plugin's descriptor is made of it; the station
 * checks what the operator wrote and fills in the defaults. `more` takes further keywords of JSON Schema:
 * `{ minimum: 0 }`.
 */
export const setting: {
  /** A text. */
  text(value: string, description?: string, more?: object): Setting<string>;
  /** A number. */
  number(value: number, description?: string, more?: object): Setting<number>;
  /** A whole number. */
  integer(value: number, description?: string, more?: object): Setting<number>;
  /** Yes or no. */
  flag(value: boolean, description?: string): Setting<boolean>;
  /** One of several values. */
  choice<const T extends string | number>(values: readonly T[], value: NoInfer<T>, description?: string): Setting<T>;
  /** Anything that JSON Schema can say: a table, a list. */
  json<T>(schema: object, value: T, description?: string): Setting<T>;
};

// ---------------------------------------------------------------- input

/** What there is to convert. */
export interface Input {
  /** The file that was dropped. */
  readonly main: SourceFile;
  /** Files that belong to it, sorted by path; mostly none. */
  readonly companions: readonly SourceFile[];
}

/**
 * One file, open for reading and unchanging while the plugin runs. Reading cannot fail: when a disk errs, the host ends
 * the call and tries the file again later.
 */
export interface SourceFile {
  /**
   * File name with extension, without folder: `report.csv`.
   *
   * Asking for the name, the path or the time of change makes it a part of what the file is: a copy under another name
   * is then another source. Ask only when you use it.
   */
  name(): string;
  /** Path relative to the inbox, with `/` between folders. Noted as for {@link name}. */
  path(): string;
  /** When the file was last changed, ISO 8601 with an offset. Noted as for {@link name}. */
  modified(): string;
  /** Length in bytes. */
  size(): number;
  /** `length` bytes from `offset`: fewer only at the end of the file, none at or after it. */
  read(offset: number, length: number): Uint8Array;
  /** The first `length` bytes, for a probe. */
  head(length: number): Uint8Array;
  /** Whether the file begins so. A text stands for its characters up to U+00FF as bytes: `"PK\x03\x04"`. */
  startsWith(beginning: string | Uint8Array): boolean;
  /**
   * The whole file. For files that fit several times into the plugin's memory (256 MiB by default); else use
   * {@link read}.
   */
  bytes(): Uint8Array;
  /**
   * The whole file as text, without byte order mark, up to 64 MiB (the host's limit `text_bytes`). `encoding` is a
   * WHATWG label such as `windows-1252`; without one a byte order mark decides, else UTF-8. The host decodes.
   *
   * @throws ConvertError `malformed` with the offset of what is invalid; `unsupported` when the file is too large;
   * `misconfigured` when the label names no encoding.
   */
  text(encoding?: string | null | undefined): string;
  /**
   * The whole file as JSON. Limits and encoding as for {@link text}.
   *
   * @throws ConvertError `malformed` when it is no JSON, and as for {@link text}.
   */
  json(encoding?: string | null | undefined): any;
  /**
   * Lines without their ends, numbered from 1. Without an encoding: UTF-8, read in pieces, so that memory is one piece
   * and one line; a byte order mark is passed over. With an encoding: the whole file is decoded as by {@link text}.
   *
   * @throws ConvertError `malformed` with line and column, when it is not UTF-8; else as for {@link text}.
   */
  lines(encoding?: string | null | undefined): Generator<Line, void, undefined>;
}

/** A line of text without its end. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/**
 * Bytes in UTF-8 as text.
 *
 * @throws ConvertError `malformed` when they are not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array, place?: Place): string;

// ---------------------------------------------------------------- detection, outcome, errors

/** Whether a plugin can read a file: made by `Detection.certain`, `.likely` or `.no`. */
export interface Detection {
  /** 0 (cannot) to 1 (certain). Of several plugins the most confident gets the file. */
  readonly confidence: number;
  /** What was recognised, or why not. */
  readonly detail: string;
  readonly missing: readonly string[];
}

/** What a probe may know besides. */
export interface DetectionOptions {
  /** Names of files that have to come first. */
  missing?: string[];
  /** The serial number, when it was seen in passing. */
  serialNumber?: string | null | undefined;
  /** The part number, when it was seen in passing. */
  partNumber?: string | null | undefined;
}

export const Detection: {
  /** It cannot, and why. */
  no(why: string): Detection;
  /** It certainly can. `detail`: what was recognised, for people. */
  certain(detail?: string, more?: DetectionOptions): Detection;
  /** It can with this confidence, 0 (cannot) to 1 (certain). */
  likely(confidence: number, detail?: string, more?: DetectionOptions): Detection;
};

/** How a conversion ended: made by `Outcome.converted`, `.skipped` or `.waiting`. */
export type Outcome =
  | { readonly tag: "converted" }
  | { readonly tag: "skipped"; readonly val: string }
  | {
      readonly tag: "waiting";
      readonly val: { readonly reason: string; readonly retryAfter?: number; readonly missing: readonly string[] };
    };

export const Outcome: {
  /** With all reports that were finished or emitted, possibly none. */
  converted(): Outcome;
  /** Not this plugin's after all, and why: the next plugin is asked. */
  skipped(why: string): Outcome;
  /** Not yet: the file is tried again later. */
  waiting(reason: string, more?: WaitingOptions): Outcome;
};

export interface WaitingOptions {
  /** Seconds until it is worth asking again. Default: the station's. */
  retryAfter?: number | undefined;
  /** Names of files that are missed. */
  missing?: string[] | undefined;
}

/** Thrown, the file waits: the same as returning `Outcome.waiting(...)`. It is no failure. */
export class Waiting extends Error {
  constructor(reason: string, more?: WaitingOptions);
  readonly retryAfter?: number;
  readonly missing: readonly string[];
}

/**
 * Where in a file: a line, a line and column, a byte, or a path in the format's own terms. Lines and columns from 1
 * (columns in characters, or in fields where the format has fields), offsets from 0.
 */
export interface Place {
  line?: number | undefined;
  column?: number | undefined;
  offset?: number | undefined;
  /** `/TestResults/Step[3]/@value`, `Sheet1!B7`. */
  path?: string | undefined;
  /** Name of the file, when there are several. */
  file?: string | undefined;
}

export type ErrorKind = "malformed" | "truncated" | "unsupported" | "rejected" | "misconfigured" | "internal";

/**
 * Why a file could not be converted, and where in it: `throw ConvertError.malformed("found 3 fields, expected 5", {
 * line: 7 })`. The message says what was found and what was expected, without the place.
 */
export class ConvertError extends Error {
  constructor(kind: ErrorKind, message: string, place?: Place);
  readonly kind: ErrorKind;
  readonly place: Readonly<Place>;
  /** Of a `rejected` report: all that is wrong with it. */
  readonly violations?: readonly Violation[];

  /** The file breaks the rules of its format. */
  static malformed(message: string, place?: Place): ConvertError;
  /** Right so far, and ends too soon. */
  static truncated(message: string, place?: Place): ConvertError;
  /** A kind or version of the format that the plugin cannot read. */
  static unsupported(message: string, place?: Place): ConvertError;
  /** A setting is missing or wrong. */
  static misconfigured(message: string, place?: Place): ConvertError;
  /** A fault of the plugin. */
  static internal(message: string, place?: Place): ConvertError;

  /** Adds to the place, for an error that comes by: `throw error.at({ line })`. */
  at(place: Place): this;
  /** With the place: `line 7, column 3: "O.12" is not a number`. */
  toString(): string;
}

/** One thing that is wrong with a report. */
export interface Violation {
  /** Where, for people: `steps/Main/Vcc/high limit`. */
  readonly path: string;
  /** Stable name of the rule: `limits-crossed`. */
  readonly rule: string;
  readonly message: string;
}

// ---------------------------------------------------------------- values

/**
 * How a step, measurement or report ended. `done` counts as passed, `error` and `terminated` as failed; a report is not
 * `skipped`.
 */
export type Status = "passed" | "failed" | "done" | "skipped" | "error" | "terminated";

/**
 * A status from the spellings that testers use, in any case: `P`, `Pass`, `OK`, `NG`, `Aborted`, ...
 *
 * @throws ConvertError `malformed`, with the text.
 */
export function status(spelling: string, place?: Place): Status;

/**
 * A number: `5`, `-1.25e-3`, `NaN`, `inf`. White space around it does not matter. With another decimal mark a point is
 * refused: it could group thousands. Use this and not `Number(...)`, which takes an empty text for 0.
 *
 * @throws ConvertError `malformed`, with the text and the place.
 */
export function number(text: string, more?: Place & { decimalMark?: string | undefined }): number;

/**
 * A whole number within `min` and `max`, exact up to 2^53.
 *
 * @throws ConvertError `malformed`, with the text and the place.
 */
export function integer(text: string, more?: Place & { min?: number | undefined; max?: number | undefined }): number;

/**
 * A point in time of the Gregorian calendar as ISO 8601 text; year 1 to 9999, month and day from 1. Without an offset
 * it is the local time of the station, whose zone the host knows. `nanoseconds`: fraction of the second.
 * `offsetMinutes`: minutes that local time is ahead of UTC.
 *
 * @throws ConvertError `malformed`, when there is no such day or time.
 */
export function timestamp(
  year: number,
  month: number,
  day: number,
  hour?: number,
  minute?: number,
  second?: number,
  more?: { nanoseconds?: number; offsetMinutes?: number | null | undefined },
): string;

/** A small value for what is rare. Arrays and objects go as JSON. */
export type Value = string | number | boolean | object | null | undefined;

/** Named values; which keys mean something is documented in `wit/report.wit`. */
export type Properties = { [key: string]: Value };

/** A text that may be absent. Blank counts as absent. */
export type Text = string | null | undefined;

// ---------------------------------------------------------------- reports

/**
 * Where a converter's reports go. A file gives all of its reports or none: they are kept until `convert` returns
 * `converted`.
 */
export interface Reports {
  /** Begins a report on a unit under test. Several may be open at a time, at most 1,024. */
  uut(header: Header): Uut;
  /**
   * Hands over a whole report, UUT or UUR, as one WSJF document: an object, or JSON text. `key` as in
   * {@link Header.key}.
   *
   * @returns The report's id.
   * @throws ConvertError `rejected`, with what is wrong with the report.
   */
  emitJson(report: object | string, options?: { key?: Text }): string;
}

/**
 * What is known about a unit and its test. What is left out gets the station's default or is left out of the report.
 */
export interface Header {
  /** 1 to 100 characters without `* % ? [ ] ^ ! / \`. */
  serialNumber: string;
  /** 1 to 100, as the serial number. Default: the inbox's. */
  partNumber?: Text;
  /** Revision of the part, 1 to 100. Default: the inbox's. */
  revision?: Text;
  /** Test operation, e.g. 100. Default: the inbox's. */
  processCode?: number | null | undefined;
  /**
   * When the test began: ISO 8601 text, without an offset the station's local time. Default: when the file was last
   * changed.
   */
  start?: Text;
  /** Seconds that the test took. */
  duration?: number | null | undefined;
  /** Login name of the operator, up to 100. */
  operator?: Text;
  /** Name of the test station, up to 100. Default: this station's. */
  machineName?: Text;
  /** Where the test station is, up to 100. Default: this station's. */
  location?: Text;
  /** What the test is for, up to 100. Default: this station's. */
  purpose?: Text;
  /** Lot, up to 100. */
  batchSerialNumber?: Text;
  /** Up to 100. */
  fixture?: Text;
  /** Place in a multi-site tester; -1 for none. */
  socketIndex?: number | null | undefined;
  /** Up to 5000; above 1000 the host warns. */
  comment?: Text;
  /** Code of the whole test's error. */
  errorCode?: number | null | undefined;
  errorMessage?: Text;
  /**
   * What stays the same about this report when the source is converted again: the index of the part, or serial number
   * and start. Unique in the source. Default: the report's number in it.
   */
  key?: Text;
  /** The report's identity, a GUID, where the file carries one. Kept only with the grant `own-id`. */
  id?: Text;
  /** The test program: the outermost sequence. Default: `Main`. Its status and duration are those of the report. */
  program?: string | Omit<Sequence, "status" | "duration">;
  /** Known in 0.1: `batch-fail-count`, `batch-loop-index` (numbers). */
  properties?: Properties | undefined;
}

/** Part of a sequence that a step belongs to. Default: `main`. */
export type StepGroup = "main" | "setup" | "cleanup";

/** A sequence: a step that holds steps. */
export interface Sequence {
  /** 1 to 100 characters. */
  name: string;
  /** File that holds the sequence, up to 500. */
  path?: Text;
  /** Version of that file, up to 30. */
  version?: Text;
  group?: StepGroup | null | undefined;
  /** Default: failed if a step in it failed, else passed. */
  status?: Status | boolean | null | undefined;
  /** When it began: ISO 8601 text. */
  start?: Text;
  /** Seconds that it took. */
  duration?: number | null | undefined;
  /** A number or a word. */
  errorCode?: Text | number;
  errorMessage?: Text;
  /** Free text, lines allowed. */
  reportText?: Text;
  /** Those of a step. */
  properties?: Properties | undefined;
}

/** What every kind of step can have. */
export interface StepOptions {
  /**
   * How the step ended; a boolean is passed or failed. Default: judged from its measurements; done when there is none.
   */
  status?: Status | boolean | null | undefined;
  group?: StepGroup | null | undefined;
  /** When it began: ISO 8601 text. */
  start?: Text;
  /** Seconds that it took. */
  duration?: number | null | undefined;
  /** A number or a word. */
  errorCode?: Text | number;
  errorMessage?: Text;
  /** Free text, lines allowed. */
  reportText?: Text;
  /** One iteration of a loop, from 0. */
  loopIndex?: number | null | undefined;
  /** The summary of a loop, which comes before its iterations. */
  loopSummary?: { count: number; passed: number; failed: number } | null | undefined;
  /** It is the step that made the unit fail. */
  causedFailure?: boolean | undefined;
  /** Something rare: `ts-guid`, `value-format`, ... */
  properties?: Properties | undefined;
  /** A chart beside the measurement. */
  chart?: Chart | null | undefined;
  /** Bytes that belong to the step. */
  attach?: Attachment | null | undefined;
  /** Nested results: WSJF `additionalResults` entries, as objects or JSON text. */
  results?: (object | string)[] | undefined;
}

export interface NumericOptions extends StepOptions {
  /** `V`, `Ohm`. */
  unit?: Text;
  /** Default: only logged. */
  limits?: NumericLimits | null | undefined;
  /** How the measurement ended, where that is not what the limits say. The step follows it. */
  measuredStatus?: Status | boolean | null | undefined;
}

export interface TextOptions extends StepOptions {
  /** Default: only logged. */
  limits?: TextLimits | null | undefined;
  /** How the measurement ended, where that is not what the limits say. The step follows it. */
  measuredStatus?: Status | boolean | null | undefined;
}

export interface PopupOptions extends StepOptions {
  /** What the operator answered, up to 100. */
  response?: Text;
  /** Number of the button pressed. */
  button?: number | null | undefined;
}

/** One of several numbers of a step; names are 1 to 100 characters and unique in the step. */
export interface NumericMeasurement {
  name: string;
  /** None when it was not measured. NaN and the infinities are values. */
  value?: number | null | undefined;
  unit?: Text;
  limits?: NumericLimits | null | undefined;
  /** Default: judged by the limits. */
  status?: Status | boolean | null | undefined;
}

export interface PassFailMeasurement {
  name: string;
  status: Status | boolean;
}

export interface TextMeasurement {
  name: string;
  value?: string | null | undefined;
  limits?: TextLimits | null | undefined;
  status?: Status | boolean | null | undefined;
}

/**
 * Writer of one report on a unit under test: its steps in the order of execution, and what goes along.
 *
 * What is wrong with the report is gathered, and {@link finish} tells all of it. A writer that is neither finished nor
 * discarded makes the conversion fail: a forgotten `finish` must not lose a report. Steps go to the host 64 at a time, large ones
 * sooner.
 */
export interface Uut {
  /** Replaces the header, for formats that tell the end only at the end. */
  setHeader(header: Header): void;
  /** A sequence with the steps that `body` adds; closed in any case. */
  sequence<R>(sequence: string | Sequence, body: (uut: this) => R): R;
  /** Opens a sequence inside the one that is open, for formats that tell begin and end. Any depth up to 256. */
  open(sequence: string | Sequence): void;
  /**
   * Closes the innermost open sequence, with what is known only now; else with the status and duration that it was
   * opened with.
   */
  close(ended?: { status?: Status | boolean | null | undefined; duration?: number | null | undefined }): void;
  /** How many sequences are open, the program not counted. */
  readonly depth: number;

  /** A step with one number, or with none when it was not measured. */
  numeric(name: string, value: number | null | undefined, options?: NumericOptions): void;
  /** A step with several named numbers. */
  multiNumeric(name: string, measurements: NumericMeasurement[], options?: StepOptions): void;
  /** A step that is a yes or no. */
  passFail(name: string, status: Status | boolean, options?: StepOptions): void;
  /** A step with several named yeses or noes. */
  multiPassFail(name: string, measurements: PassFailMeasurement[], options?: StepOptions): void;
  /** A step with one text, or with none. */
  text(name: string, value: string | null | undefined, options?: TextOptions): void;
  /** A step with several named texts. */
  multiText(name: string, measurements: TextMeasurement[], options?: StepOptions): void;
  /** A step that did something and measured nothing. */
  action(name: string, options?: StepOptions): void;
  /** A step that is a chart. For a chart beside a measurement see the option `chart`. */
  chart(name: string, chart: Chart, options?: StepOptions): void;
  /** A question to the operator. */
  messagePopup(name: string, options?: PopupOptions): void;
  /** A program that was run, with its exit code. */
  callExecutable(name: string, exitCode: number, options?: StepOptions): void;
  /** Any other step type of WATS by its name: `NI_Flow_If`, `GenericTest`. */
  generic(stepType: string, name: string, options?: StepOptions): void;

  /** Attaches bytes to the report. */
  attach(attachment: Attachment): void;
  /** Attaches a source file to the report, under its own name; its bytes do not pass through the plugin. */
  attachFile(file: SourceFile, contentType: string): void;
  /** Something worth knowing: a description (1 to 100) and a text (up to 255; above 100 the host warns). */
  miscInfo(description: string, text: string): void;
  /** A part that is built into the unit. */
  subUnit(unit: SubUnit): void;
  /** Equipment that the test used. */
  asset(asset: Asset): void;
  /** Nested data: a WSJF `additionalData` entry, as an object or JSON text. */
  data(entry: object | string): void;

  /**
   * Ends the report, with the status that the file gives. Without one: failed if a step failed, else passed.
   *
   * @returns The report's id.
   * @throws ConvertError `rejected`, with what is wrong with the report.
   */
  finish(status?: Status | boolean | null | undefined): string;
  /** Throws the report away. */
  discard(): void;
}

/** A chart. As many `x` as `y` in a series, or none: then 0, 1, 2, ... */
export interface Chart {
  /** Up to 100, as are the axes' labels. */
  label?: Text;
  xLabel?: Text;
  /** Up to 50. */
  xUnit?: Text;
  yLabel?: Text;
  yUnit?: Text;
  /** Which axes are logarithmic. Default: `linear`. */
  scale?: "linear" | "log-x" | "log-y" | "log-xy" | null | undefined;
  series: { name: string; x?: number[] | Float64Array; y: number[] | Float64Array }[];
}

/** Bytes; a text goes as UTF-8. By default at most 100 KiB on a step, 10 MiB on a report. */
export interface Attachment {
  /** File name, 1 to 256. */
  name: string;
  /** Media type: `image/png`. */
  contentType: string;
  content: Uint8Array | ArrayBuffer | string;
}

/** A part that is built into the unit. Texts as in the header. */
export interface SubUnit {
  partNumber: string;
  serialNumber: string;
  /** Up to 100. */
  revision?: Text;
  /** 1 to 50: `PCB`. Default: `Unknown`. */
  partType?: Text;
}

/** Equipment that the test used. */
export interface Asset {
  serialNumber: string;
  /** How often this test used it. Default: 1. */
  usageCount?: number | null | undefined;
  /** Kind of equipment. */
  type?: Text;
  partNumber?: Text;
  /** When it was calibrated: ISO 8601 text. */
  calibrated?: Text;
  /** When it must be calibrated again: ISO 8601 text. */
  calibrationDue?: Text;
  properties?: Properties | undefined;
}

// ---------------------------------------------------------------- limits

/** A comparison of a number with what it is compared to: made by {@link Limits}. */
export type NumericLimits =
  | { readonly tag: "log" }
  | { readonly tag: "eq" | "eqt" | "ne" | "lt" | "le" | "gt" | "ge"; readonly val: number }
  | {
      readonly tag: "gtlt" | "gtle" | "gelt" | "gele" | "ltgt" | "ltge" | "legt" | "lege";
      readonly val: { readonly low: number; readonly high: number };
    };

/** What a number is compared with. */
export const Limits: {
  /** `low <= value <= high` */
  between(low: number, high: number): NumericLimits;
  /** `value >= low` */
  atLeast(low: number): NumericLimits;
  /** `value <= high` */
  atMost(high: number): NumericLimits;
  /** `value > low` */
  above(low: number): NumericLimits;
  /** `value < high` */
  below(high: number): NumericLimits;
  /** `value = expected` */
  equalTo(expected: number): NumericLimits;
  /**
   * Inclusive, by the limits that there are: within both, at least the low one, at most the high one, or only logged.
   */
  inclusive(low: number | null | undefined, high: number | null | undefined): NumericLimits;
  /**
   * By the operator's WATS name in any case (`GELE`, `LT`, `LOG`) and the limits that a file gives. A comparison with
   * one limit takes the low one, or the high one when there is no low one.
   *
   * @throws ConvertError `malformed`, when there is no such operator or a limit is missing.
   */
  named(operator: string, low?: number | null, high?: number | null | undefined): NumericLimits;

  /** Only logged: always passes. */
  log(): NumericLimits;
  eq(limit: number): NumericLimits;
  /** Equal within a tolerance that the report does not carry: give the status. */
  eqt(limit: number): NumericLimits;
  ne(limit: number): NumericLimits;
  lt(limit: number): NumericLimits;
  le(limit: number): NumericLimits;
  gt(limit: number): NumericLimits;
  ge(limit: number): NumericLimits;
  /** `low < value < high` */
  gtlt(low: number, high: number): NumericLimits;
  /** `low < value <= high` */
  gtle(low: number, high: number): NumericLimits;
  /** `low <= value < high` */
  gelt(low: number, high: number): NumericLimits;
  /** `low <= value <= high` */
  gele(low: number, high: number): NumericLimits;
  /** `value < low` or `value > high` */
  ltgt(low: number, high: number): NumericLimits;
  /** `value < low` or `value >= high` */
  ltge(low: number, high: number): NumericLimits;
  /** `value <= low` or `value > high` */
  legt(low: number, high: number): NumericLimits;
  /** `value <= low` or `value >= high` */
  lege(low: number, high: number): NumericLimits;
};

/** A comparison of a text: made by the constant of this name. */
export type TextLimits =
  { readonly tag: "log" } | { readonly tag: "eq" | "ne" | "case-sensitive" | "ignore-case"; readonly val: string };

/** What a text is compared with. */
export const TextLimits: {
  /** Only logged: always passes. */
  log(): TextLimits;
  /** WATS's `EQ`. */
  eq(expected: string): TextLimits;
  /** The same text, case matters. */
  equalTo(expected: string): TextLimits;
  /** The same text, case does not matter. */
  equalToInAnyCase(expected: string): TextLimits;
  /** Another text. */
  notEqualTo(unwanted: string): TextLimits;
  /**
   * By the operator's WATS name in any case: `EQ`, `NE`, `CASESENSIT`, `IGNORECASE`, `LOG`.
   *
   * @throws ConvertError `malformed`, when there is no such operator.
   */
  named(operator: string, limit?: string | null | undefined): TextLimits;
};

// ---------------------------------------------------------------- station

/**
 * Lines for the station's log; `console.log` and its kind write there too. By default 64 KiB for each file are kept.
 */
export const log: {
  trace(message: unknown): void;
  debug(message: unknown): void;
  info(message: unknown): void;
  warn(message: unknown): void;
  error(message: unknown): void;
};

/** How much of the file is done, 0 to 1. Cheap; call it as often as you like. */
export function progress(fraction: number): void;

/** What the station answers to a lookup. */
export interface Answer<T> {
  /**
   * `absent`: the server knows of none. `unavailable`: no server and nothing cached. `denied`: the plugin has no grant
   * `lookup`.
   */
  readonly kind: "found" | "absent" | "unavailable" | "denied";
  /** What was found. */
  readonly found?: T;
  /** Why it is unavailable. */
  readonly reason?: string;
  /**
   * What was found, or undefined when the server knows of none.
   *
   * @throws Waiting when it is unavailable: uncaught, the file waits.
   * @throws ConvertError `misconfigured` without the grant.
   */
  known(): T | undefined;
}

/** A test operation. */
export interface Process {
  readonly code: number;
  readonly name: string;
  /** Known in 0.1: `test`, `repair`, `wip` (flags). */
  readonly properties: { readonly [key: string]: unknown };
}

export interface Product {
  readonly partNumber: string;
  readonly name: string;
  /** Known revisions, oldest first. */
  readonly revisions: readonly string[];
  readonly properties: { readonly [key: string]: unknown };
}

/** Master data of the WATS server, from the station's cache where it can. Only with the grant `lookup`. */
export const lookup: {
  /** The process (test operation) of that name, without regard to case. */
  process(name: string): Answer<Process>;
  product(partNumber: string): Answer<Product>;
};

// ---------------------------------------------------------------- of scheduled converters

/**
 * Requests to other systems of the factory. Only with the grant `http` or `http:HOST`, and only to hosts that the operator
 * named. Redirects are not followed. Headers that carry secrets need not be known to the plugin: the operator has the
 * station add them.
 */
export const http: {
  /** Sends a `GET` and waits for the answer. @throws HttpError; an answer of any status is none. */
  get(url: string, options?: RequestOptions): Response;
  /**
   * Sends a request (`GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`) and waits for the whole answer. @throws HttpError;
   * an answer of any status is none.
   */
  request(method: string, url: string, options?: RequestOptions): Response;
};

export interface RequestOptions {
  /** An object, or pairs where a name comes several times. */
  headers?: { readonly [name: string]: string } | readonly (readonly [string, string])[];
  /** A text is sent as UTF-8. */
  body?: string | Uint8Array;
  /** A body of JSON, with its content type, instead of `body`. */
  json?: unknown;
  /** Seconds for the whole exchange. Default, and at most: what is left of the run's own time. */
  timeout?: number;
}

/** What the other side answered, whatever its status. */
export interface Response {
  /** Of the request. */
  readonly url: string;
  /** 200, 404, ... */
  readonly status: number;
  /** All headers, names in lower case. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: Uint8Array;
  /** The first header of that name, without regard to case. */
  header(name: string): string | undefined;
  /**
   * This, if the status is 200 to 299. With 429, 500 and above the run waits: it throws a {@link Waiting}.
   *
   * @throws ConvertError with every other status.
   */
  success(): Response;
  /** The body as text. @throws ConvertError `malformed` when it is no UTF-8. */
  text(): string;
  /** The body as JSON. @throws ConvertError `malformed` when it is none. */
  json(): any;
}

/**
 * Why there is no answer. Not caught, `unreachable` and `timed-out` make the station try again later; the others are
 * errors.
 */
export class HttpError extends Error {
  constructor(kind: HttpErrorKind, reason: string);
  readonly kind: HttpErrorKind;
}

/**
 * `denied`: the plugin may not go there, and what would have to be granted. `invalid`: something is wrong with the
 * request. `unreachable`: nobody there. `timed-out`: no answer in time. `too-large`: the body is larger than the station
 * takes.
 */
export type HttpErrorKind = "denied" | "invalid" | "unreachable" | "timed-out" | "too-large";

/**
 * What a scheduled converter remembers from run to run: a cursor, the numbers that it has seen. Only with the grant
 * `state`. Keys have 1 to 200 characters; all keys and values together may have 1 MiB, unless the operator allows more.
 *
 * What a run sets is kept when it returns `Outcome.converted()`, together with its reports, and forgotten otherwise. So
 * a cursor never runs ahead of what was reported, and never stays behind it.
 */
export const state: {
  /** Keys that have a value, in order. */
  keys(): string[];
  /** The value of a key as text. @throws ConvertError `internal` for a value that is none. */
  text(key: string): string | undefined;
  bytes(key: string): Uint8Array | undefined;
  setText(key: string, value: string): void;
  setBytes(key: string, value: Uint8Array): void;
  /** Forgets a key, known or not. */
  delete(key: string): void;
};
