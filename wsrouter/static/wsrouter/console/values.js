// What a schema allows, in words and as first values.

export const EMPTY = Symbol("no value");

export function values({ api }) {
  const { resolve, modelName } = api;

  function alternatives(schema) {
    const found = resolve(schema);
    if (found.anyOf || found.oneOf) return found.anyOf ?? found.oneOf;
    if (Array.isArray(found.type)) return found.type.map((type) => ({ ...found, type }));
    return null;
  }

  function typeOf(schema) {
    const found = resolve(schema);
    if ("const" in found) return "const";
    if (found.enum) return "enum";
    return found.type ?? (found.properties ? "object" : "any");
  }

  // The member that tells the models of a union apart has one value in each.
  function tag(schema) {
    const constants = Object.values(resolve(schema).properties ?? {}).map(resolve).filter((field) => "const" in field);
    return constants.length ? String(constants[0].const) : "";
  }

  function oneOf(members) {
    return members.map((member) => JSON.stringify(member)).join(" or ");
  }

  function label(schema, depth = 0) {
    const found = resolve(schema);
    if ("const" in found) return JSON.stringify(found.const);
    if (found.enum) return modelName(schema) || oneOf(found.enum);
    if (found.type === "array" && found.items) return listOf(found.items, depth);
    return tag(schema) || found.title || modelName(schema) || found.format || found.type || "anything";
  }

  // An alias of a type may contain itself.
  function listOf(items, depth) {
    return `list of ${depth > 1 ? modelName(items) || "anything" : word(items, depth + 1)}`;
  }

  function word(schema, depth = 0) {
    const choices = alternatives(schema);
    if (choices) return choices.map((choice) => label(choice, depth)).join(" or ");
    const found = resolve(schema);
    if (found.enum) return oneOf(found.enum);
    if (found.type === "array" && found.items) return listOf(found.items, depth);
    if (found.type === "object" || found.properties) return modelName(schema) || found.title || "object";
    return found.format ? `${found.type} (${found.format})` : label(schema);
  }

  const TYPES = {
    null: (value) => value === null,
    array: Array.isArray,
    object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    integer: Number.isInteger,
    number: (value) => typeof value === "number",
    string: (value) => typeof value === "string",
    boolean: (value) => typeof value === "boolean",
  };

  // Whether a form for this schema can show the value: not whether the server takes it.
  function accepts(schema, value, depth = 0) {
    const found = resolve(schema);
    if (depth > 4) return true;
    if ("const" in found) return found.const === value;
    if (found.enum) return found.enum.includes(value);
    const choices = alternatives(schema);
    if (choices) return choices.some((choice) => accepts(choice, value, depth + 1));
    if (found.type && !TYPES[found.type]?.(value)) return false;
    if (typeof value !== "object" || value === null || !found.properties) return true;
    const needed = (found.required ?? []).every((name) => name in value);
    return needed && Object.entries(found.properties).every(
      ([name, field]) => !(name in value) || accepts(field, value[name], depth + 1),
    );
  }

  function limits(schema) {
    const found = resolve(schema);
    const names = {
      minimum: "≥", exclusiveMinimum: ">", maximum: "≤", exclusiveMaximum: "<", multipleOf: "multiple of",
      minLength: "≥", maxLength: "≤", minItems: "≥", maxItems: "≤", pattern: "matches",
    };
    const units = { minLength: " characters", maxLength: " characters", minItems: " items", maxItems: " items" };
    return Object.entries(names).filter(([name]) => name in found)
      .map(([name, text]) => `${text} ${found[name]}${units[name] ?? ""}`).join(", ");
  }

  return { alternatives, typeOf, label, word, accepts, limits, resolve };
}
