// Kept events: positions, what is held, what is asked for, and what is missing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { MINUTE, Page, SECOND } from "./simulated/page.mjs";
import { Streams } from "./simulated/streams.mjs";

const LOST = () => [];
const soon = () => [20];

async function opened({ groups = ["a"], ...options } = {}) {
  const page = await Streams.opened(Page, options);
  page.seen = page.collect();
  page.gaps = [];
  page.connection.onGap((gap) => page.gaps.push(gap));
  const id = (group) => page.streams.of(group).id;
  page.watch = (names, more) => page.connection.subscribe("watch", { groups: names }, more);
  page.gapsOf = (...names) => names.map((name) => ({ id: id(name), action: "watch", payload: { groups: names } }));
  page.publish = (...names) => page.streams.publish(names);
  page.calls = (action) => page.gateway.received.filter((each) => each.action === action);
  page.reopen = async (whileDown = () => {}) => {
    page.gateway.kill();
    await page.advance(100);
    whileDown();
    page.gateway.isUp = true;
    await page.until("open");
    await page.advance(SECOND);
  };
  if (groups.length) page.stop = page.watch(groups);
  await page.advance(SECOND);
  return page;
}

test("posts that come in another order, twice or late are delivered once and in order", async () => {
  const page = await opened();
  const times = [[1500, 40], [300], [20, 1900], [500]];
  for (const delays of times) {
    page.streams.delays = () => delays;
    page.publish("a");
  }
  await page.advance(400);
  assert.deepEqual(page.seen, [1, 2, 3]);
  await page.advance(5 * SECOND);
  assert.deepEqual(page.seen, [1, 2, 3, 4]);
  assert.deepEqual([page.streams.pings, page.gaps], [[], []]);
});

test("a post that does not come is asked for after two seconds", async () => {
  const page = await opened();
  page.publish("a");
  page.streams.delays = LOST;
  page.publish("a");
  page.streams.delays = soon;
  page.publish("a");
  page.publish("a");
  await page.advance(1900);
  assert.deepEqual([page.seen, page.streams.pings], [[1], []]);
  await page.advance(200);
  assert.deepEqual(page.seen, [1, 2, 3, 4]);
  assert.deepEqual(page.streams.pings, [{ "a---------------------": { epoch: "00000001", seq: 1 } }]);
  assert.deepEqual(page.gaps, []);
});

test("a subscription brings what was missed between two sockets, after its reply", async () => {
  const page = await opened({ groups: [] });
  const order = [];
  page.connection.on("event", (number, { stream }) => order.push([number, stream.seq]));
  page.watch(["a"], { onReply: () => order.push("reply") });
  await page.advance(SECOND);
  page.publish("a");
  await page.advance(SECOND);
  await page.reopen(() => (page.publish("a"), page.publish("a")));
  page.publish("a");
  await page.advance(SECOND);
  assert.deepEqual(order, ["reply", [1, 1], "reply", [2, 2], [3, 3], [4, 4]]);
  assert.deepEqual(page.calls("watch").map(({ since }) => since), [
    undefined,
    { "a---------------------": { epoch: "00000001", seq: 1 } },
  ]);
  assert.deepEqual(page.gaps, []);
});

test("what is not kept any more is a gap, and what follows is delivered", async () => {
  const page = await opened({ groups: [] });
  const own = [];
  page.watch(["a"], { onGap: (gap) => own.push(gap) });
  page.watch(["b"], { onGap: (gap) => own.push(gap) });
  await page.advance(SECOND);
  await page.reopen(() => (page.publish("a", "b"), page.streams.forgetRows("a")));
  page.publish("a");
  await page.advance(SECOND);
  assert.deepEqual(page.seen, [1, 2]);
  assert.deepEqual(page.gaps, page.gapsOf("a"));
  assert.deepEqual(own, page.gaps);
});

