// Who is in a group, as presence.js shows it.

import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { presence } from "../../wsrouter/static/wsrouter/presence.js";
import { MINUTE, Page, random, SECOND } from "./simulated/page.mjs";
import { Rooms } from "./simulated/rooms.mjs";

const numRuns = Number(process.env.WSROUTER_CLIENT_RUNS || 150);

async function opened({ rooms, view, ...options } = {}) {
  const page = await Page.opened(options);
  page.rooms = new Rooms(page, rooms);
  page.rooms.change("hall", ["ann"]);
  page.shown = [];
  page.watch = (more) => presence(page.connection, "hall", {
    event: "rooms.presence", clock: page.world.clock,
    onChange: (members, { count }) => page.shown.push([members?.map(({ id }) => id).join(" ") ?? null, count]),
    ...more,
  });
  page.view = page.watch(view);
  await page.advance(SECOND);
  return page;
}

const names = ({ members }) => members && members.map(({ id }) => id).sort();

test("the list comes with the reply, joins at once and leaves after five seconds", async () => {
  const page = await opened();
  page.rooms.change("hall", ["bob"]);
  page.rooms.change("attic", ["rat"]);
  await page.advance(SECOND);
  page.rooms.change("hall", [], ["ann"]);
  await page.advance(4900);
  assert.deepEqual([page.shown, page.view.count], [[["ann", 1], ["ann bob", 2]], 2]);
  await page.advance(SECOND);
  assert.deepEqual(page.shown.at(-1), ["bob", 1]);
  assert.deepEqual([names(page.view), page.view.count], [["bob"], 1]);
});

test("who reloads the page has not left", async () => {
  const page = await opened();
  page.rooms.change("hall", [], ["ann"]);
  await page.advance(3 * SECOND);
  const at = page.rooms.of("hall").version;
  page.rooms.change("hall", ["ann"]);
  await page.advance(10 * SECOND);
  assert.deepEqual(page.shown, [["ann", 1], ["ann", 1]]); // she came with other data
  assert.deepEqual(page.view.members, [{ id: "ann", at }]);
});

test("a hand-over shows nothing", async () => {
  const page = await opened({ handOver: MINUTE, handOverSpread: 0 });
  await page.advance(3 * MINUTE);
  assert.ok(page.gateway.sockets.length > 2);
  assert.deepEqual(page.shown, [["ann", 1]]);
});

test("an event that is older than the list says nothing", async () => {
  const page = await opened({ handOver: MINUTE, handOverSpread: 0 });
  await page.advance(MINUTE - 5 * SECOND);
  page.rooms.delays = () => [9 * SECOND];
  page.rooms.change("hall", ["bob"]);
  page.rooms.delays = () => [20];
  page.rooms.change("hall", [], ["bob"]);
  await page.advance(20 * SECOND);
  assert.deepEqual([page.rooms.calls.length, page.shown], [2, [["ann", 1]]]);
});

test("a new list says who came and went meanwhile", async () => {
  const page = await opened();
  page.gateway.kill();
  page.rooms.change("hall", ["bob"], ["ann"]);
  await page.advance(SECOND);
  page.gateway.isUp = true;
  await page.until("open");
  await page.advance(SECOND);
  assert.deepEqual(page.shown.at(-1), ["ann bob", 2]);
  await page.advance(5 * SECOND);
  assert.deepEqual(page.shown.at(-1), ["bob", 1]);
});

test("a list whose versions have begun anew counts", async () => {
  const page = await opened();
  for (const id of ["bob", "eve"]) page.rooms.change("hall", [id]);
  await page.advance(SECOND);
  page.gateway.kill();
  page.rooms.byGroup.delete("hall");
  page.rooms.change("hall", ["joe"]);
  await page.advance(100);
  page.gateway.isUp = true;
  await page.until("open");
  await page.advance(10 * SECOND);
  page.rooms.change("hall", ["kim"]);
  await page.advance(SECOND);
  assert.deepEqual([names(page.view), page.view.count], [["joe", "kim"], 2]);
});

test("above the limit there are numbers alone, until the next list", async () => {
  const page = await opened({ rooms: { limit: 2 } });
  for (const id of ["bob", "eve"]) page.rooms.change("hall", [id]);
  await page.advance(SECOND);
  assert.deepEqual(page.shown, [["ann", 1], ["ann bob", 2], [null, 3]]);
  page.rooms.change("hall", [], ["bob"]);
  await page.advance(SECOND);
  assert.deepEqual([page.view.members, page.view.count], [null, 2]);
  page.view.update(page.rooms.list("hall"));
  assert.deepEqual(page.shown.at(-1), ["ann eve", 2]);
});

