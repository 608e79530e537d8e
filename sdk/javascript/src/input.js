import { optionalText, size, text } from "./check.js";
import { ConvertError } from "./errors.js";

/** The host gives at most this much at a time. */
const MOST_AT_ONCE = 16 * 1024 * 1024;

/** What lines() asks for at a time: a call to the host costs about as much as copying 10 KiB. */
const PIECE = 256 * 1024;

/** What there is to convert. */
export class Input {
  constructor(wire) {
    this.main = new SourceFile(wire.main);
    this.companions = wire.companions.map((file) => new SourceFile(file));
  }
}

/** One file, open for reading and unchanging while the plugin runs. */
export class SourceFile {
  #wire;

  constructor(wire) {
    this.#wire = wire;
  }

  name() {
    return this.#wire.name();
  }

  path() {
    return this.#wire.path();
  }

  modified() {
    return this.#wire.modified();
  }

  size() {
    return Number(this.#wire.size());
  }

  read(offset, length) {
    const from = size(offset, "offset");
    const wanted = Math.min(size(length, "length"), Math.max(this.size() - from, 0));
    if (wanted <= MOST_AT_ONCE) return this.#wire.read(from, wanted);
    const all = new Uint8Array(wanted);
    let filled = 0;
    while (filled < wanted) {
      const piece = this.#wire.read(from + filled, Math.min(wanted - filled, MOST_AT_ONCE));
      if (piece.length === 0) break;
      all.set(piece, filled);
      filled += piece.length;
    }
    return all.subarray(0, filled);
  }

  head(length) {
    return this.read(0, length);
  }

  /** Whether the file begins so. A text stands for its characters up to U+00FF as bytes: `PK\x03\x04`. */
  startsWith(beginning) {
    const expected = typeof beginning === "string" ? Uint8Array.from(beginning, (c) => c.charCodeAt(0)) : beginning;
    const found = this.head(expected.length);
    return found.length === expected.length && expected.every((byte, index) => byte === found[index]);
  }

  bytes() {
    return this.read(0, this.size());
  }

  text(encoding) {
    const label = optionalText(encoding, "encoding");
    const name = label ?? "UTF-8 or UTF-16 with a byte order mark";
    try {
      return this.#wire.text(label);
    } catch (thrown) {
      // What the contract calls an error comes as an exception; some tools wrap it.
      const error = thrown?.payload ?? thrown;
      switch (error?.tag) {
        case "unknown-encoding":
          throw ConvertError.misconfigured(`${JSON.stringify(name)} is no encoding that is known`);
        case "invalid-at":
          throw ConvertError.malformed(`not valid ${name}`, { offset: Number(error.val) });
        case "too-large":
          throw ConvertError.unsupported(
            `found ${this.size()} bytes to decode at once, allowed are ${error.val}; raise limits.text_bytes in the plugin's manifest`,
          );
        default:
          throw thrown;
      }
    }
  }

  json(encoding) {
    const whole = this.text(encoding);
    try {
      return JSON.parse(whole);
    } catch (error) {
      // Each engine has its own words and its own way to say where: the line is told where it is known. A column
      // would be in bytes with one and in characters with the other.
      const where = /line (\d+) column \d+/.exec(error.message) ?? /<input>:(\d+):\d+/.exec(error.stack ?? "");
      const place = where === null ? undefined : { line: Number(where[1]) };
      throw ConvertError.malformed("not valid JSON", place);
    }
  }

  *lines(encoding) {
    if (optionalText(encoding, "encoding") !== undefined) {
      yield* linesOfText(this.text(encoding));
      return;
    }
    const end = this.size();
    let number = 0;
    // What follows the last line feed so far.
    let rest = new Uint8Array(0);
    for (let offset = 0; offset < end;) {
      const piece = this.#wire.read(offset, Math.min(PIECE, end - offset));
      if (piece.length === 0) break;
      offset += piece.length;
      const feed = offset < end ? piece.lastIndexOf(0x0a) : piece.length - 1;
      if (feed < 0) {
        rest = joined(rest, piece);
        continue;
      }
      const block = joined(rest, piece.subarray(0, feed + 1));
      rest = piece.slice(feed + 1);
      const decoded = decode(block);
      if (decoded === undefined) {
        // Somewhere in this block is what is no UTF-8. The lines before it are right.
        for (const bytes of cut(block)) {
          number += 1;
          yield { number, text: ended(decodeLine(bytes, number), number) };
        }
        continue;
      }
      let from = 0;
      while (from < decoded.length) {
        const to = decoded.indexOf("\n", from);
        number += 1;
        yield { number, text: ended(to < 0 ? decoded.slice(from) : decoded.slice(from, to), number) };
        if (to < 0) break;
        from = to + 1;
      }
    }
    if (rest.length > 0) {
      number += 1;
      yield { number, text: ended(decodeLine(rest, number), number) };
    }
  }

  /** For attachFile. */
  get wire() {
    return this.#wire;
  }
}

/** Without the carriage return before the line feed and, in the first line, the byte order mark. */
function ended(line, number) {
  const end = line.endsWith("\r") ? line.length - 1 : line.length;
  const start = number === 1 && line.startsWith("\ufeff") ? 1 : 0;
  return line.slice(start, end);
}

function* linesOfText(whole) {
  let number = 0;
  let from = 0;
  while (from < whole.length) {
    const to = whole.indexOf("\n", from);
    number += 1;
    yield { number, text: ended(to < 0 ? whole.slice(from) : whole.slice(from, to), number) };
    if (to < 0) return;
    from = to + 1;
  }
}

function joined(first, second) {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** The lines of a block, without their line feeds. */
function* cut(block) {
  let from = 0;
  while (from < block.length) {
    const to = block.indexOf(0x0a, from);
    yield block.subarray(from, to < 0 ? block.length : to);
    if (to < 0) return;
    from = to + 1;
  }
}

/** Arguments of one call: the engine's stack is small. */
const ARGUMENTS = 8192;

/** Strict UTF-8 as text, or undefined. Without loops over characters in JavaScript: there is no TextDecoder. */
export function decode(bytes) {
  const parts = [];
  for (let from = 0; from < bytes.length; from += ARGUMENTS) {
    parts.push(String.fromCharCode.apply(null, bytes.subarray(from, from + ARGUMENTS)));
  }
  const packed = parts.join("");
  if (!/[\x80-\xff]/.test(packed)) return packed;
  try {
    return decodeURIComponent(escape(packed));
  } catch {
    return undefined;
  }
}

function decodeLine(bytes, number) {
  const decoded = decode(bytes);
  if (decoded !== undefined) return decoded;
  // The longest beginning that is right, by halves: whether it is does not change on the way. Its last character may be
  // cut.
  let right = 0;
  let wrong = bytes.length;
  while (wrong - right > 1) {
    const middle = (right + wrong) >> 1;
    if (decode(withoutCutCharacter(bytes.subarray(0, middle))) === undefined) wrong = middle;
    else right = middle;
  }
  const before = decode(withoutCutCharacter(bytes.subarray(0, right))) ?? "";
  // The byte order mark is no character of the line.
  const mark = number === 1 && before.startsWith("\ufeff") ? 1 : 0;
  const column = [...before].length + 1 - mark;
  throw ConvertError.malformed("not UTF-8", { line: number, column });
}

/** A beginning without its last character, where that is not whole. */
function withoutCutCharacter(bytes) {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < length ? bytes.subarray(0, bytes.length - back) : bytes;
    }
  }
  return bytes;
}

/** Bytes in UTF-8 as text. */
export function decodeUtf8(bytes, place) {
  if (!(bytes instanceof Uint8Array)) throw new TypeError("decodeUtf8: expected a Uint8Array");
  const decoded = decode(bytes);
  if (decoded === undefined) throw ConvertError.malformed("not UTF-8", place);
  return decoded;
}
