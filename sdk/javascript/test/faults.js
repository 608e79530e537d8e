import assert from "node:assert/strict";
import { test } from "node:test";

import { converter, Detection, log, Outcome } from "wats-converter";
import { convert, probe } from "wats-converter/testing";

import { consoleOf } from "../src/console.js";

const told = (body) =>
  convert(converter({ name: "a", version: "0.1.0", probe: () => Detection.certain(), convert: body }), { content: "" })
    .error;

test("an exception is told with its message, file and line", () => {
  const error = told(() => {
    throw new RangeError("bad thing");
  });
  assert.equal(error.kind, "internal");
  assert.match(error.message, /^RangeError: bad thing \(faults\.js line 15\)$/);
  assert.match(told((input) => input.main.nothing.name).message, /^TypeError: .* \(faults\.js line 19\)$/);
});

test("a mistake in a call of the SDK is told with the line of the call", () => {
  const error = told((input, settings, reports) => {
    reports.uut({ serialNumber: 5 });
  });
  assert.match(error.message, /expected a text \(faults\.js line 24\)$/);
});

test("what is thrown need not be an error", () => {
  assert.equal(
    told(() => {
      throw "only text";
    }).message,
    "thrown: only text",
  );
  assert.equal(
    told(() => {
      throw undefined;
    }).message,
    "thrown: undefined",
  );
  assert.equal(
    told(() => {
      throw Object.create(null);
    }).message,
    "something was thrown that has no text",
  );
});

test("an exception in probe comes through", () => {
  const plugin = converter({
    name: "a",
    version: "0.1.0",
    probe: () => {
      throw new Error("no");
    },
    convert: () => Outcome.converted(),
  });
  assert.throws(() => probe(plugin, { content: "" }), /no/);
});

test("there is no clock and there are no random numbers", () => {
  for (const body of [() => Date.now(), () => new Date(), () => Math.random(), () => performance.now()]) {
    assert.match(told(body).message, /^Error: a converter has no (clock|random numbers): the same file/);
  }
  assert.equal(typeof Date.now(), "number");
  assert.equal(typeof Math.random(), "number");
  assert.ok(performance.now() > 0);
});

test("calendar fields make a date without a clock", () => {
  let seen;
  convert(
    converter({
      name: "a",
      version: "0.1.0",
      probe: () => Detection.certain(),
      convert() {
        seen = new Date(Date.UTC(2026, 4, 4)).toISOString();
        return Outcome.converted();
      },
    }),
    { content: "" },
  );
  assert.equal(seen, "2026-05-04T00:00:00.000Z");
});

test("the station is there only while a converter runs", () => {
  assert.throws(() => log.info("x"), /only while a converter runs/);
});

test("causes are told, bounded and without cycles", () => {
  const thrown = (error) =>
    told(() => {
      throw error;
    }).message;
  assert.match(
    thrown(new Error("outer", { cause: new TypeError("inner") })),
    /^Error: outer \(faults\.js line \d+\); caused by TypeError: inner$/,
  );
  const cycle = new Error("a");
  cycle.cause = new Error("b", { cause: cycle });
  assert.equal(thrown(cycle).split("caused by").length, 2);
  let deep = new Error("0");
  for (let index = 1; index < 100; index++) deep = new Error(`${index}`, { cause: deep });
  assert.equal(thrown(deep).split("caused by").length, 6);
});

test("the console of a component never fails", () => {
  const lines = [];
  const made = consoleOf((level, message) => lines.push(`${level} ${message}`));
  const cycle = {};
  cycle.self = cycle;
  made.log(/(?<sn>\w+)/.exec("A1").groups, 1, "a");
  made.warn(cycle, Object.create(null), Symbol("s"));
  made.assert(true, "no");
  made.assert(false, "yes");
  made.error(new TypeError("bad"));
  made.table([1n]);
  for (const name of ["group", "groupEnd", "time", "timeEnd", "timeLog", "count", "dir"]) made[name]("x");
  assert.deepEqual(lines.slice(0, 5), [
    'info {"sn":"A1"} 1 a',
    "warn [object Object] {} Symbol(s)",
    "error Assertion failed yes",
    "error TypeError: bad",
    "info 1",
  ]);
});
