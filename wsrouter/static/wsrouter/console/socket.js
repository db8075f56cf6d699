// A client of one socket: `connect` returns `call`, `send`, `on` and `close`.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const CALL_MS = 30_000; // API Gateway waits 29 s for Django at most
const CLOSED_BY_US = 1000;

export class MessageError extends Error {
  constructor({ code, message, retry = false, detail = null }) {
    super(message);
    Object.assign(this, { name: "MessageError", code, retry, detail });
  }
}

// `ticket` is a function that draws one, `query` has more parameters of the handshake;
// `frame` says how a message looks: its member for the route, and whether it is flat.
// `onState(state, detail)` and `onFrame(direction, text)` see everything.
export function connect(url, { ticket = null, query = {}, frame = {}, onState = () => {}, onFrame = () => {} } = {}) {
  const { action: actionName = "action", flat = false } = frame;
  const listeners = new Map();
  const pending = new Map();
  let socket = null;
  let failures = 0;
  let lastId = 0;
  let isWanted = true;
  let timer = 0;

  async function open() {
    onState("connecting");
    try {
      const parameters = new URLSearchParams(query);
      if (ticket) parameters.set("ticket", await ticket());
      if (!isWanted) return;
      const text = parameters.toString();
      listen(new WebSocket(text ? `${url}?${text}` : url));
    } catch (error) {
      isWanted = false;
      onState("refused", { reason: error.message });
    }
  }

  function listen(opened) {
    let wasOpen = false;
    socket = opened;
    socket.onopen = () => { wasOpen = true; failures = 0; onState("open"); };
    socket.onmessage = ({ data }) => { onFrame("in", data); receive(data); };
    socket.onclose = (event) => {
      for (const id of [...pending.keys()]) settle(id)?.reject(new Error("The connection was closed before the answer."));
      closed(event, wasOpen);
    };
  }

  function closed(event, wasOpen) {
    if (!isWanted) return onState("closed", event);
    if (!wasOpen && !failures) {
      isWanted = false;
      return onState("refused", event);
    }
    const wait = Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    failures += 1;
    timer = setTimeout(open, wait);
    return onState("waiting", { code: event.code, reason: event.reason, wait });
  }

  function receive(text) {
    let data;
    try {
      data = JSON.parse(text);
    } catch {
      return;
    }
    if (data?.type === "reply") settle(data.id)?.resolve(data.payload);
    else if (data?.type === "error") settle(data.id)?.reject(new MessageError(data.error));
    else if (typeof data?.type === "string") tell(data);
    // An error of API Gateway itself does not say which message it is about.
    else if (pending.size === 1) settle([...pending.keys()][0])?.reject(new Error(data?.message));
  }

  function tell(event) {
    for (const name of [event.type, "*"]) {
      for (const listener of listeners.get(name) ?? []) listener(event.payload, event);
    }
  }

  function settle(id) {
    const call = pending.get(String(id));
    pending.delete(String(id));
    clearTimeout(call?.timer);
    return call;
  }

  function send(text) {
    if (socket?.readyState !== WebSocket.OPEN) throw new Error("Not connected.");
    socket.send(text);
    onFrame("out", text);
  }

  function message(action, payload, id) {
    const head = { [actionName]: action, id };
    if (payload === undefined) return head;
    return flat ? { ...head, ...payload } : { ...head, payload };
  }

  function call(action, payload) {
    return new Promise((resolve, reject) => {
      lastId += 1;
      const id = String(lastId);
      const late = () => settle(id)?.reject(new Error("No answer after 30 seconds."));
      pending.set(id, { resolve, reject, timer: setTimeout(late, CALL_MS) });
      try {
        send(JSON.stringify(message(action, payload, id)));
      } catch (error) {
        settle(id).reject(error);
      }
    });
  }

  // Returns a function that ends it. The type "*" is every event.
  function on(type, listener) {
    listeners.set(type, [...(listeners.get(type) ?? []), listener]);
    return () => listeners.set(type, listeners.get(type).filter((each) => each !== listener));
  }

  function close() {
    isWanted = false;
    clearTimeout(timer);
    if (socket && socket.readyState < WebSocket.CLOSING) socket.close(CLOSED_BY_US);
    else onState("closed", { code: CLOSED_BY_US });
  }

  open();
  return { call, send, on, close };
}