test("a gap that a ping finds is told to those whose stream it is", async () => {
  const page = await opened({ groups: ["a", "b"] });
  page.streams.delays = LOST;
  page.publish("a");
  page.streams.forgetRows("a");
  page.streams.delays = soon;
  page.publish("a");
  await page.advance(3 * SECOND);
  const [gap] = page.gapsOf("a", "b");
  assert.deepEqual([page.seen, page.gaps], [[], [gap]]);
  page.publish("a");
  await page.advance(SECOND);
  assert.deepEqual([page.seen, page.gaps], [[3], [gap]]);
});

test("a reply that lacks a stream it had, or could not be completed, is a gap", async () => {
  const page = await opened({ groups: ["a"] });
  const watch = page.gateway.receive;
  page.gateway.receive = (socket, text) => watch(socket, text.replace('{"groups":["a"]}', '{"groups":[]}'));
  await page.reopen();
  assert.deepEqual(page.gaps, page.gapsOf("a"));
  page.gateway.receive = watch;
  await page.reopen();
  page.streams.isUnread = true;
  await page.reopen(() => page.publish("a"));
  page.streams.isUnread = false;
  const { action, payload } = page.gaps[0];
  assert.deepEqual(page.gaps.slice(1), [{ id: undefined, action, payload }]);
  await page.reopen();
  assert.deepEqual([page.seen, page.gaps.length], [[1], 2]);
});

test("a new epoch is a gap, whichever frame tells of it", async () => {
  const page = await opened();
  page.publish("a");
  await page.advance(SECOND);
  page.streams.renewEpoch("a");
  page.publish("a");
  await page.advance(SECOND);
  assert.deepEqual([page.seen, page.gaps], [[1], []]);
  await page.advance(2 * SECOND);
  page.publish("a");
  await page.advance(SECOND);
  assert.deepEqual([page.seen, page.gaps], [[1, 3], page.gapsOf("a")]);
});

test("events that come before the reply of the call that joined wait for it", async () => {
  const page = await opened({ groups: [] });
  const order = [];
  page.connection.on("event", (number) => order.push(number));
  const call = async () => {
    await page.connection.call("watch", { groups: ["a"], ms: 1000 });
    order.push("reply");
  };
  const called = call();
  await page.advance(700);
  page.publish("a"); // the call has joined
  await page.advance(1000);
  await called;
  assert.deepEqual(order, ["reply", 1]);
});

test("but not for long", async () => {
  const page = await opened({ groups: [] });
  page.publish("a");
  page.call("watch", { groups: ["a"], ms: 10 * SECOND });
  await page.advance(1000);
  page.publish("a"); // after it has begun, before it joins
  await page.advance(5 * SECOND);
  page.publish("a");
  await page.advance(1500);
  assert.deepEqual(page.seen, []);
  await page.advance(1000);
  assert.deepEqual(page.seen, [3]);
  await page.advance(5 * SECOND);
  page.publish("a");
  await page.advance(SECOND);
  assert.deepEqual([page.seen, page.gaps], [[3, 2, 4], []]);
});

test("a reply that is not complete is a gap, also if a frame has been delivered before it", async () => {
  const page = await opened({ groups: [], server: { last: 1 } });
  const payload = { groups: ["a"], ms: 6 * SECOND };
  page.connection.subscribe("watch", payload);
  await page.advance(SECOND);
  page.publish("a");
  page.publish("a"); // before it joins
  await page.advance(2500);
  page.publish("a");
  await page.advance(5 * SECOND);
  const gap = { id: page.streams.of("a").id, action: "watch", payload };
  assert.deepEqual([page.seen, page.gaps], [[3], [gap]]);
});

test("what is new to the slower of two subscriptions is delivered with its reply", async () => {
  const page = await opened({ groups: [] });
  page.connection.subscribe("watch", { groups: ["a"], ms: SECOND });
  await page.advance(100);
  page.publish("a"); // the slower one has begun, the quicker one has not
  page.watch(["a"]);
  await page.advance(600);
  assert.deepEqual([page.seen, page.calls("watch").length], [[], 2]);
  page.publish("a");
  await page.advance(SECOND);
  assert.deepEqual([page.seen, page.gaps, page.streams.pings], [[1, 2], [], []]);
});

