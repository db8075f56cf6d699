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
/** @typedef {{ text: string, bytes: number, queue?: boolean, retry?: boolean, id?: string, link?: Link, finish: (error?: unknown, payload?: any, streams?: Frame[]) => void, isPing?: boolean, asked?: Map<string, Stream>, subscription?: Subscription }} Message */
/** @typedef {{ socket: Socket, pending: Map<string, Message>, repeating: Set<object>, openedAt: number, receivedAt: number, askedAt: number, unclearUntil: number, handOverAt: number, until: number, probe?: any, isAsking?: boolean }} Link */
/** @typedef {{ action: string, payload: any, onReply?: (reply: any) => void, onError?: (error: any) => void, onGap?: (gap: any) => void, since?: Positions, timeout?: number, timer?: any, streams: Set<string>, link?: Link }} Subscription */
/** @typedef {import("./client.d.ts").Positions} Positions */
/** @typedef {{ id: string, epoch: string, seq: number, first: number, held: Frame[], due: number, link?: Link | null, isGiven?: boolean }} Stream */

const SECOND = 1000;

const OPEN = 1; // WebSocket.OPEN
const PING = "wsrouter.ping";
const GAP = "wsrouter.gap"; // names that no event has
const STATE = "wsrouter.state";
const TOP = "wsrouter.top"; // a frame that stands for those before its number
const ANSWER_TIME = 30 * SECOND; // API Gateway waits 29 s for Django
const LONGEST_TIMER = 2 ** 31 - 1; // browsers let longer ones fire at once
const REFUSED = [401, 403];
const REPEATED = ["gateway_error", "internal_error"];
const PAGE_EVENTS = ["online", "offline", "visibilitychange", "resume", "pagehide", "pageshow"];

