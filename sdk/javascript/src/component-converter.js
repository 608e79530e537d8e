// The exports of the world `converter`.

// Before the plugin.
import "./guarded.js";

import * as station from "wats:converter/station@0.1.0";
import plugin from "wats-plugin";

import { begin, locate } from "./component.js";
import * as converter from "./converter.js";
import { fault } from "./errors.js";

if (!converter.isConverter(plugin)) {
  const scheduled = converter.isScheduledConverter(plugin);
  throw new TypeError(
    scheduled
      ? 'the plugin is a scheduled converter: say world = "scheduled-converter" in wats-plugin.toml'
      : "the plugin's file must have `export default converter({ ... })`",
  );
}

begin({});

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
