import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Limits } from "wats-converter";
import { convert, probe } from "wats-converter/testing";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const SDK = new URL("../src/index.js", import.meta.url).href;

/** The tutorial's converter: the first block of code in it. */
async function tutorial() {
  const [, code] = /```js\n([^]*?)```/.exec(README);
  const resolved = code.replace('"wats-converter"', JSON.stringify(SDK));
  return (await import(`data:text/javascript,${encodeURIComponent(resolved)}`)).default;
}

const [, SAMPLE] = /```text\n([^]*?)```/.exec(README);

test("the tutorial's converter reads the tutorial's file", async () => {
  const acmeIct = await tutorial();
  assert.equal(probe(acmeIct, { content: SAMPLE }).confidence, 1);
  const { report } = convert(acmeIct, { name: "a.ict", content: SAMPLE });
  assert.equal(report.header.serialNumber, "A-1001");
  assert.equal(report.header.partNumber, "PCB-7");
  assert.deepEqual(
    report.steps.map(({ name, value, unit }) => [name, value, unit]),
    [
      ["R12", 99.8, "Ohm"],
      ["R13", 120.4, "Ohm"],
    ],
  );
  assert.deepEqual(report.step("R13").limits, Limits.between(95, 105));

  const { error } = convert(acmeIct, { content: SAMPLE.replace("99.8", "99,8") });
  assert.equal(String(error), 'line 3, column 3: "99,8" is not a number');
  assert.equal(convert(acmeIct, { content: "ACME ICT 2.0\n" }).error.kind, "truncated");
});
