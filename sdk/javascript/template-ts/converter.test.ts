// Without the station: `npm test`. Whole files with the reports expected of them are in cases/; `wats plugin test` runs those.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Limits } from "wats-converter";
import { convert, probe } from "wats-converter/testing";

import myFormat from "./converter.ts";

const HEAD = "My tester 2.0\nSerial: A-1001\nPart: LAMP-7\nStart: 2026-05-04T08:15:30\n\n";

test("a measurement has the limits of its line", () => {
  const { report } = convert(myFormat, {
    name: "a.log",
    content: `${HEAD}Vcc;5.01;4.9;5.1;V\nIdle current;0.12;;0.2;A\n`,
  });

  assert.equal(report.header.serialNumber, "A-1001");
  assert.equal(report.header.partNumber, "LAMP-7");
  const vcc = report.step("Measurements/Vcc");
  assert.equal(vcc.value, 5.01);
  assert.equal(vcc.unit, "V");
  assert.deepEqual(vcc.limits, Limits.between(4.9, 5.1));
  assert.deepEqual(report.step("Measurements/Idle current").limits, Limits.atMost(0.2));
});

test("the decimal mark is a setting", () => {
  const settings = { decimal_mark: ",", sequence: "Messwerte" };
  const { report } = convert(myFormat, { content: `${HEAD}Vcc;5,01;4,9;5,1;V\n`, settings });

  assert.equal(report.step("Messwerte/Vcc").value, 5.01);
});

test("an unreadable number is told with its place", () => {
  const { error } = convert(myFormat, { content: `${HEAD}Vcc;O.12;;0.2;A\n` });

  assert.equal(String(error), 'line 6, column 2: "O.12" is not a number');
});

test("a file without a serial number is cut short", () => {
  const { error } = convert(myFormat, { content: "My tester 2.0\n\n" });

  assert.equal(error.kind, "truncated");
});

test("only its own files are taken", () => {
  assert.equal(probe(myFormat, { content: HEAD }).confidence, 1);
  assert.equal(probe(myFormat, { content: "Another tester\n" }).confidence, 0);
});
