// The converter that every SDK has: see README.md in the folder above.

import { converter, ConvertError, decodeUtf8, Detection, setting, type SourceFile } from "wats-converter";

import { readRows } from "./rows.ts";
import { Run } from "./run.ts";

export default converter({
  name: "conformance",
  version: "1.0.0",
  summary: "The dialect that every SDK reads",
  formats: ["conformance rows"],
  patterns: ["*.rows"],
  contains: ["#rows;1"],
  grants: ["lookup", "own-id"],
  license: "MIT OR Apache-2.0",

  settings: {
    decimal_mark: setting.text(".", "Decimal mark of all numbers in the rows.", { minLength: 1, maxLength: 1 }),
    program: setting.text("Main", "Name of the test program where the file gives none."),
    scale: setting.number(1, "Every measured value is multiplied by it."),
    strict: setting.flag(true, "Whether an unknown row is an error."),
    ignore: setting.json<string[]>(
      { type: "array", items: { type: "string" } },
      [],
      "Words of rows that are left out.",
    ),
  },

  probe(input) {
    const head = withoutMark(input.main.head(64));
    if (!startsWith(head, "#rows;1")) {
      return startsWith(head, "#rows;")
        ? Detection.likely(0.1, "another version")
        : Detection.no('does not begin with "#rows;1"');
    }
    const missing = needed(head);
    return missing === undefined ? Detection.certain() : Detection.certain("", { missing: [missing] });
  },

  convert(input, settings, reports) {
    const lines = readText(input.main)
      .split("\n")
      .map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
    if (lines[0] !== "#rows;1") throw ConvertError.unsupported('expected "#rows;1"', { line: 1 });
    return new Run(input, settings, reports).all(readRows(lines, settings));
  },
});

function readText(file: SourceFile): string {
  try {
    return file.text();
  } catch (error) {
    if (!(error instanceof ConvertError) || error.place.offset === undefined) throw error;
    throw ConvertError.malformed("not UTF-8", { offset: error.place.offset });
  }
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return bytes.length >= text.length && [...text].every((character, index) => bytes[index] === character.charCodeAt(0));
}

/** The name that the second line needs, if that line is whole. */
function needed(head: Uint8Array): string | undefined {
  const first = head.indexOf(0x0a);
  const second = first < 0 ? -1 : head.indexOf(0x0a, first + 1);
  if (second < 0) return undefined;
  const line = head.subarray(first + 1, head[second - 1] === 0x0d ? second - 1 : second);
  if (!startsWith(line, "needs;")) return undefined;
  try {
    return decodeUtf8(line.subarray("needs;".length));
  } catch {
    return undefined;
  }
}
