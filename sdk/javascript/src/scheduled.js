// Converters that are run at times instead of being given files.

import { ended } from "./converter.js";
import { Reports } from "./report.js";

/** A run, as the author sees it. */
function runFromWire({ due, previous, properties }) {
  const byHand = properties.some(({ key, value }) => key === "by-hand" && value.tag === "flag" && value.val === true);
  return Object.freeze({ due, previous: previous ?? undefined, byHand });
}

/** The contract's `run`: an outcome, or throws the contract's error. Nothing else gets out. */
export function run(plugin, wireInfo) {
  return ended(plugin, "run", (settings) => plugin.definition.run(runFromWire(wireInfo), settings, new Reports()));
}
