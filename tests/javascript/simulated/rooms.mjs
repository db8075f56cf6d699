// The server's presence: who is in a group, its list in replies, and an event for each change.

export class Rooms {
  constructor(page, { limit = 100 } = {}) {
    Object.assign(this, { page, gateway: page.gateway, limit, byGroup: new Map(), calls: [], events: 0, refused: null });
    this.delays = () => [this.gateway.latency]; // of the posts of one event
    const others = this.gateway.receive.bind(this.gateway);
    this.gateway.receive = (socket, text) => {
      const { action, id, payload } = JSON.parse(text);
      if (!["wsrouter.join", "wsrouter.leave", "open"].includes(action)) return others(socket, text);
      if (socket.isGone || socket.isCut) return;
      const [group] = payload.groups;
      this.calls.push(action);
      if (this.refused) return this.gateway.post(socket, { type: "error", action, id, error: this.refused });
      socket.groups[action === "wsrouter.leave" ? "delete" : "add"](group);
      const presence = { [group]: this.list(group) };
      this.gateway.post(socket, { type: "reply", action, id, payload: { groups: [group], presence } }, this.delays()[0]);
    };
  }

  of(group) {
    const found = this.byGroup.get(group) || { version: 0, members: new Map() };
    this.byGroup.set(group, found);
    return found;
  }

  list(group) {
    const { version, members } = this.of(group);
    return { members: members.size > this.limit ? null : [...members.values()], count: members.size, version };
  }

  change(group, joined, left = []) {
    const room = this.of(group);
    for (const id of left) room.members.delete(id);
    for (const id of joined) room.members.set(id, { id, at: room.version });
    room.version += 1;
    const id = `${(this.events += 1)}`;
    const isNamed = room.members.size <= this.limit;
    const payload = {
      group, count: room.members.size, version: room.version,
      joined: isNamed ? joined.map((id) => room.members.get(id)) : null,
      left: isNamed ? left.map((id) => ({ id })) : null,
    };
    for (const socket of this.gateway.open) {
      if (!socket.groups.has(group)) continue;
      for (const ms of this.delays()) this.gateway.post(socket, { type: "rooms.presence", id, payload }, ms);
    }
  }
}
