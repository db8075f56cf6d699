// A client of an API Gateway WebSocket API that wsrouter serves: `connect(url, options)`.
// One file without dependencies, for browsers, workers, React Native and Node.js. All
// options and numbers: docs/reference/client.md.

/** @typedef {import("./client.d.ts").State} State */
/** @typedef {import("./client.d.ts").StateDetail} StateDetail */
/** @typedef {import("./client.d.ts").CallOptions} CallOptions */
/** @typedef {import("./client.d.ts").Socket} Socket */
/** @typedef {import("./client.d.ts").Connection} Client */
/** @typedef {Record<string, any>} Frame */
/** @typedef {typeof DEFAULTS & import("./client.d.ts").Options} Options */
/** @typedef {{ abort: AbortController, socket?: Socket }} Attempt */
/** @typedef {{ text: string, bytes: number, queue?: boolean, retry?: boolean, id?: string, link?: Link, finish?: (error?: unknown, payload?: any) => void }} Message */
/** @typedef {{ socket: Socket, pending: Map<string, Message>, repeating: Set<object>, openedAt: number, receivedAt: number, unclearUntil: number, handOverAt: number, until: number, limit: number, probe: any }} Link */
/** @typedef {{ action: string, payload: any, onReply?: (reply: any) => void, onError?: (error: any) => void, timeout?: number, timer?: any }} Subscription */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const KILOBYTE = 1024;

const OPEN = 1; // WebSocket.OPEN
const NORMAL = 1000; // the close code
const PING = "wsrouter.ping";
const ANSWER_TIME = 30 * SECOND; // API Gateway waits 29 s for Django
const LATE = 2 * SECOND; // a timer that fires so late was throttled or frozen
const PINGS = 3; // of which the last is judged even by a late timer
const LONGEST_TIMER = 2 ** 31 - 1; // browsers let longer ones fire at once
const REFUSED = [401, 403];
const REPEATED = ["gateway_error", "internal_error"];
const PAGE_EVENTS = ["online", "offline", "visibilitychange", "resume", "pagehide", "pageshow"];

const DEFAULTS = {
  envelope: /** @type {"nested" | "flat"} */ ("nested"),
  actionName: "action",
  csrfCookie: "csrftoken",
  backoffBase: SECOND / 2,
  backoffCap: 30 * SECOND,
  stableAfter: 10 * SECOND,
  connectTimeout: 30 * SECOND,
  timeout: 30 * SECOND,
  keepAlive: 4 * MINUTE,
  pingTimeout: 15 * SECOND,
  handOver: 110 * MINUTE,
  handOverSpread: 5 * MINUTE,
  overlap: 10 * SECOND,
  drain: 29 * SECOND,
  outboxCalls: 100,
  outboxBytes: 256 * KILOBYTE,
  messageBytes: 32 * KILOBYTE,
  remembered: 1000,
  random: Math.random,
  clock: {
    now: () => Date.now(),
    /** @type {(run: () => void, ms: number) => any} */
    setTimeout: (run, ms) => setTimeout(run, ms),
    /** @type {(timer: any) => void} */
    clearTimeout: (timer) => clearTimeout(timer),
  },
  /** @type {(error: any) => void} */
  onError: (error) => console.error(error),
};

export class MessageError extends Error {
  /** @param {Frame} error @param {string} [action] */
  constructor({ code, message, retry = false, detail }, action) {
    super(message || code);
    this.name = "MessageError";
    this.code = code;
    this.retry = retry;
    this.detail = detail;
    this.action = action;
  }
}

export class ConnectionLost extends Error {
  /** @param {string} message @param {boolean} [sent] */
  constructor(message, sent = false) {
    super(message);
    this.name = "ConnectionLost";
    this.sent = sent;
  }
}

export class CallTimeout extends Error {
  /** @param {string} action */
  constructor(action) {
    super(`No answer to ${action} in time.`);
    this.name = "CallTimeout";
  }
}

export class OutboxFull extends Error {
  constructor() {
    super("The outbox is full.");
    this.name = "OutboxFull";
  }
}

