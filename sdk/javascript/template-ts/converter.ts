// Converter for my format: a head of `Key: value` lines, then `name;value;low;high;unit` for each measurement.

import { converter, ConvertError, Detection, Limits, number, Outcome, setting } from "wats-converter";

import { readHead } from "./head.ts";

export default converter({
  name: "my-format",
  version: "0.1.0",
  summary: "Logs of my tester",
  formats: ["My tester's log"],
  patterns: ["*.log"],
  contains: ["Serial:"],

  // What an operator can set.
  settings: {
    decimal_mark: setting.text(".", "Decimal mark of the numbers.", { minLength: 1, maxLength: 1 }),
    sequence: setting.text("Measurements", "Name of the sequence that the measurements go into."),
  },

  // Can I read this file? Look at its beginning.
  probe(input) {
    return input.main.startsWith("My tester") ? Detection.certain() : Detection.no('does not begin with "My tester"');
  },

  // Read it.
  convert(input, settings, reports) {
    const lines = input.main.lines();
    const head = readHead(lines);
    const serialNumber = head.get("Serial");
    if (serialNumber === undefined) {
      throw ConvertError.truncated('no line "Serial: ..." before the first empty line');
    }

    const uut = reports.uut({ serialNumber, partNumber: head.get("Part"), start: head.get("Start") });
    uut.open(settings.sequence);
    for (const { number: line, text } of lines) {
      if (text.trim() === "") continue;
      const fields = text.split(";");
      const [name, value, low, high, unit] = fields;
      if (name === undefined || value === undefined || low === undefined || high === undefined || fields.length !== 5) {
        throw ConvertError.malformed(`found ${fields.length} fields, expected name;value;low;high;unit`, { line });
      }
      // An unreadable number is an error with its place, never a zero. An empty limit is none.
      const read = (field: string, column: number) =>
        number(field, { line, column, decimalMark: settings.decimal_mark });
      const limit = (field: string, column: number) => (field.trim() === "" ? undefined : read(field, column));
      uut.numeric(name, read(value, 2), { unit, limits: Limits.inclusive(limit(low, 3), limit(high, 4)) });
    }
    uut.close();
    uut.finish();
    return Outcome.converted();
  },
});
