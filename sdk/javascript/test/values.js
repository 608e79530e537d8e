import assert from "node:assert/strict";
import { test } from "node:test";

import { ConvertError, integer, Limits, number, status, TextLimits, timestamp } from "wats-converter";

test("a number is read strictly", () => {
  const right = { 5: 5, " -1.25e-3 ": -0.00125, "+5": 5, ".5": 0.5, "5.": 5, "1E3": 1000, "5e-324": 5e-324, "-0": -0 };
  for (const [text, value] of Object.entries(right)) assert.equal(number(text), value);
  for (const text of ["inf", "Inf", "+Infinity"]) assert.equal(number(text), Infinity);
  assert.equal(number("-INF"), -Infinity);
  assert.ok(Number.isNaN(number("NaN")));

  for (const text of ["", " ", "O.12", "0x1F", "1_000", "1,5", "5 V", "1e", ".", "--1", "1.2.3"]) {
    assert.throws(() => number(text), { kind: "malformed", message: `${JSON.stringify(text)} is not a number` });
  }
  assert.throws(() => number(undefined), TypeError);
});

test("with another decimal mark a point is refused", () => {
  assert.equal(number("5,01", { decimalMark: "," }), 5.01);
  assert.throws(() => number("1.5", { decimalMark: "," }), {
    message: "\"1.5\" is not a number with the decimal mark ','",
  });
  assert.throws(() => number("1,234,5", { decimalMark: "," }), { kind: "malformed" });
});

test("an error tells its place", () => {
  assert.throws(
    () => number("x", { line: 7, column: 3 }),
    (error) => String(error) === 'line 7, column 3: "x" is not a number',
  );
  assert.equal(String(ConvertError.malformed("m", { line: 7 })), "line 7: m");
  assert.equal(String(ConvertError.malformed("m", { offset: 0 })), "byte 0: m");
  assert.equal(String(ConvertError.malformed("m", { path: "/a[1]" }).at({ file: "b.xml" })), "b.xml, /a[1]: m");
  assert.throws(() => ConvertError.malformed("m", { row: 7 }), /no option "row"/);
  assert.throws(() => ConvertError.malformed("m", { line: "7" }), /found "7", expected a number/);
});

test("a whole number is exact and within its range", () => {
  assert.equal(integer(" +12 "), 12);
  assert.equal(integer("-3"), -3);
  for (const text of ["", "1.0", "1e3", "9007199254740993", "0x10"])
    assert.throws(() => integer(text), { kind: "malformed" });
  assert.throws(() => integer("256", { max: 255, line: 2 }), {
    message: '"256" is not a whole number in its range',
    place: { line: 2 },
  });
});

test("a time is a day of the calendar", () => {
  assert.equal(timestamp(2026, 5, 4), "2026-05-04T00:00:00");
  assert.equal(
    timestamp(2026, 5, 4, 8, 15, 30, { nanoseconds: 250_000_000, offsetMinutes: 120 }),
    "2026-05-04T08:15:30.25+02:00",
  );
  assert.equal(timestamp(2026, 5, 4, 8, 15, 30, { offsetMinutes: -210 }), "2026-05-04T08:15:30-03:30");
  assert.equal(timestamp(2024, 2, 29, 0, 0, 0, { offsetMinutes: 0 }), "2024-02-29T00:00:00Z");
  for (const fields of [
    [2026, 2, 29],
    [1900, 2, 29],
    [2026, 13, 1],
    [0, 1, 1],
    [2026, 1, 1, 24],
    [2026, 1, 1, 0, 0, 60],
    [2026, 1.5, 1],
  ]) {
    assert.throws(() => timestamp(...fields), { kind: "malformed" });
  }
});

test("limits by the operator of the file", () => {
  assert.deepEqual(Limits.named("gele", 1, 2), Limits.between(1, 2));
  assert.deepEqual(Limits.named(" LT ", undefined, 2), Limits.below(2));
  assert.deepEqual(Limits.named("LOG"), Limits.log());
  assert.deepEqual(Limits.inclusive(undefined, 2), Limits.atMost(2));
  assert.deepEqual(Limits.inclusive(1, null), Limits.atLeast(1));
  assert.deepEqual(Limits.inclusive(), Limits.log());
  assert.throws(() => Limits.named("GELE", 1), { message: "GELE needs a low and a high limit" });
  assert.throws(() => Limits.named("EQ"), { message: "EQ without a limit" });
  assert.throws(() => Limits.named("between", 1, 2), { message: '"BETWEEN" is no comparison of numbers' });
  assert.throws(() => Limits.between("1", 2), /low limit of gele: found "1", expected a number/);

  assert.deepEqual(TextLimits.named("casesensit", "a"), TextLimits.equalTo("a"));
  assert.throws(() => TextLimits.named("like", "a"), { kind: "malformed" });
});

test("a status in the words of testers", () => {
  assert.equal(status(" PASS "), "passed");
  assert.equal(status("ng"), "failed");
  assert.throws(() => status("maybe", { line: 3 }), { message: '"maybe" is not a status', place: { line: 3 } });
});

test("a misspelt option of a number is told, an index is none", () => {
  assert.throws(() => number("1.234", { decimalmark: "," }), /there is no option "decimalmark"/);
  assert.throws(() => integer("1", { minimum: 0 }), /there is no option "minimum"/);
  assert.deepEqual(["1", "2"].map(number), [1, 2]);
  assert.throws(() => number("x", null), { kind: "malformed" });
});
