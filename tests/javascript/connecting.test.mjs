// How a connection opens, fails to, comes back and ends.

import assert from "node:assert/strict";
import { test } from "node:test";

import { TicketError } from "../../wsrouter/static/wsrouter/client.js";
import { MINUTE, Page, SECOND } from "./simulated/page.mjs";

const HOUR = 60 * MINUTE;

function answers(status, body = {}, headers = {}) {
  return async (url, init) => {
    answers.asked.push({ url: `${url}`, ...init });
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers });
  };
}
answers.asked = [];

test("it draws a ticket and opens", async () => {
  const page = await Page.opened();
  assert.equal(page.connection.state, "open");
  assert.match(page.socket.url, /\/production\?ticket=t1$/);
  assert.deepEqual(page.states, ["open"]);
});

test("it is as good without tickets, and adds to a query string", async () => {
  const guest = await Page.opened({ gateway: { tickets: false } });
  assert.equal(guest.socket.url, "wss://ws.example.com/production");
  const { connect } = await import("../../wsrouter/static/wsrouter/client.js");
  const { WebSocket, draw } = guest.gateway;
  const url = new URL("wss://ws.example.com/production?room=7");
  connect(url, { WebSocket, clock: guest.world.clock, ticket: draw });
  await guest.advance(0);
  assert.equal(guest.socket.url, "wss://ws.example.com/production?room=7&ticket=t1");
});

test("it posts to the URL of tickets with the CSRF token of the moment", async () => {
  globalThis.document = { cookie: "a=b; csrftoken=one", querySelector: () => null };
  try {
    const fetch = answers(200, { ticket: "a b", expires_in: 60 });
    const page = new Page({ ticket: "/ws/ticket/", fetch, gateway: { tickets: false } });
    await page.advance(0);
    assert.match(page.socket.url, /\?ticket=a%20b$/);
    page.gateway.kill();
    globalThis.document.cookie = "csrftoken=two";
    await page.advance(SECOND);
    globalThis.document.cookie = "";
    globalThis.document.querySelector = () => ({ getAttribute: () => "three" });
    await page.advance(3 * SECOND);
    const tokens = answers.asked.map(({ headers }) => headers["X-CSRFToken"]);
    assert.deepEqual([...new Set(tokens)], ["one", "two", "three"]);
    const [{ url, method, credentials }] = answers.asked;
    assert.deepEqual([url, method, credentials], ["/ws/ticket/", "POST", "same-origin"]);
  } finally {
    delete globalThis.document;
  }
});

for (const status of [401, 403]) {
  test(`a ${status} of the ticket's URL is the end`, async () => {
    const page = await Page.opened({ ticket: "/ws/ticket/", fetch: answers(status) });
    assert.equal(page.connection.state, "refused");
    assert.equal(page.details.at(-1).cause.status, status);
    assert.equal(page.gateway.sockets.length, 0);
    page.fire("online");
    await page.advance(HOUR);
    assert.deepEqual(page.states, ["refused"]);
    page.connection.close();
    assert.equal(page.connection.state, "refused");
    await assert.rejects(page.connection.call("echo"), { name: "ConnectionLost", sent: false });
  });
}

test("an answer without a ticket is no way to become a guest", async () => {
  const gateway = { tickets: false };
  const page = await Page.opened({ ticket: "/ws/ticket/", fetch: answers(200, {}), gateway });
  assert.equal(page.gateway.sockets.length, 0);
  assert.notEqual(page.connection.state, "refused");
});

test("a function may say so, too", async () => {
  const ticket = () => {
    throw new TicketError(401);
  };
  const page = await Page.opened({ ticket });
  assert.deepEqual(page.states, ["refused"]);
});

for (const wait of ["20", "date"]) {
  test(`a 429 is waited for as Retry-After says (${wait})`, async () => {
    const http = new Date(Date.now() + 20 * SECOND + 999).toUTCString();
    const headers = { "Retry-After": wait === "date" ? http : wait };
    const page = await Page.opened({ ticket: "/ws/ticket/", fetch: answers(429, {}, headers) });
    answers.asked = [];
    page.fire("online"); // no reason to be quicker
    await page.advance(17 * SECOND);
    assert.equal(answers.asked.length, 0);
    await page.advance(5 * SECOND);
    assert.equal(answers.asked.length, 1);
    assert.equal(page.connection.state, "waiting");
  });
}

