import assert from "node:assert/strict";
import { test } from "node:test";

import { converter, Detection, Limits, Outcome, TextLimits } from "wats-converter";
import { convert } from "wats-converter/testing";

import { use } from "../src/host.js";
import { Reports } from "../src/report.js";

/** What becomes of a file when `write` writes its reports. */
function written(write, more) {
  const plugin = converter({
    name: "writes",
    version: "0.1.0",
    probe: () => Detection.certain(),
    convert(input, _, reports) {
      write(reports, input);
      return Outcome.converted();
    },
  });
  return convert(plugin, { content: "source", name: "a.log", ...more });
}

/** The report when `add` adds to it. */
const report = (add) =>
  written((reports, input) => {
    const uut = reports.uut({ serialNumber: "A-1" });
    add(uut, input);
    uut.finish();
  }).report;

test("what is blank is left out of the header", () => {
  const { report } = written((reports) => {
    reports
      .uut({
        serialNumber: "A-1",
        partNumber: " ",
        revision: null,
        operator: undefined,
        processCode: 10,
        properties: { "batch-fail-count": 2, gone: undefined },
      })
      .finish();
  });
  assert.deepEqual(report.header, {
    serialNumber: "A-1",
    processCode: 10,
    program: { name: "Main" },
    properties: { "batch-fail-count": 2 },
  });
});

test("the largest numbers of the contract go through, larger ones are told", () => {
  const { assets, header } = report((uut) => {
    uut.setHeader({ serialNumber: "A-1", processCode: 4294967295, socketIndex: -1, errorCode: -2147483648 });
    uut.asset({ serialNumber: "X", usageCount: 4294967295 });
  });
  assert.equal(header.processCode, 4294967295);
  assert.equal(assets[0].usageCount, 4294967295);

  const refused = (add) => written((reports) => add(reports.uut({ serialNumber: "A-1" }))).error.message;
  assert.match(
    refused((uut) => uut.asset({ serialNumber: "X", usageCount: 4294967296 })),
    /^RangeError: asset: usageCount: found 4294967296/,
  );
  assert.match(
    refused((uut) => uut.callExecutable("x", 2147483648)),
    /^RangeError: step x: exit code: found 2147483648/,
  );
  assert.match(
    refused((uut) => uut.asset({ serialNumber: "X", usageCount: 1.5 })),
    /found 1.5, expected a whole number/,
  );
});

test("steps of all kinds", () => {
  const { steps } = report((uut) => {
    uut.numeric("n", 5, { unit: "V", limits: Limits.between(4, 6), measuredStatus: "failed" });
    uut.numeric("none", undefined);
    uut.multiNumeric(
      "mn",
      [
        { name: "a", value: 1, unit: "V", limits: Limits.below(2) },
        { name: "b", status: false },
      ],
      { status: "done" },
    );
    uut.passFail("pf", true);
    uut.multiPassFail("mpf", [{ name: "a", status: "failed" }]);
    uut.text("t", "v", { limits: TextLimits.equalTo("v") });
    uut.multiText("mt", [{ name: "a", value: "x" }]);
    uut.action("a", { group: "setup", errorCode: 7, duration: 0.5, start: "2026-05-04T08:15:30", reportText: "r" });
    uut.messagePopup("p", { response: "ok", button: 1 });
    uut.callExecutable("e", -3);
    uut.generic("NI_Wait", "g");
    uut.action("loop", {
      loopSummary: { count: 3, passed: 2, failed: 1 },
      causedFailure: true,
      properties: { "ts-guid": "x" },
    });
    uut.action("iteration", { loopIndex: 0, causedFailure: false });
  });
  assert.deepEqual(steps, [
    { type: "numeric", name: "n", value: 5, unit: "V", limits: Limits.between(4, 6), measuredStatus: "failed" },
    { type: "numeric", name: "none", unit: "", limits: Limits.log() },
    {
      type: "multi-numeric",
      name: "mn",
      status: "done",
      measurements: [
        { name: "a", value: 1, unit: "V", limits: Limits.below(2) },
        { name: "b", unit: "", limits: Limits.log(), status: "failed" },
      ],
    },
    { type: "pass-fail", name: "pf", status: "passed" },
    { type: "multi-pass-fail", name: "mpf", measurements: [{ name: "a", status: "failed" }] },
    { type: "text", name: "t", value: "v", limits: TextLimits.equalTo("v") },
    { type: "multi-text", name: "mt", measurements: [{ name: "a", value: "x", limits: TextLimits.log() }] },
    {
      type: "action",
      name: "a",
      group: "setup",
      errorCode: "7",
      duration: 0.5,
      start: "2026-05-04T08:15:30",
      reportText: "r",
    },
    { type: "message-popup", name: "p", response: "ok", button: 1 },
    { type: "call-executable", name: "e", exitCode: -3 },
    { type: "generic", name: "g", stepType: "NI_Wait" },
    {
      type: "action",
      name: "loop",
      properties: {
        "loop-count": 3,
        "loop-ending-index": 3,
        "loop-passed": 2,
        "loop-failed": 1,
        "caused-uut-failure": true,
        "ts-guid": "x",
      },
    },
    { type: "action", name: "iteration", properties: { "loop-index": 0 } },
  ]);
});

