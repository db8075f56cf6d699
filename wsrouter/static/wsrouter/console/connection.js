// Opens and closes the socket: as the user of this page, or with a ticket.

const WORDS = { connecting: "Connecting…", open: "Connected", waiting: "Reconnecting…", closed: "Not connected", refused: "Refused" };

export function connection({ make, socket, explain }, page, { settings, parameters, frameOf, onFrame, onMark }) {
  const { form, url, button, state, message, extra } = page;
  const inputs = parameters.map((name) => {
    const input = make("input", { name, autocomplete: "off", spellcheck: "false" });
    extra.append(make("label", {}, make("span", {}, name), input));
    return input;
  });
  const listeners = [];
  let client = null;
  let current = "closed";

  // Django answers with a ticket for the user of the page's session.
  async function drawTicket() {
    const headers = { "X-CSRFToken": settings.csrfToken() };
    const response = await fetch(settings.ticketUrl, { method: "POST", headers, credentials: "same-origin" });
    if (response.ok) return (await response.json()).ticket;
    if (response.status === 401) throw new Error("There is no ticket for you: you are not logged in on this site.");
    if (response.status === 429) throw new Error(`Too many tickets. Try again in ${response.headers.get("Retry-After")} s.`);
    throw new Error(`No ticket: ${settings.ticketUrl} answered ${response.status}.`);
  }

  function show(name, detail) {
    current = name;
    state.textContent = WORDS[name];
    state.dataset.state = name;
    const isOn = name !== "closed" && name !== "refused";
    if (!isOn) client = null;
    button.textContent = isOn ? "Disconnect" : "Connect";
    for (const control of [...form.elements]) if (control !== button && control.type !== "hidden") control.disabled = isOn;
    const text = said(name, detail);
    message.textContent = text;
    message.hidden = !text;
    if (name !== "connecting") onMark([WORDS[name].replace("…", ""), text].filter(Boolean).join(". "));
    for (const listener of listeners) listener(name === "open");
  }

  function said(name, detail) {
    if (name === "refused") return detail.reason || explain.REFUSED;
    if (name === "waiting" || (name === "closed" && detail?.code !== 1000)) return explain.explainClose(detail);
    return "";
  }

  function open() {
    const withTicket = new FormData(form).get("identity") === "ticket";
    const query = Object.fromEntries(inputs.filter(({ value }) => value).map(({ name, value }) => [name, value]));
    client = socket.connect(url.value, {
      ticket: withTicket ? drawTicket : null, query, frame: frameOf, onState: show, onFrame,
    });
    client.on("*", (_payload, { type }) => settings.onEvent?.(type));
  }

  // The policy of the page forbids the connection: the page shows the line that is missing.
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
    if (effectiveDirective !== "connect-src") return;
    client?.close();
    show("refused", { reason: `The Content-Security-Policy of this page does not allow ${blockedURI}. Add to the header: connect-src 'self' ${settings.policySources}` });
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (client) client.close();
    else open();
  });
  button.disabled = !url.value;
  return {
    get client() { return client; },
    get isOpen() { return current === "open"; },
    get url() { return url.value; },
    onChange: (listener) => listeners.push(listener),
  };
}