test("whatever else goes wrong with a ticket is one failed attempt", async () => {
  const page = new Page();
  page.gateway.refuses = true;
  await page.until("waiting");
  page.gateway.refuses = false;
  const failures = [
    () => new TypeError("Failed to fetch"),
    () => undefined,
    () => new TicketError(500),
  ];
  for (const failure of failures) {
    page.gateway.ticketFailure = failure;
    await page.advance(MINUTE);
    assert.equal(page.gateway.sockets.length, 1);
    assert.equal(page.connection.state, "waiting");
  }
  page.gateway.ticketFailure = null;
  await page.until("open");
});

test("a ticket or a handshake that takes too long is a failed attempt", async () => {
  const signals = [];
  const ticket = (signal) => new Promise(() => signals.push(signal));
  const slow = new Page({ ticket });
  await slow.advance(31 * SECOND);
  assert.equal(signals[0].aborted, true);
  await slow.advance(31 * SECOND);
  assert.equal(signals.length > 1, true);

  const page = new Page();
  page.gateway.hangs = true;
  await page.advance(40 * SECOND);
  assert.equal(page.gateway.live.length <= 1, true);
  page.gateway.hangs = false;
  await page.advance(MINUTE);
  assert.equal(page.connection.state, "open");
  assert.equal(page.gateway.live.length, 1);
});

test("a ticket that comes after the end opens nothing", async () => {
  let give;
  const page = new Page({ ticket: () => new Promise((resolve) => (give = resolve)) });
  page.connection.close();
  give("t1");
  await page.advance(HOUR);
  assert.equal(page.gateway.sockets.length, 0);
  assert.deepEqual(page.states, ["closed"]);
});

