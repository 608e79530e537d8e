// What components of both worlds have: the station, places of errors, the console. The files beside this one with the names of the
// worlds are what is bundled (build.toml), with the author's file, which is `wats-plugin` there.

import * as lookup from "wats:converter/lookup@0.1.0";
import * as report from "wats:converter/report@0.1.0";
import * as station from "wats:converter/station@0.1.0";

import { consoleOf } from "./console.js";
import { use } from "./host.js";
import { frames } from "./places.js";

// tools/places.mjs puts the table here, on this line, so that no line moves.
const PLACES = "@places@";

Error.stackTraceLimit = 100;
const table = JSON.parse(PLACES);

/** The place goes into the message, the way there into the log. */
export function locate(stack) {
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

/** Puts the station in place, with the further interfaces of a world. */
export function begin(more) {
  use({ lookup, report, station, locate, u32, ...more });
}

globalThis.console = consoleOf((level, message) => station.log(level, message));
