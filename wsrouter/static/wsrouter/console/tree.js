// Fields for objects, lists and unions, made of the fields inside them.

const DEEPEST = 8; // a model that contains itself is JSON from there on

export function tree({ make, values, fields, rows: { row, optionalRow }, EMPTY }) {
  function build(schema, depth = 0) {
    const found = values.resolve(schema);
    if (depth > DEEPEST) return fields.json(found);
    const choices = values.alternatives(schema);
    if (choices) return union(found, choices, depth);
    if (found.properties) return object(found, depth);
    if (found.prefixItems) return tuple(found, depth);
    if (found.type === "array" && found.items) return list(found, depth);
    if (found.additionalProperties && typeof found.additionalProperties === "object") return dictionary(found, depth);
    return fields.scalar(schema);
  }

  // A constant is always sent: it may be the tag of a union.
  function object(schema, depth) {
    const required = new Set(schema.required ?? []);
    const rows = new Map();
    const element = make("div", { class: "object" });
    for (const [name, field] of Object.entries(schema.properties)) {
      const made = required.has(name) || values.typeOf(field) === "const"
        ? { row: row(name, field, build(field, depth + 1)), include() { return this.row; } }
        : optionalRow(name, field, () => build(field, depth + 1));
      rows.set(name, made);
      element.append(made.element ?? made.row.element);
    }
    if (!rows.size) element.append(make("p", { class: "hint" }, "No fields."));
    let others = {};
    return {
      element,
      read: () => {
        const found = {};
        for (const [name, made] of rows) {
          const value = made.row ? made.row.node.read() : EMPTY;
          if (value !== EMPTY) found[name] = value;
        }
        return { ...found, ...others };
      },
      write: (value) => {
        others = Object.fromEntries(Object.entries(value).filter(([name]) => !rows.has(name)));
        for (const [name, made] of rows) {
          if (name in value) made.include().node.write(value[name]);
          else made.leaveOut?.();
        }
      },
      child: (step) => rows.get(step)?.include() ?? null,
      focus: () => [...rows.values()][0]?.row?.node.focus(),
    };
  }

  function list(schema, depth) {
    let rows = [];
    const items = make("div", { class: "items" });
    const relabel = () => rows.forEach((made, index) => { made.element.querySelector(".name").textContent = `${index}`; });
    const add = (value = EMPTY) => {
      const remove = make("button", { type: "button", class: "plain", onclick: () => drop(made) }, "Remove");
      const made = row(`${rows.length}`, schema.items, build(schema.items, depth + 1), { after: remove });
      if (value !== EMPTY) made.node.write(value);
      rows.push(made);
      items.append(made.element);
      return made;
    };
    const drop = (made) => {
      rows = rows.filter((each) => each !== made);
      made.element.remove();
      relabel();
      more.focus();
    };
    const more = make("button", { type: "button", onclick: () => add().node.focus() }, "Add an item");
    for (const value of schema.default ?? []) add(value);
    for (let missing = (schema.minItems ?? 0) - rows.length; missing > 0 && missing < 10; missing -= 1) add();
    return {
      element: make("div", { class: "list" }, items, more),
      read: () => rows.map((made) => made.node.read()),
      write: (value) => { rows = []; items.replaceChildren(); value.forEach((each) => add(each)); },
      child: (step) => rows[step] ?? null,
      focus: () => more.focus(),
    };
  }

  function tuple(schema, depth) {
    const rows = schema.prefixItems.map((item, index) => row(`${index}`, item, build(item, depth + 1)));
    return {
      element: make("div", { class: "object" }, ...rows.map((made) => made.element)),
      read: () => rows.map((made) => made.node.read()),
      write: (value) => rows.forEach((made, index) => made.node.write(value[index])),
      child: (step) => rows[step] ?? null,
      focus: () => rows[0]?.node.focus(),
    };
  }

  function dictionary(schema, depth) {
    let rows = [];
    const items = make("div", { class: "items" });
    const keys = values.resolve(schema.propertyNames ?? {}).enum;
    const add = (name = "", value = EMPTY) => {
      const key = keys ? fields.choice(keys, name) : fields.scalar({ type: "string", default: name });
      key.control.setAttribute("aria-label", "Key");
      const remove = make("button", { type: "button", class: "plain", onclick: () => drop(made) }, "Remove");
      const made = { ...row("Value", schema.additionalProperties, build(schema.additionalProperties, depth + 1), { before: key.element, after: remove }), key };
      if (value !== EMPTY) made.node.write(value);
      rows.push(made);
      items.append(made.element);
      return made;
    };
    const drop = (made) => { rows = rows.filter((each) => each !== made); made.element.remove(); more.focus(); };
    const more = make("button", { type: "button", onclick: () => add().key.focus() }, "Add a key");
    return {
      element: make("div", { class: "list" }, items, more),
      read: () => Object.fromEntries(rows.map((made) => [made.key.read(), made.node.read()])),
      write: (value) => { rows = []; items.replaceChildren(); Object.entries(value).forEach((pair) => add(...pair)); },
      child: (step) => rows.find((made) => String(made.key.read()) === String(step)) ?? null,
      focus: () => more.focus(),
    };
  }

  function union(schema, choices, depth) {
    const names = choices.map((choice) => values.label(choice));
    const control = make("select", { "aria-label": "Kind" }, ...names.map((name, index) => make("option", { value: index }, name)));
    const slot = make("div", { class: "slot" });
    let node = null;
    const choose = (index) => {
      control.selectedIndex = index;
      node = build(choices[index], depth + 1);
      if (node.control && node.control.tagName !== "OUTPUT") node.control.setAttribute("aria-label", names[index]);
      slot.replaceChildren(node.element);
      slot.hidden = values.typeOf(choices[index]) === "const" || names[index] === "null";
    };
    control.addEventListener("change", () => choose(control.selectedIndex));
    const empty = names.indexOf("null");
    const isEmptyFirst = empty >= 0 && (schema.default === null || depth > 3);
    const write = (value) => {
      const index = choices.findIndex((choice) => values.accepts(choice, value));
      choose(Math.max(index, 0));
      if (index >= 0) node.write(value);
    };
    if (schema.default !== undefined && schema.default !== null) write(schema.default);
    else choose(isEmptyFirst ? empty : 0);
    return {
      element: make("div", { class: "union" }, control, slot),
      read: () => node.read(),
      write,
      child: (step) => node.child(step),
      focus: () => control.focus(),
    };
  }

  return { build };
}
