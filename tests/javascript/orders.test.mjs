// Whatever happens, in whatever order. WSROUTER_CLIENT_RUNS is the number of examples.

import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { TicketError } from "../../wsrouter/static/wsrouter/client.js";
import { MINUTE, Page, random, SECOND } from "./simulated/page.mjs";

const numRuns = Number(process.env.WSROUTER_CLIENT_RUNS || 150);
const WAITS = [0, 1, 19, 20, 21, 40, 60, 100, 500, SECOND, 10 * SECOND, 15 * SECOND, MINUTE];
const LONG_WAITS = [4 * MINUTE, 10 * MINUTE, 50 * MINUTE];
const FAILURES = [null, () => new TicketError(500), () => new TicketError(429, 20 * SECOND), () => undefined];

// What can happen; each takes the page and a number that chooses.
const EVENTS = {
  wait: (page, n) => page.advance(WAITS[n % WAITS.length]),
  waitLong: (page, n) => page.advance(LONG_WAITS[n % LONG_WAITS.length]),
  call: (page, n) => {
    const controller = new AbortController();
    const options = { queue: n % 2 === 0, retry: n % 3 === 0, signal: controller.signal };
    const action = ["echo", "slow", "broken", "silent"][n % 4];
    const payload = { number: page.calls.length };
    page.gateway.delays.set(payload.number, (n % 40) * SECOND);
    page.calls.push({ ...payload, options, controller, outcome: page.call(action, payload, options) });
  },
  abort: (page, n) => page.calls[n % (page.calls.length || 1)]?.controller.abort(),
  subscribe: (page, n) => {
    const group = `g${page.groups.size}-${n}`;
    page.groups.set(group, page.connection.subscribe("join", group));
  },
  unsubscribe: (page) => {
    for (const [group, stop] of page.groups) return stop(), page.groups.delete(group);
    return undefined;
  },
  publish: (page) => page.publish(),
  kill: (page) => page.gateway.kill(),
  revive: (page) => void (page.gateway.isUp = true),
  cut: (page) => page.gateway.cut(),
  endOne: (page, n) => page.gateway.open[n % (page.gateway.open.length || 1)]?.end(1001),
  refuse: (page, n) => void (page.gateway.refuses = n % 2 === 0),
  hang: (page, n) => void (page.gateway.hangs = n % 2 === 0),
  failTickets: (page, n) => void (page.gateway.ticketFailure = FAILURES[n % FAILURES.length]),
  fire: (page, n) => {
    const names = ["online", "offline", "visibilitychange", "resume", "pagehide", "pageshow", "pageshow"];
    page.fire(names[n % names.length], n % 2 ? "hidden" : "visible");
  },
  wake: (page) => page.connection.wake(),
  throttle: (page, n) => void (page.world.throttle = [0, SECOND, MINUTE][n % 3]),
  freeze: (page) => page.world.freeze(),
  thaw: (page) => page.world.thaw(),
};
const ends = { close: (page) => page.connection.close(), forbid: (page) => {
  page.gateway.ticketFailure = () => new TicketError(403);
} };

class Watched extends Page {
  constructor(seed) {
    super({ random: random(seed), gateway: { latency: 1 + (seed % 900) } });
    Object.assign(this, { calls: [], groups: new Map(), seen: new Map(), afterEnd: 0 });
    this.gateway.delays = new Map();
    const { receive } = this.gateway;
    this.gateway.receive = (socket, text) => {
      const { action, id, payload } = JSON.parse(text);
      if (action !== "slow") return receive.call(this.gateway, socket, text);
      this.gateway.received.push({ action, id, payload });
      const answer = { type: "reply", action, id, payload: null };
      return this.gateway.later(() => this.gateway.post(socket, answer), this.gateway.delays.get(payload.number));
    };
    this.connection.on("event", (payload) => {
      this.seen.set(payload, (this.seen.get(payload) || 0) + 1);
      if (this.hasEnded) this.afterEnd += 1;
    });
  }

  get hasEnded() {
    return ["closed", "refused"].includes(this.connection.state);
  }

