// What the SDK needs of the outside. In a component that is the station (component.js), in unit tests a recorder
// (testing.js).

let current;

/**
 * Puts another outside in place and gives back the one that was there.
 *
 * An outside has `station`, `report` and `lookup`, of a scheduled converter `http` and `state` (the interfaces of the contract with these names, as the component
 * tools bind them), `locate(stack)`: the place in the author's source where an error came from, or undefined; and
 * `u32(value)`: an unsigned number as the engine takes it.
 */
export function use(outside) {
  const before = current;
  current = outside;
  return before;
}

/** `http` or `state`, which only scheduled converters are given. */
export function scheduledHost() {
  const outside = host();
  if (outside.http === undefined)
    throw new Error("only a scheduledConverter sends requests and remembers something from run to run");
  return outside;
}

export function host() {
  if (current === undefined)
    throw new Error("only while a converter runs: in `probe` or `convert`, not while its file is loaded");
  return current;
}
