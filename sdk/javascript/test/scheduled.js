// Scheduled converters in the test kit: what they are told, whom they reach, what they remember.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  converter,
  ConvertError,
  Detection,
  http,
  HttpError,
  log,
  Outcome,
  scheduledConverter,
  state,
} from "wats-converter";
import * as kit from "wats-converter/testing";

const URL_OF = "https://mes.example/units";

/** A scheduled converter that does this; converted, unless it says otherwise. */
function scheduled(work, grants = ["http", "state"]) {
  return scheduledConverter({
    name: "worker",
    version: "1.0.0",
    grants,
    run: (run, _settings, reports) => work(run, reports) ?? Outcome.converted(),
  });
}

const ran = (work, given, grants) => kit.run(scheduled(work, grants), given);
const messages = ({ log: lines }) => lines.map(({ message }) => message);

test("a run is told when it is due", () => {
  const work = (run) => log.info(JSON.stringify(run));
  const given = { due: "2026-05-04T08:20:00+02:00", previous: "2026-05-04T08:10:00+02:00", byHand: true };
  assert.deepEqual(JSON.parse(messages(ran(work, given))[0]), given);
  assert.deepEqual(JSON.parse(messages(ran(work))[0]), { due: "2026-01-01T12:00:00Z", byHand: false });
});

test("a report without key or start is refused", () => {
  const { error } = ran((_run, reports) => void reports.uut({ serialNumber: "A-1" }).finish());
  assert.equal(error.kind, "rejected");
  assert.match(error.message, /breaks 2 rules: header\/key: found none; .*; header\/start: found none/);
  const whole = (run, reports) => void reports.uut({ serialNumber: "A-1", key: "1", start: run.due }).finish();
  assert.equal(ran(whole).report.header.start, "2026-01-01T12:00:00Z");
});

test("a definition that is none is refused, and so is one for files", () => {
  assert.throws(() => scheduledConverter({ name: "a", version: "1.0.0" }), /scheduledConverter: run: found undefined/);
  const patterns = { name: "a", version: "1.0.0", patterns: ["*"], run() {} };
  assert.throws(() => scheduledConverter(patterns), /there is no option "patterns"/);
  const grants = { name: "a", version: "1.0.0", grants: ["clock"], run() {} };
  assert.throws(() => scheduledConverter(grants), /scheduledConverter: grants: found "clock"/);
  const files = { name: "a", version: "1.0.0", probe: () => Detection.certain(), convert: () => Outcome.converted() };
  assert.throws(() => converter({ ...files, grants: ["state"] }), /converter: grants: found "state"/);
  assert.throws(() => kit.run(converter(files)), /expected what scheduledConverter/);
  assert.deepEqual(kit.describe(scheduled(() => undefined, ["http:mes.example:8080"])).grants, [
    "http:mes.example:8080",
  ]);
});

test("requests are answered and noted", () => {
  const work = () => {
    const answer = http.get(URL_OF);
    log.info(`${answer.status} ${answer.header("Content-Type")} ${answer.text()}`);
    const posted = http.request("POST", URL_OF, { json: { ä: 1 }, headers: { "X-A": "b" }, timeout: 3 });
    log.info(`${posted.success().json()} ${posted.header("x-none")}`);
    http.request("PUT", URL_OF, {
      json: "text",
      headers: [
        ["a", "1"],
        ["a", "2"],
      ],
    });
  };
  const answers = {
    [URL_OF]: { status: 203, body: "hi", headers: { "Content-Type": "text/plain" } },
    [`POST ${URL_OF}`]: "[1]",
    [`PUT ${URL_OF}`]: "",
  };
  const found = ran(work, { answers });
  assert.deepEqual(messages(found), ["203 text/plain hi", "1 undefined"]);
  const [, posted, put] = found.requests;
  assert.deepEqual([posted.method, new TextDecoder().decode(posted.body), posted.timeout], ["POST", '{"ä":1}', 3]);
  assert.deepEqual(posted.headers, [
    ["X-A", "b"],
    ["content-type", "application/json"],
  ]);
  assert.equal(new TextDecoder().decode(put.body), '"text"');
  assert.equal(put.headers.filter(([name]) => name === "a").length, 2);
});

test("what is not caught becomes what it means", () => {
  const get = () => void http.get(URL_OF);
  for (const kind of ["unreachable", "timed-out"])
    assert.equal(
      ran(get, { answers: { [URL_OF]: new HttpError(kind, "no such name") } }).waiting.reason,
      "no such name",
    );
  assert.equal(ran(get).waiting.reason, `the test has no answer for GET ${URL_OF}`);
  const means = { denied: "misconfigured", invalid: "internal", "too-large": "unsupported" };
  for (const [kind, meant] of Object.entries(means))
    assert.equal(ran(get, { answers: { [URL_OF]: new HttpError(kind, "x") } }).error.kind, meant);
  const catches = () => {
    try {
      return void http.get(URL_OF);
    } catch (error) {
      return Outcome.skipped(`${error instanceof HttpError} ${error.kind}`);
    }
  };
  assert.equal(ran(catches).why, "true unreachable");
});

