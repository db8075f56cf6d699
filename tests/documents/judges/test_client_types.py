"""The client's types with those that `ws_export typescript` makes, and its modules."""

import shutil
from pathlib import Path

import pytest

from tests import node_packages
from tests.documents.judges import node
from tests.documents.judges.test_types import two_events
from tests.documents.judges.types_oracle import COMPILERS
from wsrouter.catalog.build import build
from wsrouter.documents.typescript import typescript

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "wsrouter" / "static" / "wsrouter"
MODULES = ("client", "presence", "react")

HEAD = """
import { connect, MessageError, type ErrorOf } from "./client.js";
import { presence, type PresenceChange, type PresenceList } from "./presence.js";
import { hooks } from "./react.js";
import type { Events, Routes } from "./shop.types";

const connection = connect<Routes, Events>("wss://ws.example.com", { ticket: "/t/" });
declare const error: ErrorOf<Routes, "orders.place">;
declare const unknownError: ErrorOf<Routes, "orders.watch">;
const { useConnection, useEvent, useCall, useSubscription } = hooks(connection);
interface Person { id: number; name: string }
interface Rooms extends Routes {
  "rooms.open": { payload: { room: number }; reply: { people: PresenceList<Person> } };
}
interface Changes extends Events { "rooms.presence": PresenceChange<Person> }
const rooms = connect<Rooms, Changes>("wss://ws.example.com");
const { usePresence } = hooks(rooms);
"""
RIGHT = """
export const placed: Promise<{ sku: string; quantity: number }> =
  connection.call("orders.place", { sku: "tea" }, { retry: true, timeout: 5000 });
export const watched: Promise<null> = connection.call("orders.watch", { order_id: 7 });
connection.send("orders.place", { sku: "tea" }, { queue: true });
connection.sendText("{}", { queue: true });
connection.subscribe("wsrouter.join", { groups: ["hall:a", "order:7.tea`"] });
export const stop: () => void = connection.subscribe(
  "orders.place", { sku: "tea" }, { onReply: (order) => order.sku.trim() });
connection.on("orders.paid", ({ sku, quantity }, { id }) => id ?? sku.repeat(quantity));
connection.on("*", (frame) => {
  if (frame.type === "orders.paid") frame.payload.sku.trim();
  else frame.payload.toFixed();
});
connection.onState((state, { wait }) => state === "waiting" && wait?.toFixed());
switch (error.code) {
  case "sold_out": break;
  case "limit": error.detail.limit.toFixed(); break;
  case "throttled": error.detail?.retry_after.toFixed(); break;
}
if (unknownError instanceof MessageError) unknownError.message.trim();

useEvent("orders.paid", ({ sku }) => sku.trim());
useEvent("*", (frame) => frame.type === "orders.paid" && frame.payload.sku.trim());
useConnection().connection.call("orders.watch", { order_id: 7 });
const { call, reply, isPending } = useCall("orders.place", { retry: true });
call({ sku: "tea" }).then((order) => order.sku.trim());
if (!isPending) reply?.sku.trim();
useSubscription("orders.place", { sku: "tea" }).reply?.quantity.toFixed();

const view = presence(rooms, "room:5", {
  event: "rooms.presence",
  key: (person) => person.id,
  onChange: (people, { count }) =>
    people?.map(({ name }) => name.trim() + count.toFixed()),
  leaveDelay: 1000,
});
export const names: string[] | undefined = view.members?.map(({ name }) => name);
presence(rooms, "room:5", {
  event: "rooms.presence",
  subscribe: ["rooms.open", { room: 5 }],
  read: ({ people }) => people,
});
presence(rooms, "room:5", {
  event: "rooms.presence", subscribe: null, list: { members: [], count: 0, version: 1 },
}).stop();
usePresence("room:5", { event: "rooms.presence" }).members?.[0]?.name.trim();

const untyped = connect(new URL("wss://ws.example.com"), { ticket: async () => null });
untyped.call("anything").then((reply) => reply.anything);
untyped.call("anything", { at: "all" }, { signal: new AbortController().signal });
untyped.on("anything", (payload) => payload.anything);
presence(untyped, "hall", { event: "any", onChange: (all) => all?.[0].anything });
untyped.on("*", ({ type, payload }) => type.trim() + payload.anything);
"""
WRONG = [
    'connection.call("orders.place", { sku: 7 });',
    'connection.call("orders.place", {});',
    'connection.subscribe("wsrouter.join", { groups: ["office:a"] });',
    'connection.call("orders.place");',
    'connection.call("orders.place", { sku: "tea", colour: "red" });',
    'connection.call("orders.plaice", { sku: "tea" });',
    'connection.call("orders.place", { sku: "tea" }).then((order) => order.price);',
    'connection.call("orders.place", { sku: "tea" }, { retries: 3 });',
    'connection.send("orders.place", { sku: 7 });',
    'connection.send("orders.place", { sku: "tea" }, { retry: true });',
    'connection.sendText({ action: "orders.place" });',
    'connection.subscribe("orders.place", { order_id: 7 });',
    'connection.subscribe("orders.watch", { order_id: 7 }, { onReply: (r) => r.x });',
    'connection.on("orders.payed", () => {});',
    'connection.on("orders.paid", (order) => order.price);',
    'connection.on("*", (frame) => frame.payload.sku);',
    'connection.onState((state) => state === "opened");',
    'connection.state = "open";',
    'if (error.code === "unheard_of") {}',
    'if (error.code === "limit") error.detail.most;',
    'useEvent("orders.payed", () => {});',
    'useEvent("orders.paid", (order) => order.price);',
    'useCall("orders.plaice");',
    'useCall("orders.place").call({ sku: 7 });',
    'useCall("orders.place").reply.sku;',
    'useSubscription("orders.place", { order_id: 7 });',
    'connect("wss://ws.example.com", { handover: 5 });',
    'presence(rooms, "room:5", { event: "orders.paid" });',
    'presence(rooms, "room:5", { event: "rooms.presence", leavedelay: 5 });',
    'presence(rooms, "room:5", { event: "rooms.presence" }).members[0];',
    'presence(rooms, "r", { event: "rooms.presence", key: (person) => person.mail });',
    'presence(rooms, "r", { event: "rooms.presence", subscribe: ["rooms.open", 5] });',
    'presence(rooms, "r", { event: "rooms.presence", subscribe: ["rooms.close"] });',
    'usePresence("room:5", { event: "rooms.presents" });',
    'connect("wss://ws.example.com", { envelope: "round" });',
]


