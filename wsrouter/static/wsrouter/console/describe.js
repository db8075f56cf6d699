// Shows a schema to people: its fields, what they allow and what they mean.

export function describe({ make, prose, values }) {
  // A list is described by what is in it.
  function owner(schema) {
    const found = values.resolve(schema);
    return found.type === "array" && found.items ? owner(found.items) : schema;
  }

  function fieldsOf(schema) {
    return values.resolve(owner(schema)).properties ?? null;
  }

  function field(name, schema, isRequired, depth) {
    const found = values.resolve(schema);
    const preset = !isRequired && found.default !== undefined && found.default !== null
      ? ` = ${JSON.stringify(found.default)}` : "";
    const limits = values.limits(schema);
    const example = found.examples?.length ? `, for example ${JSON.stringify(found.examples[0])}` : "";
    const term = make("dt", {}, make("code", {}, name), " ", make("span", { class: "hint" },
      `${values.word(schema)}${preset}${limits ? `, ${limits}` : ""}${isRequired || preset ? "" : ", optional"}${example}`));
    const inner = depth > 0 ? more(schema, depth - 1) : null;
    const meaning = found.description ? prose(found.description) : null;
    return [term, make("dd", {}, ...[meaning, inner].filter(Boolean))];
  }

  // The fields of what is inside are made when they are opened: models contain themselves.
  function more(schema, depth) {
    const choices = (values.alternatives(schema) ?? [schema]).filter(fieldsOf);
    if (!choices.length) return null;
    return make("div", {}, ...choices.map((choice) => {
      const details = make("details", {}, make("summary", {}, `Fields of ${values.label(owner(choice))}`));
      details.addEventListener("toggle", () => {
        if (details.open && details.children.length === 1) details.append(table(choice, depth));
      });
      return details;
    }));
  }

  function table(schema, depth) {
    const { properties = {}, required: listed = [] } = values.resolve(owner(schema));
    const required = new Set(listed);
    return make("dl", {}, ...Object.entries(properties).flatMap(
      ([name, each]) => field(name, each, required.has(name), depth),
    ));
  }

  // Null for nothing to say.
  return function shown(title, schema) {
    if (!schema) return null;
    const found = values.resolve(schema);
    const choices = values.alternatives(schema);
    const body = choices ? more(schema, 6) : fieldsOf(schema) && table(schema, 6);
    return make("section", { class: "schema" },
      make("h3", {}, title, " ", make("span", { class: "hint" }, values.word(schema))),
      found.description ? prose(found.description) : null,
      body);
  };
}
