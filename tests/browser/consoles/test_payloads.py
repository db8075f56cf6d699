"""Payloads in the console: as a form, and as JSON."""

import json

from playwright.sync_api import expect

from tests.browser import console_routes
from tests.browser.console_page import (
    Open,
    choose,
    connect,
    field,
    fill_order,
    frame,
    send,
)
from tests.browser.console_site import ConsoleSite
from tests.documents import torture
from tests.documents.documented import document


def test_the_json_twin(console: ConsoleSite, opened: Open) -> None:
    page = opened(console)
    connect(page)
    fill_order(page)
    page.get_by_role("button", name="JSON", exact=True).click()
    text = page.get_by_label("Payload as JSON")
    expect(text).to_have_value(
        '{\n  "lines": [\n    {\n      "item": "tea",\n      "count": 2\n    }\n  ],\n'
        '  "payment": {\n    "kind": "card",\n    "number": "1234"\n  }\n}'
    )
    text.fill('{"lines": [{"item": "a", "count": 1}], "payment": {"kind": "cash",')
    expect(send(page)).to_contain_text("This is no JSON")
    text.fill(
        '{"lines": [{"item": "a", "count": 1}, {"item": "b", "count": 2}],'
        ' "payment": {"kind": "cash", "given": 5}, "note": null}'
    )
    page.get_by_role("button", name="Form", exact=True).click()
    expect(field(page, "item").nth(1)).to_have_value("b")
    expect(field(page, "given")).to_have_value("5")
    expect(page.get_by_label("Send note")).to_be_checked()
    expect(send(page)).to_contain_text("Answered in")

    page.get_by_role("button", name="JSON", exact=True).click()
    text.fill('{"lines": "none"}')
    page.get_by_role("button", name="Form", exact=True).click()
    expect(page.locator("#entry [role=alert]")).to_contain_text("cannot show this")
    expect(send(page)).to_contain_text("invalid_payload")
    expect(page.locator("#entry .problems")).to_contain_text("lines: Input should be")


def test_a_model_that_contains_itself(console: ConsoleSite, opened: Open) -> None:
    page = opened(console)
    connect(page)
    choose(page, "menu.change")
    field(page, "name").fill("tea")
    page.get_by_label("Send children").check()
    page.get_by_role("button", name="Add an item").click()
    field(page, "name").nth(1).fill("green")
    expect(send(page)).to_contain_text("Answered in")
    frame(page, "reply").locator("summary").click()
    expect(frame(page, "reply").locator("pre")).to_contain_text('"name": "green"')


def test_other_frames_go_to_the_default_route(
    console: ConsoleSite, opened: Open
) -> None:
    page = opened(console)
    connect(page)
    choose(page, "$default")
    page.get_by_label("Frame", exact=True).fill("hello")
    expect(send(page)).to_have_text("Sent.")
    expect(frame(page, "reply")).to_be_visible()


BUILD_EVERY_FORM = """
async ([text, flat]) => {
  const load = async (name) => import(document.body.dataset["module" + name]);
  const names = ["Elements", "Api", "Values", "Fields", "Tree", "Form", "Rows"];
  const [elements, api, valueTools, fieldTools, treeTools, formTools, rowTools] =
    await Promise.all(names.map(load));
  const read = api.read(JSON.parse(text), {action: "action", flat});
  const tools = {
    ...elements, EMPTY: valueTools.EMPTY, values: valueTools.values({api: read}),
  };
  const fields = fieldTools.fields(tools);
  const rows = rowTools.rows(tools);
  const tree = treeTools.tree({...tools, fields, rows});
  const found = {};
  for (const route of read.routes.filter(({payload}) => payload)) {
    const form = formTools.payloadForm({...tools, tree, rows}, route);
    const value = form.read();
    if (value !== undefined) form.write(value);
    found[route.key] = [value, form.read()];
  }
  return found;
}
"""


def test_every_feature_of_a_schema_has_a_form(
    console: ConsoleSite, opened: Open
) -> None:
    page = opened(console)
    text = json.dumps(document(torture.router))
    found = page.evaluate(BUILD_EVERY_FORM, [text, False])
    assert len(found) >= 12
    for key, (first, again) in found.items():
        assert first == again, key
    everything = found["everything"][0]
    assert found["optional"] == [None, None], "it is left out"
    assert everything["level"] == 1
    assert everything["literal"] == "a"
    assert everything["nothing"] is None
    assert everything["pet"] == {"kind": "cat"}
    assert everything["tree"] == {"name": ""}
    assert everything["fixed"] == ["", "", False]
    assert everything["bounds"] == [""]
    assert everything["aliased"].keys() >= {"userName", "in-kind"}


def test_the_values_of_a_field_that_may_be_null(
    console: ConsoleSite, opened: Open
) -> None:
    said = opened(console).evaluate(
        """async () => {
          const { values } = await import(document.body.dataset.moduleValues);
          const api = { resolve: (schema) => schema, modelName: () => "" };
          const { word } = values({ api });
          return word({ anyOf: [{ enum: ["red", "green"] }, { type: "null" }] });
        }"""
    )
    assert said == '"red" or "green" or null'


AS_FLAT = """
document.addEventListener("readystatechange", () => {
  document.body.dataset.envelope = "flat"; // before the page's modules run
});
"""


def test_a_flat_envelope(console: ConsoleSite, opened: Open) -> None:
    page = opened(console)
    text = json.dumps(document(console_routes.router, envelope="flat"))
    found = page.evaluate(BUILD_EVERY_FORM, [text, True])
    assert found["menu.change"][0] == {"name": ""}
    assert found["orders.place"][0].keys() == {"lines", "payment"}

    page.add_init_script(AS_FLAT)
    page.route("**/asyncapi.json", lambda route: route.fulfill(body=text))
    page.reload()
    connect(page)
    choose(page, "menu.change")
    expect(page.locator("#entry")).not_to_contain_text("$since")
    field(page, "name").fill("tea")
    send(page)
    frame(page, "sent").locator("summary").click()
    sent = frame(page, "sent").locator("pre")
    expect(sent).to_contain_text("tea")
    assert json.loads(sent.inner_text()) == {
        "action": "menu.change",
        "id": "1",
        "name": "tea",
    }