test("and the slower one has a gap if the server does not know any more", async () => {
  const page = await opened({ groups: [], server: { last: 1 } });
  const payload = { groups: ["a"], ms: SECOND };
  page.connection.subscribe("watch", payload);
  await page.advance(100);
  page.publish("a");
  page.publish("a");
  page.watch(["a"]);
  await page.advance(2 * SECOND);
  const gap = { id: page.streams.of("a").id, action: "watch", payload };
  assert.deepEqual([page.seen, page.gaps], [[], [gap]]);
});

test("a stream that did not fit into the reply is asked for from where the call began", async () => {
  const page = await opened({ groups: [], server: { replyBytes: 450 } });
  page.connection.subscribe("watch", { groups: ["b", "a"], ms: 6 * SECOND });
  await page.advance(SECOND);
  for (const group of ["a", "a", "b", "b"]) page.publish(group);
  await page.advance(2500);
  page.publish("a");
  await page.advance(2300);
  assert.deepEqual(page.seen, [5]);
  await page.advance(2 * SECOND);
  assert.deepEqual([page.seen, page.gaps], [[5, 3, 4, 1, 2], []]);
});

test("frames of a stream wait for a new subscription, which may have read its state before", async () => {
  const page = await opened();
  const order = [];
  page.connection.on("event", (number) => order.push(number));
  page.connection.subscribe("watch", { groups: ["a"], ms: SECOND }, { onReply: () => order.push("reply") });
  await page.advance(100);
  page.publish("a");
  await page.advance(2 * SECOND);
  assert.deepEqual([order, page.gaps, page.streams.pings], [["reply", 1], [], []]);
});

test("an event of two streams is delivered once, and moves both", async () => {
  const page = await opened({ groups: ["a", "b"] });
  page.publish("a", "b");
  page.publish("b");
  await page.advance(SECOND);
  await page.reopen(() => page.publish("b", "a"));
  assert.deepEqual([page.seen, page.gaps, page.streams.pings.filter((each) => each)], [[1, 2, 3], [], [{}]]);
});

test("frames for those who are left out move the position", async () => {
  const page = await opened();
  page.streams.publish(["a"], { isExcluded: true });
  page.publish("a");
  await page.advance(5 * SECOND);
  assert.deepEqual([page.seen, page.streams.pings, page.gaps], [[2], [], []]);
});

test("a lost last event is found within five minutes", async () => {
  const page = await opened();
  page.streams.delays = LOST;
  page.publish("a");
  await page.advance(4 * MINUTE - 5 * SECOND);
  assert.deepEqual(page.seen, []);
  await page.advance(MINUTE + 5 * SECOND);
  assert.deepEqual([page.seen, page.gaps], [[1], []]);
});

test("positions of the page: what was missed since its state was read", async () => {
  const page = new Page({ since: { "me--------------------": { epoch: "00000001", seq: 1 } } });
  const streams = new Streams(page);
  const seen = page.collect();
  for (let i = 0; i < 3; i += 1) streams.publish(["me"]);
  const { post } = page.gateway;
  page.gateway.post = (socket, ...values) => (socket.groups.add("me"), post.call(page.gateway, socket, ...values));
  page.connection.call("watch", { groups: ["other"] }).catch(() => {});
  await page.advance(SECOND);
  assert.deepEqual(streams.pings, [{ "me--------------------": { epoch: "00000001", seq: 1 } }]);
  page.connection.close();
  assert.deepEqual(seen, []);
});

