import * as check from "./check.js";
import { ConvertError, Waiting } from "./errors.js";
import { scheduledHost } from "./host.js";
import { decode } from "./input.js";

const OPTIONS = new Set(["headers", "body", "json", "timeout"]);

/** Why there is no answer. */
export class HttpError extends Error {
  constructor(kind, reason) {
    super(reason);
    this.name = "HttpError";
    this.kind = kind;
  }

  /** What it means for the run, when it is not caught. */
  meaning() {
    switch (this.kind) {
      case "unreachable":
      case "timed-out":
        return new Waiting(this.message);
      case "denied":
        return ConvertError.misconfigured(this.message);
      case "too-large":
        return ConvertError.unsupported(this.message);
      default:
        return ConvertError.internal(this.message);
    }
  }
}

/** The contract's error. */
function errorFromWire({ tag, val }) {
  switch (tag) {
    case "timed-out":
      return new HttpError(tag, typeof val === "number" ? `no answer in ${val.toFixed(1)} s` : val);
    case "too-large":
      return new HttpError(tag, `the answer is larger than ${val} bytes (limits.http_response_bytes)`);
    default:
      return new HttpError(tag, val);
  }
}

/** An address without its query, which may hold secrets and would be seen in logs and on pages. */
const place = (url) => url.split(/[?#]/, 1)[0];

/** What the other side answered, whatever its status. */
export class Response {
  constructor(url, { status, headers, body }) {
    this.url = url;
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  header(name) {
    const wanted = check.text(name, "header").toLowerCase();
    return this.headers.find((header) => header.name.toLowerCase() === wanted)?.value;
  }

  success() {
    const { status } = this;
    if (status >= 200 && status <= 299) return this;
    const beginning = [...(decode(this.body) ?? "").trim()].slice(0, 200).join("");
    const told = `${place(this.url)} answered ${status}: ${beginning}`;
    if (status === 429 || status >= 500) throw new Waiting(told);
    throw status === 401 || status === 403 ? ConvertError.misconfigured(told) : ConvertError.malformed(told);
  }

  text() {
    const found = decode(this.body);
    if (found === undefined) throw ConvertError.malformed(`${place(this.url)} answered what is no UTF-8`);
    return found;
  }

  json() {
    const whole = this.text();
    try {
      return JSON.parse(whole);
    } catch {
      throw ConvertError.malformed(`the answer of ${place(this.url)} is not valid JSON`);
    }
  }
}

/** An object, or pairs where a name comes several times. */
function headersToWire(headers) {
  if (headers === undefined || headers === null) return [];
  if (typeof headers !== "object") throw check.wrong("request: headers", headers, "an object");
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  return pairs.map(([name, value]) => ({
    name: check.text(name, "request: headers"),
    value: check.text(value, "request: headers", name),
  }));
}

function request(method, url, options) {
  const { headers, body, json, timeout } = check.options(options, OPTIONS, "request");
  const wire = {
    method: check.text(method, "request: method"),
    url: check.text(url, "request: url"),
    headers: headersToWire(headers),
    body: body === undefined || body === null ? new Uint8Array(0) : check.bytes(body, "request: body"),
    properties: check.properties({ timeout: check.optionalNumber(timeout, "request: timeout") }, "request"),
  };
  if (json !== undefined) {
    if (body !== undefined && body !== null) throw new TypeError("request: there are `body` and `json`, expected one");
    wire.headers.push({ name: "content-type", value: "application/json" });
    // A text is a value here, too.
    wire.body = check.bytes(
      typeof json === "object" && json !== null ? check.json(json, "json") : JSON.stringify(json),
      "json",
    );
  }
  try {
    return new Response(wire.url, scheduledHost().http.send(wire));
  } catch (thrown) {
    // What the contract calls an error comes as an exception; some tools wrap it.
    const error = thrown?.payload ?? thrown;
    if (typeof error?.tag === "string") throw errorFromWire(error);
    throw thrown;
  }
}

/** Requests to other systems of the factory. */
export const http = Object.freeze({ get: (url, options) => request("GET", url, options), request });