test("charts, attachments and results belong to their step", () => {
  const chart = {
    label: "U",
    xLabel: "t",
    xUnit: "s",
    scale: "log-x",
    series: [
      { name: "s", y: [1, NaN, Infinity] },
      { name: "p", x: [1], y: new Float64Array([2]) },
    ],
  };
  const { steps, attachments } = report((uut, input) => {
    uut.action("before");
    uut.numeric("with all", 1, {
      chart,
      attach: { name: "a.txt", contentType: "text/plain", content: "æ" },
      results: [{ a: 1 }, "[2]"],
    });
    uut.action("after");
    uut.chart("alone", chart);
    uut.attach({ name: "b", contentType: "x/y", content: new Uint8Array([0, 255]) });
    uut.attachFile(input.main, "text/plain");
  });
  assert.deepEqual(
    steps.map((step) => step.name),
    ["before", "with all", "after", "alone"],
  );
  assert.deepEqual(steps[1].besideChart.series, [
    { name: "s", x: [], y: [1, NaN, Infinity] },
    { name: "p", x: [1], y: [2] },
  ]);
  assert.deepEqual([...steps[1].attachment.content], [0xc3, 0xa6]);
  assert.deepEqual(steps[1].results, [{ a: 1 }, [2]]);
  assert.equal(steps[3].chart.yUnit, "");
  assert.equal(steps[0].besideChart ?? steps[2].besideChart, undefined);
  assert.deepEqual(
    attachments.map(({ name }) => name),
    ["b", "a.log"],
  );
});

test("sequences hold what is added in them", () => {
  const found = report((uut) => {
    const result = uut.sequence({ name: "Supply", version: "2", status: "done", duration: 3 }, (inner) => {
      inner.numeric("Vcc", 5);
      uut.open("Rails");
      assert.equal(uut.depth, 2);
      uut.passFail("3V3", false);
      uut.close({ status: "failed" });
      return 7;
    });
    assert.equal(result, 7);
    uut.action("last");
  });
  assert.deepEqual(
    found.steps.map((step) => step.name),
    ["Supply", "last"],
  );
  assert.equal(found.step("Supply").status, "done");
  assert.equal(found.step("Supply").duration, 3);
  assert.equal(found.step("Supply").version, "2");
  assert.equal(found.step("Supply/Rails").status, "failed");
  assert.equal(found.step("Supply/Rails/3V3").status, "failed");
  assert.throws(() => found.step("Supply/Vdd"), /no step "Vdd" .* there are Vcc, Rails/);
});