  publish() {
    const payload = this.gateway.events;
    for (const socket of this.gateway.open) {
      const frame = { type: "event", id: `${payload}`, payload };
      if (socket.groups.size) this.gateway.post(socket, frame, this.gateway.latency * (1 + (payload % 5)));
    }
    this.gateway.events += 1;
    return payload;
  }

  check() {
    assert.ok(this.gateway.live.length <= 2, "too many sockets");
    for (const [payload, times] of this.seen) assert.equal(times, 1, `event ${payload}`);
    for (const { outcome } of this.calls) assert.ok(outcome.settled <= 1);
    if (this.hasEnded) {
      assert.equal(this.gateway.live.length, 0, "a socket after the end");
      assert.equal(this.world.pageTimers, 0, "a timer after the end");
      assert.equal(this.afterEnd, 0);
    }
  }

  async heal() {
    Object.assign(this.gateway, { isUp: true, refuses: false, hangs: false, ticketFailure: null });
    this.world.throttle = 0;
    await this.world.thaw();
    this.fire("pageshow");
    await this.advance(6 * MINUTE);
  }
}

async function live(seed, events, end) {
  const page = new Watched(seed);
  for (const [name, number] of events) {
    await (EVENTS[name] || ends[name])(page, number);
    page.check();
  }
  if (end) ends[end](page);
  const opened = page.gateway.sockets.length;
  if (end === "close") page.check();
  if (end !== "forbid") await page.heal();
  if (page.connection.state === "closed") assert.equal(page.gateway.sockets.length, opened);
  page.check();
  await new Promise(setImmediate);
  for (const { number, options, outcome } of page.calls) {
    if (end !== "forbid") assert.equal(outcome.settled, 1, `call ${number}`);
    const arrived = page.gateway.received.filter(({ payload }) => payload?.number === number);
    assert.ok(options.retry || arrived.length <= 1, `call ${number} was sent twice`);
  }
  if (end) return;
  assert.equal(page.connection.state, "open");
  for (const group of page.groups.keys()) {
    assert.ok(page.gateway.live.some(({ groups }) => groups.has(group)), `${group} was left`);
  }
  if (!page.groups.size) return;
  const last = page.publish();
  await page.advance(10 * SECOND);
  assert.equal(page.seen.get(last), 1, "the last event");
}

const event = fc.tuple(fc.constantFrom(...Object.keys(EVENTS)), fc.nat(1000));

test("every order of events leaves a connection that works, or one that has ended", async () => {
  const orders = fc.asyncProperty(
    fc.nat(100_000),
    fc.array(event, { maxLength: 40, size: "max" }),
    fc.constantFrom(undefined, undefined, "close", "forbid"),
    live,
  );
  await fc.assert(orders, { numRuns });
});

test("hand-overs lose and double nothing, however late posts and timers are", async () => {
  const orders = fc.asyncProperty(
    fc.record({
      latency: fc.integer({ min: 1, max: 1500 }),
      spread: fc.integer({ min: 0, max: 7000 }),
      handOver: fc.integer({ min: 45 * SECOND, max: 3 * MINUTE }),
      throttle: fc.constantFrom(0, SECOND, MINUTE),
      seed: fc.nat(100_000),
    }),
    async ({ latency, spread, handOver, throttle, seed }) => {
      const chance = random(seed);
      const page = new Page({ handOver, handOverSpread: 0, random: chance, gateway: { latency } });
      const seen = page.collect();
      page.connection.subscribe("join", "room");
      await page.advance(10 * SECOND);
      page.world.throttle = throttle;
      for (let i = 0; i < 300; i += 1) {
        page.gateway.publish("room", i, () => latency + chance() * spread);
        await page.advance(chance() * 4 * SECOND);
      }
      await page.advance(10 * SECOND);
      assert.ok(page.gateway.sockets.length > 2);
      assert.deepEqual(seen.sort((a, b) => a - b), Array.from({ length: 300 }, (_, i) => i));
    },
  );
  await fc.assert(orders, { numRuns: Math.ceil(numRuns / 10) });
});