def put_modules(folder: Path) -> None:
    """Put the modules next to React, as npm does."""
    for module in MODULES:
        for name in (f"{module}.js", f"{module}.d.ts"):
            shutil.copy(CLIENT / name, folder)
    packages = node_packages.installed(ROOT / "tests" / "javascript")
    (folder / "node_modules").symlink_to(packages)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_modules_and_right_programs_compile_and_wrong_ones_do_not(
    compiler: str, tmp_path: Path
) -> None:
    put_modules(tmp_path)
    (tmp_path / "shop.types.d.ts").write_text(typescript(build(two_events())))
    expected = "\n".join(f"// @ts-expect-error\n{line}" for line in WRONG)
    (tmp_path / "right.ts").write_text(HEAD + RIGHT + expected)
    (tmp_path / "wrong.ts").write_text(HEAD + "\n".join(WRONG))

    options = ["--allowJs", "--checkJs", "--lib", "es2020,dom,dom.iterable"]
    files = ["right.ts", "wrong.ts", *(f"{module}.js" for module in MODULES)]
    errors = node.compile_errors(compiler, tmp_path, files, *options)

    told = [line for line in errors if not line.startswith(" ")]
    assert {line.partition("(")[0] for line in told} == {"wrong.ts"}, errors
    places = {line.partition("(")[2].partition(",")[0] for line in told}
    assert len(places) == len(WRONG)