export class TicketError extends Error {
  /** @param {number} status @param {number} [retryAfter] in milliseconds */
  constructor(status, retryAfter = 0) {
    super(`The server answered ${status}.`);
    this.name = "TicketError";
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

function ignore() {}

/** @param {Options} options @param {string | URL} url @param {RequestInit} init */
async function request({ fetch = globalThis.fetch }, url, init) {
  const response = await fetch(url, { credentials: "same-origin", ...init });
  if (response.ok) return response;
  const wait = response.headers.get("Retry-After") || 0;
  const ms = Number.isNaN(+wait) ? Date.parse(`${wait}`) - Date.now() : +wait * SECOND;
  throw new TicketError(response.status, ms || 0);
}

// Read for each request: Django replaces the token at each login, in any tab.
/** @param {string} cookie */
function csrfHeaders(cookie) {
  const page = globalThis.document;
  const prefix = `${cookie}=`;
  const found = page?.cookie.split("; ").find((each) => each.startsWith(prefix));
  const meta = page?.querySelector("meta[name=csrf-token]");
  const token = found ? found.slice(prefix.length) : meta?.getAttribute("content");
  return token ? { "X-CSRFToken": token } : undefined;
}

/** @param {Options} options @param {AbortSignal} signal */
async function drawTicket(options, signal) {
  const { ticket, csrfCookie } = options;
  if (!ticket) return null;
  if (typeof ticket === "function") return ticket(signal);
  const init = { method: "POST", headers: csrfHeaders(csrfCookie), signal };
  const answer = await (await request(options, ticket, init)).json();
  if (!answer.ticket) throw new Error("The answer has no ticket.");
  return answer.ticket;
}

/** @param {string} url @param {string | null | undefined} ticket */
function withTicket(url, ticket) {
  if (!ticket) return url;
  return `${url}${url.includes("?") ? "&" : "?"}ticket=${encodeURIComponent(ticket)}`;
}

/** @param {unknown} data @returns {Frame | null} null unless it is a JSON object */
function parsed(data) {
  try {
    const frame = JSON.parse(/** @type {string} */ (data));
    return frame && typeof frame === "object" ? frame : null;
  } catch {
    return null; // API Gateway may send empty frames
  }
}

// A socket that must say nothing more. It keeps a handler of errors: without one, `ws`
// throws when a socket is closed that has not opened yet.
/** @param {Socket} socket */
function silence(socket) {
  socket.onopen = socket.onmessage = socket.onclose = socket.onerror = ignore;
  socket.close(NORMAL);
}

/** @implements {Client} */
class Connection {
  /** @param {string | URL} url @param {import("./client.d.ts").Options} options */
  constructor(url, options) {
    /** @type {State} */
    this.state = "connecting";
    this._url = `${url}`;
    /** @type {Options} */
    this._options = { ...DEFAULTS, ...options };
    this._clock = this._options.clock;
    /** @type {Link | null} the socket that messages go over */
    this._link = null;
    /** @type {Set<Link>} former sockets that may still bring something */
    this._retired = new Set();
    /** @type {Attempt | null} */
    this._opening = null;
    this._timer = this._checkTimer = /** @type {any} */ (null);
    this._failures = 0;
    this._notBefore = 0;
    this._isSuspended = this._isEnded = false;
    /** @type {Set<Message>} */
    this._outbox = new Set();
    /** @type {Set<Subscription>} */
    this._subscriptions = new Set();
    /** @type {Map<string, Set<{ listener: Function }>>} */
    this._listeners = new Map();
    /** @type {Set<{ listener: Function }>} */
    this._watchers = new Set();
    /** @type {Set<string>} ids of the latest events */
    this._seen = new Set();
    this._lastId = 0;
    this._hear = this._hear.bind(this);
    this._events = this._options.events === undefined ? globalThis : this._options.events;
    // Captured: `resume` is an event of the document and does not bubble.
    for (const name of PAGE_EVENTS) this._events?.addEventListener?.(name, this._hear, true);
    this._attempt();
  }

  /** @param {string} action @param {any} [payload] @param {CallOptions} [options] @returns {Promise<any>} */
  call(action, payload, options = {}) {
    const { retry = false, queue = retry, signal, timeout = this._options.timeout } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw signal.reason || new Error("Aborted.");
      const id = `${++this._lastId}`;
      const message = this._message(action, payload, id, queue);
      message.retry = retry;
      /** @param {unknown} reason */
      const giveUp = (reason) => {
        // API Gateway may still answer it, with an error that does not say to what.
        if (message.link) message.link.unclearUntil = this._clock.now() + ANSWER_TIME;
        message.finish?.(reason);
      };
      const abort = () => giveUp(signal?.reason || new Error("Aborted."));
      const late = () => giveUp(new CallTimeout(action));
      const timer = timeout <= LONGEST_TIMER && this._clock.setTimeout(late, timeout);
      signal?.addEventListener("abort", abort);
      message.finish = (error, reply) => {
        this._clock.clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        message.link?.pending.delete(id);
        this._outbox.delete(message);
        error ? reject(error) : resolve(reply);
      };
      const error = this._submit(message);
      if (error) message.finish(error);
    });
  }

