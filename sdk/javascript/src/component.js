// The exports of the world `converter`. The build (build.toml) bundles this with the author's file, which is
// `wats-plugin` here.

// Before the plugin.
import "./guarded.js";

import * as lookup from "wats:converter/lookup@0.1.0";
import * as report from "wats:converter/report@0.1.0";
import * as station from "wats:converter/station@0.1.0";
import plugin from "wats-plugin";

import * as converter from "./converter.js";
import { fault } from "./errors.js";
import { use } from "./host.js";
import { frames } from "./places.js";

// tools/places.mjs puts the table here, on this line, so that no line moves.
const PLACES = "@places@";

if (!converter.isConverter(plugin)) {
  throw new TypeError("the plugin's file must have `export default converter({ ... })`");
}

Error.stackTraceLimit = 100;
const table = JSON.parse(PLACES);

/** The place goes into the message, the way there into the log. */
function locate(stack) {
  const found = frames(stack, table);
  if (found.length > 1)
    station.log("debug", `the way to it: ${found.map(({ name, place }) => `${name ?? "?"} (${place})`).join(", ")}`);
  return found[0]?.place;
}

/**
 * The engine reads an unsigned number as a signed one, and cuts what is larger than 2^31-1 without a word; a negative
 * number it takes by its bits. So the larger half goes as the negative numbers with the same bits.
 */
const u32 = (value) => value | 0;

use({ lookup, report, station, locate, u32 });

const say =
  (level) =>
  (...words) =>
    station.log(level, words.map(String).join(" ").toWellFormed());
globalThis.console = {
  debug: say("debug"),
  error: say("error"),
  info: say("info"),
  log: say("info"),
  trace: say("trace"),
  warn: say("warn"),
};

export function describe() {
  return plugin.descriptor;
}

/** The contract has no error here, and "not my file" would be a lie: a more general plugin would get it. */
export function probe(input) {
  try {
    return converter.probe(plugin, input);
  } catch (thrown) {
    station.log("error", `probe: ${fault(thrown, locate)}`);
    throw thrown;
  }
}

export function convert(input) {
  return converter.convert(plugin, input);
}
