// The exports of the world `scheduled-converter`.

// Before the plugin.
import "./guarded.js";

import * as http from "wats:converter/http@0.1.0";
import * as state from "wats:converter/state@0.1.0";
import plugin from "wats-plugin";

import { begin } from "./component.js";
import * as converter from "./converter.js";
import { run as runScheduled } from "./scheduled.js";

if (!converter.isScheduledConverter(plugin)) {
  const files = converter.isConverter(plugin);
  throw new TypeError(
    files
      ? 'the plugin converts files: leave out world = "scheduled-converter" in wats-plugin.toml'
      : "the plugin's file must have `export default scheduledConverter({ ... })`",
  );
}

begin({ http, state });

export function describe() {
  return plugin.descriptor;
}

export function run(info) {
  return runScheduled(plugin, info);
}