test("success waits for a busy server and refuses the rest", () => {
  const success = () => void http.get(URL_OF).success();
  const of = (status) => ran(success, { answers: { [URL_OF]: { status, body: "no\n" } } });
  for (const status of [200, 204, 299]) assert.equal(of(status).outcome, "converted");
  for (const status of [429, 500, 503]) assert.equal(of(status).outcome, "waiting");
  for (const [status, kind] of [
    [401, "misconfigured"],
    [403, "misconfigured"],
    [404, "malformed"],
    [302, "malformed"],
  ]) {
    const { error } = of(status);
    assert.deepEqual([error.kind, error.message], [kind, `${URL_OF} answered ${status}: no`]);
  }
});

test("a body that is no text or JSON is malformed", () => {
  const of = (work, body) => ran(work, { answers: { [URL_OF]: body } }).error;
  const text = of(() => void http.get(URL_OF).text(), Uint8Array.of(0x61, 0xff));
  assert.equal(text.message, `${URL_OF} answered what is no UTF-8`);
  assert.equal(of(() => void http.get(URL_OF).json(), "{").message, `the answer of ${URL_OF} is not valid JSON`);
});

test("requests go only where it asked to go", () => {
  const work = () => {
    http.get("http://MES.example:8080/x");
    http.get(URL_OF);
  };
  const { error } = ran(work, { answers: { "http://MES.example:8080/x": "" } }, ["http:mes.example:8080"]);
  assert.equal(String(error), "`http:mes.example` would have to be asked for and granted");
  assert.equal(error.kind, "misconfigured");
  assert.equal(ran(() => void http.get("/units")).error.kind, "internal");
});

test("a converter of files is told that it has none of it", () => {
  const files = (work) => ({ name: "a", version: "1.0.0", probe: () => Detection.certain(), convert: work });
  for (const work of [() => void http.get(URL_OF), () => void state.keys()]) {
    const { error } = kit.convert(converter(files(work)), { content: "" });
    assert.match(error.message, /only a scheduledConverter/);
  }
});

test("what is set is kept of a converted run only", () => {
  const work = () => {
    log.info(`${state.text("since")} ${state.text("none")} ${state.keys()}`);
    state.setText("since", "8");
    state.setBytes("raw", Uint8Array.of(0xff));
    state.delete("old");
    state.delete("none");
    log.info(`${state.text("since")} ${state.bytes("raw")} ${state.keys()}`);
  };
  const before = { since: "7", old: Uint8Array.of(0x78) };
  const found = ran(work, { state: before });
  assert.deepEqual(messages(found), ["7 undefined old,since", "8 255 raw,since"]);
  assert.deepEqual(found.state, { raw: Uint8Array.of(0xff), since: "8" });
  const ends = [
    () => {
      throw ConvertError.malformed("odd");
    },
    () => Outcome.skipped("nothing"),
  ];
  for (const end of ends) {
    const kept = ran(() => (work(), end()), { state: before });
    assert.deepEqual(kept.state, { old: "x", since: "7" });
  }
});

test("the state needs the grant, a key that is one and a value of its type", () => {
  const error = (work, grants) => ran(work, {}, grants).error;
  assert.equal(error(() => state.setText("", "a")).message, "keys of the state have 1 to 200 characters");
  const denied = error(() => void state.keys(), ["http"]);
  assert.deepEqual(
    [denied.kind, denied.message],
    ["misconfigured", "the station has not granted `state` to this plugin"],
  );
  assert.match(error(() => state.setText("a", 5)).message, /TypeError: state: value: found number 5, expected a text/);
  assert.match(error(() => state.setBytes("a", "b")).message, /expected a Uint8Array/);
  const raw = ran(() => void state.text("raw"), { state: { raw: Uint8Array.of(0xff) } });
  assert.equal(raw.error.message, 'the state "raw" is no text');
});

test("the scheduled converter of the tutorial does what the tutorial says", async () => {
  const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const section = README.slice(README.indexOf("## Scheduled converters"));
  const [, definition, asserts] = /```js\n([^]*?)```[^]*?```js\n([^]*?)```/.exec(section);
  const index = new URL("../src/index.js", import.meta.url).href;
  const source = definition.replace('"wats-converter"', JSON.stringify(index));
  const burnIn = (await import(`data:text/javascript,${encodeURIComponent(source)}`)).default;
  const body = asserts.replace(/^import .*\n/m, "");
  assert.match(body, /assert\./);
  new Function("burnIn", "run", "assert", body)(burnIn, kit.run, assert);
});
