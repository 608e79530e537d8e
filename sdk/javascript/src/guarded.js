// Imported before the author's files: what they do while they are loaded, at build time, must not depend on the clock
// either.

import { guard } from "./guard.js";

guard();