// Times in milliseconds.
const DEFAULTS = {
  envelope: /** @type {"nested" | "flat"} */ ("nested"),
  actionName: "action",
  csrfCookie: "csrftoken",
  backoffBase: 500,
  backoffCap: 30e3,
  stableAfter: 10e3,
  connectTimeout: 30e3,
  timeout: 30e3,
  keepAlive: 240e3,
  pingTimeout: 15e3,
  handOver: 6600e3,
  handOverSpread: 300e3,
  overlap: 10e3,
  drain: 29e3,
  outboxCalls: 100,
  outboxBytes: 262144,
  messageBytes: 32768,
  remembered: 1000,
  hold: 2e3,
  checkStreams: 300e3,
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

class NamedError extends Error {
  /** @param {string} name @param {string} message @param {object} [details] */
  constructor(name, message, details) {
    super(message);
    Object.assign(this, { name, ...details });
  }
}

export class MessageError extends NamedError {
  /** @param {Frame} error @param {string} [action] */
  constructor({ code, message, retry = false, detail }, action) {
    super("MessageError", message || code, { code, retry, detail, action });
  }
}

export class ConnectionLost extends NamedError {
  /** @param {string} message @param {boolean} [sent] */
  constructor(message, sent = false) {
    super("ConnectionLost", message, { sent });
  }
}

export class CallTimeout extends NamedError {
  /** @param {string} action */
  constructor(action) {
    super("CallTimeout", `No answer to ${action} in time.`);
  }
}

export class OutboxFull extends NamedError {
  constructor() {
    super("OutboxFull", "The outbox is full.");
  }
}

export class TicketError extends NamedError {
  /** @param {number} status @param {number} [retryAfter] in milliseconds */
  constructor(status, retryAfter = 0) {
    super("TicketError", `The server answered ${status}.`, { status, retryAfter });
  }
}

function ignore() {}

/** @param {any} error of a call that may succeed when it is made again */
function isPassing(error) {
  return error instanceof CallTimeout || error.retry || REPEATED.includes(error.code);
}

/** @param {Stream} stream @param {number} top @returns {number} how far it goes without a hole */
function heldUpTo({ held, seq }, top) {
  while (seq < top && held.some(({ stream }) => stream.seq === seq + 1)) seq += 1;
  return seq;
}

/** @param {Options} options @param {string | URL} url @param {RequestInit} init */
async function request({ fetch = globalThis.fetch }, url, init) {
  const response = await fetch(url, { credentials: "same-origin", ...init });
  if (response.ok) return response;
  const wait = /** @type {any} */ (response.headers.get("Retry-After")); // seconds, or a date
  const ms = wait * SECOND || Date.parse(wait) - Date.now() || 0;
  throw new TicketError(response.status, Math.max(0, ms));
}

// Read for each request: Django replaces the token at each login, in any tab.
/** @param {string} cookie */
function csrfHeaders(cookie) {
  const page = globalThis.document;
  const prefix = `${cookie}=`;
  const found = page?.cookie.split("; ").find((each) => each.startsWith(prefix));
  const meta = page?.querySelector("meta[name=csrf-token]");
  const token = found?.slice(prefix.length) || meta?.getAttribute("content");
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
  socket.close(1000); // normal closure
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
    /** @type {Set<string>} ids of the latest events */
    this._seen = new Set();
    /** @type {Map<string, Stream>} */
    this._streams = new Map();
    /** @type {Set<Message>} calls that may join a stream, until their reply has counted */
    this._underWay = new Set();
    this._mayAsk = true; // over this socket
    this._isForbidden = false; // over any
    this._lastId = 0;
    this._hear = this._hear.bind(this);
    this._events = this._options.events === undefined ? globalThis : this._options.events;
    // Captured: `resume` is an event of the document and does not bubble.
    for (const name of PAGE_EVENTS) this._events?.addEventListener?.(name, this._hear, true);
    this._give(this._options.since);
    this._attempt();
  }

  // `asked` and `subscription` are for calls of this module alone.
  /** @param {string} action @param {any} [payload] @param {CallOptions} [options] @param {Map<string, Stream>} [asked] @param {Subscription} [subscription] @returns {Promise<any>} */
  call(action, payload, options = {}, asked, subscription) {
    const { retry = false, queue = retry, signal, timeout = this._options.timeout } = options;
    return new Promise((resolve, reject) => {
      const reason = () => signal?.reason || new Error("Aborted.");
      if (signal?.aborted) throw reason();
      const id = `${++this._lastId}`;
      const isPing = action === PING;
      const details = { id, queue, retry, isPing, asked, subscription };
      const message = this._message(action, payload, details);
      /** @param {unknown} error */
      const giveUp = (error) => {
        // API Gateway may still answer it, with an error that does not say to what.
        if (message.link) message.link.unclearUntil = this._clock.now() + ANSWER_TIME;
        message.finish(error);
      };
      const abort = () => giveUp(reason());
      const late = () => giveUp(new CallTimeout(action));
      const timer = timeout <= LONGEST_TIMER && this._clock.setTimeout(late, timeout);
      signal?.addEventListener("abort", abort);
      message.finish = (error, reply, streams) => {
        this._clock.clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        message.link?.pending.delete(id);
        this._outbox.delete(message);
        error ? reject(error) : resolve(reply);
        // In this order: the page's state, and then what has changed since.
        Promise.resolve().then(() => this._settle(message, error, streams));
      };
      const error = this._submit(message);
      if (error) message.finish(error);
    });
  }

  /** @param {string} action @param {any} [payload] @param {{ queue?: boolean }} [options] */
  send(action, payload, { queue } = {}) {
    this._emit(this._message(action, payload, { queue }));
  }

  /** @param {string} text @param {{ queue?: boolean }} [options] */
  sendText(text, { queue } = {}) {
    this._emit(this._measured("The text", text, { queue }));
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
    return this.on(STATE, listener);
  }

  /** @param {string} action @param {any} [payload] @param {object} [options] */
  subscribe(action, payload, options) {
    /** @type {Subscription} */
    const subscription = { ...options, action, payload, streams: new Set() };
    this._subscriptions.add(subscription);
    this._give(subscription.since);
    if (this._link) this._repeat(subscription, this._link);
    return () => {
      this._clock.clearTimeout(subscription.timer);
      this._subscriptions.delete(subscription);
      this._repeated(subscription);
      for (const id of subscription.streams) this._forget(id);
    };
  }

  /** @param {Function} listener */
  onGap(listener) {
    return this.on(GAP, listener);
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
      const mark = this._url.includes("?") ? "&" : "?";
      const query = ticket ? `${mark}ticket=${encodeURIComponent(ticket)}` : "";
      /** @type {Socket} */
      const socket = new Socket(this._url + query, this._options.protocols);
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
    const asked = session && request(this._options, session, { signal: attempt.abort.signal });
    const cause = asked ? await asked.then(() => event, (error) => error) : event;
    this._failed(attempt, cause);
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
    const { handOver, handOverSpread, overlap, random } = this._options;
    const handOverAt = now + handOver + (2 * random() - 1) * handOverSpread;
    const former = this._link;
    /** @type {Link} */
    const link = {
      socket, handOverAt, openedAt: now, receivedAt: now, askedAt: now, unclearUntil: 0, until: 0,
      pending: new Map(), repeating: new Set(),
    };
    this._opening = null;
    this._clock.clearTimeout(this._timer);
    this._link = link;
    this._mayAsk = !this._isForbidden;
    socket.onmessage = ({ data }) => this._receive(link, data);
    socket.onclose = (event) => this._lost(link, event);
    if (former) {
      this._clock.clearTimeout(former.probe);
      former.until = now + overlap;
      this._retired.add(former);
    }
    for (const subscription of this._subscriptions) this._repeat(subscription, link);
    if (this._isKept()) this._ping(link);
    for (const message of this._outbox) this._submit(message);
    if (!former && this._link === link) this._become("open");
    this._check();
  }

  // Losing a socket, and handing over to another

  /** @param {Link} link @param {unknown} cause */
  _lost(link, cause) {
    silence(link.socket);
    this._clock.clearTimeout(link.probe);
    this._retired.delete(link);
    const wasCurrent = this._link === link;
    if (wasCurrent) this._link = null;
    for (const message of link.pending.values()) this._orphan(message);
    if (!wasCurrent || this._isEnded) return;
    if (this._clock.now() - link.openedAt >= this._options.stableAfter) this._failures = 0;
    if (this._opening) this._become("connecting");
    else this._wait(cause);
  }

  // Whether the server has handled it is not known.
  /** @param {Message} message */
  _orphan(message) {
    message.link = undefined;
    if (!message.retry || this._submit(message)) {
      message.finish(new ConnectionLost("The connection was lost before the answer.", true));
    }
  }

  // Everything that is judged by the time: timers may fire late or together.
  _check() {
    const now = this._clock.now();
    const link = this._link;
    const { drain, keepAlive } = this._options;
    this._clock.clearTimeout(this._checkTimer);
    // Events that were posted before the new socket had its groups may still come over the
    // former one, and the answers to its calls.
    for (const former of this._retired) {
      const isDone = now >= former.until && link && !link.repeating.size && !former.pending.size;
      if (isDone || now >= former.until + drain) this._lost(former, null);
    }
    if (link && !link.probe && Math.abs(now - link.receivedAt) >= keepAlive) this._probe(link);
    if (link && now >= link.handOverAt) {
      link.handOverAt = Infinity;
      this._failures = 0;
      this._attempt();
    }
    const times = [...this._retired].map(({ until }) => (now < until ? until : until + drain));
    if (link) times.push(link.handOverAt, link.probe ? Infinity : link.receivedAt + keepAlive);
    times.push(...this._checkStreams(now));
    // At least 1: sums of fractions are not exact, and a timer must not fire for ever.
    const wait = Math.min(keepAlive, LONGEST_TIMER, Math.max(1, Math.min(...times) - now));
    if (times.length) this._checkTimer = this._clock.setTimeout(() => this._check(), wait);
  }

  // Only silence after a ping is a sign, and not if this page has slept meanwhile.
  /** @param {Link} link */
  _probe(link, pings = 1) {
    const late = 2 * SECOND; // a timer that fires so late was throttled or frozen
    const most = 3; // the last is judged even by a late timer
    const { pingTimeout } = this._options;
    const due = this._clock.now() + pingTimeout;
    const judge = () => {
      if (this._clock.now() - due >= late && pings < most) this._probe(link, pings + 1);
      else this._lost(link, new ConnectionLost("No answer to a ping."));
    };
    link.probe = this._clock.setTimeout(judge, pingTimeout);
    this._ping(link);
  }

  // With positions, it is answered with what was missed in the streams of this connection.
  /** @param {Link} link */
  _ping(link) {
    /** @param {Stream} stream */
    const isHere = ({ id }) => this._owners(id).every((owner) => owner.link === link);
    const asked = this._isKept() ? this._positions(isHere) : undefined;
    for (const stream of this._streams.values()) if (stream.epoch) stream.due = Infinity;
    link.askedAt = this._clock.now();
    link.isAsking = true;
    this.call(PING, undefined, {}, asked).catch(ignore);
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
    for (const former of this._retired) this._lost(former, null);
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
    for (const [type, entries] of this._listeners) if (type !== STATE) entries.clear();
    for (const link of [this._link, ...this._retired]) if (link) this._lost(link, null);
    for (const { finish } of this._outbox) finish(new ConnectionLost("There is no connection."));
    this._outbox.clear();
    this._become(state, detail);
  }

  // Messages

  /** @param {string} action @param {any} payload @param {Partial<Message>} details */
  _message(action, payload, details) {
    const { id, asked } = details;
    const { envelope, actionName } = this._options;
    const [content, name] = envelope === "flat" ? [payload, "$since"] : [{ payload }, "since"];
    /** @type {Positions} */
    const since = {};
    for (const { id, epoch, seq } of asked?.values() || []) since[id] = { epoch, seq };
    const text = JSON.stringify({ ...content, [actionName]: action, id, [name]: asked && since });
    return this._measured(action, text, details);
  }

  /** @param {string} name @param {string} text @param {Partial<Message>} details @returns {Message} */
  _measured(name, text, details) {
    const { messageBytes } = this._options;
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > messageBytes) {
      throw new RangeError(`${name}: ${bytes} bytes, but API Gateway accepts ${messageBytes}.`);
    }
    return { text, bytes, finish: ignore, ...details };
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
      if (!message.id) link.unclearUntil = this._clock.now() + ANSWER_TIME;
      else link.pending.set(message.id, message);
      if (message.id && !message.isPing) this._underWay.add(message);
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
    this._check();
  }

  /** @param {Link} link @param {Frame} frame */
  _understand(link, frame) {
    const { type, id, action, payload, error, streams, stream } = frame;
    const message = link.pending.get(`${id}`);
    if (type === "reply") message?.finish(undefined, payload, streams);
    else if (type === "error") {
      const failure = /** @type {any} */ (new MessageError(error || frame, action));
      if (message) message.finish(failure);
      else if (id == null) this._report(failure);
      if (failure.code === "connection_unknown") this._lost(link, failure);
    } else if (typeof type === "string") stream ? this._arrived(frame) : this._tell(type, frame);
    else if (frame.message && frame.connectionId) this._blame(link, frame);
  }

  // An error of API Gateway itself does not say which message it is about.
  /** @param {Link} link @param {Frame} frame */
  _blame(link, frame) {
    const error = new MessageError({ ...frame, code: "gateway_error", detail: frame });
    const [only, other] = link.pending.values();
    if (only && !other && this._clock.now() >= link.unclearUntil) only.finish(error);
    else this._report(error);
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
    this._notify(type, payload, frame);
    this._notify("*", frame);
  }

  // Calls that are repeated on every new socket

  /** @param {Subscription} subscription @param {Link} link */
  _repeat(subscription, link, failures = 0) {
    const { action, payload, timeout, streams, onReply = ignore, onError } = subscription;
    const isWanted = () => this._link === link && this._subscriptions.has(subscription);
    if (!isWanted()) return;
    link.repeating.add(subscription);
    this._clock.clearTimeout(subscription.timer);
    const asked = this._positions(({ id, isGiven }) => isGiven || streams.has(id));
    this.call(action, payload, { timeout }, asked.size ? asked : undefined, subscription).then(
      (reply) => {
        if (!isWanted()) return;
        this._repeated(subscription);
        this._try(onReply, reply);
      },
      (error) => {
        if (!isWanted() || error instanceof ConnectionLost) return;
        onError ? this._try(onError, error) : this._report(error);
        if (!isPassing(error)) return this._repeated(subscription);
        const wait = (error.detail?.retry_after || 0) * SECOND + this._jitter(failures);
        const again = () => this._repeat(subscription, link, failures + 1);
        subscription.timer = this._clock.setTimeout(again, wait);
      },
    );
  }

  /** @param {Subscription} subscription */
  _repeated(subscription) {
    this._link?.repeating.delete(subscription);
    this._check();
  }

  // Streams of kept events. Positions belong to the page, so no socket that ends takes
  // anything along, and whatever comes over two sockets counts once.

  /** @param {Positions} [positions] that the page has got with its state */
  _give(positions = {}) {
    for (const [id, { epoch, seq }] of Object.entries(positions)) {
      const stream = this._stream(id);
      if (!stream.epoch) Object.assign(stream, { epoch, seq, isGiven: true });
    }
  }

  // Its epoch is "" until there is a position.
  /** @param {string} id @returns {Stream} */
  _stream(id) {
    const stream = this._streams.get(id) || { id, epoch: "", seq: 0, first: 0, held: [], due: Infinity };
    this._streams.set(id, stream);
    return stream;
  }

  _isKept() {
    return this._mayAsk && !!(this._options.since || this._streams.size);
  }

  /** @param {string} id @returns {Subscription[]} */
  _owners(id) {
    return [...this._subscriptions].filter(({ streams }) => streams.has(id));
  }

  // Copies, first of those streams that miss something.
  /** @param {(stream: Stream) => boolean} isAsked @returns {Map<string, Stream>} */
  _positions(isAsked) {
    const most = 100; // in one message
    const found = [...this._streams.values()].filter((stream) => stream.epoch && isAsked(stream));
    found.sort((a, b) => b.held.length - a.held.length);
    return new Map(found.slice(0, most).map((stream) => [stream.id, { ...stream }]));
  }

  /** @param {Frame} frame */
  _arrived(frame) {
    const stream = this._stream(frame.stream.id);
    stream.held.push(frame);
    this._advance(stream);
  }

  // Posts run in parallel, so a frame may come before another with a lower number. It is
  // held until that has come, and while a call asks for the stream: state comes first. Of a
  // stream that a frame or a ping tells of, what comes late from before `first` is not lost.
  /** @param {Stream} stream */
  _advance(stream) {
    const now = this._clock.now();
    const late = Math.min(stream.due, now + this._options.hold);
    for (const { asked, subscription } of this._underWay) {
      if (stream.epoch && asked?.has(stream.id)) return void (stream.due = Infinity);
      // A new subscription may join any stream, and any call one that is not known.
      const mayJoin = subscription ? !subscription.link : !stream.epoch;
      if (mayJoin && now < late) return void (stream.due = late);
    }
    const frames = stream.held.splice(0).sort((a, b) => a.stream.seq - b.stream.seq);
    if (!stream.epoch) {
      const { epoch, seq } = frames[0].stream;
      Object.assign(stream, { epoch, first: seq, seq: seq - 1 });
    }
    for (const frame of frames) {
      const { epoch, seq } = frame.stream;
      if (epoch !== stream.epoch || seq > stream.seq + 1) stream.held.push(frame);
      else if (frame.type !== TOP && (seq > stream.seq || seq < stream.first)) {
        stream.seq = Math.max(stream.seq, seq);
        this._tell(frame.type, frame);
      }
    }
    stream.due = stream.held.length ? late : Infinity;
  }

  // A call has ended, with an error or with a reply that has these streams.
  /** @param {Message} message @param {any} error @param {Frame[]} [entries] */
  _settle(message, error, entries = []) {
    const { asked, subscription, isPing, link } = message;
    this._underWay.delete(message);
    if (isPing && link) link.isAsking = false;
    if (this._isEnded) return;
    const isWanted = !subscription || (link === this._link && this._subscriptions.has(subscription));
    if (!error && isWanted) {
      this._compare(message, entries);
      for (const entry of entries) if (entry.id) this._apply(entry, message);
    } else if (isPing && error instanceof MessageError) {
      if (error.message === "Forbidden") this._isForbidden = true;
      this._mayAsk = !this._isForbidden && isPassing(error);
    }
    for (const stream of this._streams.values()) this._advance(stream);
    this._check();
  }

  // What a reply says of membership.
  /** @param {Message} message @param {Frame[]} entries */
  _compare({ asked, subscription, isPing, link }, entries) {
    const listed = new Set(entries.map(({ id }) => id));
    if (listed.delete(undefined)) this._gap(undefined, subscription && [subscription]);
    else if (isPing) {
      for (const [id, was] of asked || []) {
        const stream = this._streams.get(id);
        if (listed.has(id) || !stream || stream.isGiven || stream.link !== was.link) continue;
        const owners = this._owners(id);
        if (owners.length || (was.link && was.link !== link)) this._gap(id, owners);
        for (const { streams } of owners) streams.delete(id);
        this._streams.delete(id);
      }
    } else if (subscription) {
      const former = subscription.streams;
      Object.assign(subscription, { streams: listed, link });
      for (const id of former) {
        if (listed.has(id)) continue;
        this._gap(id, [subscription]);
        this._forget(id);
      }
    }
  }

  /** @param {Frame} entry @param {Message} message */
  _apply({ id, epoch, seq, recovered, again, events }, { asked, isPing, link, subscription }) {
    const was = asked?.get(id);
    const stream = this._stream(id);
    const start = events.length ? events[0].stream.seq - 1 : seq;
    const isNew = () => epoch !== stream.epoch;
    const isState = !was && !isPing; // that of the page comes with this reply
    const isLoose = stream.link === undefined && !stream.isGiven; // only frames have told of it
    if (isState && isLoose && (isNew() || start > stream.seq)) stream.epoch = "";
    stream.isGiven = false;
    stream.link = isPing ? stream.link || null : link;
    // The state may lack what frames and other answers have brought, or let pass, meanwhile.
    if (isState && !isNew()) {
      stream.first = 0;
      if (again) stream.seq = Math.min(stream.seq, seq);
      if (!recovered) this._gap(id, subscription && [subscription]);
      for (const frame of events) if (frame.stream.seq <= stream.seq) this._tell(frame.type, frame);
    }
    // The answer says it all, also of what another reply has shown to be missing.
    if (was) stream.held = stream.held.filter((each) => each.type !== TOP && each.stream.epoch === stream.epoch);
    const isAsked = was?.epoch === stream.epoch && was.seq === stream.seq;
    if (recovered || (stream.epoch && !isAsked)) {
      if (!stream.epoch) Object.assign(stream, { epoch, seq: start, first: isPing ? start + 1 : 0 });
      stream.held.push(...events, { type: TOP, stream: { epoch, seq: seq + (again ? 2 : 1) } });
      if (again) stream.due = 0;
    } else if (isNew() || heldUpTo(stream, seq) < seq) {
      Object.assign(stream, { epoch, seq, first: 0 });
      this._gap(id);
    }
    this._advance(stream);
  }

  // Ask for what is missing, and now and then for what is not known to be.
  /** @param {number} now @returns {number[]} when to look again */
  _checkStreams(now) {
    const { checkStreams } = this._options;
    const link = this._isKept() && this._link;
    let isDue = link && Math.abs(now - link.askedAt) >= checkStreams;
    for (const stream of this._streams.values()) {
      if (now >= stream.due) this._advance(stream);
      if (now < stream.due) continue;
      if (this._mayAsk) isDue = true;
      else {
        // There is no way to ask for what is missing.
        this._gap(stream.id);
        stream.epoch = "";
        this._advance(stream);
      }
    }
    if (link && isDue && !link.isAsking) this._ping(link);
    // What is due already waits for the answer of a ping, or for a socket.
    const times = [...this._streams.values()].map(({ due }) => due).filter((due) => due > now);
    if (link) times.push(link.askedAt + checkStreams);
    return times;
  }

  /** @param {string} id */
  _forget(id) {
    if (!this._owners(id).length) this._streams.delete(id);
  }

  /** @param {string | undefined} id @param {Partial<Subscription>[]} [owners] */
  _gap(id, owners = this._owners(`${id}`)) {
    for (const { action, payload, onGap = ignore } of owners.length ? owners : [{}]) {
      const gap = { id, action, payload };
      this._try(onGap, gap);
      this._notify(GAP, gap);
    }
  }

  // What the page is told

  /** @param {State} state @param {StateDetail} [detail] */
  _become(state, detail = {}) {
    this.state = state;
    for (const { listener } of this._listeners.get(STATE) || []) {
      if (this.state === state) this._try(listener, state, detail);
    }
  }

  /** @param {string} type @param {unknown[]} values */
  _notify(type, ...values) {
    for (const { listener } of this._listeners.get(type) || []) this._try(listener, ...values);
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
