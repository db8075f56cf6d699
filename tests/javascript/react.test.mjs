// The hooks in React itself, with StrictMode, against the simulated gateway.

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { test } from "node:test";

import { Window } from "happy-dom";

import { Page, SECOND } from "./simulated/page.mjs";
import { Rooms } from "./simulated/rooms.mjs";

const window = new Window();
const { document, navigator } = window;
for (const [name, value] of Object.entries({ window, document, navigator })) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}
globalThis.IS_REACT_ACT_ENVIRONMENT = true;

// As npm installs it, next to React.
const packed = new URL("../../wsrouter/static/wsrouter/", import.meta.url);
for (const name of ["package.json", "client.js", "presence.js", "react.js"]) {
  cpSync(new URL(name, packed), new URL(`node_modules/django-wsrouter/${name}`, import.meta.url));
}
const { act, createElement, StrictMode } = await import("react");
const { createRoot } = await import("react-dom/client");
const { hooks } = await import("django-wsrouter/react");

async function render(use) {
  const page = await Page.opened();
  const made = hooks(page.connection);
  const root = createRoot(document.createElement("div"));
  const shown = { page, root, renders: 0 };
  const Component = (props) => {
    shown.renders += 1;
    shown.value = use(made, props);
    return null;
  };
  const element = (props) => createElement(StrictMode, null, createElement(Component, props));
  shown.render = (props) => act(() => root.render(element(props)));
  shown.advance = (ms) => act(() => page.advance(ms));
  await shown.render({});
  return shown;
}

test("useConnection follows the state", async () => {
  const shown = await render(({ useConnection }) => useConnection());
  assert.equal(shown.value.state, "open");
  assert.equal(shown.value.connection, shown.page.connection);
  await act(() => shown.page.connection.close());
  assert.equal(shown.value.state, "closed");
});

test("useEvent calls the latest listener once, until the end", async () => {
  const seen = [];
  const shown = await render(({ useEvent }, { by }) => {
    useEvent("event", (payload) => seen.push([by, payload]));
  });
  const post = async (payload) => {
    shown.page.gateway.post(shown.page.socket, { type: "event", payload });
    await shown.advance(SECOND);
  };
  await shown.render({ by: "a" });
  await post(1);
  await shown.render({ by: "b" });
  await post(2);
  await act(() => shown.root.unmount());
  await post(3);
  assert.deepEqual(seen, [["a", 1], ["b", 2]]);
});

test("useCall tells what became of the latest call", async () => {
  const shown = await render(({ useCall }, { action = "echo" }) => useCall(action));
  const { call } = shown.value;
  await act(() => void call(1));
  assert.deepEqual({ ...shown.value, call }, { call, reply: undefined, error: undefined, isPending: true });
  await act(() => void call(2));
  await shown.advance(SECOND);
  assert.deepEqual([shown.value.reply, shown.value.isPending], [2, false]);
  assert.equal(shown.value.call, call);
  await shown.render({ action: "refuse" });
  await act(() => void shown.value.call({ code: "not_found" }));
  await shown.advance(SECOND);
  assert.deepEqual([shown.value.reply, shown.value.error.code], [undefined, "not_found"]);
  await act(() => void shown.value.call({ code: "not_found" }));
  await act(() => shown.root.unmount());
  const { renders } = shown;
  await shown.advance(SECOND);
  assert.equal(shown.renders, renders);
});

test("useSubscription subscribes to what it is given, and to nothing else", async () => {
  const shown = await render(({ useSubscription }, { room = "a" }) => useSubscription("join", room));
  assert.equal(shown.value.isPending, true);
  await shown.advance(SECOND);
  assert.deepEqual(shown.value.reply, ["a"]);
  await shown.render({ room: "a" });
  const joins = () => shown.page.gateway.received.length;
  const before = joins();
  await shown.render({ room: "b" });
  await shown.advance(SECOND);
  assert.deepEqual([shown.value.reply, joins()], [["a", "b"], before + 1]);
  shown.page.socket.end(1001);
  await shown.advance(2 * SECOND);
  assert.deepEqual(shown.value.reply, ["b"]);
  await act(() => shown.root.unmount());
  shown.page.socket.end(1001);
  await shown.advance(2 * SECOND);
  assert.deepEqual(shown.page.socket.got, []);
});

test("usePresence joins once, shows who is there, and leaves in the end", async () => {
  const shown = await render(({ usePresence }, { group }) =>
    usePresence(group || "hall", { event: "rooms.presence", leaveDelay: 0 }));
  const rooms = new Rooms(shown.page);
  rooms.change("hall", ["ann"]);
  assert.deepEqual(shown.value, { members: null, count: 0 });
  await shown.advance(SECOND);
  rooms.change("hall", ["bob"]);
  await shown.advance(SECOND);
  assert.deepEqual([shown.value.members.map(({ id }) => id), shown.value.count], [["ann", "bob"], 2]);
  await shown.render({ group: "attic" });
  await shown.advance(SECOND);
  assert.deepEqual([shown.value.count, rooms.calls.slice(-2).sort()], [0, ["wsrouter.join", "wsrouter.leave"]]);
});
