// Who is in a group: `presence(connection, group, { event, onChange })`, for a connection of
// client.js. All options: docs/reference/client.md.

/** @typedef {{ members: any[] | null, count: number, version: number }} List */
/** @typedef {{ version: number, member: any, isIn: boolean }} Change */
/** @typedef {{ views: number, left: Promise<any> }} Joined */

const JOIN = "wsrouter.join";
const CLOCK = {
  /** @type {(run: () => void, ms: number) => any} */
  setTimeout: (run, ms) => setTimeout(run, ms),
  /** @type {(timer: any) => void} */
  clearTimeout: (timer) => clearTimeout(timer),
};

/** @type {WeakMap<object, Map<string, Joined>>} by connection, the groups that views have joined */
const joinedBy = new WeakMap();

/** @param {any} connection @param {string} group @returns {Joined} */
function joined(connection, group) {
  const groups = joinedBy.get(connection) || new Map();
  const found = groups.get(group) || { views: 0, left: Promise.resolve() };
  joinedBy.set(connection, groups.set(group, found));
  return found;
}

class View {
  /** @param {any} connection @param {string} group @param {any} options */
  constructor(connection, group, options) {
    const { event, subscribe, list } = options;
    /** @type {any[] | null} */
    this.members = null;
    this.count = 0;
    this._options = {
      key: (/** @type {any} */ member) => member.id,
      read: (/** @type {any} */ reply) => reply?.presence?.[group],
      leaveDelay: 5000,
      clock: CLOCK,
      ...options,
    };
    /** @type {Map<any, any>} what is shown, and by the same keys, who is about to go */
    this._shown = new Map();
    /** @type {Map<any, any>} */
    this._leaving = new Map();
    /** @type {Map<any, Change>} the latest of each member since the list */
    this._changes = new Map();
    /** @type {List | null} */
    this._list = null;
    /** @type {{ count: number, version: number, members?: any[] | null }} */
    this._total = { count: 0, version: -1 };
    this._hiddenAt = -1; // the version of the latest event that had no names
    this._text = "";
    this._isStopped = false;
    this._end = () => {};
    this._ends = [
      connection.on(event, (/** @type {any} */ change) => change.group === group && this._change(change)),
      connection.onState((/** @type {string} */ state) => state === "open" && this._forgetVersions()),
    ];
    if (list) this.update(list);
    if (subscribe === undefined) this._join(connection, group);
    else if (subscribe) this._ends.push(this._subscribe(connection, subscribe));
  }

  /** @param {any} connection @param {[string, any?]} call @param {() => void} [answered] */
  _subscribe(connection, [action, payload], answered) {
    const { onError, read } = this._options;
    const onReply = (/** @type {any} */ reply) => {
      answered?.();
      const list = read(reply);
      if (list) this.update(list);
    };
    const failed = (/** @type {any} */ error) => {
      answered?.();
      if (!onError) throw error; // the connection reports it
      onError(error);
    };
    return connection.subscribe(action, payload, { onReply, onError: failed });
  }

  // The last view of a group leaves it, once its own join has been answered: API Gateway
  // keeps no order. For the same reason a view that follows waits for that.
  /** @param {any} connection @param {string} group */
  _join(connection, group) {
    const payload = { groups: [group] };
    const all = joined(connection, group);
    const answer = new Promise((resolve) => {
      all.left.then(() => this._isStopped || (this._end = this._subscribe(connection, [JOIN, payload], () => resolve(null))));
    });
    all.views += 1;
    const leave = () => {
      this._end();
      if (!all.views) all.left = connection.call("wsrouter.leave", payload).catch(() => {});
    };
    this._ends.push(() => {
      all.views -= 1;
      answer.then(leave);
    });
  }

  /** @param {List} list */
  update(list) {
    if (this._list && list.version < this._list.version) return;
    for (const [key, { version }] of this._changes) {
      if (version <= list.version) this._changes.delete(key);
    }
    this._list = list;
    if (list.version >= this._total.version) this._total = list;
    this._show();
  }

  // While there was no connection the group may have been empty, and its versions begun anew.
  _forgetVersions() {
    if (!this._list) return;
    const members = this._isNamed() ? [...this._present().values()] : null;
    this._list = this._total = { members, count: this._total.count, version: -1 };
    this._changes.clear();
    this._hiddenAt = -1;
  }

  _isNamed() {
    return !!this._list?.members && this._hiddenAt <= this._list.version;
  }

  // Posts keep no order: the latest that is said of a member counts.
  /** @param {any} change */
  _change({ joined, left, count, version }) {
    if (this._list && version <= this._list.version) return;
    if (version > this._total.version) this._total = { count, version };
    if (!joined) this._hiddenAt = Math.max(this._hiddenAt, version);
    for (const [members, isIn] of [[left, false], [joined, true]]) {
      for (const member of members || []) {
        const key = this._options.key(member);
        const known = this._changes.get(key);
        if (!known || version >= known.version) this._changes.set(key, { version, member, isIn });
      }
    }
    this._show();
  }

  /** @returns {Map<any, any>} who is there, as far as is known */
  _present() {
    const { key } = this._options;
    const found = new Map((this._list?.members || []).map((member) => [key(member), member]));
    for (const [id, { member, isIn }] of this._changes) isIn ? found.set(id, member) : found.delete(id);
    return found;
  }

  _show() {
    const { clock, leaveDelay } = this._options;
    if (!this._list || this._isStopped) return;
    const isNamed = this._isNamed();
    if (!isNamed) this._clear();
    const present = isNamed ? this._present() : new Map();
    for (const id of this._shown.keys()) {
      if (present.has(id) || this._leaving.has(id)) continue;
      this._leaving.set(id, clock.setTimeout(() => this._remove(id), leaveDelay));
    }
    for (const [id, member] of present) {
      clock.clearTimeout(this._leaving.get(id));
      this._leaving.delete(id);
      this._shown.set(id, member);
    }
    this._tell(isNamed ? [...this._shown.values()] : null);
  }

  /** @param {any} id */
  _remove(id) {
    this._leaving.delete(id);
    this._shown.delete(id);
    this._tell([...this._shown.values()]);
  }

  /** @param {any[] | null} members */
  _tell(members) {
    const count = this._total.count + this._leaving.size;
    const text = JSON.stringify([members, count]);
    if (text === this._text) return;
    Object.assign(this, { members, count, _text: text });
    this._options.onChange?.(members, { count });
  }

  _clear() {
    for (const timer of this._leaving.values()) this._options.clock.clearTimeout(timer);
    this._leaving.clear();
    this._shown.clear();
  }

  stop() {
    this._isStopped = true;
    for (const end of this._ends.splice(0)) end();
    this._clear();
  }
}

/** @type {typeof import("./presence.d.ts").presence} */
export const presence = (connection, group, options) => /** @type {any} */ (new View(connection, group, options));
