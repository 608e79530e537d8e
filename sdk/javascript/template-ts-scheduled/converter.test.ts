// Without the station: `npm test`. Whole runs with the reports expected of them are in cases/; `wats plugin test` does those.

import assert from "node:assert/strict";
import { test } from "node:test";

import { HttpError, Limits } from "wats-converter";
import { run } from "wats-converter/testing";

import mySource from "./converter.ts";

const ADDRESS = "https://mes.example/results?since=";
const VCC = { name: "Vcc", value: 5.01, low: 4.9, high: 5.1, unit: "V" };
const RESULT = { id: 41, serial: "A-1001", part: "LAMP-7", start: "2026-05-04T08:15:30+02:00", measurements: [VCC] };

test("results become reports, and the last is remembered", () => {
  const results = [RESULT, { ...RESULT, id: 42, serial: "A-1002" }];
  const { reports, state, requests } = run(mySource, { answers: { [ADDRESS]: JSON.stringify(results) } });

  assert.deepEqual(
    reports.map(({ header }) => [header.serialNumber, header.key]),
    [
      ["A-1001", "41"],
      ["A-1002", "42"],
    ],
  );
  assert.deepEqual(reports[0]?.step("Vcc").limits, Limits.between(4.9, 5.1));
  assert.deepEqual(state, { since: "42" });
  assert.equal(requests.length, 1);
});

test("it asks for what comes after the last, where the operator says", () => {
  const settings = { address: "https://line2.example:8443/api" };
  const answers = { "https://line2.example:8443/api?since=42": "[]" };
  const ran = run(mySource, { state: { since: "42" }, settings, answers });

  assert.deepEqual([ran.outcome, ran.why], ["skipped", "nothing new"]);
});

test("what is no number is an error with its place, and nothing is remembered", () => {
  const results = [{ ...RESULT, measurements: [{ ...VCC, value: "5,01" }] }];
  const { error, state } = run(mySource, { answers: { [ADDRESS]: JSON.stringify(results) } });

  assert.equal(String(error), "[0]: the value of Vcc is no number");
  assert.deepEqual(state, {});
});

test("nobody there and a busy server are waited for", () => {
  for (const answer of [new HttpError("unreachable", "no such name"), { status: 503, body: "at lunch" }])
    assert.equal(run(mySource, { answers: { [ADDRESS]: answer } }).outcome, "waiting");
});
