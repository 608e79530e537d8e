import * as check from "./check.js";
import { ConvertError } from "./errors.js";
import { scheduledHost } from "./host.js";
import { decode } from "./input.js";

function told(call) {
  try {
    return call(scheduledHost().state);
  } catch (thrown) {
    // What the contract calls an error comes as an exception; some tools wrap it.
    switch (thrown?.payload ?? thrown) {
      case "denied":
        throw ConvertError.misconfigured("the station has not granted `state` to this plugin");
      case "invalid-key":
        throw ConvertError.internal("keys of the state have 1 to 200 characters");
      default:
        throw thrown;
    }
  }
}

const keyOf = (key) => check.text(key, "state: key");

function bytes(key) {
  return told((state) => state.get(keyOf(key))) ?? undefined;
}

function setBytes(key, value) {
  if (!(value instanceof Uint8Array)) throw check.wrong("state: value", value, "a Uint8Array");
  told((state) => state.set(keyOf(key), value));
}

/** What a scheduled converter remembers from run to run. */
export const state = Object.freeze({
  keys: () => told((state) => [...state.keys()]),
  bytes,
  setBytes,
  delete: (key) => told((state) => state.delete(keyOf(key))),

  text(key) {
    const found = bytes(key);
    if (found === undefined) return undefined;
    const text = decode(found);
    if (text === undefined) throw ConvertError.internal(`the state ${JSON.stringify(key)} is no text`);
    return text;
  },

  setText: (key, value) => setBytes(key, check.bytes(check.text(value, "state: value"), "state: value")),
});
