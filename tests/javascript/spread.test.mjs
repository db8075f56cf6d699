// 10,000 clients of a gateway that was killed do not come back as one.

import assert from "node:assert/strict";
import { test } from "node:test";

import { connect } from "../../wsrouter/static/wsrouter/client.js";
import { random } from "./simulated/page.mjs";

// Node's own takes longer than all the rest.
globalThis.AbortController = class {
  abort() {}
};

const CLIENTS = 10_000;
const SPAN = 30; // seconds: the longest that a client waits
const MEASURED = 30;

// Timers in the order of time, for many clients; `time` is in milliseconds.
class Timers {
  constructor() {
    Object.assign(this, { time: 0, heap: [], lastId: 0 });
    this.clock = {
      now: () => this.time,
      setTimeout: (run, ms) => this.push({ due: this.time + ms, run, isLive: true }),
      clearTimeout: (timer) => timer && (timer.isLive = false),
    };
  }

  push(timer) {
    const { heap } = this;
    let at = heap.push(timer) - 1;
    for (let up = (at - 1) >> 1; at && heap[up].due > timer.due; up = (at - 1) >> 1) {
      heap[at] = heap[up];
      heap[up] = timer;
      at = up;
    }
    return timer;
  }

  pop() {
    const { heap } = this;
    const [first, last] = [heap[0], heap.pop()];
    if (!heap.length) return first;
    let at = 0;
    for (let down = 1; down < heap.length; down = 2 * at + 1) {
      if (down + 1 < heap.length && heap[down + 1].due < heap[down].due) down += 1;
      if (heap[down].due >= last.due) break;
      heap[at] = heap[down];
      at = down;
    }
    heap[at] = last;
    return first;
  }

  async run(until) {
    while (this.heap.length && this.heap[0].due <= until) {
      const timer = this.pop();
      if (!timer.isLive) continue;
      this.time = timer.due;
      timer.run();
      await null;
      await null;
      await null;
    }
    this.time = until;
  }
}

test("attempts are spread as full jitter spreads them", async () => {
  const timers = new Timers();
  const attempts = Array(SPAN + MEASURED).fill(0);
  const clients = [];
  let isUp = true;
  class Socket {
    constructor() {
      this.readyState = 0;
      if (!isUp) attempts[Math.floor(timers.time / 1000)] += 1;
      clients.push(this);
      timers.clock.setTimeout(() => (isUp ? this.open() : this.onclose({ code: 1006 })), 0);
    }

    open() {
      this.readyState = 1;
      this.onopen({});
    }

    close() {}
  }
  const options = { WebSocket: Socket, clock: timers.clock, random: random(), events: null };
  for (let i = 0; i < CLIENTS; i += 1) connect("wss://ws.example.com/", options);
  await new Promise(setImmediate);
  await timers.run(60_000);
  const lost = clients.splice(0);
  assert.equal(lost.filter(({ readyState }) => readyState === 1).length, CLIENTS);

  timers.time = 0;
  for (const timer of timers.heap) timer.due -= 60_000;
  isUp = false;
  for (const socket of lost) socket.onclose({ code: 1006 });
  await timers.run((SPAN + MEASURED) * 1000 - 1);

  if (process.env.WSROUTER_SHOW_SPREAD) console.log(attempts);
  const later = attempts.slice(SPAN);
  const mean = later.reduce((sum, each) => sum + each, 0) / later.length;
  const busiest = Math.max(...later) / mean;
  // Waits from 0 to 30 s are 15 s on average.
  assert.ok(Math.abs(mean - CLIENTS / (SPAN / 2)) < 40, `${mean} a second`);
  assert.ok(busiest < 1.3, `${busiest} times the mean`);
  assert.equal(Math.max(...attempts), attempts[0]);
});
