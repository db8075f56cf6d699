// Keep-alive, hand-over, and what pages do: sleep, freeze, hide, lose the network.

import assert from "node:assert/strict";
import { test } from "node:test";

import { MINUTE, Page, SECOND } from "./simulated/page.mjs";

const HOUR = 60 * MINUTE;
const pings = (page) => page.gateway.received.filter(({ action }) => action === "wsrouter.ping").length;

test("the idle limit is never hit, also with throttled timers and a page that only sends", async () => {
  const page = await Page.opened({ handOver: Infinity });
  await page.advance(HOUR);
  assert.equal(pings(page), 15);
  page.world.throttle = MINUTE;
  for (let i = 0; i < 30; i += 1) {
    page.connection.send("nothing");
    await page.advance(MINUTE);
  }
  assert.equal(page.gateway.sockets.length, 1);
  assert.deepEqual(page.states, ["open"]);
});

test("there is no ping while something arrives", async () => {
  const page = await Page.opened({ handOver: Infinity });
  for (let i = 0; i < 30; i += 1) {
    page.gateway.post(page.socket, { type: "event", payload: i });
    await page.advance(2 * MINUTE);
  }
  assert.equal(pings(page), 0);
});

test("a server that does not know the ping is alive, too", async () => {
  const page = await Page.opened({ handOver: Infinity });
  page.gateway.receive = (socket) => page.gateway.post(socket, { message: "Forbidden", connectionId: "c=" });
  await page.advance(HOUR);
  assert.deepEqual([page.states, page.errors], [["open"], []]);
});

test("silence after a ping is the end of a socket", async () => {
  const page = await Page.opened();
  page.gateway.cut();
  const outcome = page.call("echo", 1, { timeout: HOUR });
  await page.advance(4 * MINUTE + 14 * SECOND);
  assert.equal(page.connection.state, "open");
  await page.advance(2 * SECOND);
  assert.equal(page.connection.state, "open");
  assert.equal(page.gateway.sockets.length, 2);
  assert.equal(outcome.error.name, "ConnectionLost");
  assert.match(page.details.find(({ cause }) => cause).cause.message, /No answer to a ping/);
});

test("timers that fire late declare no healthy socket dead", async () => {
  const page = await Page.opened({ handOver: Infinity });
  page.world.throttle = MINUTE;
  await page.advance(HOUR);
  for (const minutes of [0.2, 1, 5, 9]) {
    page.fire("online"); // it sends a ping, and the answer comes into a frozen page
    page.world.freeze();
    await page.advance(minutes * MINUTE);
    await page.world.thaw();
    await page.advance(5 * MINUTE);
  }
  assert.deepEqual(page.states, ["open"]);
});

test("a dead socket of a hidden tab is found within five minutes of its ping", async () => {
  const page = await Page.opened({ handOver: Infinity });
  page.world.throttle = MINUTE;
  page.gateway.cut();
  await page.advance(4 * MINUTE + 5 * MINUTE);
  assert.equal(page.gateway.sockets.length, 2);
});

test("a laptop that wakes up looks whether its socket lives", async () => {
  const page = await Page.opened();
  page.gateway.cut();
  page.world.freeze();
  await page.advance(3 * MINUTE);
  await page.world.thaw();
  page.fire("visibilitychange", "visible");
  await page.advance(18 * SECOND);
  assert.equal(page.gateway.sockets.length, 2);
  assert.equal(page.connection.state, "open");
});

test("only a page that is shown after a silence looks", async () => {
  const page = await Page.opened();
  page.fire("visibilitychange", "hidden");
  page.fire("visibilitychange", "visible");
  assert.equal(pings(page), 0);
  await page.advance(MINUTE);
  page.fire("visibilitychange", "hidden");
  await page.advance(SECOND);
  assert.equal(pings(page), 0);
  page.fire("visibilitychange", "visible");
  await page.advance(SECOND);
  assert.equal(pings(page), 1);
});

