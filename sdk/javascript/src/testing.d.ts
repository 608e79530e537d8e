/**
 * Runs a converter in Node, without the station: it gets bytes, a name and settings, and what it writes is recorded for
 * plain asserts. It runs as in the sandbox, without a clock and random numbers, and every check of the SDK holds.
 * Nothing is judged: whether a report keeps the host's rules is told by `wats plugin test`.
 */

import type {
  Attachment,
  Chart,
  Converter,
  ConvertError,
  Descriptor,
  Detection,
  HttpError,
  NumericLimits,
  ScheduledConverter,
  Settings,
  Status,
  TextLimits,
  Violation,
} from "./index.js";

/** A file. */
export interface GivenFile {
  /** A text is UTF-8. */
  content: string | Uint8Array;
  /** Default: `input.txt`. */
  name?: string;
  /** Default: the name. */
  path?: string;
  /** Default: `2026-01-01T12:00:00Z`. */
  modified?: string;
}

/** A file to convert, and what is around it. */
export interface Given extends GivenFile {
  companions?: GivenFile[];
  /** What is left out has its default. */
  settings?: object;
  /** What the station answers to lookups. Without: nothing is found. A plugin without the grant `lookup` is denied. */
  lookup?: {
    processes?: { code: number; name: string }[];
    products?: { partNumber: string; name?: string; revisions?: string[] }[];
    /** No server and nothing cached, and why. */
    unavailable?: string;
  };
  /** What the host finds wrong with each report. */
  violations?: Violation[];
}

/** What the plugin says about itself, as the station gets it. */
export function describe<S extends Settings>(plugin: Converter<S> | ScheduledConverter<S>): Descriptor;

/** Asks the converter whether it can read the file. Exceptions of the converter come through. */
export function probe<S extends Settings>(plugin: Converter<S>, given: Given): Detection;

/** Has the converter read the file. Exceptions of the converter are its outcome `error`. */
export function convert<S extends Settings>(plugin: Converter<S>, given: Given): Converted;

/** A run of a scheduled converter, and what is around it. All that the plugin asks for is granted. */
export interface GivenRun extends Pick<Given, "settings" | "lookup" | "violations"> {
  /** When it is due. Default: `2026-01-01T12:00:00Z`. */
  due?: string;
  /** When the last run was due that went well. */
  previous?: string;
  /** Whether an operator asked for it. */
  byHand?: boolean;
  /** What it remembers. */
  state?: { readonly [key: string]: string | Uint8Array };
  /**
   * What other systems answer, by address: `{ "https://mes.example/units": "A-1" }` to a `GET`, with the method before
   * it to another (`"POST https://mes.example/seen"`). To every other request nobody answers.
   */
  answers?: { readonly [request: string]: AnswerTo };
}

/** A body with status 200, a whole answer, or why there is none. */
export type AnswerTo =
  | string
  | Uint8Array
  | { status?: number; body?: string | Uint8Array; headers?: { readonly [name: string]: string } }
  | HttpError;

/**
 * Has a scheduled converter run. Its exceptions are its outcome `error`. A report without a key or a start is refused.
 */
export function run<S extends Settings>(plugin: ScheduledConverter<S>, given?: GivenRun): Ran;

/** What became of a run. */
export interface Ran extends Converted {
  /** Requests that were sent, in order. */
  readonly requests: { method: string; url: string; headers: [string, string][]; body: Uint8Array; timeout?: number }[];
  /** What is remembered afterwards: what was before, unless the outcome is `converted`. Texts, or bytes that are none. */
  readonly state: { readonly [key: string]: string | Uint8Array };
}

/** What became of a file. */
export interface Converted {
  readonly outcome: "converted" | "skipped" | "waiting" | "error";
  /** @throws Error when the outcome is another, and which. */
  readonly reports: Report[];
  /** The only report. @throws Error when there is none or another outcome. */
  readonly report: Report;
  /** @throws Error when there is none. */
  readonly error: ConvertError;
  /** Why the file was skipped. */
  readonly why?: string;
  readonly waiting?: { reason: string; retryAfter?: number; missing: string[] };
  readonly log: { level: string; message: string }[];
  readonly progress: number[];
}

/** A report as it was written. What was left out is not there. */
export interface Report {
  /** The header, with `properties` as an object. */
  readonly header: any;
  /** As it was given to `finish`. */
  readonly status?: Status;
  readonly steps: Step[];
  readonly attachments: Attachment[];
  readonly miscInfos: { description: string; text: string }[];
  readonly subUnits: any[];
  readonly assets: any[];
  readonly data: any[];
  /** Of a report given to `emitJson`, which has nothing else but `key`. */
  readonly json?: any;
  readonly key?: string;

  /**
   * The first step of that name, by the names of the sequences around it: `Supply/Vcc`. @throws Error when there is
   * none.
   */
  step(path: string): Step;
}

/** A step or sequence as it was written. What was left out is not there. */
export interface Step {
  /**
   * `sequence`, or as in the contract: `numeric`, `multi-numeric`, `pass-fail`, `text`, `action`, `chart`,
   * `message-popup`, ...
   */
  readonly type: string;
  readonly name: string;
  readonly status?: Status;
  readonly group?: string;
  readonly duration?: number;
  readonly properties?: { [key: string]: any };
  /** Of a step with one measurement. */
  readonly value?: any;
  readonly unit?: string;
  readonly limits?: NumericLimits | TextLimits;
  readonly measuredStatus?: Status;
  /** Of a step with several. */
  readonly measurements?: {
    name: string;
    value?: any;
    unit?: string;
    limits?: NumericLimits | TextLimits;
    status?: Status;
  }[];
  /** Of a sequence. */
  readonly steps?: Step[];
  /** Of a step that is a chart. */
  readonly chart?: Chart;
  /** Beside a measurement. */
  readonly besideChart?: Chart;
  readonly attachment?: Attachment;
  readonly results?: any[];
  readonly [other: string]: any;
}
