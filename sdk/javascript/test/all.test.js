// All tests: `npm test`. One file that imports the others, because Node's versions do not agree on how a folder of
// tests is named.

import "./converter.js";
import "./faults.js";
import "./input.js";
import "./places.js";
import "./readme.js";
import "./report.js";
import "./scheduled.js";
import "./values.js";
