// The middle of the page: one route or event with its docs, and the form that sends.

export function entryPanel(parts, panel) {
  const { make, breakable, prose, describe, makeForm, makeTextForm, trial, connection, sent, program, copy, settings } = parts;
  const forms = new Map(); // what was typed stays while another route is looked at
  let current = null;

  function facts(entry) {
    const { login, permissions = [], throttle, keep } = entry.more ?? {};
    return [
      keep && "kept",
      login && "login required",
      ...permissions.map((name) => `permission ${name}`),
      throttle && `${throttle.limit} in ${throttle.seconds} s per ${throttle.per}`,
      ...entry.tags.map((tag) => `#${tag}`),
    ].filter(Boolean);
  }

  function heading(entry) {
    const chips = facts(entry).map((fact) => make("li", {}, fact));
    return [
      make("p", { class: "kicker" }, entry.kind === "event" ? "Event" : "Route"),
      make("h2", { tabindex: "-1" }, ...breakable(entry.key)),
      chips.length ? make("ul", { class: "chips" }, ...chips) : null,
      entry.summary ? prose(entry.summary, { class: "summary" }) : null,
      ...entry.description.split(/\n\n+/).filter(Boolean).map((text) => prose(text)),
    ];
  }

  function errors(entry) {
    if (!entry.errors?.length) return null;
    return make("section", { class: "schema" }, make("h3", {}, "Errors"),
      make("ul", { class: "chips" }, ...entry.errors.map(({ name }) => make("li", {}, make("code", {}, name)))),
      ...entry.errors.filter(({ name, detail }) => detail && !["invalid_payload", "throttled"].includes(name))
        .map(({ name, detail }) => describe(`Detail of ${name}`, detail)));
  }

  function formOf(entry) {
    if (!forms.has(entry.key)) {
      const made = entry.takesText ? makeTextForm(entry) : entry.payload && makeForm(entry);
      forms.set(entry.key, made ?? null);
    }
    return forms.get(entry.key);
  }

  // Any key that is no route's own leads to the default handler.
  function actionField(entry) {
    if (!entry.isDefault || entry.takesText) return null;
    const input = make("input", { class: "action", value: "anything else", "aria-label": "Action" });
    return make("label", { class: "row" }, make("span", { class: "name" }, "action"), input);
  }

  function sender(entry) {
    const payload = formOf(entry);
    const send = make("button", { class: "primary" }, "Send");
    const outcome = make("p", { class: "outcome", role: "status" });
    const asJavaScript = make("button", { type: "button", onclick: () => copyProgram(entry, payload, outcome) }, "Copy as JavaScript");
    const form = make("form", { class: "sender", novalidate: true }, actionField(entry), payload?.element ?? make("p", { class: "hint" }, "No payload."),
      make("div", { class: "bar" }, send, asJavaScript, outcome));
    form.addEventListener("submit", (event) => { event.preventDefault(); submit(entry, payload, send, outcome); });
    return form;
  }

  function say(outcome, text, kind) {
    outcome.textContent = text;
    outcome.dataset.kind = kind;
  }

  function readOr(payload, outcome) {
    try {
      return { value: payload?.read() };
    } catch (error) {
      say(outcome, `This is no JSON: ${error.message}`, "error");
      return null;
    }
  }

  async function submit(entry, payload, button, outcome) {
    const found = readOr(payload, outcome);
    if (!found) return;
    payload?.clearProblems();
    if (!connection.isOpen) {
      say(outcome, "Connect first.", "error");
      return;
    }
    sent(entry.key, found.value);
    button.disabled = true;
    say(outcome, "Sent…", "");
    try {
      say(outcome, await said(entry, found.value), "ok");
    } catch (error) {
      say(outcome, error.code ? `${error.code}: ${error.message}` : error.message, "error");
      if (Array.isArray(error.detail) && payload) payload.showProblems(error.detail);
    } finally {
      button.disabled = false;
    }
  }

  async function said(entry, value) {
    const { client } = connection;
    if (entry.takesText) {
      client.sendText(value);
      return "Sent.";
    }
    const start = performance.now();
    await client.call(panel.querySelector(".action")?.value ?? entry.key, value);
    return `Answered in ${Math.max(1, Math.round(performance.now() - start))} ms.`;
  }

  function copyProgram(entry, payload, outcome) {
    const found = readOr(payload, outcome);
    if (!found) return;
    const { action, flat } = settings.frame;
    const head = { [action || "action"]: entry.key, id: "1" };
    const message = flat ? { ...head, ...found.value } : { ...head, ...(found.value === undefined ? {} : { payload: found.value }) };
    copy(program(connection.url, entry.takesText ? found.value : message), (text) => say(outcome, text, "ok"));
  }

  function show(entry, { focus = true } = {}) {
    current = entry;
    const parts = entry.kind === "event"
      ? [trial(entry), describe("Payload", entry.payload)]
      : [sender(entry), describe("Payload", entry.takesText ? null : entry.payload), describe("Reply", entry.reply), errors(entry)];
    panel.replaceChildren(...[...heading(entry), ...parts].filter(Boolean));
    if (focus) panel.querySelector("h2").focus({ preventScroll: false });
  }

  return {
    show,
    get current() { return current; },
    fill: (entry, payload) => { formOf(entry)?.write(payload); show(entry); },
  };
}
