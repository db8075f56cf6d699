// Calls, sends and subscriptions, and what becomes of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { MessageError } from "../../wsrouter/static/wsrouter/client.js";
import { MINUTE, Page, SECOND } from "./simulated/page.mjs";

const down = async (page, ms = 100) => {
  page.gateway.kill();
  await page.advance(ms);
};
const up = async (page) => {
  page.gateway.isUp = true;
  await page.until("open");
  await page.advance(10 * SECOND);
};
const echoes = (page) =>
  page.gateway.received.filter(({ action }) => action === "echo").map(({ payload }) => payload);

test("a call gets the reply that belongs to it", async () => {
  const page = await Page.opened();
  const [late, quick] = [page.call("slow", 500), page.call("echo", { a: [1] })];
  await page.advance(SECOND);
  assert.deepEqual(quick.reply, { a: [1] });
  assert.equal(late.reply, null);
});

test("an error has its code, retry and detail", async () => {
  const page = await Page.opened();
  const detail = { retry_after: 7 };
  const outcome = page.call("refuse", { code: "throttled", message: "Later.", retry: true, detail });
  await page.advance(SECOND);
  const { error } = outcome;
  assert.ok(error instanceof MessageError && error instanceof Error);
  assert.deepEqual({ ...error }, { name: "MessageError", code: "throttled", retry: true, detail, action: "refuse" });
  assert.equal(error.message, "Later.");
});

test("both envelopes", async () => {
  const flat = await Page.opened({ envelope: "flat", actionName: "kind" });
  const texts = [];
  flat.gateway.receive = (_, text) => texts.push(JSON.parse(text));
  flat.call("orders.watch", { order_id: 7 });
  flat.connection.send("orders.look", { order_id: 8 });
  const nested = await Page.opened();
  nested.gateway.receive = flat.gateway.receive;
  nested.call("orders.watch", { order_id: 7 });
  nested.connection.send("orders.look");
  await flat.advance(100);
  await nested.advance(100);
  assert.deepEqual(texts, [
    { kind: "orders.watch", id: "1", order_id: 7 },
    { kind: "orders.look", order_id: 8 },
    { action: "orders.watch", id: "1", payload: { order_id: 7 } },
    { action: "orders.look" },
  ]);
});

test("a text is sent as it is", async () => {
  const frames = [];
  const page = await Page.opened({ onFrame: (...frame) => frames.push(frame) });
  const texts = [];
  page.gateway.receive = (_, text) => texts.push(text);
  page.connection.sendText("hello");
  await down(page);
  assert.throws(() => page.connection.sendText("lost"), { name: "ConnectionLost", sent: false });
  assert.throws(() => page.connection.sendText("a".repeat(33_000)), /^RangeError: The text: 33000 bytes/);
  page.connection.sendText("{no JSON", { queue: true });
  await up(page);
  assert.deepEqual(texts, ["hello", "{no JSON"]);
  assert.deepEqual(frames, texts.map((text) => ["out", text]));
});

test("a call ends when its time is up, and a late reply is nothing", async () => {
  const page = await Page.opened();
  const [first, second] = [page.call("slow", 31 * SECOND), page.call("slow", 5 * SECOND, { timeout: SECOND })];
  await page.advance(2 * SECOND);
  assert.equal(second.error.name, "CallTimeout");
  await page.advance(29 * SECOND);
  assert.equal(first.error.name, "CallTimeout");
  await page.advance(MINUTE);
  assert.deepEqual(page.errors, []);
  const endless = page.call("slow", 5 * MINUTE, { timeout: Infinity });
  await page.advance(6 * MINUTE);
  assert.equal(endless.reply, null);
});

test("a signal ends a call: before, during, and in the outbox", async () => {
  const page = await Page.opened();
  const before = page.call("echo", 1, { signal: AbortSignal.abort("no") });
  const controller = new AbortController();
  const during = page.call("slow", SECOND, { signal: controller.signal });
  controller.abort();
  await page.advance(100);
  assert.equal(before.error, "no");
  assert.equal(during.error.name, "AbortError");
  await down(page);
  const waiting = new AbortController();
  const queued = page.call("echo", 2, { queue: true, signal: waiting.signal });
  waiting.abort();
  await up(page);
  assert.equal(queued.error.name, "AbortError");
  assert.deepEqual(echoes(page), []);
});

