import { at, number, text, wrong } from "./check.js";
import { ConvertError } from "./errors.js";

const one = (tag) => (limit) => ({ tag, val: number(limit, `limit ${tag}`) });
const two = (tag) => (low, high) => ({
  tag,
  val: { low: number(low, `low limit of ${tag}`), high: number(high, `high limit of ${tag}`) },
});

const ONE = ["eq", "eqt", "ne", "lt", "le", "gt", "ge"];
const TWO = ["gtlt", "gtle", "gelt", "gele", "ltgt", "ltge", "legt", "lege"];

const absent = (limit) => limit === undefined || limit === null;

/** What a number is compared with. */
export const Limits = Object.freeze({
  log: () => ({ tag: "log" }),
  ...Object.fromEntries(ONE.map((tag) => [tag, one(tag)])),
  ...Object.fromEntries(TWO.map((tag) => [tag, two(tag)])),
  between: two("gele"),
  atLeast: one("ge"),
  atMost: one("le"),
  above: one("gt"),
  below: one("lt"),
  equalTo: one("eq"),

  inclusive(low, high) {
    if (absent(low)) return absent(high) ? Limits.log() : Limits.le(high);
    return absent(high) ? Limits.ge(low) : Limits.gele(low, high);
  },

  named(operator, low, high) {
    const tag = text(operator, "operator").trim().toLowerCase();
    if (tag === "log") return Limits.log();
    if (ONE.includes(tag)) {
      const limit = absent(low) ? high : low;
      if (absent(limit)) throw ConvertError.malformed(`${tag.toUpperCase()} without a limit`);
      return Limits[tag](limit);
    }
    if (!TWO.includes(tag))
      throw ConvertError.malformed(`${JSON.stringify(tag.toUpperCase())} is no comparison of numbers`);
    if (absent(low) || absent(high)) throw ConvertError.malformed(`${tag.toUpperCase()} needs a low and a high limit`);
    return Limits[tag](low, high);
  },
});

const word = (tag) => (limit) => ({ tag, val: text(limit, `limit ${tag}`) });

const TEXT_OPERATORS = { EQ: "eq", NE: "ne", CASESENSIT: "case-sensitive", IGNORECASE: "ignore-case" };

/** What a text is compared with. */
export const TextLimits = Object.freeze({
  log: () => ({ tag: "log" }),
  eq: word("eq"),
  equalTo: word("case-sensitive"),
  equalToInAnyCase: word("ignore-case"),
  notEqualTo: word("ne"),

  named(operator, limit) {
    const name = text(operator, "operator").trim().toUpperCase();
    if (name === "LOG") return TextLimits.log();
    const tag = TEXT_OPERATORS[name];
    if (tag === undefined) throw ConvertError.malformed(`${JSON.stringify(name)} is no comparison of texts`);
    return word(tag)(limit ?? "");
  },
});

/** Limits that were made above, or written by hand in the same form. */
export function numericLimits(value, what, key) {
  const tag = value?.tag;
  if (tag === "log") return Limits.log();
  if (ONE.includes(tag)) {
    number(value.val, at(what, key), tag);
    return value;
  }
  if (TWO.includes(tag)) {
    number(value.val?.low, at(what, key), `low of ${tag}`);
    number(value.val?.high, at(what, key), `high of ${tag}`);
    return value;
  }
  throw wrong(at(what, key), value, "limits of a number: Limits.between(low, high)");
}

export function textLimits(value, what, key) {
  const tag = value?.tag;
  if (tag === "log") return TextLimits.log();
  if (Object.values(TEXT_OPERATORS).includes(tag)) return { tag, val: text(value.val, what, key) };
  throw wrong(at(what, key), value, "limits of a text: TextLimits.equalTo(text)");
}

const SPELLINGS = {
  passed: ["p", "pass", "passed", "ok", "success", "successful"],
  failed: ["f", "fail", "failed", "failure", "ng"],
  done: ["d", "done", "complete", "completed"],
  skipped: ["s", "skip", "skipped"],
  error: ["e", "err", "error"],
  terminated: ["t", "term", "terminated", "abort", "aborted"],
};

export function status(spelling, place) {
  const word = text(spelling, "status").trim().toLowerCase();
  for (const [name, spellings] of Object.entries(SPELLINGS)) {
    if (spellings.includes(word)) return name;
  }
  throw ConvertError.malformed(`${JSON.stringify(spelling)} is not a status`, place);
}