test("the last view of a group leaves it", async () => {
  const page = await opened();
  const second = page.watch();
  await page.advance(SECOND);
  page.view.stop();
  await page.advance(SECOND);
  assert.deepEqual(page.rooms.calls, ["wsrouter.join", "wsrouter.join"]);
  second.stop();
  page.rooms.change("hall", ["bob"]);
  await page.advance(SECOND);
  assert.equal(page.rooms.calls.at(-1), "wsrouter.leave");
  assert.deepEqual(page.shown, [["ann", 1], ["ann", 1]]);
});

test("a view that is made again at once stays, one that comes during the leave waits for it", async () => {
  const page = await opened();
  page.view.stop();
  const again = page.watch();
  await page.advance(SECOND);
  assert.deepEqual(page.rooms.calls, ["wsrouter.join", "wsrouter.join"]);
  again.stop();
  await page.advance(10); // the leave is under way
  page.watch();
  page.watch().stop();
  await page.advance(35);
  assert.deepEqual(page.rooms.calls.slice(2), ["wsrouter.leave"]);
  await page.advance(SECOND);
  assert.deepEqual(page.rooms.calls.slice(2), ["wsrouter.leave", "wsrouter.join"]);
  assert.ok(page.socket.groups.has("hall"));
});

test("a view that ends before its reply leaves after it", async () => {
  const page = await opened();
  page.rooms.delays = () => [500];
  page.view.stop();
  await page.advance(SECOND);
  const view = page.watch();
  await page.advance(100);
  view.stop();
  await page.advance(300);
  assert.deepEqual(page.rooms.calls, ["wsrouter.join", "wsrouter.leave", "wsrouter.join"]);
  await page.advance(2 * SECOND);
  assert.deepEqual([page.rooms.calls.at(-1), page.rooms.calls.length], ["wsrouter.leave", 4]);
  assert.deepEqual([page.socket.groups.has("hall"), page.shown], [false, [["ann", 1]]]);
});

test("a group that a handler joins: the list of its reply, and nothing is left", async () => {
  const view = { subscribe: ["open", { groups: ["hall"] }], read: ({ presence: { hall } }) => hall };
  const page = await opened({ view });
  page.view.stop();
  await page.advance(SECOND);
  assert.deepEqual([page.shown, page.rooms.calls], [[["ann", 1]], ["open"]]);
});

test("without a subscription the page has the list", async () => {
  const page = await opened({ view: { subscribe: null, list: { members: [{ id: "zoe" }], count: 3, version: 7 } } });
  assert.deepEqual([page.shown, page.rooms.calls], [[["zoe", 3]], []]);
});

test("an error is the connection's, or the view's", async () => {
  const page = await opened();
  page.rooms.refused = { code: "permission_denied", message: "No." };
  page.watch();
  const errors = [];
  page.watch({ onError: ({ code }) => errors.push(code) });
  await page.advance(SECOND);
  assert.deepEqual([page.errors.map(({ code }) => code), errors], [["permission_denied"], ["permission_denied"]]);
});

const PEOPLE = ["ann", "bob", "eve", "joe"];
const EVENTS = {
  join: (page, n) => page.rooms.change("hall", [PEOPLE[n % 4]]),
  leave: (page, n) => page.rooms.change("hall", [], [PEOPLE[n % 4]]),
  both: (page, n) => page.rooms.change("hall", [PEOPLE[n % 4]], [PEOPLE[(n + 1) % 4]]),
  wait: (page, n) => page.advance([0, 30, 400, 2 * SECOND, 7 * SECOND, MINUTE][n % 6]),
  kill: (page) => page.gateway.kill(),
  revive: (page) => void (page.gateway.isUp = true),
  endOne: (page, n) => page.gateway.open[n % (page.gateway.open.length || 1)]?.end(1001),
  renew: (page) => page.view.stop() ?? (page.view = page.watch()),
};
const event = fc.tuple(fc.constantFrom(...Object.keys(EVENTS)), fc.nat(1000));

test("in whatever order events come, the view ends with the truth", async () => {
  const orders = fc.asyncProperty(fc.nat(100_000), fc.array(event, { maxLength: 40, size: "max" }), async (seed, events) => {
    const chance = random(seed);
    const page = await opened({ rooms: { limit: seed % 2 ? 3 : 4 } });
    const once = () => 1 + Math.floor(chance() ** 4 * 5 * SECOND);
    page.rooms.delays = () => (chance() < 0.2 ? [once(), once()] : [once()]);
    for (const [name, n] of events) await EVENTS[name](page, n);
    page.gateway.isUp = true;
    await page.until("open");
    await page.advance(15 * SECOND);
    const { members, count } = page.rooms.list("hall");
    assert.equal(page.view.count, count);
    if (page.view.members || seed % 2 === 0) assert.deepEqual(names(page.view), names({ members }));
    page.view.stop();
    await page.advance(SECOND);
    page.connection.close();
    assert.equal(page.world.pageTimers, 0);
  });
  await fc.assert(orders, { numRuns, includeErrorInReport: true });
});
