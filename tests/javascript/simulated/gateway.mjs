// API Gateway and the Django behind it, as far as a client can tell.

const IDLE = 10 * 60_000;
const LIFETIME = 2 * 60 * 60_000;
const TICKET_LIFE = 60_000;
const AWS_ERROR = { message: "Internal server error", connectionId: "c=", requestId: "r=" };

class Socket {
  static OPEN = 1;

  constructor(gateway, url) {
    Object.assign(this, { gateway, url, readyState: 0, groups: new Set(), got: [] });
    Object.assign(this, { connectedAt: gateway.world.time, lastActive: gateway.world.time });
    gateway.sockets.push(this);
    gateway.handshake(this);
  }

  send(text) {
    if (this.readyState !== Socket.OPEN) throw new Error("Sent over a socket that is not open.");
    if (!this.isCut) this.gateway.later(() => this.gateway.receive(this, text));
  }

  close(code) {
    if (this.readyState >= 2) return;
    this.readyState = 2;
    this.closeCode = code;
    this.gateway.later(() => this.end(code));
  }

  end(code) {
    if (this.readyState === 3) return;
    this.isGone = true;
    this.gateway.world.toPage(() => {
      this.readyState = 3;
      this.onclose?.({ code, reason: "" });
    });
  }
}

export class Gateway {
  constructor(world, { latency = 20, tickets = true } = {}) {
    Object.assign(this, { world, latency, needsTicket: tickets, sockets: [], received: [] });
    Object.assign(this, { isUp: true, hangs: false, refuses: false, drawn: new Map(), events: 0, lastTicket: 0 });
    this.ticketFailure = null;
    const gateway = this;
    this.WebSocket = class {
      constructor(url) {
        return new Socket(gateway, url);
      }
    };
    this.draw = async () => {
      if (this.ticketFailure) throw this.ticketFailure();
      this.lastTicket += 1;
      this.drawn.set(`t${this.lastTicket}`, world.time);
      return `t${this.lastTicket}`;
    };
  }

  later(run, ms = this.latency) {
    this.world.later(ms, run);
  }

  get open() {
    return this.sockets.filter((each) => each.isAccepted && !each.isGone);
  }

  get live() {
    return this.sockets.filter((each) => each.readyState < 2);
  }

  handshake(socket) {
    if (this.hangs) return;
    this.later(() => {
      if (!this.isUp || this.refuses || !this.#admits(socket)) return socket.end(1006);
      socket.isAccepted = true;
      socket.connectedAt = socket.lastActive = this.world.time;
      this.#watch(socket);
      return this.later(() => this.world.toPage(() => {
        if (socket.readyState !== 0) return;
        socket.readyState = 1;
        socket.onopen?.({});
      }));
    });
  }

  #admits({ url }) {
    if (!this.needsTicket) return true;
    const ticket = new URL(url).searchParams.get("ticket");
    const drawn = this.drawn.get(ticket);
    if (drawn === undefined) throw new Error(`The ticket ${ticket} was used or never drawn.`);
    this.drawn.delete(ticket);
    return this.world.time - drawn < TICKET_LIFE;
  }

  #watch(socket) {
    const ends = Math.min(socket.lastActive + IDLE, socket.connectedAt + LIFETIME);
    if (socket.isGone) return;
    if (this.world.time >= ends) {
      socket.limit = this.world.time >= socket.connectedAt + LIFETIME ? "lifetime" : "idle";
      this.later(() => socket.end(1001), 0);
    } else this.later(() => this.#watch(socket), ends - this.world.time);
  }

  receive(socket, text) {
    if (socket.isGone || socket.isCut) return;
    socket.lastActive = this.world.time;
    const { action, id, payload } = JSON.parse(text);
    socket.got.push(action);
    this.received.push({ action, id, payload, socket, at: this.world.time });
    const reply = (value) => this.post(socket, { type: "reply", action, id, payload: value });
    if (action === "wsrouter.ping") reply({});
    else if (action === "join") reply([...socket.groups.add(payload)]);
    else if (action === "echo") reply(payload);
    else if (action === "slow") this.later(() => reply(null), payload);
    else if (action === "broken") this.post(socket, AWS_ERROR);
    else if (action === "refuse") this.post(socket, { type: "error", action, id, error: payload });
  }

  post(socket, frame, ms = this.latency) {
    const text = typeof frame === "string" ? frame : JSON.stringify(frame);
    socket.lastActive = this.world.time;
    if (!socket.isCut) {
      this.later(() => this.world.toPage(() => {
        if (socket.readyState === 1) socket.onmessage?.({ data: text });
      }), ms);
    }
  }

  // One event to a group; each post takes its own time. Recipients are read at once.
  publish(group, payload, delays = () => this.latency) {
    this.events += 1;
    const id = this.events.toString(16).padStart(16, "0");
    for (const socket of this.open) {
      if (socket.groups.has(group)) this.post(socket, { type: "event", id, payload }, delays());
    }
  }

  kill() {
    this.isUp = false;
    for (const socket of this.sockets) socket.end(1006);
  }

  // Both sides believe that the connection stands, and nothing gets through.
  cut() {
    for (const socket of this.open) socket.isCut = true;
  }
}