test("positions of the page go with the first call of a subscription", async () => {
  const page = await opened({ groups: [] });
  for (let i = 0; i < 4; i += 1) page.publish("a", "b");
  const since = { ...page.streams.positions("a"), ...page.streams.positions("b") };
  page.publish("a");
  page.watch(["a"], { since });
  await page.advance(SECOND);
  assert.deepEqual(page.calls("watch")[0].since, since);
  page.publish("b");
  page.call("watch", { groups: ["b"] });
  await page.advance(SECOND);
  page.publish("b");
  await page.advance(3 * SECOND);
  assert.deepEqual([page.seen, page.gaps], [[5, 6, 7], []]);
});

test("{ since: {} } opens the streams that no reply tells of, on every socket", async () => {
  const page = new Page({ since: {} });
  page.streams = new Streams(page);
  const handshake = page.gateway.handshake.bind(page.gateway);
  page.gateway.handshake = (socket) => (socket.groups.add("me"), handshake(socket));
  const seen = page.collect();
  page.streams.publish(["me"]);
  await page.advance(SECOND);
  page.gateway.kill();
  await page.advance(SECOND);
  page.streams.publish(["me"]);
  page.gateway.isUp = true;
  await page.until("open");
  await page.advance(SECOND);
  assert.deepEqual(page.streams.pings, [{}, { "me--------------------": { epoch: "00000001", seq: 1 } }]);
  assert.deepEqual(seen, [2]);
});

test("where nothing is kept, nothing is asked", async () => {
  const page = await opened({ groups: [] });
  page.connection.subscribe("join", "room");
  await page.reopen();
  await page.advance(11 * MINUTE);
  assert.deepEqual(page.streams.pings, [undefined, undefined]);
});

test("where pings are forbidden, a post that does not come is a gap", async () => {
  const page = await opened();
  page.streams.answers = { type: undefined, id: undefined, message: "Forbidden", connectionId: "c=" };
  await page.advance(6 * MINUTE);
  assert.deepEqual(page.gaps, []);
  const asked = () => page.streams.pings.filter((each) => each).length;
  assert.equal(asked(), 1);
  page.streams.delays = LOST;
  page.publish("a");
  page.streams.delays = soon;
  page.publish("a");
  await page.advance(3 * SECOND);
  assert.deepEqual([page.seen, page.gaps], [[2], page.gapsOf("a")]);
  await page.reopen(() => page.publish("a"));
  await page.advance(20 * MINUTE);
  assert.deepEqual([page.seen, page.gaps.length, asked(), page.errors], [[2, 3], 1, 1, []]);
});

test("one that is refused for this socket is tried again over the next", async () => {
  const page = await opened();
  page.streams.answers = { type: "error", error: { code: "not_authenticated", message: "No." } };
  page.streams.delays = LOST;
  page.publish("a");
  page.streams.delays = soon;
  page.publish("a");
  await page.advance(20 * MINUTE);
  const asked = () => page.streams.pings.filter((each) => each).length;
  assert.deepEqual([page.seen, page.gaps, asked()], [[2], page.gapsOf("a"), 1]);
  page.streams.answers = true;
  await page.reopen();
  assert.deepEqual([asked(), page.gaps.length], [2, 1]);
});

test("one that fails for the moment is repeated", async () => {
  const page = await opened();
  page.streams.answers = { type: "error", error: { code: "throttled", retry: true } };
  page.streams.delays = LOST;
  page.publish("a");
  page.streams.delays = soon;
  page.publish("a");
  await page.advance(10 * SECOND);
  assert.deepEqual([page.seen, page.gaps], [[], []]);
  assert.ok(page.streams.pings.length <= 4);
  page.streams.answers = true;
  await page.advance(3 * SECOND);
  assert.deepEqual([page.seen, page.gaps], [[1, 2], []]);
});