test("a request for a ticket that ends late is not taken for the next one's failure", async () => {
  const fetch = (_, { signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const page = new Page({ ticket: "/ws/ticket/", fetch });
  page.connection.close();
  await page.advance(HOUR);
  assert.deepEqual(page.states, ["closed"]);

  const away = new Page({ ticket: "/ws/ticket/", fetch });
  away.fire("pagehide");
  away.fire("pageshow");
  await away.advance(SECOND);
  assert.deepEqual(away.states, ["waiting", "connecting"]);
});

test("a refused handshake asks `session` why", async () => {
  answers.asked = [];
  const gateway = { tickets: false };
  const page = new Page({ gateway, session: "/me/", fetch: answers(200) });
  page.gateway.refuses = true;
  await page.advance(5 * SECOND);
  assert.equal(page.connection.state, "waiting");
  assert.equal(answers.asked[0].url, "/me/");

  const ended = new Page({ gateway, session: "/me/", fetch: answers(403) });
  ended.gateway.refuses = true;
  await ended.advance(SECOND);
  assert.deepEqual(ended.states, ["refused"]);
});

test("it never gives up, with spans that double up to the cap", async () => {
  const page = new Page({ random: () => 1 });
  page.gateway.isUp = false;
  await page.advance(2 * 24 * HOUR);
  const waits = page.details.filter(({ wait }) => wait).map(({ wait }) => wait / SECOND);
  assert.deepEqual(waits.slice(0, 9), [0.5, 1, 2, 4, 8, 16, 30, 30, 30]);
  assert.ok(waits.length > 5000);
  page.gateway.isUp = true;
  await page.until("open");
  await page.advance(9 * SECOND);
  page.socket.end(1001);
  await page.advance(0);
  assert.equal(page.details.at(-1).wait, 30 * SECOND); // it was open for less than 10 s
  await page.until("open");
  await page.advance(11 * SECOND);
  page.socket.end(1001);
  await page.advance(0);
  assert.equal(page.details.at(-1).wait, SECOND / 2);
  assert.equal(page.details.at(-1).cause.code, 1001);
});

for (const code of [1000, 1001, 1005, 1006, 1008, 1009, 1011, 1012]) {
  test(`close code ${code} is followed by a new socket`, async () => {
    const page = await Page.opened();
    page.socket.end(code);
    await page.advance(2 * SECOND);
    assert.deepEqual(page.states, ["open", "waiting", "connecting", "open"]);
  });
}

test("a connection that the server does not know is replaced", async () => {
  const page = await Page.opened();
  const outcome = page.call("refuse", { code: "connection_unknown", message: "Again." });
  await page.advance(2 * SECOND);
  assert.equal(outcome.error.code, "connection_unknown");
  assert.equal(page.connection.state, "open");
  assert.equal(page.gateway.sockets.length, 2);
});

const MOMENTS = {
  "while it draws a ticket": async () => new Page(),
  "during the handshake": async (page = new Page()) => (await page.advance(10), page),
  "when it is open": () => Page.opened(),
  "while it waits": async (page = new Page()) => {
    page.gateway.isUp = false;
    await page.advance(100);
    assert.equal(page.connection.state, "waiting");
    return page;
  },
  "during a hand-over": async () => {
    const page = await Page.opened({ handOver: MINUTE, handOverSpread: 0 });
    await page.advance(MINUTE - SECOND + 50);
    assert.equal(page.gateway.live.length, 2);
    return page;
  },
  "after a hand-over": async () => {
    const page = await Page.opened({ handOver: MINUTE, handOverSpread: 0 });
    await page.advance(MINUTE);
    assert.equal(page.gateway.live.length, 2);
    return page;
  },
  "with a call and a subscription under way": async () => {
    const page = await Page.opened();
    page.outcome = page.call("slow", MINUTE);
    page.queued = page.call("echo", 1, { retry: true });
    page.connection.subscribe("refuse", { code: "throttled", retry: true });
    await page.advance(200);
    return page;
  },
  "while the page is put away": async () => {
    const page = await Page.opened();
    page.fire("pagehide");
    return page;
  },
  "in a listener of the state": async () => {
    const page = new Page();
    const [one, other] = [[], []];
    page.connection.onState((state) => one.push(state));
    page.connection.onState(() => page.connection.close());
    page.connection.onState((state) => other.push(state));
    page.check = () => assert.deepEqual([one, other], [["open", "closed"], ["closed"]]);
    page.connection.subscribe("join", "g");
    await page.advance(SECOND);
    return page;
  },
  "in a listener that is told of an attempt": async () => {
    const page = await Page.opened();
    page.connection.onState((state) => state === "connecting" && page.connection.close());
    page.socket.end(1006);
    await page.until("closed");
    assert.equal(page.gateway.lastTicket, 1);
    return page;
  },
  "in a listener of an event": async () => {
    const page = await Page.opened();
    const seen = [];
    page.connection.on("event", () => page.connection.close());
    page.connection.on("event", (payload) => seen.push(payload));
    page.connection.on("*", (frame) => seen.push(frame));
    page.gateway.post(page.socket, { type: "event", payload: 1 });
    await page.advance(SECOND);
    assert.deepEqual(seen, []);
    return page;
  },
  "as a frame leaves": async () => {
    const page = new Page({ onFrame: () => page.connection.close() });
    page.connection.subscribe("join", "g");
    page.call("echo", 1, { queue: true });
    await page.advance(SECOND);
    return page;
  },
};
for (const [moment, reach] of Object.entries(MOMENTS)) {
  test(`close() is final ${moment}`, async () => {
    const page = await reach();
    page.connection.close();
    assert.equal(page.connection.state, "closed");
    assert.equal(page.world.pageTimers, 0);
    const opened = page.gateway.sockets.length;
    for (const event of ["online", "pageshow", "resume", "visibilitychange"]) page.fire(event);
    page.connection.wake();
    page.connection.subscribe("join", "late");
    await page.advance(3 * HOUR);
    assert.equal(page.gateway.sockets.length, opened);
    assert.equal(page.gateway.live.length, 0);
    assert.equal(page.states.at(-1), "closed");
    assert.equal(page.states.filter((state) => state === "closed").length, 1);
    page.check?.();
    if (page.outcome) assert.equal(page.outcome.error.sent, true);
  });
}

test("importing needs no page and no socket", async () => {
  assert.equal(globalThis.document, undefined);
  const { connect } = await import("../../wsrouter/static/wsrouter/client.js");
  const connection = connect("ws://127.0.0.1:9/", { WebSocket: undefined });
  connection.close();
  assert.equal(connection.state, "closed");
});
