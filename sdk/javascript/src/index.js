// Write converter plugins for the WATS station service in JavaScript and TypeScript. What each thing means is in
// index.d.ts.

export { Detection, Outcome, converter, scheduledConverter } from "./converter.js";
export { ConvertError, Waiting } from "./errors.js";
export { HttpError, http } from "./http.js";
export { decodeUtf8 } from "./input.js";
export { Limits, TextLimits, status } from "./limits.js";
export { integer, number } from "./numbers.js";
export { setting } from "./settings.js";
export { state } from "./state.js";
export { log, lookup, progress } from "./station.js";
export { timestamp } from "./timestamp.js";
