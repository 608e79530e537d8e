// Asks my test system for results that are new. Each becomes a report; the number of the last one is remembered.

import { ConvertError, http, Limits, Outcome, scheduledConverter, setting, state } from "wats-converter";

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
    const found = http.get(`${settings.address}?since=${since}`).success().json();
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
function write(result, reports, place) {
  for (const name of ["id", "serial", "start"]) {
    if (result[name] === undefined || result[name] === "") throw ConvertError.malformed(`found no ${name}`, place);
  }
  // By key and start the station recognises what it has already.
  const { id, serial, part, start, measurements = [] } = result;
  const uut = reports.uut({ serialNumber: serial, partNumber: part, start, key: String(id) });
  for (const { name, value, low, high, unit } of measurements) {
    if (typeof value !== "number") throw ConvertError.malformed(`the value of ${name} is no number`, place);
    uut.numeric(name, value, { unit, limits: Limits.inclusive(low, high) });
  }
  uut.finish();
}
