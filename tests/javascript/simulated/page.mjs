// A page with a connection to a simulated gateway.

import { connect } from "../../../wsrouter/static/wsrouter/client.js";
import { Gateway } from "./gateway.mjs";
import { World } from "./world.mjs";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

class PageEvent extends Event {
  constructor(type, visibilityState) {
    super(type);
    Object.defineProperty(this, "target", { value: { visibilityState } });
  }
}

// Repeatable, and as even as Math.random.
export function random(seed = 1) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Page {
  constructor({ gateway = {}, ...options } = {}) {
    this.world = new World();
    this.gateway = new Gateway(this.world, gateway);
    this.events = new EventTarget();
    this.states = [];
    this.errors = [];
    this.connection = connect("wss://ws.example.com/production", {
      WebSocket: this.gateway.WebSocket,
      clock: this.world.clock,
      random: random(),
      events: this.events,
      ticket: this.gateway.needsTicket ? this.gateway.draw : undefined,
      onError: (error) => this.errors.push(error),
      ...options,
    });
    this.details = [];
    this.connection.onState((state, detail) => {
      this.states.push(state);
      this.details.push(detail);
    });
  }

  static async opened(options) {
    const page = new Page(options);
    await page.advance(SECOND);
    return page;
  }

  // Let the page and the network go on for so many milliseconds.
  advance(ms) {
    return this.world.advance(ms);
  }

  async until(state) {
    for (let step = 0; this.connection.state !== state; step += 1) {
      if (step === 2000) throw new Error(`Still ${this.connection.state}.`);
      await this.advance(50);
    }
  }

  fire(type, visibilityState = "visible") {
    this.events.dispatchEvent(new PageEvent(type, visibilityState));
  }

  get socket() {
    return this.gateway.sockets.at(-1);
  }

  // What became of a call, to be read later.
  call(...values) {
    const outcome = { settled: 0 };
    this.connection.call(...values).then(
      (reply) => Object.assign(outcome, { reply, settled: outcome.settled + 1 }),
      (error) => Object.assign(outcome, { error, settled: outcome.settled + 1 }),
    );
    return outcome;
  }

  // Each event of the connection, by its payload.
  collect() {
    const found = [];
    this.connection.on("event", (payload) => found.push(payload));
    return found;
  }
}
