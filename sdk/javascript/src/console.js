// The console of a component: lines of the log. Nothing in it ends a conversion.

function shown(word) {
  try {
    if (word instanceof Error) return String(word);
    if (typeof word === "object" && word !== null) return JSON.stringify(word) ?? String(word);
    return String(word);
  } catch {
    // JSON does not have all: cycles, large whole numbers.
  }
  try {
    return String(word);
  } catch {
    return "something that has no text";
  }
}

export function consoleOf(log) {
  const say =
    (level) =>
    (...words) =>
      log(level, words.map(shown).join(" ").toWellFormed());
  const nothing = () => {};
  const [error, info] = [say("error"), say("info")];
  return {
    assert: (right, ...words) => {
      if (!right) error("Assertion failed", ...words);
    },
    clear: nothing,
    count: nothing,
    countReset: nothing,
    debug: say("debug"),
    dir: (word) => info(word),
    dirxml: info,
    error,
    group: info,
    groupCollapsed: info,
    groupEnd: nothing,
    info,
    log: info,
    table: (word) => info(word),
    time: nothing,
    timeEnd: nothing,
    timeLog: nothing,
    trace: say("trace"),
    warn: say("warn"),
  };
}