test("a call whose connection is lost is not sent again", async () => {
  const page = await Page.opened();
  const outcome = page.call("slow", MINUTE);
  await page.advance(100);
  await down(page);
  assert.equal(outcome.error.name, "ConnectionLost");
  assert.equal(outcome.error.sent, true);
  await up(page);
  assert.equal(page.gateway.received.filter(({ action }) => action === "slow").length, 1);
});

test("unless it asks for that", async () => {
  const page = await Page.opened();
  const outcome = page.call("slow", 9 * SECOND, { retry: true, timeout: MINUTE });
  await page.advance(100);
  await down(page);
  await up(page);
  assert.equal(outcome.reply, null);
  const sent = page.gateway.received.filter(({ action }) => action === "slow");
  assert.deepEqual(sent.map(({ id }) => id), ["1", "1"]);
});

test("only a call that asks for it waits for a connection", async () => {
  const page = new Page();
  const [refused, queued] = [page.call("echo", 1), page.call("echo", 2, { queue: true })];
  assert.throws(() => page.connection.send("echo", 3), { name: "ConnectionLost", sent: false });
  page.connection.send("echo", 4, { queue: true });
  await page.advance(SECOND);
  assert.equal(refused.error.sent, false);
  assert.equal(queued.reply, 2);
  await down(page);
  await up(page);
  assert.deepEqual(echoes(page), [2, 4]);
});

test("a call in the outbox ends when its time is up", async () => {
  const page = new Page();
  page.gateway.isUp = false;
  const outcome = page.call("echo", 1, { queue: true });
  await page.advance(31 * SECOND);
  assert.equal(outcome.error.name, "CallTimeout");
  await up(page);
  assert.deepEqual(echoes(page), []);
});

test("the outbox is bounded, in calls and in bytes", async () => {
  const page = new Page();
  page.gateway.isUp = false;
  await page.advance(0);
  const calls = Array.from({ length: 101 }, (_, i) => page.call("echo", i, { queue: true }));
  await page.advance(0);
  assert.equal(calls[100].error.name, "OutboxFull");
  assert.throws(() => page.connection.send("echo", 0, { queue: true }), { name: "OutboxFull" });
  await page.advance(31 * SECOND);
  const text = "é".repeat(15_000);
  const large = Array.from({ length: 9 }, () => page.call("echo", text, { queue: true }));
  await page.advance(0);
  assert.deepEqual(large.map(({ error }) => error?.name), [...Array(8), "OutboxFull"]);
});

test("a message that API Gateway would close the socket for is not sent", async () => {
  const page = await Page.opened();
  const outcome = page.call("echo", "é".repeat(16_400));
  assert.throws(() => page.connection.send("echo", "a".repeat(33_000)), RangeError);
  await page.advance(SECOND);
  assert.match(outcome.error.message, /^echo: 328\d\d bytes, but API Gateway accepts 32768\.$/);
  assert.equal(page.gateway.received.length, 0);
});

test("an error of API Gateway itself rejects the only call it can mean", async () => {
  const page = await Page.opened();
  const only = page.call("broken");
  await page.advance(SECOND);
  assert.equal(only.error.code, "gateway_error");
  assert.equal(only.error.message, "Internal server error");
  assert.equal(only.error.detail.requestId, "r=");
  assert.deepEqual(page.errors, []);

  const [one, two] = [page.call("broken"), page.call("slow", 5 * SECOND)];
  await page.advance(SECOND);
  assert.equal(one.settled + two.settled, 0);
  assert.deepEqual(page.errors.map(({ code }) => code), ["gateway_error"]);
  await page.advance(MINUTE);
});

test("it is not blamed on a call if it may belong to a message without an id", async () => {
  const page = await Page.opened();
  page.connection.sendText('{"action": "broken"}');
  const innocent = page.call("slow", SECOND);
  await page.advance(2 * SECOND);
  assert.equal(innocent.reply, null);
  assert.equal(page.errors.length, 1);

});

test("nor if it may belong to a call that was given up", async () => {
  const page = await Page.opened();
  const given = page.call("broken", 1, { signal: AbortSignal.timeout(0), timeout: 1 });
  await page.advance(2);
  const another = page.call("slow", SECOND);
  await page.advance(2 * SECOND);
  assert.ok(given.error);
  assert.equal(another.reply, null);
  assert.equal(page.errors.length, 1);
});

