// The rows of a form: a label, what is allowed, a control and the place for a problem.

export function rows({ make, prose, uniqueId, values }) {
  // One row: label, what is allowed, the control, and the place for a problem.
  function row(name, schema, node, extra = {}) {
    const found = values.resolve(schema);
    const isConstant = values.typeOf(schema) === "const";
    const hint = isConstant ? "" : [values.word(schema), values.limits(schema)].filter(Boolean).join(", ");
    const hintId = uniqueId("hint");
    const problem = make("p", { class: "problem", id: uniqueId("problem") });
    const isGroup = !node.control;
    const label = make(isGroup ? "span" : "label", { class: "name", for: isGroup ? null : node.control.id }, name);
    if (isGroup) {
      label.id = uniqueId("label");
      node.element.setAttribute("role", "group");
      node.element.setAttribute("aria-labelledby", label.id);
    }
    (node.control ?? node.element).setAttribute("aria-describedby", `${hintId} ${problem.id}`);
    const head = make("div", { class: "head" }, extra.before, label, make("span", { class: "hint", id: hintId }, hint), extra.after);
    const text = found.description ? prose(found.description) : null;
    const element = make("div", { class: ["row", isGroup && "group", isConstant && "fixed"].filter(Boolean).join(" ") }, head, text, node.element, problem);
    const show = (message) => {
      problem.textContent = message;
      node.control?.setAttribute("aria-invalid", message ? "true" : "false");
    };
    return { element, node, show };
  }

  // A field that may be missing is sent when its box is ticked.
  function optionalRow(name, schema, build) {
    let made = null;
    const box = make("input", { type: "checkbox", "aria-label": `Send ${name}` });
    const slot = make("div", { class: "slot" });
    const fill = () => {
      made = row(name, schema, build(), { before: box });
      slot.replaceChildren(made.element);
      box.checked = true;
      box.focus();
    };
    const leaveOut = () => {
      made = null;
      const hint = make("span", { class: "hint" }, values.word(schema));
      const head = make("div", { class: "head" }, box, make("span", { class: "name" }, name), hint);
      slot.replaceChildren(make("div", { class: "row absent" }, head));
      box.checked = false;
    };
    box.addEventListener("change", () => { (box.checked ? fill : leaveOut)(); box.focus(); });
    leaveOut();
    return {
      element: slot,
      get row() { return made; },
      include: () => { if (!made) fill(); return made; },
      leaveOut,
    };
  }

  return { row, optionalRow };
}
