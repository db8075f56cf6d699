// The time of a page and of the network around it. `clock` is what the page sees; its
// timers can be throttled, as those of hidden tabs are, and the page can be frozen.

const turn = () => new Promise((resolve) => setImmediate(resolve));

export class World {
  constructor() {
    this.time = 1_000_000;
    this.timers = new Map();
    this.lastTimer = 0;
    this.throttle = 0;
    this.isFrozen = false;
    this.held = [];
    this.clock = {
      now: () => this.time,
      setTimeout: (run, ms) => this.#add(run, ms, true),
      clearTimeout: (timer) => this.timers.delete(timer),
    };
  }

  #add(run, ms, ofPage) {
    if (!(ms >= 0 && ms < 2 ** 31)) throw new Error(`A timer of ${ms} ms.`);
    this.lastTimer += 1;
    this.timers.set(this.lastTimer, { run, due: this.time + ms, ofPage });
    return this.lastTimer;
  }

  // What happens outside of the page, after some milliseconds.
  later(ms, run) {
    this.#add(run, ms, false);
  }

  // What the page gets to see, at once or when it thaws.
  toPage(run) {
    if (this.isFrozen) this.held.push(run);
    else run();
  }

  get pageTimers() {
    return [...this.timers.values()].filter(({ ofPage }) => ofPage).length;
  }

  #due({ due, ofPage }) {
    if (!ofPage) return due;
    if (this.isFrozen) return Infinity;
    const aligned = this.throttle ? Math.ceil(due / this.throttle) * this.throttle : due;
    return Math.max(this.time, aligned);
  }

  #next() {
    let found = null;
    for (const [id, timer] of this.timers) {
      const due = this.#due(timer);
      if (!found || due < found.due) found = { id, due, run: timer.run };
    }
    return found;
  }

  async advance(ms) {
    const end = this.time + ms;
    await turn();
    let busy = 0;
    for (let next = this.#next(); next && next.due <= end; next = this.#next()) {
      this.timers.delete(next.id);
      busy = next.due === this.time ? busy + 1 : 0;
      if (busy > 10_000) throw new Error("The time stands still.");
      this.time = next.due;
      next.run();
      await turn();
    }
    this.time = end;
  }

  freeze() {
    this.isFrozen = true;
  }

  // Late timers run before the messages that wait: the order that is worse.
  async thaw() {
    this.isFrozen = false;
    const late = [...this.timers].filter(([, timer]) => timer.ofPage && timer.due <= this.time);
    for (const [id, { run }] of late) if (this.timers.delete(id)) run();
    for (const run of this.held.splice(0)) run();
    await turn();
  }
}
