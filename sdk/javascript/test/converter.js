import assert from "node:assert/strict";
import { test } from "node:test";

import { ConvertError, converter, Detection, log, lookup, Outcome, progress, setting, Waiting } from "wats-converter";
import { convert, describe, probe } from "wats-converter/testing";

const made = (more) =>
  converter({
    name: "a",
    version: "0.1.0",
    probe: () => Detection.certain(),
    convert: () => Outcome.converted(),
    ...more,
  });

test("a plugin says what it is", () => {
  const plugin = made({
    summary: "s",
    formats: ["f"],
    patterns: ["*.csv"],
    minSize: 1,
    magic: [{ bytes: "PK\xff" }, { offset: 4, bytes: new Uint8Array([1]) }],
    contains: ["x"],
    grants: ["lookup"],
    license: "MIT",
  });
  const { properties, recognition, ...rest } = describe(plugin);
  assert.deepEqual(rest, {
    name: "a",
    version: "0.1.0",
    summary: "s",
    formats: ["f"],
    settingsSchema: "",
    grants: ["lookup"],
  });
  assert.deepEqual(properties, [{ key: "license", value: { tag: "text", val: "MIT" } }]);
  assert.deepEqual(recognition.magic, [
    { offset: 0, bytes: new Uint8Array([0x50, 0x4b, 0xff]) },
    { offset: 4, bytes: new Uint8Array([1]) },
  ]);
  assert.equal(recognition.minSize, 1);
});

test("a wrong definition is told when it is made", () => {
  assert.throws(() => made({ convert: undefined }), /converter: convert: found undefined, expected a function/);
  assert.throws(() => made({ pattern: "*.csv" }), /no option "pattern"/);
  assert.throws(() => made({ patterns: "*.csv" }), /converter: patterns: found "\*\.csv", expected an array/);
  assert.throws(() => made({ grants: ["http"] }), /grants: found "http"/);
  assert.throws(() => made({ settings: { mark: "." } }), /settings.mark: found "\."/);
  assert.throws(() => made({ magic: [{ bytes: "\u6f22" }] }), /is no byte/);
  assert.throws(() => setting.choice(["a"], "b"), /expected one of its values/);
  assert.throws(() => convert({ name: "a" }, { content: "" }), /expected what converter/);
});

const SETTINGS = {
  mark: setting.text(".", "Decimal mark.", { maxLength: 1 }),
  count: setting.integer(3),
  mode: setting.choice(["fast", "slow"], "fast"),
  strict: setting.flag(true),
  table: setting.json({ type: "object" }, { a: 1 }),
};

test("settings have a schema with defaults", () => {
  assert.deepEqual(JSON.parse(describe(made({ settings: SETTINGS })).settingsSchema), {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: {
      mark: { type: "string", maxLength: 1, default: ".", description: "Decimal mark." },
      count: { type: "integer", default: 3 },
      mode: { enum: ["fast", "slow"], default: "fast" },
      strict: { type: "boolean", default: true },
      table: { type: "object", default: { a: 1 } },
    },
    additionalProperties: false,
  });
});

test("settings that are left out have their defaults, wrong ones are told", () => {
  let seen;
  const plugin = made({
    settings: SETTINGS,
    convert(_, settings) {
      seen = settings;
      settings.table.a = 2;
      return Outcome.converted();
    },
  });
  convert(plugin, { content: "", settings: { mark: "," } });
  convert(plugin, { content: "", settings: { mark: ",", strict: false } });
  assert.deepEqual(seen, { mark: ",", count: 3, mode: "fast", strict: false, table: { a: 2 } });

  const told = (settings) => convert(plugin, { content: "", settings }).error;
  assert.equal(told({ marc: "," }).message, "settings: marc: there is no such setting");
  assert.equal(told({ count: 1.5 }).message, "settings: count: found 1.5, expected integer");
  assert.equal(told({ mode: "slower" }).message, 'settings: mode: found "slower", expected one of fast, slow');
  assert.equal(told({ mode: "slower" }).kind, "misconfigured");
});

