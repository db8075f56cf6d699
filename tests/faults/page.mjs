// A page with client.js that writes down what it is told, and suffers what the command line
// of this process says.

import { WebSocket } from "ws";

const { module, url, site, options, faults } = JSON.parse(process.argv[2]);
const { connect } = await import(module);
export const now = () => Date.now();
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const chance = (probability) => Math.random() < probability;
export const counts = { cuts: 0, sleeps: 0 };

export class Page {
  constructor({ name, user, cookie, subscriptions, usesHttp }) {
    Object.assign(this, { name, user, subscriptions, usesHttp, headers: { Cookie: cookie } });
    Object.assign(this, { records: [], sockets: new Set(), replies: new Map(), wakesAt: 0 });
    this.begun = new Set(); // subscriptions that were answered
    this.start();
  }

  get hasBegun() {
    return this.begun.size === this.subscriptions.length;
  }

  note(kind, ...values) {
    this.records.push([kind, now(), ...values]);
  }

  async start() {
    const since = this.usesHttp ? await this.load() : undefined;
    const page = this;
    class Socket extends WebSocket {
      constructor(address) {
        if (now() < page.wakesAt) throw new Error("There is no network.");
        super(address, { headers: page.headers });
        this.on("error", () => {}); // `ws` throws without one; a browser does not
        page.sockets.add(this);
        this.addEventListener("close", () => page.sockets.delete(this));
        page.attach(this);
      }
    }
    const onFrame = (way, text) => (way === "in" ? this.hear(text) : this.ask(text));
    const onError = (error) => this.note("problem", `${error.code || error.name}: ${error.message}`);
    this.client = connect(url, { WebSocket: Socket, since, onFrame, onError, ...options });
    this.client.on("*", ({ id, payload, stream }) => {
      if (stream) this.note("event", stream.id, stream.epoch, stream.seq, id, payload.trim());
    });
    this.client.onGap(({ id, action }) => this.note("gap", id ?? null, action ?? null));
    for (const groups of this.subscriptions) {
      this.client.subscribe("watch", groups, {
        onReply: ({ reading, rows }) => {
          this.begun.add(groups);
          this.apply(this.replies.get(reading), rows);
          this.replies.delete(reading);
        },
        onError: (error) => this.note("problem", `watch: ${error.code || error.name}`),
      });
    }
  }

  // A socket was made.
  attach() {}

  // The state of the page, and the positions that were read before it.
  async load() {
    for (;;) {
      try {
        const groups = this.subscriptions.flat().join(",");
        const signal = AbortSignal.timeout(20_000);
        const answer = await fetch(`${site}/page/?groups=${groups}`, { headers: this.headers, signal });
        const { since, rows } = await answer.json();
        this.note("page", since, rows);
        return since;
      } catch {
        await sleep(500);
      }
    }
  }

  ask(text) {
    const { action, id, since } = JSON.parse(text);
    if (since) this.note("ask", id, since);
  }

  // The positions of a subscription count when client.js has taken its reply.
  hear(text) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (frame?.type === "error") this.note("problem", `${frame.action}: ${frame.error?.code}`);
    if (frame?.type !== "reply" || !frame.streams) return;
    const reply = { id: frame.id, action: frame.action, streams: frame.streams };
    if (frame.action === "watch") this.replies.set(frame.payload.reading, reply);
    else this.apply(reply);
  }

  apply({ id: call, action, streams }, rows = null) {
    const entries = streams.map(({ id, epoch, seq, recovered, again, events = [] }) => {
      const first = events.length ? events[0].stream.seq : null;
      return { id: id ?? null, epoch, seq, recovered, again: !!again, first };
    });
    this.note("reply", action, call, entries, rows);
  }

  // Once a second.
  act() {}

  // The ids of its connections, where it knows them.
  connections() {
    return [];
  }

  suffer() {
    if (!this.client || now() < this.wakesAt) return;
    if (chance(faults.cuts)) this.cut();
    else if (chance(faults.sleeps)) {
      counts.sleeps += 1;
      this.wakesAt = now() + (faults.sleep[0] + Math.random() * faults.sleep[1]) * 1000;
      this.cut();
    } else if (this.client.state === "open" && chance(faults.notes)) {
      this.client.call("note", this.subscriptions[0]).catch(() => {});
    }
  }

  cut() {
    counts.cuts += 1;
    for (const socket of this.sockets) socket.terminate();
  }
}
