import type { Line } from "wats-converter";

/** The `Key: value` lines up to the first empty line. */
export function readHead(lines: Iterator<Line, void>): Map<string, string> {
  const head = new Map<string, string>();
  for (let next = lines.next(); !next.done; next = lines.next()) {
    const { text } = next.value;
    if (text.trim() === "") break;
    const [key = "", ...value] = text.split(": ");
    head.set(key, value.join(": "));
  }
  return head;
}
