// The frames in and out, in time order; answers are matched by id with milliseconds.

const MOST = 500;
const NEAR_PIXELS = 40;
const PING = "wsrouter.ping"; // the client's own: shown, and not worth a word

export function frames({ make, breakable, explain }, { list, filter, empty, announce }) {
  const sent = new Map(); // id -> when and what
  let isPaused = false;

  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }

  function clock(at) {
    const options = { hour12: false, hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 };
    return new Date(at).toLocaleTimeString([], options);
  }

  // What a reply tells of streams: how many events were missed, and whether some are lost.
  function missed({ streams = [] }) {
    const count = streams.reduce((sum, { events = [] }) => sum + events.length, 0);
    return [count && `${count} missed`, streams.some(({ recovered }) => !recovered) && "gap"];
  }

  // The kind decides the colour and the word; an answer is at home with its message.
  function described(direction, data, now, action) {
    if (direction === "out") {
      const name = String(data?.[action] ?? "text");
      if (data?.id !== undefined) sent.set(String(data.id), { name, now });
      return { kind: "sent", name, note: data?.id === undefined ? "" : `#${data.id}` };
    }
    const of = sent.get(String(data?.id));
    const isAnswer = data?.type === "reply" || data?.type === "error";
    const took = isAnswer && of ? `${Math.max(1, Math.round(now - of.now))} ms` : "";
    if (isAnswer) sent.delete(String(data.id));
    const id = data?.id === undefined || data?.id === null ? "" : `#${data.id}`;
    if (data?.type === "reply") {
      return { kind: "reply", name: data.action ?? of?.name ?? "", note: [id, ...missed(data)].filter(Boolean).join(" "), took };
    }
    if (data?.type === "error") {
      return { kind: "error", name: data.action ?? of?.name ?? "", note: [id, data.error?.code].filter(Boolean).join(" "), took, say: data.error?.message };
    }
    if (typeof data?.type === "string") return { kind: "event", name: data.type, note: data.stream ? `seq ${data.stream.seq}` : "" };
    const why = explain.explainFrame(data);
    return { kind: why ? "gateway" : "text", name: why ? data.message : "", note: "", why };
  }

  function row({ kind, name, note, took, why }, at, text, data) {
    const body = make("pre", { tabindex: "0" });
    const details = make(
      "details", {},
      make("summary", {},
        make("time", {}, clock(at)),
        make("span", { class: `kind ${kind}` }, kind),
        make("b", {}, ...breakable(name)),
        make("span", { class: "note" }, note),
        make("span", { class: "took" }, took ?? "")),
      why ? make("p", { class: "why" }, why) : null,
      body,
    );
    const fill = () => { body.textContent = data === null ? text || "(empty)" : JSON.stringify(data, null, 2); };
    details.addEventListener("toggle", fill);
    if (name !== PING && (why || kind === "error" || kind === "reply")) {
      fill();
      details.open = true;
    }
    const item = make("li", { class: kind }, details);
    item.dataset.text = `${kind} ${name} ${note} ${text}`.toLowerCase();
    return item;
  }

  function apply(item) {
    item.hidden = !item.dataset.text.includes(filter.value.trim().toLowerCase());
  }

  function add(item) {
    if (isPaused) return;
    apply(item);
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PIXELS;
    list.append(item);
    while (list.children.length > MOST) list.firstElementChild.remove();
    empty.hidden = true;
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  }

  function show(direction, text, action = "action") {
    const data = parsed(text);
    const found = described(direction, data, performance.now(), action);
    add(row(found, Date.now(), text, data));
    if (found.kind !== "sent" && found.name !== PING) announce([found.kind, found.name, found.note, found.took, found.say].filter(Boolean).join(" "));
  }

  // Something that is no frame: the socket opened, or closed.
  function mark(text) {
    const item = make("li", { class: "mark" }, make("time", {}, clock(Date.now())), make("span", {}, text));
    item.dataset.text = text.toLowerCase();
    add(item);
  }

  filter.addEventListener("input", () => [...list.children].forEach(apply));
  return {
    show,
    mark,
    clear: () => { list.replaceChildren(); empty.hidden = false; },
    pause: (paused) => { isPaused = paused; },
  };
}
