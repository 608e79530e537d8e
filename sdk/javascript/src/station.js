import { number, text } from "./check.js";
import { ConvertError, Waiting } from "./errors.js";
import { host } from "./host.js";

const write = (level) => (message) => host().station.log(level, text(String(message), "log"));

/** Lines for the station's log. */
export const log = Object.freeze({
  trace: write("trace"),
  debug: write("debug"),
  info: write("info"),
  warn: write("warn"),
  error: write("error"),
});

/** How much of the file is done, 0 to 1. */
export function progress(fraction) {
  host().station.progress(number(fraction, "progress"));
}

/** What the station answers to a lookup. */
export class Answer {
  constructor(wire, found) {
    this.kind = wire.tag;
    this.found = wire.tag === "found" ? found(wire.val) : undefined;
    this.reason = wire.tag === "unavailable" ? wire.val : undefined;
  }

  known() {
    switch (this.kind) {
      case "found":
        return this.found;
      case "absent":
        return undefined;
      case "unavailable":
        throw new Waiting(this.reason);
      default:
        throw ConvertError.misconfigured("the station has not granted `lookup` to this plugin");
    }
  }
}

function properties(wire) {
  const found = {};
  for (const { key, value } of wire) found[key] = value.tag === "json" ? JSON.parse(value.val) : value.val;
  return found;
}

/** Master data of the WATS server. Only with the grant `lookup`. */
export const lookup = Object.freeze({
  process(name) {
    const answer = host().lookup.processByName(text(name, "lookup.process"));
    return new Answer(answer, (process) => ({
      code: process.code,
      name: process.name,
      properties: properties(process.properties),
    }));
  },

  product(partNumber) {
    const answer = host().lookup.productByPartNumber(text(partNumber, "lookup.product"));
    return new Answer(answer, (product) => ({
      partNumber: product.partNumber,
      name: product.name,
      revisions: product.revisions,
      properties: properties(product.properties),
    }));
  },
});