  /** @param {string} action @param {any} [payload] @param {{ queue?: boolean }} [options] */
  send(action, payload, { queue } = {}) {
    this._emit(this._message(action, payload, undefined, queue));
  }

  /** @param {string} text @param {{ queue?: boolean }} [options] */
  sendText(text, { queue } = {}) {
    this._emit(this._measured("The text", text, undefined, queue));
  }

  /** @param {string} type @param {Function} listener */
  on(type, listener) {
    const entry = { listener };
    const entries = this._listeners.get(type) || new Set();
    this._listeners.set(type, entries.add(entry));
    return () => void entries.delete(entry);
  }

  /** @param {Function} listener */
  onState(listener) {
    const entry = { listener };
    this._watchers.add(entry);
    return () => void this._watchers.delete(entry);
  }

  /** @param {string} action @param {any} [payload] @param {object} [options] */
  subscribe(action, payload, options) {
    /** @type {Subscription} */
    const subscription = { ...options, action, payload };
    this._subscriptions.add(subscription);
    if (this._link) this._repeat(subscription, this._link);
    return () => {
      this._clock.clearTimeout(subscription.timer);
      this._subscriptions.delete(subscription);
      this._repeated(subscription);
    };
  }

  wake() {
    if (this._link) {
      if (!this._link.probe) this._probe(this._link);
    } else if (!this._opening && !this._isSuspended && !this._isEnded) {
      this._schedule(Math.max(this._notBefore - this._clock.now(), this._jitter(0)));
    }
  }

  close() {
    this._end("closed");
  }

  // Opening a socket

  _attempt() {
    /** @type {Attempt} */
    const attempt = { abort: new AbortController() };
    this._opening = attempt;
    const slow = () => this._failed(attempt, new Error("The handshake took too long."));
    this._clock.clearTimeout(this._timer);
    this._timer = this._clock.setTimeout(slow, this._options.connectTimeout);
    if (!this._link) this._become("connecting");
    if (this._opening === attempt) this._open(attempt); // a listener may have closed it
  }

  /** @param {Attempt} attempt */
  async _open(attempt) {
    const Socket = this._options.WebSocket || globalThis.WebSocket;
    try {
      const ticket = await drawTicket(this._options, attempt.abort.signal);
      if (this._opening !== attempt) return; // closed, or too slow
      /** @type {Socket} */
      const socket = new Socket(withTicket(this._url, ticket), this._options.protocols);
      attempt.socket = socket;
      socket.onopen = () => this._opened(socket);
      socket.onclose = (event) => this._refused(attempt, event);
      socket.onerror = ignore; // `close` follows
    } catch (error) {
      this._failed(attempt, error);
    }
  }

  // A browser does not say why a handshake failed; `session` is asked for the reason.
  /** @param {Attempt} attempt @param {unknown} event */
  async _refused(attempt, event) {
    const { session } = this._options;
    try {
      if (session) await request(this._options, session, { signal: attempt.abort.signal });
      this._failed(attempt, event);
    } catch (error) {
      this._failed(attempt, error);
    }
  }

  /** @param {Attempt} attempt @param {any} cause */
  _failed(attempt, cause) {
    if (this._opening !== attempt) return;
    this._abandon();
    if (REFUSED.includes(cause?.status)) this._end("refused", { cause });
    else this._wait(cause, Number(cause?.retryAfter) || 0);
  }