for (const [event, visibility] of [["online"], ["visibilitychange", "visible"], ["resume"], ["wake"]]) {
  test(`${event} ends a long wait`, async () => {
    const page = new Page({ random: () => 1 });
    page.gateway.isUp = false;
    await page.advance(5 * MINUTE);
    await page.until("waiting");
    page.gateway.isUp = true;
    if (event === "wake") page.connection.wake();
    else page.fire(event, visibility);
    await page.advance(SECOND);
    assert.equal(page.connection.state, "open");
    assert.equal(page.gateway.live.length, 1);
  });
}

test("a network that goes away is noticed, and comes back", async () => {
  const page = await Page.opened();
  page.gateway.cut();
  page.gateway.isUp = false;
  page.fire("offline");
  await page.advance(16 * SECOND);
  assert.notEqual(page.connection.state, "open");
  await page.advance(10 * MINUTE);
  page.gateway.isUp = true;
  page.fire("online");
  await page.advance(SECOND);
  assert.equal(page.connection.state, "open");
});

test("a page that is put away has no socket, and gets one when it is back", async () => {
  const page = await Page.opened();
  const seen = page.collect();
  page.connection.subscribe("join", "room");
  await page.advance(SECOND);
  page.fire("pagehide");
  assert.equal(page.gateway.live.length, 0);
  assert.equal(page.socket.closeCode, 1000);
  assert.equal(page.connection.state, "waiting");
  page.fire("online");
  await page.advance(HOUR);
  assert.equal(page.gateway.sockets.length, 1);
  page.fire("pageshow");
  await page.advance(SECOND);
  page.gateway.publish("room", 1);
  await page.advance(SECOND);
  assert.deepEqual([page.connection.state, seen], ["open", [1]]);
});

test("it is put away during a handshake, too", async () => {
  const page = new Page();
  await page.advance(10);
  page.fire("pagehide");
  await page.advance(HOUR);
  assert.equal(page.gateway.live.length, 0);
  page.fire("pageshow");
  await page.advance(SECOND);
  assert.equal(page.connection.state, "open");
});

// A counter every `step` milliseconds, whose posts take up to four seconds.
async function count(page, until, step) {
  let delays = 7;
  const delay = () => 20 + ((delays = (delays * 16807) % 2147483647) % 4000);
  for (let i = 0; page.world.time < until; i += 1) {
    page.gateway.publish("room", i, delay);
    page.published = i + 1;
    await page.advance(step);
  }
  await page.advance(10 * SECOND);
}

test("hand-overs lose no event, double none, and end no call", async () => {
  const page = await Page.opened();
  const [seen, calls] = [page.collect(), []];
  page.connection.subscribe("join", "room");
  await page.advance(SECOND);
  const start = page.world.time;
  page.world.later(0, function again() {
    calls.push(page.call("slow", 25 * SECOND));
    page.world.later(20 * SECOND, again);
  });
  await count(page, start + 5 * HOUR, SECOND);
  assert.equal(page.gateway.sockets.length, 3);
  assert.deepEqual(seen.sort((a, b) => a - b), Array.from({ length: page.published }, (_, i) => i));
  assert.deepEqual(calls.filter(({ error }) => error), []);
  assert.deepEqual(page.states, ["open"]);
  for (const [i, socket] of page.gateway.sockets.slice(0, -1).entries()) {
    const age = page.gateway.sockets[i + 1].connectedAt - socket.connectedAt;
    assert.ok(age >= 105 * MINUTE && age <= 116 * MINUTE, `${age / MINUTE}`);
    assert.deepEqual([socket.closeCode, socket.limit], [1000, undefined]);
  }
});

const soon = { handOver: MINUTE, handOverSpread: 0 };

test("a former socket closes when it has nothing more to bring", async () => {
  const page = await Page.opened(soon);
  const call = page.call("slow", 75 * SECOND, { timeout: HOUR });
  page.connection.subscribe("join", "room");
  await page.advance(74 * SECOND);
  assert.equal(page.gateway.live.length, 2);
  await page.advance(2 * SECOND);
  assert.deepEqual([call.reply, page.gateway.live.length], [null, 1]);
  await page.advance(MINUTE - 2 * SECOND); // the next one, without a call
  assert.equal(page.gateway.sockets.length, 3);
  assert.equal(page.gateway.live.length, 1);
});