test("frames that mean nothing are ignored, an error without an id is reported", async () => {
  const page = await Page.opened();
  const seen = [];
  page.connection.on("*", ({ type }) => seen.push(type));
  const call = page.call("slow", SECOND);
  for (const text of ["", "pong", "[]", "null", "7", '{"a":1}', '{"message":"hi"}']) {
    page.gateway.post(page.socket, text);
  }
  for (const type of ["unheard.of", "wsrouter.skipped", "reply"]) {
    page.gateway.post(page.socket, { type, payload: {} });
  }
  page.gateway.post(page.socket, { type: "error", error: { code: "malformed_frame", message: "No." } });
  page.gateway.post(page.socket, { type: "error", id: "99", error: { code: "not_found" } });
  await page.advance(2 * SECOND);
  assert.deepEqual(seen, ["unheard.of"]);
  assert.deepEqual(page.errors.map(({ code }) => code), ["malformed_frame"]);
  assert.equal(call.reply, null);
});

test("listeners get their events, one that fails stops no other", async () => {
  const page = await Page.opened();
  const seen = [];
  page.connection.on("event", () => {
    throw new Error("Oh.");
  });
  page.connection.on("event", (payload, frame) => seen.push([payload, frame.id]));
  const stop = page.connection.on("*", (frame) => seen.push(frame.type));
  page.gateway.post(page.socket, { type: "event", id: "a", payload: 1 });
  page.gateway.post(page.socket, { type: "other", payload: 2 });
  await page.advance(100);
  stop();
  page.gateway.post(page.socket, { type: "other", payload: 2 });
  await page.advance(100);
  assert.deepEqual(seen, [[1, "a"], "event", "other"]);
  assert.deepEqual(page.errors.map(({ message }) => message), ["Oh."]);
});

test("an event that comes again is dropped, if it is among the last 1,000", async () => {
  const page = await Page.opened();
  const seen = page.collect();
  const post = (id) => page.gateway.post(page.socket, { type: "event", id, payload: id });
  for (let i = 0; i < 1000; i += 1) post(`${i}`);
  post("0");
  post("1000");
  post("0");
  post(undefined);
  post(undefined);
  await page.advance(100);
  assert.equal(seen.length, 1001 + 1 + 2);
});

test("onFrame sees all that is sent and received", async () => {
  const frames = [];
  const page = await Page.opened({ onFrame: (...frame) => frames.push(frame) });
  page.call("echo", 1);
  page.gateway.post(page.socket, "");
  await page.advance(100);
  assert.deepEqual(frames.map(([direction]) => direction), ["out", "in", "in"]);
});

test("a subscription is repeated on every new socket", async () => {
  const page = await Page.opened();
  const [seen, replies] = [page.collect(), []];
  const stop = page.connection.subscribe("join", "room", { onReply: (reply) => replies.push(reply) });
  await page.advance(SECOND);
  await down(page);
  await up(page);
  page.gateway.publish("room", 1);
  await page.advance(SECOND);
  assert.deepEqual([seen, replies.length], [[1], 2]);
  stop();
  await down(page);
  await up(page);
  assert.equal(page.gateway.received.filter(({ action }) => action === "join").length, 2);
});

test("one that fails for the moment is tried again, one that is refused waits", async () => {
  const page = await Page.opened();
  const errors = [];
  const onError = ({ code }) => errors.push(code);
  const joins = (action) => page.gateway.received.filter((each) => each.action === action).length;
  const passing = { code: "throttled", retry: true, detail: { retry_after: 8 } };
  const stop = page.connection.subscribe("refuse", passing, { onError });
  await page.advance(7 * SECOND);
  assert.equal(joins("refuse"), 1);
  await page.advance(4 * SECOND);
  assert.equal(joins("refuse"), 2);
  stop();
  page.connection.subscribe("refuse", { code: "permission_denied" }, { onError });
  await page.advance(MINUTE);
  assert.equal(joins("refuse"), 3);
  assert.deepEqual(errors, ["throttled", "throttled", "permission_denied"]);
  const end = page.connection.subscribe("broken", undefined, { onError });
  await page.advance(3 * SECOND);
  assert.equal(joins("broken") > 1, true);
  end();
  await down(page);
  await up(page);
  assert.equal(joins("refuse"), 4);
});