  _abandon() {
    const attempt = this._opening;
    this._opening = null;
    this._clock.clearTimeout(this._timer);
    attempt?.abort.abort();
    if (attempt?.socket) silence(attempt.socket);
  }

  /** @param {unknown} cause @param {number} [atLeast] in milliseconds */
  _wait(cause, atLeast = 0) {
    const wait = atLeast + this._jitter(this._failures++);
    this._notBefore = this._clock.now() + atLeast;
    if (!this._isSuspended) this._schedule(wait);
    if (!this._link) this._become("waiting", { wait, cause });
  }

  /** @param {number} wait */
  _schedule(wait) {
    this._clock.clearTimeout(this._timer);
    this._timer = this._clock.setTimeout(() => this._attempt(), wait);
  }

  /** @param {number} failures */
  _jitter(failures) {
    const { backoffBase, backoffCap, random } = this._options;
    return random() * Math.min(backoffCap, backoffBase * 2 ** failures);
  }

  /** @param {Socket} socket */
  _opened(socket) {
    const now = this._clock.now();
    const { handOver, handOverSpread, random } = this._options;
    const handOverAt = now + handOver + (2 * random() - 1) * handOverSpread;
    const former = this._link;
    /** @type {Link} */
    const link = {
      socket, handOverAt, openedAt: now, receivedAt: now, unclearUntil: 0, until: 0, limit: 0,
      pending: new Map(), repeating: new Set(), probe: null,
    };
    this._opening = null;
    this._clock.clearTimeout(this._timer);
    this._link = link;
    socket.onmessage = ({ data }) => this._receive(link, data);
    socket.onclose = (event) => this._lost(link, event);
    if (former) this._retire(former);
    for (const subscription of this._subscriptions) this._repeat(subscription, link);
    for (const message of [...this._outbox]) this._submit(message);
    if (!former && this._link === link) this._become("open");
    this._check();
  }

  // Losing a socket, and handing over to another

  /** @param {Link} former */
  _retire(former) {
    const { overlap, drain } = this._options;
    this._clock.clearTimeout(former.probe);
    former.until = this._clock.now() + overlap;
    former.limit = former.until + drain;
    this._retired.add(former);
  }

  /** @param {Link} link @param {unknown} cause */
  _lost(link, cause) {
    silence(link.socket);
    this._clock.clearTimeout(link.probe);
    this._retired.delete(link);
    const wasCurrent = this._link === link;
    if (wasCurrent) this._link = null;
    for (const message of [...link.pending.values()]) this._orphan(message);
    if (!wasCurrent || this._isEnded) return;
    if (this._clock.now() - link.openedAt >= this._options.stableAfter) this._failures = 0;
    if (this._opening) this._become("connecting");
    else this._wait(cause);
  }

  // Whether the server has handled it is not known.
  /** @param {Message} message */
  _orphan(message) {
    message.link?.pending.delete(/** @type {string} */ (message.id));
    message.link = undefined;
    const mayRepeat = message.retry && !this._isEnded;
    if (!mayRepeat || this._submit(message)) {
      message.finish?.(new ConnectionLost("The connection was lost before the answer.", true));
    }
  }

  // Everything that is judged by the time: timers may fire late or together.
  _check() {
    const now = this._clock.now();
    const link = this._link;
    const { keepAlive } = this._options;
    this._clock.clearTimeout(this._checkTimer);
    for (const former of this._retired) if (this._isDue(former, now)) this._lost(former, null);
    if (link && !link.probe && Math.abs(now - link.receivedAt) >= keepAlive) this._probe(link);
    if (link && now >= link.handOverAt) {
      link.handOverAt = Infinity;
      this._failures = 0;
      this._attempt();
    }
    const times = [...this._retired].map(({ until, limit }) => (now < until ? until : limit));
    if (link) times.push(link.handOverAt, link.probe ? Infinity : link.receivedAt + keepAlive);
    // At least 1: sums of fractions are not exact, and a timer must not fire for ever.
    const wait = Math.min(keepAlive, LONGEST_TIMER, Math.max(1, Math.min(...times) - now));
    if (times.length) this._checkTimer = this._clock.setTimeout(() => this._check(), wait);
  }

