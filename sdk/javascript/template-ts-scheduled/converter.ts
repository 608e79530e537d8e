// Asks my test system for results that are new. Each becomes a report; the number of the last one is remembered.

import { ConvertError, http, Limits, Outcome, scheduledConverter, setting, state } from "wats-converter";
import type { Place, Reports } from "wats-converter";

/** As the test system tells a result. What it is is not sure before it was looked at. */
interface Result {
  id?: number | string;
  serial?: string;
  part?: string;
  start?: string;
  measurements?: { name: string; value: unknown; low?: number; high?: number; unit?: string }[];
}

export default scheduledConverter({
  name: "my-source",
  version: "0.1.0",
  summary: "Results of my test system",
  grants: ["http", "state"],

  // What an operator can set.
  settings: {
    address: setting.text("https://mes.example/results", "Where the results are.", { minLength: 1 }),
  },

  run(run, settings, reports) {
    const since = state.text("since") ?? "";
    // Nobody there, a busy server: the station tries again later. Whatever else is no success is an error.
    const found: Result[] = http.get(`${settings.address}?since=${since}`).success().json();
    if (found.length === 0) return Outcome.skipped("nothing new");
    for (const [index, result] of found.entries()) {
      write(result, reports, { path: `[${index}]` });
      // Kept only when the whole run is converted, together with its reports.
      state.setText("since", String(result.id));
    }
    return Outcome.converted();
  },
});

/** The report of a result. */
function write({ id, serial, part, start, measurements = [] }: Result, reports: Reports, place: Place): void {
  if (id === undefined || id === "") throw ConvertError.malformed("found no id", place);
  if (!serial) throw ConvertError.malformed("found no serial", place);
  if (!start) throw ConvertError.malformed("found no start", place);
  // By key and start the station recognises what it has already.
  const uut = reports.uut({ serialNumber: serial, partNumber: part, start, key: String(id) });
  for (const { name, value, low, high, unit } of measurements) {
    if (typeof value !== "number") throw ConvertError.malformed(`the value of ${name} is no number`, place);
    uut.numeric(name, value, { unit, limits: Limits.inclusive(low, high) });
  }
  uut.finish();
}
