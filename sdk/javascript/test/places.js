import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { frames } from "../src/places.js";

const TOOL = fileURLToPath(new URL("../tools/places.mjs", import.meta.url));
const SDK = fileURLToPath(new URL("../src/errors.js", import.meta.url));

test("a stack of the bundle is told in the author's files", () => {
  const table = {
    files: ["converter.ts", "lib/head.ts"],
    runs: [
      [10, 5, 0, 3],
      [20, 1, 1, 7],
    ],
  };
  const stack =
    "    at TypeError (native)\n    at shown (/build/a.js:3:9)\n    at readHead (/build/a.js:20:11)\n    at convert (/build/a.js:12:5)\n    at /build/a.js:15:1\n";
  assert.deepEqual(frames(stack, table), [
    { name: "readHead", place: "lib/head.ts line 7" },
    { name: "convert", place: "converter.ts line 5" },
  ]);
  assert.deepEqual(frames(undefined, table), []);
});

test("the table of places is made of the source map, without the lines of this SDK", () => {
  const project = mkdtempSync(join(tmpdir(), "places-"));
  try {
    mkdirSync(join(project, "build"));
    const bundle = join(project, "build", "a.js");
    writeFileSync(bundle, 'const PLACES = "@places@";\none\ntwo\nthree\n\nfour\n');
    // Lines 2 and 3 of the bundle are lines 1 and 2 of the author's file, line 4 is the SDK's, line 6 is the author's
    // 21st line.
    const map = { version: 3, sources: ["../converter.ts", SDK], mappings: ";AAAA;AACA;ACDA;;ADoBA" };
    writeFileSync(`${bundle}.map`, JSON.stringify(map));
    execFileSync(process.execPath, [TOOL, bundle], { cwd: project });

    const [first, ...rest] = readFileSync(bundle, "utf8").split("\n");
    assert.deepEqual(rest, ["one", "two", "three", "", "four", ""]);
    const table = JSON.parse(JSON.parse(/^const PLACES = (.*);$/.exec(first)[1]));
    assert.deepEqual(table, {
      files: ["converter.ts"],
      runs: [
        [2, 2, 0, 1],
        [6, 1, 0, 21],
      ],
    });

    assert.throws(
      () => execFileSync(process.execPath, [TOOL, bundle], { cwd: project, stdio: "pipe" }),
      /done already/,
    );
  } finally {
    rmSync(project, { recursive: true });
  }
});
