// The same file must give the same reports: a converter has no clock and no random numbers. The engine would end the
// call without a word when it is asked for them; so it is told here.

function none(what) {
  return () => {
    throw new Error(`a converter has no ${what}: the same file must give the same reports`);
  };
}

const now = none("clock");

/** Replaces what is not there, and gives back a function that undoes it. */
export function guard(scope = globalThis) {
  const { Date: Given } = scope;
  const { random } = scope.Math;
  const performance = Object.getOwnPropertyDescriptor(scope, "performance");

  class TimelessDate extends Given {
    constructor(...fields) {
      if (fields.length === 0) now();
      super(...fields);
    }

    static now() {
      return now();
    }
  }
  Object.defineProperty(TimelessDate, "name", { value: "Date" });

  scope.Date = TimelessDate;
  scope.Math.random = none("random numbers");
  if (performance !== undefined) {
    Object.defineProperty(scope, "performance", {
      value: { now },
      configurable: true,
      enumerable: false,
      writable: true,
    });
  }
  return () => {
    scope.Date = Given;
    scope.Math.random = random;
    if (performance !== undefined) Object.defineProperty(scope, "performance", performance);
  };
}