  // Events that were posted before the new socket had its groups may still come over the
  // former one, and the answers to its calls.
  /** @param {Link} former @param {number} now */
  _isDue(former, now) {
    const isReplaced = this._link && !this._link.repeating.size;
    return now >= former.limit || (now >= former.until && isReplaced && !former.pending.size);
  }

  // Only silence after a ping is a sign, and not if this page has slept meanwhile.
  /** @param {Link} link */
  _probe(link, pings = 1) {
    const { pingTimeout } = this._options;
    const due = this._clock.now() + pingTimeout;
    const judge = () => {
      if (this._clock.now() - due >= LATE && pings < PINGS) this._probe(link, pings + 1);
      else this._lost(link, new ConnectionLost("The connection was silent after a ping."));
    };
    link.probe = this._clock.setTimeout(judge, pingTimeout);
    this.call(PING).catch(ignore);
  }

  /** @param {Event} event */
  _hear({ type, target }) {
    const page = /** @type {Document | null} */ (target);
    if (type === "pagehide") return this._suspend();
    if (type === "pageshow") this._isSuspended = false;
    if (type === "offline" && !this._link) return;
    if (type === "visibilitychange") {
      const silent = this._clock.now() - (this._link?.receivedAt || 0);
      if (page?.visibilityState === "hidden" || silent < this._options.pingTimeout) return;
    }
    this.wake();
  }

  // A page with an open socket cannot be kept for the way back.
  _suspend() {
    this._isSuspended = true;
    this._abandon();
    for (const former of [...this._retired]) this._lost(former, null);
    if (this._link) this._lost(this._link, null);
    else this._become("waiting");
  }

  /** @param {State} state @param {StateDetail} [detail] */
  _end(state, detail) {
    if (this._isEnded) return;
    this._isEnded = true;
    for (const name of PAGE_EVENTS) this._events?.removeEventListener?.(name, this._hear, true);
    this._abandon();
    this._clock.clearTimeout(this._checkTimer);
    for (const { timer } of this._subscriptions) this._clock.clearTimeout(timer);
    this._subscriptions.clear();
    for (const entries of this._listeners.values()) entries.clear();
    for (const link of [...this._retired, this._link]) if (link) this._lost(link, null);
    for (const { finish } of [...this._outbox]) finish?.(new ConnectionLost("The connection has ended."));
    this._outbox.clear();
    this._become(state, detail);
  }

  // Messages

  /** @param {string} action @param {any} payload @param {string} [id] @param {boolean} [queue] */
  _message(action, payload, id, queue) {
    const { envelope, actionName } = this._options;
    const content = envelope === "flat" ? payload : { payload };
    return this._measured(action, JSON.stringify({ ...content, [actionName]: action, id }), id, queue);
  }

