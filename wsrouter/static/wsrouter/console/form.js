// The payload of one route: as a form, and as the same in JSON.

export function payloadForm({ make, tree, rows, values, EMPTY }, route, onProblems = () => {}) {
  const schema = route.payload;
  const json = make("textarea", { class: "json", rows: 10, spellcheck: "false", "aria-label": "Payload as JSON" });
  const notice = make("p", { class: "problem", role: "alert" });
  const other = make("ul", { class: "problems" });
  const [formTab, jsonTab] = [["Form", "false"], ["JSON", "true"]].map(
    ([name, isJson]) => make("button", { type: "button", "data-json": isJson, onclick: () => show(isJson === "true") }, name),
  );
  let root = null;
  let isJson = false;
  let shown = [];

  // Sent when its box is ticked, as a field that may be missing. A model whose fields may
  // all be missing needs no box.
  function optionalRoot() {
    const optional = rows.optionalRow("payload", schema, () => tree.build(schema));
    const node = {
      read: () => (optional.row ? optional.row.node.read() : EMPTY),
      write: (value) => optional.include().node.write(value),
      child: (step) => optional.row?.node.child(step) ?? null,
      focus: () => optional.row?.node.focus(),
      get control() { return optional.row?.node.control; },
    };
    return { node, element: optional.element, show: (message) => optional.row?.show(message) };
  }

  function build() {
    if (route.isOptional && !values.resolve(schema).properties) root = optionalRoot();
    else root = requiredRoot();
    formPanel.replaceChildren(root.element);
  }

  function requiredRoot() {
    const node = tree.build(schema);
    return node.control ? rows.row("payload", schema, node) : { node, element: node.element, show: () => {} };
  }

  const formPanel = make("div", { class: "form" });
  const jsonPanel = make("div", {}, json);
  const element = make(
    "div", { class: "payload" },
    make("div", { class: "tabs", role: "group", "aria-label": "How to write the payload" }, formTab, jsonTab),
    formPanel, jsonPanel, notice, other,
  );
  build();
  if (route.example !== undefined) write(route.example);
  mark();

  function mark() {
    formPanel.hidden = isJson;
    jsonPanel.hidden = !isJson;
    formTab.setAttribute("aria-pressed", String(!isJson));
    jsonTab.setAttribute("aria-pressed", String(isJson));
  }

  function show(wantsJson) {
    if (wantsJson === isJson) return;
    notice.textContent = "";
    if (wantsJson) {
      const value = root.node.read();
      json.value = value === EMPTY ? "" : JSON.stringify(value, null, 2);
    } else if (!toForm()) return;
    isJson = wantsJson;
    mark();
  }

  // What the form cannot show stays JSON.
  function toForm() {
    try {
      const value = json.value.trim() === "" ? undefined : JSON.parse(json.value);
      if (value !== undefined && !values.accepts(schema, value)) {
        notice.textContent = "The form cannot show this value. It can be sent as it is.";
        return false;
      }
      build();
      if (value !== undefined) root.node.write(value);
      return true;
    } catch (error) {
      notice.textContent = `This is no JSON: ${error.message}`;
      return false;
    }
  }

  // Undefined for no payload; throws a SyntaxError for a text that is no JSON.
  function read() {
    if (!isJson) {
      const value = root.node.read();
      return value === EMPTY ? undefined : value;
    }
    return json.value.trim() === "" ? undefined : JSON.parse(json.value);
  }

  function write(value) {
    json.value = value === undefined ? "" : JSON.stringify(value, null, 2);
    if (value === undefined) return build();
    isJson = !values.accepts(schema, value);
    if (!isJson) { build(); root.node.write(value); }
    return mark();
  }

  // The steps of `loc` that are no fields are the tags of unions.
  function place(loc) {
    let [found, label] = [root, []];
    for (const step of loc) {
      const next = found.node.child(step);
      if (next) [found, label] = [next, [...label, step]];
    }
    return { row: found, isWhole: label.length === 0 };
  }

  function showProblems(problems) {
    clearProblems();
    for (const { loc = [], msg } of problems) {
      const { row, isWhole } = place(loc);
      if (!isJson && (!isWhole || row.node.control)) {
        row.show(msg);
        shown.push(row);
      } else {
        other.append(make("li", {}, loc.length ? `${loc.join(".")}: ${msg}` : msg));
      }
    }
    shown[0]?.node.focus();
    onProblems(problems.length);
  }

  function clearProblems() {
    notice.textContent = "";
    other.replaceChildren();
    for (const row of shown) row.show("");
    shown = [];
  }

  return { element, read, write, showProblems, clearProblems };
}

// A handler that takes the frame as it is, which need not be JSON.
export function textForm({ make }) {
  const control = make("textarea", { rows: 5, spellcheck: "false", "aria-label": "Frame" });
  return {
    element: make("div", { class: "payload" }, control),
    read: () => control.value,
    write: (value) => { control.value = value ?? ""; },
    showProblems: () => {},
    clearProblems: () => {},
  };
}
