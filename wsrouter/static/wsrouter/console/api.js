// Reads an AsyncAPI document: the routes, events and errors of one socket.

const SCHEMAS = "#/components/schemas/";

function followed(document, reference) {
  return reference.slice(2).split("/").reduce((value, step) => value[step], document);
}

// The schema that references lead to; what stands beside a reference is kept.
function resolver(components) {
  return function resolve(schema) {
    let found = schema ?? {};
    for (let depth = 0; found.$ref && depth < 20; depth += 1) {
      const { $ref, ...beside } = found;
      found = { ...components[$ref.slice(SCHEMAS.length)], ...beside };
    }
    return found;
  };
}

function modelName(schema) {
  return schema?.$ref?.slice(SCHEMAS.length).replace(/\.(Input|Output)$/, "") ?? "";
}

function member(message, name) {
  return message?.payload?.properties?.[name];
}

// A flat envelope has the fields of the payload beside its own.
function flatPayload(message, action) {
  const strip = (schema) => {
    const { [action]: _action, id: _id, $since: _since, ...properties } = schema.properties ?? {};
    const required = (schema.required ?? []).filter((name) => name in properties);
    return { ...schema, properties, required };
  };
  const { payload } = message;
  return payload.anyOf ? { ...payload, anyOf: payload.anyOf.map(strip) } : strip(payload);
}

function errorCodes(message) {
  const content = member(message, "error") ?? {};
  return (content.anyOf ?? [content]).flatMap((choice) => {
    const { code = {}, detail } = choice.properties ?? {};
    const codes = code.enum ?? (code.const ? [code.const] : ["any other code"]);
    return codes.map((name) => ({ name, detail }));
  });
}

function route(document, operation, envelope) {
  const message = followed(document, operation.messages[0].$ref);
  const [reply, error] = operation.reply.messages.map(({ $ref }) => followed(document, $ref));
  const takesText = message.contentType === "text/plain";
  const payload = envelope.flat && !takesText ? flatPayload(message, envelope.action) : member(message, "payload");
  return {
    kind: "route",
    key: message.name,
    isDefault: operation.title !== message.name,
    summary: operation.summary ?? "",
    description: operation.description ?? "",
    tags: (operation.tags ?? []).map(({ name }) => name),
    takesText,
    payload,
    isOptional: !envelope.flat && !message.payload?.required?.includes("payload"),
    example: message.examples?.[0]?.payload?.payload,
    reply: member(reply, "payload"),
    errors: errorCodes(error),
    more: operation["x-wsrouter"] ?? {},
  };
}

function event(document, operation) {
  const message = followed(document, operation.messages[0].$ref);
  return {
    kind: "event",
    key: message.name,
    summary: operation.summary ?? "",
    description: operation.description ?? message.description ?? "",
    tags: (operation.tags ?? []).map(({ name }) => name),
    payload: member(message, "payload"),
    more: operation["x-wsrouter"] ?? {},
  };
}

export function read(document, envelope) {
  const operations = Object.entries(document.operations ?? {});
  const components = document.components?.schemas ?? {};
  const channel = Object.values(document.channels)[0];
  const query = channel.bindings?.ws?.query?.properties ?? {};
  return {
    routes: operations.filter(([, { action }]) => action === "receive").map(([, each]) => route(document, each, envelope)),
    events: operations
      .filter(([id, { action }]) => action === "send" && id !== "send.errors")
      .map(([, each]) => event(document, each)),
    parameters: Object.keys(query).filter((name) => name !== "ticket"),
    resolve: resolver(components),
    modelName,
  };
}