test("an outcome is returned", () => {
  const outcome = (convertIt) => convert(made({ convert: convertIt }), { content: "" });
  assert.equal(outcome(() => Outcome.skipped("not mine")).why, "not mine");
  assert.deepEqual(outcome(() => Outcome.waiting("no picture", { retryAfter: 2.5, missing: ["a.png"] })).waiting, {
    reason: "no picture",
    retryAfter: 2.5,
    missing: ["a.png"],
  });
  assert.equal(
    outcome(() => {
      throw new Waiting("later");
    }).waiting.reason,
    "later",
  );
  assert.match(outcome(() => undefined).error.message, /convert returned: found undefined, expected Outcome.converted/);
  assert.match(outcome(() => ({ tag: "converted" })).error.message, /convert returned: found an object/);
  assert.match(outcome(async () => Outcome.converted()).error.message, /convert must not be async/);
  assert.throws(
    () => outcome(() => Outcome.skipped("not mine")).report,
    /the outcome is skipped \(not mine\), not converted/,
  );
});

test("an error of the author comes out as it is", () => {
  const { error } = convert(
    made({
      convert: () => {
        throw ConvertError.truncated("ends early", { line: 7, column: 2 }).at({ file: "b.csv" });
      },
    }),
    { content: "" },
  );
  assert.equal(error.kind, "truncated");
  assert.deepEqual(error.place, { line: 7, column: 2, file: "b.csv" });
});

test("a detection is returned", () => {
  const found = (probeIt) => probe(made({ probe: probeIt }), { content: "" });
  assert.equal(found(() => Detection.likely(7)).confidence, 1);
  assert.equal(found(() => Detection.no("why")).detail, "why");
  const more = found(() => Detection.certain("", { missing: ["a.png"], serialNumber: "A-1" }));
  assert.deepEqual(more.missing, ["a.png"]);
  assert.deepEqual(more.properties, [{ key: "serial-number", value: { tag: "text", val: "A-1" } }]);
  assert.throws(() => found(() => true), /probe returned: found boolean true/);
});

test("lookups answer, wait or are denied", () => {
  const asked = (given, grants = ["lookup"]) =>
    convert(
      made({
        grants,
        convert() {
          const process = lookup.process("FINAL").known();
          const product = lookup.product("PCB-7").known();
          log.info(`${process?.code} ${process?.properties.test} ${product?.revisions}`);
          return Outcome.converted();
        },
      }),
      { content: "", lookup: given },
    );
  const properties = [{ key: "test", value: { tag: "flag", val: true } }];
  const { log: lines } = asked({
    processes: [{ code: 10, name: "Final", properties }],
    products: [{ partNumber: "PCB-7", revisions: ["A", "B"] }],
  });
  assert.deepEqual(lines, [{ level: "info", message: "10 true A,B" }]);
  assert.equal(asked({}).log[0].message, "undefined undefined undefined");
  assert.equal(asked({ unavailable: "no server" }).waiting.reason, "no server");
  assert.equal(asked(undefined).log[0].message, "undefined undefined undefined");
  assert.equal(asked({}, []).error.kind, "misconfigured");
});

test("progress and log lines are kept", () => {
  const { progress: told, log: lines } = convert(
    made({
      convert() {
        progress(0.5);
        log.warn(`line ${3}`);
        return Outcome.converted();
      },
    }),
    { content: "" },
  );
  assert.deepEqual(told, [0.5]);
  assert.deepEqual(lines, [{ level: "warn", message: "line 3" }]);
});

test("settings keep the rules of their schema, defaults too", () => {
  const outcome = (one, n) =>
    convert(made({ settings: { n: one }, convert: () => Outcome.converted() }), {
      content: "",
      settings: n === undefined ? {} : { n },
    });
  const bounded = setting.integer(0, "n", { minimum: 0, maximum: 9 });
  assert.equal(outcome(bounded, 9).outcome, "converted");
  assert.equal(outcome(bounded, -5).error.message, "settings: n: found -5, expected at least 0");
  assert.equal(outcome(bounded, 10).error.kind, "misconfigured");
  assert.equal(outcome(setting.integer(-1, "n", { minimum: 0 })).error.kind, "misconfigured");
  const word = setting.text("ab", "n", { minLength: 2, maxLength: 3, pattern: "^[a-z]+$" });
  assert.equal(outcome(word, "abc").outcome, "converted");
  for (const wrong of ["a", "abcd", "AB"]) assert.equal(outcome(word, wrong).error.kind, "misconfigured");
});