test("streams that do not fit into one reply are asked for at once", async () => {
  const groups = Array.from({ length: 5 }, (_, i) => `g${i}`);
  const page = await opened({ groups, server: { replyBytes: 300 } });
  await page.reopen(() => groups.forEach((group) => (page.publish(group), page.publish(group))));
  assert.deepEqual(page.seen.sort((a, b) => a - b), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual([page.gaps, page.streams.pings.filter((each) => each).length], [[], 5]);
});

test("of more than a hundred streams those are asked for that miss something", async () => {
  const groups = Array.from({ length: 130 }, (_, i) => `g${i}`);
  const page = await opened({ groups });
  await page.reopen(() => groups.forEach((group) => page.publish(group)));
  await page.advance(5 * SECOND);
  assert.deepEqual([page.seen.length, page.gaps], [130, []]);
  const sizes = [...page.calls("watch"), ...page.calls("wsrouter.ping")].map(({ since }) => Object.keys(since || {}).length);
  assert.deepEqual(sizes, [0, 100, 0, 100]);
});

test("a subscription that ended is forgotten, its frames are still events", async () => {
  const page = await opened({ groups: ["a", "b"] });
  const stop = page.watch(["b"]);
  await page.advance(SECOND);
  page.stop();
  page.publish("a");
  await page.advance(SECOND);
  assert.deepEqual(page.seen, [1]);
  await page.reopen(() => page.publish("a", "b"));
  assert.deepEqual([page.seen, page.gaps], [[1, 2], []]);
  stop();
  await page.reopen();
  assert.deepEqual(page.gaps, []);
});

test("a stream that a call joined is missing on the next socket, one that was left is not", async () => {
  const page = await opened({ groups: [] });
  page.call("watch", { groups: ["a", "b"] });
  await page.advance(SECOND);
  page.call("unwatch", "b");
  await page.advance(6 * MINUTE);
  assert.deepEqual(page.gaps, []);
  await page.reopen();
  assert.deepEqual(page.gaps, [{ id: page.streams.of("a").id, action: undefined, payload: undefined }]);
});

test("a reply that is ahead of a known stream has what lies between asked for", async () => {
  const page = await opened();
  page.streams.delays = () => [3 * SECOND];
  page.publish("a");
  await page.advance(100);
  page.call("watch", { groups: ["a"] });
  await page.advance(1500);
  assert.deepEqual([page.seen, page.gaps], [[], []]);
  await page.advance(SECOND);
  assert.deepEqual([page.seen, page.gaps], [[1], []]);
  await page.advance(SECOND);
  assert.deepEqual(page.seen, [1]);
});

test("frames of a stream wait for the call that repeats its subscription", async () => {
  const page = await opened({ groups: [], handOver: MINUTE, handOverSpread: 0 });
  const order = [];
  page.connection.on("event", (number) => order.push(number));
  page.connection.subscribe("watch", { groups: ["a"], ms: 4 * SECOND }, { onReply: () => order.push("reply") });
  await page.advance(MINUTE);
  assert.equal(page.gateway.open.length, 2);
  page.streams.delays = LOST;
  page.publish("a");
  page.streams.delays = soon;
  page.publish("a"); // over the former socket
  await page.advance(1900);
  assert.deepEqual([order, page.gateway.open.length], [["reply"], 2]);
  await page.advance(2 * SECOND);
  assert.deepEqual(order, ["reply", "reply", 1, 2]);
  const asked = page.streams.pings.filter((each) => each);
  assert.deepEqual([asked, page.gaps], [[{}], []]);
});

test("flat envelopes", async () => {
  const page = await opened({ groups: [], envelope: "flat" });
  const texts = [];
  const { receive } = page.gateway;
  const watch = (text) => JSON.stringify({ ...JSON.parse(text), payload: JSON.parse(text) });
  page.gateway.receive = (socket, text) => (texts.push(text), receive(socket, watch(text)));
  page.watch(["a"]);
  await page.advance(SECOND);
  await page.reopen(() => page.publish("a"));
  const $since = { "a---------------------": { epoch: "00000001", seq: 0 } };
  assert.deepEqual(texts.map((text) => JSON.parse(text).$since), [undefined, $since, {}]);
  assert.deepEqual(page.seen, [1]);
});