test("not before the subscriptions stand on the new one", async () => {
  const page = await Page.opened(soon);
  page.connection.subscribe("refuse", { code: "throttled", retry: true });
  await page.advance(75 * SECOND);
  assert.equal(page.gateway.live.length, 2);
  await page.advance(25 * SECOND);
  assert.equal(page.gateway.live.length, 1);
});

test("a page may be put away with both", async () => {
  const page = await Page.opened(soon);
  await page.advance(MINUTE);
  assert.equal(page.gateway.live.length, 2);
  page.fire("pagehide");
  assert.equal(page.gateway.live.length, 0);
});

test("what is infinite never happens", async () => {
  const page = await Page.opened({ handOver: Infinity, keepAlive: Infinity });
  await page.advance(9 * MINUTE);
  assert.deepEqual([page.gateway.received, page.gateway.sockets.length], [[], 1]);
});

test("a hand-over waits for calls, and not for ever", async () => {
  const page = await Page.opened(soon);
  const answered = page.call("slow", 85 * SECOND, { timeout: HOUR });
  await page.advance(80 * SECOND);
  assert.equal(page.gateway.live.length, 2);
  const orphan = page.call("slow", 85 * SECOND, { timeout: HOUR });
  await page.advance(15 * SECOND);
  assert.equal(answered.reply, null);
  await page.advance(10 * SECOND);
  assert.equal(page.gateway.live.length, 1);
  await page.advance(70 * SECOND);
  assert.equal(orphan.settled, 1);
});

test("a hand-over that fails is tried again while the former socket serves", async () => {
  const page = await Page.opened();
  const seen = page.collect();
  page.connection.subscribe("join", "room");
  await page.advance(100 * MINUTE);
  page.gateway.refuses = true;
  await page.advance(17 * MINUTE);
  page.gateway.publish("room", 1);
  const call = page.call("echo", 2);
  await page.advance(SECOND);
  assert.deepEqual([seen, call.reply, page.states], [[1], 2, ["open"]]);
  assert.ok(page.gateway.sockets.length > 10);
  page.gateway.refuses = false;
  await page.advance(31 * SECOND);
  assert.equal(page.gateway.open.filter(({ groups }) => groups.has("room")).length >= 1, true);
  await page.advance(5 * MINUTE);
  assert.deepEqual(page.states, ["open"]);
  assert.equal(page.gateway.live.length, 1);
});

test("the former socket may be lost during a hand-over", async () => {
  const page = await Page.opened({ handOver: MINUTE, handOverSpread: 0 });
  const [former] = page.gateway.sockets;
  await page.advance(MINUTE - SECOND + 50);
  assert.equal(page.gateway.live.length, 2);
  former.end(1006);
  await page.advance(SECOND);
  assert.deepEqual(page.states, ["open", "connecting", "open"]);
});

test("a session that has ended is found by the hand-over", async () => {
  const page = await Page.opened();
  page.gateway.ticketFailure = () => Object.assign(new Error(), { status: 401 });
  await page.advance(2 * HOUR);
  assert.deepEqual(page.states, ["open", "refused"]);
  assert.equal(page.gateway.live.length, 0);
});

test("a tab that sleeps through the lifetime comes back", async () => {
  const page = await Page.opened();
  page.world.freeze();
  await page.advance(5 * HOUR);
  await page.world.thaw();
  await page.advance(5 * SECOND);
  assert.equal(page.connection.state, "open");
  assert.equal(page.gateway.live.length, 1);
});

test("a clock that is set stops no keep-alive", async () => {
  for (const by of [-5 * HOUR, 5 * HOUR]) {
    const page = await Page.opened({ handOver: Infinity });
    await page.advance(3 * MINUTE);
    const { now } = page.world.clock;
    page.world.clock.now = () => now() + by;
    await page.advance(HOUR);
    assert.equal(page.gateway.sockets.length, 1);
    assert.deepEqual(page.states, ["open"]);
  }
});