  /** @param {string} name @param {string} text @param {string} [id] @param {boolean} [queue] @returns {Message} */
  _measured(name, text, id, queue) {
    const { messageBytes } = this._options;
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > messageBytes) {
      throw new RangeError(`${name}: ${bytes} bytes, but API Gateway accepts ${messageBytes}.`);
    }
    return { text, bytes, queue, id };
  }

  /** @param {Message} message */
  _emit(message) {
    const error = this._submit(message);
    if (error) throw error;
  }

  /** @param {Message} message @returns {Error | undefined} why it is neither sent nor kept */
  _submit(message) {
    const { outboxCalls, outboxBytes, onFrame } = this._options;
    const link = this._link;
    if (link && link.socket.readyState === OPEN) {
      this._outbox.delete(message);
      message.link = link;
      if (message.id) link.pending.set(message.id, message);
      else link.unclearUntil = this._clock.now() + ANSWER_TIME;
      if (onFrame) this._try(onFrame, "out", message.text);
      link.socket.send(message.text);
      return undefined;
    }
    if (this._isEnded || !message.queue) return new ConnectionLost("There is no connection.");
    let bytes = message.bytes;
    for (const each of this._outbox) bytes += each.bytes;
    if (this._outbox.size >= outboxCalls || bytes > outboxBytes) return new OutboxFull();
    this._outbox.add(message);
    return undefined;
  }

  /** @param {Link} link @param {unknown} data */
  _receive(link, data) {
    const { onFrame } = this._options;
    this._clock.clearTimeout(link.probe);
    link.probe = null;
    link.receivedAt = this._clock.now();
    if (onFrame) this._try(onFrame, "in", data);
    const frame = parsed(data);
    if (frame) this._understand(link, frame);
    if (this._retired.has(link)) this._check();
  }

  /** @param {Link} link @param {Frame} frame */
  _understand(link, frame) {
    const { type, id, action, payload, error } = frame;
    const message = link.pending.get(`${id}`);
    if (type === "reply") message?.finish?.(undefined, payload);
    else if (type === "error") {
      const failure = new MessageError(error || frame, action);
      if (message) message.finish?.(failure);
      else if (id == null) this._report(failure);
      if (failure.code === "connection_unknown") this._lost(link, failure);
    } else if (typeof type === "string") this._tell(type, frame);
    else if (frame.message && frame.connectionId) this._blame(link, frame);
  }

  // An error of API Gateway itself does not say which message it is about.
  /** @param {Link} link @param {Frame} frame */
  _blame(link, frame) {
    const { message } = frame;
    const error = new MessageError({ code: "gateway_error", message, detail: frame });
    const [only, other] = link.pending.values();
    const isClear = only && !other && this._clock.now() >= link.unclearUntil;
    isClear ? only.finish?.(error) : this._report(error);
  }

  // An event may come twice: over both sockets of a hand-over, or posted again.
  /** @param {string} type @param {Frame} frame */
  _tell(type, frame) {
    const { id, payload } = frame;
    if (type.startsWith("wsrouter.") || (id && this._seen.has(id))) return;
    if (id) this._seen.add(id);
    for (const oldest of this._seen) {
      if (this._seen.size <= this._options.remembered) break;
      this._seen.delete(oldest);
    }
    for (const { listener } of this._listeners.get(type) || []) this._try(listener, payload, frame);
    for (const { listener } of this._listeners.get("*") || []) this._try(listener, frame);
  }

  // Calls that are repeated on every new socket

  /** @param {Subscription} subscription @param {Link} link */
  _repeat(subscription, link, failures = 0) {
    const { action, payload, timeout, onReply = ignore, onError } = subscription;
    const isWanted = () => this._link === link && this._subscriptions.has(subscription);
    if (!isWanted()) return;
    link.repeating.add(subscription);
    this._clock.clearTimeout(subscription.timer);
    this.call(action, payload, { timeout }).then(
      (reply) => {
        if (!isWanted()) return;
        this._repeated(subscription);
        this._try(onReply, reply);
      },
      (error) => {
        if (!isWanted() || error instanceof ConnectionLost) return;
        onError ? this._try(onError, error) : this._report(error);
        const isPassing = error instanceof CallTimeout || error.retry || REPEATED.includes(error.code);
        if (!isPassing) return this._repeated(subscription);
        const wait = (error.detail?.retry_after || 0) * SECOND + this._jitter(failures);
        const again = () => this._repeat(subscription, link, failures + 1);
        subscription.timer = this._clock.setTimeout(again, wait);
      },
    );
  }

  /** @param {Subscription} subscription */
  _repeated(subscription) {
    this._link?.repeating.delete(subscription);
    if (this._retired.size) this._check();
  }

  // What the page is told

  /** @param {State} state @param {StateDetail} [detail] */
  _become(state, detail = {}) {
    this.state = state;
    for (const { listener } of this._watchers) {
      if (this.state === state) this._try(listener, state, detail);
    }
  }

  // One listener that fails stops no other.
  /** @param {Function} listener @param {unknown[]} values */
  _try(listener, ...values) {
    try {
      listener(...values);
    } catch (error) {
      this._report(error);
    }
  }

  /** @param {unknown} error */
  _report(error) {
    Promise.resolve(error).then(this._options.onError);
  }
}

/** @type {typeof import("./client.d.ts").connect} */
export function connect(url, options = {}) {
  return /** @type {any} */ (new Connection(url, options));
}