test("the rest of the report", () => {
  const found = report((uut) => {
    uut.miscInfo("Lines", "5");
    uut.subUnit({ partNumber: "P", serialNumber: "S", partType: "PCB" });
    uut.asset({ serialNumber: "X", type: "DMM", calibrationDue: "2027-01-01T00:00:00" });
    uut.data({ a: [1] });
  });
  assert.deepEqual(found.miscInfos, [{ description: "Lines", text: "5" }]);
  assert.deepEqual(found.subUnits, [{ serialNumber: "S", partNumber: "P", partType: "PCB" }]);
  assert.deepEqual(found.assets, [
    { serialNumber: "X", usageCount: 1, properties: { type: "DMM", "calibration-due": "2027-01-01T00:00:00" } },
  ]);
  assert.deepEqual(found.data, [{ a: [1] }]);
});

test("a wrong type, a misspelt option and a date are told by name", () => {
  const told = (add) => written((reports) => add(reports.uut({ serialNumber: "A-1" }), reports)).error.message;
  assert.match(
    told((uut) => uut.numeric("Vcc", "5")),
    /^TypeError: step Vcc: value: found "5", expected a number/,
  );
  assert.match(
    told((uut) => uut.numeric("Vcc", 5, { untis: "V" })),
    /^TypeError: step Vcc: there is no option "untis"; there are .*unit/,
  );
  assert.match(
    told((uut) => uut.numeric("Vcc", 5, { limits: [4, 6] })),
    /step Vcc: limits: found an array, expected limits/,
  );
  assert.match(
    told((uut) => uut.numeric("Vcc", 5, { limits: TextLimits.equalTo("x") })),
    /eq|case-sensitive|limits of a number/,
  );
  assert.match(
    told((uut) => uut.passFail("LED", "PASS")),
    /step LED: status: found "PASS", expected one of passed/,
  );
  assert.match(
    told((uut) => uut.multiNumeric("m", [{ value: 1 }])),
    /name of a measurement: found undefined/,
  );
  assert.match(
    told((uut) => uut.action("a", { start: new Date(0) })),
    /step a: start: found a Date, expected ISO 8601 text/,
  );
  assert.match(
    told((uut) => uut.action(5)),
    /name of a step: found number 5, expected a text/,
  );
  assert.match(
    told((uut) => uut.action("a", { group: "teardown" })),
    /group: found "teardown", expected one of main, setup, cleanup/,
  );
  assert.match(
    told((uut) => uut.chart("c", { series: [{ y: [1] }] })),
    /name of a series/,
  );
  assert.match(
    told((uut) => uut.attach({ name: "a", contentType: "x/y" })),
    /attachment: content: found undefined/,
  );
  assert.match(
    told((uut) => uut.attachFile("a.log", "x/y")),
    /attachFile: found "a.log", expected a file of the input/,
  );
  assert.match(
    told((_, reports) => reports.uut()),
    /header/,
  );
  assert.match(
    told((_, reports) => reports.uut({ serialNumber: 5 })),
    /header: serialNumber: found number 5, expected a text/,
  );
  assert.match(
    told((_, reports) => reports.uut({ serialNumber: "A", program: { name: "Main", status: "passed" } })),
    /no option "status"/,
  );
  assert.match(
    told((_, reports) => reports.emitJson({ a: NaN })),
    /emitJson: a is NaN, which JSON cannot hold/,
  );
});

test("a text with half a character goes with a replacement", () => {
  assert.equal(report((uut) => uut.text("t", "a\ud83d")).step("t").value, "a\ufffd");
});

test("a finished report takes nothing more", () => {
  const { error } = written((reports) => {
    const uut = reports.uut({ serialNumber: "A-1" });
    uut.finish(true);
    uut.action("late");
  });
  assert.match(error.message, /the report of A-1 is finished or discarded/);
});

test("a report that was neither finished nor discarded is an error", () => {
  assert.match(
    written((reports) => reports.uut({ serialNumber: "A-1" })).error.message,
    /neither finished nor discarded: A-1/,
  );
  assert.deepEqual(written((reports) => reports.uut({ serialNumber: "A-1" }).discard()).reports, []);
});

