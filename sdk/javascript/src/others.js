// What is around a scheduled converter in a test: other systems of the factory, and what it remembers.

import { bytes } from "./check.js";
import { HttpError } from "./http.js";
import { decode } from "./input.js";

/** Texts where values are texts, else bytes. */
export function textsOf(state) {
  return Object.fromEntries(
    [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, decode(value) ?? value]),
  );
}

/** Host and port of an address of http or https. */
function hostOf(url) {
  return /^https?:\/\/([^/?#]+)/i.exec(url)?.[1]?.toLowerCase();
}

export class Others {
  #grants;
  #answers;

  constructor(grants, { answers = {}, state = {} }) {
    this.#grants = grants;
    this.#answers = new Map(
      Object.entries(answers).map(([key, answer]) => [key.includes(" ") ? key : `GET ${key}`, answer]),
    );
    this.before = new Map(Object.entries(state).map(([key, value]) => [key, bytes(value, `state: ${key}`)]));
    this.state = new Map(this.before);
    this.requests = [];
  }

  /** `http` and `state` of the contract. */
  interfaces() {
    return {
      http: { send: (request) => this.#send(request) },
      state: {
        keys: () => {
          this.#mayRemember("keys");
          return [...this.state.keys()].sort();
        },
        get: (key) => {
          this.#mayRemember(key);
          return this.state.get(key);
        },
        set: (key, value) => {
          this.#mayRemember(key);
          this.state.set(key, value);
        },
        delete: (key) => {
          this.#mayRemember(key);
          this.state.delete(key);
        },
      },
    };
  }

  #send({ method, url, headers, body, properties }) {
    const timeout = properties.find(({ key }) => key === "timeout")?.value.val;
    const sent = { method, url, headers: headers.map(({ name, value }) => [name, value]), body };
    this.requests.push(timeout === undefined ? sent : { ...sent, timeout });
    const host = hostOf(url);
    if (host === undefined) throw { tag: "invalid", val: `${url} is no address of http or https` };
    if (!this.#grants.includes("http") && !this.#grants.includes(`http:${host}`))
      throw { tag: "denied", val: `\`http:${host}\` would have to be asked for and granted` };
    const asked = `${method.toUpperCase()} ${url}`;
    const answer = this.#answers.get(asked);
    if (answer === undefined) throw { tag: "unreachable", val: `the test has no answer for ${asked}` };
    if (answer instanceof HttpError) throw { tag: answer.kind, val: answer.message };
    const whole = typeof answer === "string" || answer instanceof Uint8Array ? { body: answer } : answer;
    const given = Object.entries(whole.headers ?? {}).map(([name, value]) => ({ name: name.toLowerCase(), value }));
    return { status: whole.status ?? 200, headers: given, body: bytes(whole.body ?? "", "the body of an answer") };
  }

  #mayRemember(key) {
    if (!this.#grants.includes("state")) throw "denied";
    const length = [...key].length;
    if (length < 1 || length > 200) throw "invalid-key";
  }
}
