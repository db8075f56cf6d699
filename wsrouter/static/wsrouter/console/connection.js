// Opens and closes the socket: as the user of this page, or with a ticket.

const WORDS = { connecting: "Connecting…", open: "Connected", waiting: "Reconnecting…", closed: "Not connected", refused: "Refused" };
const NO_USER = "There is no ticket for you: you are not logged in on this site.";

export function connection({ make, client: { connect, MessageError, TicketError }, explain }, page, { settings, parameters, onFrame, onMark }) {
  const { form, url, button, state, message, extra } = page;
  const inputs = parameters.map((name) => {
    const input = make("input", { name, autocomplete: "off", spellcheck: "false" });
    extra.append(make("label", {}, make("span", {}, name), input));
    return input;
  });
  let client = null;
  let wasOpen = false;
  let unwatch = () => {};

  function show(name, text = "") {
    state.textContent = WORDS[name];
    state.dataset.state = name;
    const isOn = name !== "closed" && name !== "refused";
    if (!isOn) client = null;
    button.textContent = isOn ? "Disconnect" : "Connect";
    for (const control of [...form.elements]) if (control !== button && control.type !== "hidden") control.disabled = isOn;
    message.textContent = text;
    message.hidden = !text;
    if (name !== "connecting") onMark([WORDS[name].replace("…", ""), text].filter(Boolean).join(". "));
  }

  function said({ cause, wait }) {
    if (!(cause instanceof TicketError)) return cause instanceof Error ? cause.message : explain.explainClose(cause ?? {});
    if (cause.status === 401) return NO_USER;
    if (cause.status === 429) return `Too many tickets. The next attempt is in ${Math.ceil(wait / 1000)} s.`;
    return `No ticket: ${settings.ticketUrl} answered ${cause.status}.`;
  }

  // A first handshake that fails would fail again: the user has to do something before.
  function changed(name, detail) {
    wasOpen ||= name === "open";
    const hasFailed = name === "waiting" && !(detail.cause instanceof Error);
    if (hasFailed && !wasOpen) refuse(explain.REFUSED);
    else show(name, name === "waiting" || name === "refused" ? said(detail) : "");
  }

  function refuse(text) {
    unwatch();
    client?.close();
    show("refused", text);
  }

  function socketUrl() {
    const query = new URLSearchParams(inputs.filter(({ value }) => value).map(({ name, value }) => [name, value]));
    return query.size ? `${url.value}?${query}` : url.value;
  }

  function open() {
    const withTicket = new FormData(form).get("identity") === "ticket";
    const { ticketUrl, csrfCookie, frame } = settings;
    wasOpen = false;
    client = connect(socketUrl(), {
      ticket: withTicket ? ticketUrl : undefined, csrfCookie, onFrame,
      envelope: frame.flat ? "flat" : "nested", actionName: frame.action || "action",
      onError: (error) => { if (!(error instanceof MessageError)) console.error(error); }, // frames are shown
    });
    show("connecting");
    unwatch = client.onState(changed);
  }

  // The policy of the page forbids the connection: the page shows the line that is missing.
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
    if (effectiveDirective !== "connect-src") return;
    refuse(`The Content-Security-Policy of this page does not allow ${blockedURI}. Add to the header: connect-src 'self' ${settings.policySources}`);
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (client) client.close();
    else open();
  });
  button.disabled = !url.value;
  return {
    get client() { return client; },
    get isOpen() { return client?.state === "open"; },
    get url() { return url.value; },
  };
}