test("what the host finds wrong is told, the first five", () => {
  const violations = [1, 2, 3, 4, 5, 6].map((n) => ({ path: `p${n}`, rule: "r", message: "m" }));
  const { error } = written((reports) => reports.uut({ serialNumber: "A-1" }).finish(), { violations });
  assert.equal(error.kind, "rejected");
  assert.equal(error.message, "the report breaks 6 rules: p1: m; p2: m; p3: m; p4: m; p5: m; ...");
});

test("a whole report is a document", () => {
  const { reports } = written((reports) => {
    assert.match(reports.emitJson({ sn: "A-1" }, { key: "1" }), /^[0-9a-f-]{36}$/);
    reports.emitJson('{"sn":"A-2"}');
  });
  assert.deepEqual(reports, [{ json: { sn: "A-1" }, key: "1" }, { json: { sn: "A-2" } }]);
});

test("steps cross 64 at a time, and those before a sequence before it", () => {
  const calls = [];
  class Uut {
    constructor() {}
    add(steps) {
      calls.push(steps.length);
    }
    addChart() {
      calls.push("chart");
    }
    openSequence() {
      calls.push("open");
    }
    closeSequence() {
      calls.push("close");
    }
    static finish() {
      calls.push("finish");
      return "id";
    }
  }
  const before = use({ report: { Uut }, u32: (value) => value });
  try {
    const uut = new Reports().uut({ serialNumber: "A-1" });
    for (let index = 0; index < 130; index++) uut.numeric(`s${index}`, index);
    uut.open("o");
    uut.action("a");
    uut.action("b", { chart: { series: [] } });
    uut.close();
    uut.action("c");
    uut.finish();
  } finally {
    use(before);
  }
  assert.deepEqual(calls, [64, 64, 2, "open", 2, "chart", "close", 1, "finish"]);
});

test("large steps go to the station at once, others 64 at a time", () => {
  const added = [];
  class Uut {
    add(steps) {
      added.push(steps.map(({ name }) => name).join(" "));
    }
    static finish() {
      return "id";
    }
  }
  const text = "x".repeat(300_000);
  const before = use({ report: { Uut }, u32: (value) => value });
  try {
    const uut = new Reports().uut({ serialNumber: "A-1" });
    uut.action("small");
    uut.chart("chart", { label: "c", series: [{ name: "s", y: new Array(40_000).fill(0) }] });
    uut.action("note", { reportText: text });
    uut.text("text", text);
    uut.multiNumeric("many", Array.from({ length: 3_000 }, (_, index) => ({ name: `m${index}`, value: 1 })));
    uut.multiText("texts", [{ name: "t", value: text }]);
    uut.numeric("odd", 1, { properties: { flag: true, number: 1, text } });
    uut.numeric("a", 1);
    uut.passFail("b", true);
    uut.finish();
  } finally {
    use(before);
  }
  assert.deepEqual(added, ["small chart", "note", "text", "many", "texts", "odd", "a b"]);
});

test("what the station finds at the end is found here too", () => {
  const violations = (write) => {
    const { error } = convert(
      converter({
        name: "a",
        version: "0.1.0",
        probe: () => Detection.certain(),
        convert(input, settings, reports) {
          write(reports.uut({ serialNumber: "A-1", program: { name: "Main" } }), reports);
          return Outcome.converted();
        },
      }),
      { content: "" },
    );
    assert.equal(error.kind, "rejected");
    return error.message;
  };
  const open = (uut) => {
    uut.open("A");
    uut.finish();
  };
  assert.match(violations(open), /steps\/Main\/A: found 1 sequences still open at the end, allowed is one close for each open$/);
  const close = (uut) => {
    uut.close();
    uut.finish();
  };
  assert.match(violations(close), /found a sequence closed while none was open but the program/);
  const data = (uut) => {
    uut.data("{bad");
    uut.finish();
  };
  assert.match(violations(data), /data: \S/);
  const emit = (uut, reports) => {
    uut.discard();
    reports.emitJson("{\n bad}");
  };
  assert.match(violations(emit), /line 2, column 2: /);
});
