"""TypeScript's types, judged by its compilers and by openapi-typescript."""

from pathlib import Path

import pytest

from tests.documents import torture
from tests.documents.judges import node
from tests.documents.judges.types_oracle import COMPILERS, SAME, compare
from tests.documents.test_asyncapi import halls, shop
from tests.documents.test_streams import KEPT
from wsrouter import Keep, Router
from wsrouter.catalog.build import build
from wsrouter.documents.typescript import typescript

ORACLE_IS_WRONG = frozenset(
    f"{name}{direction}"
    for name in ("GroupNames", "Json", "OpenNumbers", "Place", "Special")
    for direction in ("", ".Input", ".Output")
)
"""It forgets the names that a dict or a group can have, that an item of a tuple may be
missing and that a tuple may be empty; types of extra members contradict those of the
others; and an alias that contains itself does not compile."""

TESTED_ALONE = (
    SAME
    + """
import type { Colour, PetHolder, Routes } from "./torture.types";

type Payload = Routes["special"]["payload"];
type Reply = Routes["special"]["reply"];
type Point = { x: number; y?: number };
type Json = { [key: string]: Json } | Json[] | string | number | null;

export const byColour: Same<
  Payload["by_colour"], Partial<Record<"red" | "dark blue", number>>
> = true;
export const byLevel: Same<
  Payload["by_level"], Partial<Record<"1" | "2", number>>
> = true;
export const byChoice: Same<
  Payload["by_choice"], Partial<Record<"a" | "b", number>>
> = true;
export const empty: Same<Payload["empty_tuple"], []> = true;
export const place: Same<Payload["place"], [Point, string?]> = true;
export const json: Same<Payload["json_"], Json> = true;
export const open: Same<
  Reply["open_numbers"], { known: number; [key: string]: unknown }
> = true;

export const pet: Payload["pet"] = { kind: "cat" };
// @ts-expect-error: a member of a tagged union needs its tag
export const untagged: Payload["pet"] = { lives: 7 };
// @ts-expect-error
export const colour: Payload["by_colour"] = { green: 1 };
"""
).replace("Colour, PetHolder, ", "")

CLIENT = """
import type { EventFrame, Events, ReplyFrame, Routes } from "./shop.types";

type Call = <K extends keyof Routes>(
  action: K,
  ...payload: undefined extends Routes[K]["payload"]
    ? [Routes[K]["payload"]?]
    : [Routes[K]["payload"]]
) => Promise<Routes[K]["reply"]>;
interface On {
  <K extends keyof Events>(name: K, listener: (payload: Events[K]) => void): void;
  (name: "*", listener: (frame: EventFrame) => void): void;
}
declare const call: Call;
declare const on: On;
declare const error: Routes["orders.place"]["errors"];
declare const unknownError: Routes["orders.watch"]["errors"];
declare const reply: ReplyFrame<"orders.place">;
"""
RIGHT = """
export const placed: Promise<{ sku: string; quantity: number }> =
  call("orders.place", { sku: "tea" });
export const watched: Promise<null> = call("orders.watch", { order_id: 7 });
on("orders.paid", ({ sku, quantity }) => sku.repeat(quantity));
on("*", (frame) => {
  if (frame.type === "orders.paid") frame.payload.sku.trim();
  else frame.payload.toFixed();
});
switch (error.code) {
  case "sold_out": break;
  case "limit": error.detail.limit.toFixed(); break;
  case "throttled": error.detail?.retry_after.toFixed(); break;
  case "invalid_payload": error.detail?.[0].loc.join("."); break;
}
if (unknownError.code === "whatever") unknownError.message.trim();
export const joined: Promise<{ groups: string[] }> =
  call("wsrouter.join", { groups: ["hall:a", "order:7.tea`", "shelf:red:s:1"] });
call("wsrouter.leave", { groups: [`hall:${"a" as string}`] });
call("wsrouter.ping");
on("*", (frame) => {
  if (frame.type === "clock") frame.stream?.seq.toFixed();
});
for (const stream of reply.streams ?? []) {
  if (!("id" in stream)) stream.recovered satisfies false;
  else for (const event of stream.events) {
    if (event.type === "clock") event.payload.toFixed();
    event.stream.epoch.trim();
  }
}
reply.payload.sku.trim();
"""
WRONG = [
    'call("orders.place", { sku: 7 });',
    'call("orders.place", { sku: "tea", quantity: "1" });',
    'call("orders.place", {});',
    'call("wsrouter.join", { groups: ["hallway"] });',
    'call("wsrouter.join", { groups: ["order:seven.tea`"] });',
    'call("wsrouter.leave", { groups: ["office:a"] });',
    'call("wsrouter.join", { groups: ["shelf:blue:s:1"] });',
    'call("wsrouter.join", { groups: "hall:a" });',
    'call("wsrouter.ping", {});',
    'on("*", (frame) => frame.type === "orders.paid" && frame.stream.seq);',
    'on("*", (frame) => frame.type === "clock" && frame.stream.seq);',
    "reply.streams?.[0].events;",
    'call("orders.place");',
    'call("orders.place", { sku: "tea", colour: "red" });',
    'call("orders.plaice", { sku: "tea" });',
    'call("orders.place", { sku: "tea" }).then((order) => order.price);',
    'on("orders.payed", () => {});',
    'on("orders.paid", (order) => order.price);',
    'on("*", (frame) => frame.payload.sku);',
    'if (error.code === "unheard_of") {}',
    'if (error.code === "limit") error.detail.most;',
    'if (error.code === "limit") error.detail.limit.trim();',
]


def test_the_types_of_the_torture_router_are_those_of_the_oracle(
    tmp_path: Path,
) -> None:
    (tmp_path / "alone.ts").write_text(TESTED_ALONE)

    said = compare(
        {"torture": torture.router, "kept": KEPT},
        tmp_path,
        "alone.ts",
        without=ORACLE_IS_WRONG,
    )

    assert said == {compiler: [] for compiler in COMPILERS}
    compared = (tmp_path / "torture.same.ts").read_text()
    assert "EverythingInput" in compared
    assert compared.count("= true;") > 30
    assert "WsrouterStreamEntry" in (tmp_path / "kept.same.ts").read_text()


def two_events() -> Router:
    router = shop()
    router.include(halls())
    router.event("clock", int, keep=Keep())
    return router


@pytest.mark.parametrize("compiler", COMPILERS)
def test_right_calls_compile_and_wrong_ones_do_not(
    compiler: str, tmp_path: Path
) -> None:
    (tmp_path / "shop.types.d.ts").write_text(typescript(build(two_events())))
    expected = "\n".join(f"// @ts-expect-error\n{line}" for line in WRONG)
    (tmp_path / "right.ts").write_text(CLIENT + RIGHT + expected)
    (tmp_path / "wrong.ts").write_text(CLIENT + "\n".join(WRONG))

    errors = node.compile_errors(compiler, tmp_path, ["right.ts", "wrong.ts"])

    told = [line for line in errors if not line.startswith(" ")]
    assert {line.partition("(")[0] for line in told} == {"wrong.ts"}
    places = {line.partition("(")[2].partition(",")[0] for line in told}
    assert len(places) == len(WRONG)
