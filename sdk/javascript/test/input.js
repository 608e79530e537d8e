import assert from "node:assert/strict";
import { test } from "node:test";

import { converter, decodeUtf8, Detection, Outcome } from "wats-converter";
import { convert } from "wats-converter/testing";

/** What `look` sees of a file. */
function seen(given, look) {
  let found;
  const plugin = converter({
    name: "looks",
    version: "0.1.0",
    probe: () => Detection.certain(),
    convert(input) {
      found = look(input.main, input);
      return Outcome.converted();
    },
  });
  const converted = convert(
    plugin,
    typeof given === "string" || given instanceof Uint8Array ? { content: given } : given,
  );
  if (converted.outcome === "error") throw converted.error;
  return found;
}

const lines = (content, encoding) =>
  seen(content, (file) => [...file.lines(encoding)].map(({ number, text }) => `${number}:${text}`));

test("lines end with LF or CRLF, the last with nothing", () => {
  assert.deepEqual(lines("a\r\nb\n\nc"), ["1:a", "2:b", "3:", "4:c"]);
  assert.deepEqual(lines("a\n"), ["1:a"]);
  assert.deepEqual(lines(""), []);
  assert.deepEqual(lines("\n"), ["1:"]);
});

test("a byte order mark is passed over, in the first line alone", () => {
  assert.deepEqual(lines("\ufeffa\n\ufeffb"), ["1:a", "2:\ufeffb"]);
});

test("lines are whole where the pieces of the file are not", () => {
  const line = "Prüfung \u6f22\u{1f600};5,01";
  const content = `${`${line}\r\n`.repeat(40_000)}end`;
  const found = lines(content);
  assert.equal(found.length, 40_001);
  assert.ok(found.slice(0, -1).every((text, index) => text === `${index + 1}:${line}`));
  assert.equal(found.at(-1), "40001:end");

  const long = "x".repeat(700_000);
  assert.deepEqual(lines(`${long}\n${long}`), [`1:${long}`, `2:${long}`]);
});

test("what is no UTF-8 is told with line and column, after the lines before it", () => {
  const bytes = new TextEncoder().encode("good\nöä?\n");
  for (const wrong of [0xff, 0x80, 0xc0, 0xe6]) {
    bytes[9] = wrong;
    const before = [];
    const read = () =>
      seen(bytes, (file) => {
        for (const { text } of file.lines()) before.push(text);
      });
    assert.throws(read, { kind: "malformed", message: "not UTF-8", place: { line: 2, column: 3 } });
    assert.deepEqual(before, ["good"]);
  }
});

test("another encoding is decoded by the host", () => {
  assert.deepEqual(lines(new Uint8Array([0xe6, 0x0d, 0x0a, 0x80]), "windows-1252"), ["1:æ", "2:€"]);
  assert.throws(() => lines("a", "klingon"), {
    kind: "misconfigured",
    message: '"klingon" is no encoding that is known',
  });
});

test("text that is not valid is told with its offset", () => {
  const bytes = new TextEncoder().encode("ab æ cd");
  bytes[4] = 0x20;
  assert.throws(() => seen(bytes, (file) => file.text()), { kind: "malformed", place: { offset: 3 } });
  assert.equal(
    seen(new Uint8Array([0xff, 0xfe, 0x61, 0x00]), (file) => file.text()),
    "a",
  );
});

test("bytes are read to the end of the file and no further", () => {
  assert.deepEqual(
    seen("abcdef", (file) => [...file.read(4, 100)]),
    [0x65, 0x66],
  );
  assert.deepEqual(
    seen("abcdef", (file) => [...file.read(100, 1)]),
    [],
  );
  assert.equal(
    seen("abcdef", (file) => file.size()),
    6,
  );
  assert.throws(() => seen("a", (file) => file.read(-1, 1)), /offset: found -1/);
  const large = new Uint8Array(17 * 1024 * 1024).map((_, index) => index & 0xff);
  assert.ok(Buffer.from(seen(large, (file) => file.bytes())).equals(large));
});

test("a file begins with a text or with bytes", () => {
  assert.equal(
    seen(new Uint8Array([0x50, 0x4b, 3, 4, 0xff]), (file) => file.startsWith("PK\x03\x04\xff")),
    true,
  );
  assert.equal(
    seen("PK", (file) => file.startsWith("PKZ")),
    false,
  );
  assert.equal(
    seen("PK", (file) => file.startsWith(new Uint8Array([0x50]))),
    true,
  );
});

test("JSON that is not right is malformed", () => {
  assert.deepEqual(
    seen('\ufeff{"a": [1]}', (file) => file.json()),
    { a: [1] },
  );
  assert.throws(() => seen('{"a": }', (file) => file.json()), { kind: "malformed", message: "not valid JSON" });
});

test("a file has a name, a path, a time and companions", () => {
  const given = {
    content: "",
    name: "x.log",
    path: "line-3/x.log",
    modified: "2026-05-04T10:00:00Z",
    companions: [{ name: "b.png", content: "b" }],
  };
  assert.deepEqual(
    seen(given, (file, input) => [file.name(), file.path(), file.modified(), input.companions[0].name()]),
    ["x.log", "line-3/x.log", "2026-05-04T10:00:00Z", "b.png"],
  );
});

test("bytes of a part of a file are text", () => {
  assert.equal(decodeUtf8(new TextEncoder().encode("æ\u{1f600}")), "æ\u{1f600}");
  assert.throws(() => decodeUtf8(new Uint8Array([0xff]), { offset: 12 }), { kind: "malformed", place: { offset: 12 } });
});

test("the byte order mark is no column", () => {
  assert.throws(() => lines(new Uint8Array([0xef, 0xbb, 0xbf, 0x41, 0xff])), { place: { line: 1, column: 2 } });
});

test("what is no JSON is told with its line at most", () => {
  assert.throws(
    () => seen('{\n "é": bad}', (file) => file.json()),
    (error) => error.kind === "malformed" && error.message === "not valid JSON" && error.place.column === undefined,
  );
});

test("a label of UTF-8 is UTF-8, when it is told where it ends", () => {
  const content = new Uint8Array([0x41, 0xe2, 0x82, 0x41]);
  for (const label of ["utf-8", "utf8"])
    assert.throws(() => seen(content, (file) => file.text(label)), { kind: "malformed", place: { offset: 1 } });
});
