// Fields for single values. A field has an `element`, `read()`, `write(value)`,
// `child(step)` for the fields inside it, and `focus()`.

const INPUT_TYPES = { date: "date", email: "email" };
const PLACEHOLDERS = {
  "date-time": "2026-01-31T12:00:00Z",
  time: "12:00:00",
  duration: "PT15M",
  uuid: "123e4567-e89b-12d3-a456-426614174000",
};

// The author's example, or what the format looks like.
function placeholder({ examples, format }) {
  return examples?.length ? String(examples[0]) : PLACEHOLDERS[format];
}

export function fields({ make, uniqueId, values, EMPTY }) {
  function field(control, read, write) {
    control.id ||= uniqueId("field");
    return { element: control, control, read, write, child: () => null, focus: () => control.focus() };
  }

  function text(schema) {
    const { format, maxLength, default: preset } = schema;
    const isLong = maxLength > 200;
    const control = make(isLong ? "textarea" : "input", {
      type: isLong ? null : INPUT_TYPES[format] ?? "text",
      rows: isLong ? 3 : null,
      placeholder: placeholder(schema),
      spellcheck: "false",
      autocomplete: "off",
    });
    control.value = preset ?? "";
    return field(control, () => control.value, (value) => { control.value = value; });
  }

  // The server says what is wrong with a text that is no number, and reads a number that
  // JavaScript cannot hold.
  function number(schema) {
    const control = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", class: "number", placeholder: placeholder(schema) });
    control.value = schema.default ?? "";
    const read = () => {
      const given = control.value.trim();
      const parsed = Number(given);
      const isExact = !Number.isInteger(parsed) || Number.isSafeInteger(parsed);
      return given === "" || Number.isNaN(parsed) || !isExact ? given : parsed;
    };
    return field(control, read, (value) => { control.value = value; });
  }

  function choice(options, preset) {
    const control = make("select", {}, ...options.map(
      (option, index) => make("option", { value: index }, typeof option === "string" ? option : JSON.stringify(option)),
    ));
    control.selectedIndex = Math.max(0, options.indexOf(preset));
    return field(control, () => options[control.selectedIndex], (value) => {
      control.selectedIndex = options.indexOf(value);
    });
  }

  function constant(value) {
    const control = make("output", { class: "constant" }, JSON.stringify(value));
    return field(control, () => value, () => {});
  }

  function json(schema) {
    const control = make("textarea", { rows: 3, spellcheck: "false", class: "json", placeholder: "JSON" });
    if (schema.default !== undefined) control.value = JSON.stringify(schema.default);
    const read = () => {
      try {
        return control.value.trim() === "" ? EMPTY : JSON.parse(control.value);
      } catch {
        return control.value;
      }
    };
    return field(control, read, (value) => { control.value = JSON.stringify(value, null, 2); });
  }

  function scalar(schema) {
    const found = values.resolve(schema);
    switch (values.typeOf(schema)) {
      case "const": return constant(found.const);
      case "enum": return choice(found.enum, found.default);
      case "boolean": return choice([false, true], found.default);
      case "null": return constant(null);
      case "integer":
      case "number": return number(found);
      case "string": return text(found);
      default: return json(found);
    }
  }

  return { scalar, choice, json };
}
