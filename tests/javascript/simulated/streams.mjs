// The server's streams: kept events of groups, numbered, and the answers that replay them.

const hex = (number, length) => number.toString(16).padStart(length, "0");

export class Streams {
  constructor(page, { last = 100, replyBytes = 100_000 } = {}) {
    Object.assign(this, { page, gateway: page.gateway, last, replyBytes });
    Object.assign(this, { byGroup: new Map(), pings: [], log: [], answers: true, lastEvent: 0, lastEpoch: 0 });
    this.begun = new Map(); // by the id of a call: the numbers of its streams when it began
    this.delays = () => [this.gateway.latency]; // of the posts of one frame: none, one or more
    const others = this.gateway.receive.bind(this.gateway);
    this.gateway.receive = (socket, text) => {
      if (socket.isGone || socket.isCut) return;
      const { action, id, payload, since, $since = since } = JSON.parse(text);
      const answer = this.#answer(socket, action, payload, $since, id);
      if (!answer) return others(socket, text);
      socket.lastActive = this.gateway.world.time;
      socket.got.push(action);
      this.gateway.received.push({ action, id, payload, since: $since, socket, at: socket.lastActive });
      const frame = () => ({ type: "reply", action, id, payload: {}, ...answer.frame() });
      this.gateway.later(() => this.gateway.post(socket, frame()), answer.ms);
    };
  }

  static async opened(Page, { server, ...options } = {}) {
    const page = await Page.opened(options);
    page.streams = new Streams(page, server);
    return page;
  }

  of(group) {
    const found = this.byGroup.get(group) || { id: group.padEnd(22, "-"), epoch: this.#epoch(), seq: 0, rows: [] };
    this.byGroup.set(group, found);
    return found;
  }

  #epoch() {
    this.lastEpoch += 1;
    return hex(this.lastEpoch, 8);
  }

  position(group) {
    const { epoch, seq } = this.of(group);
    return { epoch, seq };
  }

  positions(...groups) {
    return Object.fromEntries(groups.map((group) => [this.of(group).id, this.position(group)]));
  }

  #answer(socket, action, payload, since = {}, id) {
    if (action === "watch") return this.#watch(socket, payload, since, id);
    if (action === "unwatch") return { ms: 0, frame: () => socket.groups.delete(payload) && {} };
    if (action !== "wsrouter.ping") return null;
    this.pings.push(arguments[3]);
    if (this.answers !== true) return { ms: 0, frame: () => this.answers };
    if (!arguments[3]) return { ms: 0, frame: () => ({}) };
    const streams = this.#entries([...socket.groups], since, (group) => this.of(group).seq);
    return { ms: 0, frame: () => ({ streams }) };
  }

  // It begins, joins after the half of its time, and answers at the end of it.
  #watch(socket, { groups, ms = 0, number }, since, id) {
    const seqs = new Map(groups.map((group) => [group, this.of(group).seq]));
    this.begun.set(id, { number, seqs, since });
    const failure = { type: "error", error: this.failure };
    if (this.failure) return { ms, frame: () => failure };
    const join = () => groups.forEach((group) => socket.groups.add(group));
    if (ms) this.gateway.later(join, ms / 2);
    else join();
    const entries = () => this.#entries(groups, since, (group) => seqs.get(group));
    return { ms, frame: () => ({ payload: groups, streams: this.isUnread ? [{ recovered: false }] : entries() }) };
  }

  #entries(groups, since, begun) {
    let room = this.replyBytes;
    return groups.map((group) => {
      const { id, epoch, seq, rows } = this.of(group);
      const from = since[id] || { epoch, seq: begun(group) };
      const events = rows.filter((frame) => frame.stream.seq > from.seq);
      const recovered = from.epoch === epoch && from.seq <= seq && events.length === seq - from.seq;
      const bytes = JSON.stringify(events).length;
      if (!recovered || bytes > this.replyBytes) return { id, epoch, seq, recovered: false, events: [] };
      if (events.length && bytes > room) return { id, epoch, seq: from.seq, recovered, again: true, events: [] };
      room -= bytes;
      return { id, epoch, seq, recovered, events };
    });
  }

  // One event to some groups; the frame of each is posted to that group's sockets. The
  // user of the page may be excluded.
  publish(groups, { isExcluded = false } = {}) {
    this.lastEvent += 1;
    for (const group of groups) {
      const stream = this.of(group);
      const { id, epoch } = stream;
      const at = { id, epoch, seq: (stream.seq += 1) };
      const event = { type: "event", id: hex(this.lastEvent, 16), payload: this.lastEvent, stream: at };
      const frame = isExcluded ? { type: "wsrouter.skipped", stream: at } : event;
      this.log.push({ group, epoch, seq: at.seq, number: this.lastEvent, isExcluded });
      stream.rows = [...stream.rows, frame].slice(-this.last);
      for (const socket of this.gateway.open) {
        if (socket.groups.has(group)) for (const ms of this.delays()) this.gateway.post(socket, frame, ms);
      }
    }
    return this.lastEvent;
  }

  forgetRows(group, count = Infinity) {
    this.of(group).rows.splice(0, count);
  }

  renewEpoch(group) {
    this.of(group).epoch = this.#epoch();
    this.forgetRows(group);
  }
}
