// A WebSocket to API Gateway. It matches answers to messages and reconnects after a close.

const ANSWER_MS = 30_000; // API Gateway waits 29 s for Django at most
const IDLE_MS = 9 * 60_000; // it closes connections after 10 silent minutes, and after 2 h
const LONGEST_WAIT_MS = 30_000;

export class Socket {
  #url;
  #on;
  #socket;
  #waiting = new Map();
  #lastId = 0;
  #failures = 0;
  #idle;
  #retry;

  // `on` has functions: state(name, milliseconds), opened(), refused(), idle(),
  // event(frame) and frame(direction, text).
  constructor(url, on) {
    this.#url = url;
    this.#on = on;
    this.#connect();
    window.addEventListener("online", () => this.#reconnect());
  }

  // Sends a message. The promise resolves with the payload of the reply.
  call(action, payload) {
    return new Promise((resolve, reject) => {
      if (this.#socket.readyState !== WebSocket.OPEN) {
        reject(new Error("Not connected."));
        return;
      }
      const id = String(++this.#lastId);
      const late = setTimeout(() => this.#socket.close(), ANSWER_MS);
      this.#waiting.set(id, { resolve, reject, late });
      this.#send(JSON.stringify({ action, id, payload }));
    });
  }

  #connect() {
    this.#on.state("connecting");
    let opened = false;
    const socket = new WebSocket(this.#url);
    socket.onopen = () => {
      opened = true;
      this.#on.state("connected");
      this.#on.opened();
    };
    socket.onmessage = ({ data }) => {
      this.#failures = 0;
      this.#heard("in", data);
      this.#receive(JSON.parse(data));
    };
    socket.onclose = () => {
      clearTimeout(this.#idle);
      this.#waiting.forEach((_, id) => this.#settle(id).reject(new Error("Disconnected.")));
      if (!opened) {
        this.#on.refused();
      }
      this.#wait();
    };
    this.#socket = socket;
  }

  // Waits a random time within a growing span, so that clients that were disconnected
  // together do not reconnect together.
  #wait() {
    const span = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** this.#failures++);
    const pause = Math.random() * span;
    this.#on.state("waiting", pause);
    this.#retry = setTimeout(() => this.#connect(), pause);
  }

  #reconnect() {
    if (this.#socket.readyState === WebSocket.CLOSED) {
      clearTimeout(this.#retry);
      this.#connect();
    }
  }

  #send(text) {
    this.#socket.send(text);
    this.#heard("out", text);
  }

  #heard(direction, text) {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#on.idle(), IDLE_MS);
    this.#on.frame(direction, text);
  }

  #receive(frame) {
    if (frame.type === "reply") {
      this.#settle(frame.id)?.resolve(frame.payload);
    } else if (frame.type === "error") {
      this.#settle(frame.id)?.reject(new Error(frame.error.message));
    } else if (frame.type) {
      this.#on.event(frame);
    } else {
      // An error of API Gateway itself does not say which message it is about.
      this.#waiting.forEach((_, id) => this.#settle(id).reject(new Error(frame.message)));
    }
  }

  #settle(id) {
    const call = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(call?.late);
    return call;
  }
}
