// A page that was told of no gap has had every event once and in order, whatever became of
// posts and sockets. WSROUTER_CLIENT_RUNS is the number of examples.

import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { MINUTE, Page, random, SECOND } from "./simulated/page.mjs";
import { Streams } from "./simulated/streams.mjs";

const numRuns = Number(process.env.WSROUTER_CLIENT_RUNS || 150);
const GROUPS = ["a", "b", "c"];
const CHOICES = [["a"], ["b"], ["a", "b"], ["b", "c"], ["c", "a", "b"]];
const WAITS = [0, 10, 40, 200, 700, SECOND, 3 * SECOND, 20 * SECOND, 2 * MINUTE, 6 * MINUTE];
const REFUSALS = [
  { type: "error", error: { code: "throttled", retry: true } },
  { type: undefined, message: "Internal server error", connectionId: "c=", id: undefined },
];

class Watched extends Page {
  constructor(seed, { last, loss }) {
    const chance = random(seed);
    const onFrame = (direction, text) => direction === "in" && this.heard(JSON.parse(text));
    super({
      random: random(seed + 1), gateway: { latency: 1 + (seed % 400) }, onFrame,
      handOver: 3 * MINUTE, handOverSpread: MINUTE,
    });
    this.streams = new Streams(this, { last, replyBytes: 1500 });
    Object.assign(this, { seen: new Map(), latest: new Map(), adopted: new Set(), anchored: new Set() });
    // By group: the lowest number that a gap may be told for, and that of the latest reply.
    Object.assign(this, { known: new Map(), tops: new Map() });
    Object.assign(this, { renewed: [], told: "", replies: new Map(), lastSubscription: 0, subscriptions: new Set() });
    this.streams.delays = () => {
      if (!this.isHealed && chance() < loss) return [];
      const once = () => 1 + Math.floor(chance() ** 4 * 5 * SECOND);
      return chance() < 0.2 ? [once(), once()] : [once()];
    };
    this.connection.on("event", (number, frame) => this.deliver(number, frame));
    this.connection.onGap((gap) => this.miss(gap));
  }

  group(id) {
    return GROUPS.find((group) => this.streams.of(group).id === id);
  }

  heard({ type, action, id, stream, streams = [] }) {
    if (stream) this.know(stream, stream.seq - 1);
    const { number, seqs, since = {} } = this.streams.begun.get(id) || {};
    for (const entry of streams) {
      const group = this.group(entry.id);
      const isAsked = action !== "watch" || since[entry.id];
      if (entry.recovered) this.know(entry, since[entry.id]?.seq ?? entry.seq - entry.events.length);
      // The gap of an incomplete reply that had not asked is its subscription's alone.
      if (entry.recovered || isAsked) this.tops.set(group, entry.seq);
    }
    if (type === "reply" && action === "watch") this.replies.set(number, seqs);
  }

  know({ id }, seq) {
    const group = this.group(id);
    if (!this.known.has(group)) this.known.set(group, seq);
  }

  deliver(number, { stream }) {
    const group = this.group(stream.id);
    assert.ok(!this.seen.has(number), `event ${number} came twice`);
    this.seen.set(number, stream);
    if (!this.anchored.has(group)) this.adopted.add(group);
    const latest = this.latest.get(group) || 0;
    if (!this.adopted.has(group)) assert.ok(stream.seq > latest, `${group}: ${stream.seq} after ${latest}`);
    this.latest.set(group, Math.max(latest, stream.seq));
  }

  after(group, floor = Infinity) {
    return this.streams.log.filter((at) => at.group === group && at.seq > floor);
  }

  missing({ floors }, group) {
    const isUnseen = ({ number, isExcluded }) => !isExcluded && !this.seen.has(number);
    return this.after(group, floors.get(group)).filter(isUnseen);
  }

  // Nothing that was numbered until now is promised any more to the subscription.
  miss({ id, payload }) {
    const group = this.group(id);
    const subscription = [...this.subscriptions].find((each) => each.number === payload?.number);
    this.judge(group, subscription);
    this.told = `${group} ${this.world.time}`;
    if (this.tops.has(group)) this.known.set(group, this.tops.get(group));
    if (subscription?.floors.has(group)) subscription.floors.set(group, this.streams.of(group).seq);
  }

  judge(group, { number, floors } = { floors: new Map() }) {
    const { id } = this.streams.of(group);
    const begun = this.replies.get(number)?.get(group);
    const isUnseen = (event) => this.seen.get(event.number)?.id !== id;
    const isMissed = [this.known.get(group), floors.get(group), begun].some((floor) => this.after(group, floor).some(isUnseen));
    const isPromised = [...this.subscriptions].some((each) => each.floors.has(group));
    if (isMissed || !isPromised || this.told === `${group} ${this.world.time}`) return;
    assert.ok(this.renewed.includes(group), `nothing is missing in ${group}`);
    this.renewed.splice(this.renewed.indexOf(group), 1);
  }

  subscribe(groups) {
    const number = (this.lastSubscription += 1);
    const subscription = { groups, number, floors: new Map() };
    this.subscriptions.add(subscription);
    const ms = (groups.length * 170) % 600;
    const onReply = () => {
      for (const [group, seq] of this.replies.get(number)) {
        this.anchored.add(group);
        if (!subscription.floors.has(group)) subscription.floors.set(group, seq);
      }
    };
    subscription.stop = this.connection.subscribe("watch", { groups, ms, number }, { onReply });
  }

  unsubscribe() {
    const [subscription] = this.subscriptions;
    if (!subscription) return;
    this.subscriptions.delete(subscription);
    subscription.stop();
    for (const group of subscription.groups) {
      const isOurs = [...this.subscriptions].some(({ floors }) => floors.has(group));
      if (!isOurs) [this.latest, this.anchored, this.known].forEach((each) => each.delete(group));
    }
  }

  async heal() {
    Object.assign(this.gateway, { isUp: true });
    Object.assign(this.streams, { answers: true, failure: null });
    this.isHealed = true;
    this.world.throttle = 0;
    await this.world.thaw();
    await this.advance(13 * MINUTE);
  }
}

const EVENTS = {
  wait: (page, n) => page.advance(WAITS[n % WAITS.length]),
  publish: (page, n) => void page.streams.publish(CHOICES[n % CHOICES.length]),
  burst: async (page, n) => {
    for (let i = 0; i < 3 + (n % 8); i += 1) {
      page.streams.publish([GROUPS[(n + i) % 3]]);
      await page.advance((n * i) % 90);
    }
  },
  exclude: (page, n) => void page.streams.publish([GROUPS[n % 3]], { isExcluded: true }),
  subscribe: (page, n) => page.subscriptions.size < 4 && page.subscribe(CHOICES[n % CHOICES.length]),
  unsubscribe: (page) => page.unsubscribe(),
  call: (page, n) => void page.call("slow", (n % 5) * SECOND),
  kill: (page) => page.gateway.kill(),
  revive: (page) => void (page.gateway.isUp = true),
  cut: (page) => page.gateway.cut(),
  endOne: (page, n) => page.gateway.open[n % (page.gateway.open.length || 1)]?.end(1001),
  renew: (page, n) => {
    page.streams.renewEpoch(GROUPS[n % 3]);
    page.renewed.push(GROUPS[n % 3]);
  },
  forget: (page, n) => page.streams.forgetRows(GROUPS[n % 3], 1 + (n % 7)),
  refusePings: (page, n) => void (page.streams.answers = REFUSALS[n % 3] || true),
  refuseWatch: (page, n) => void (page.streams.failure = n % 2 ? { code: "throttled", retry: true } : null),
  throttle: (page, n) => void (page.world.throttle = [0, SECOND][n % 2]),
  freeze: (page) => page.world.freeze(),
  thaw: (page) => page.world.thaw(),
};
const often = ["wait", "publish", "burst", "burst", "revive", "subscribe"];
const event = fc.tuple(fc.constantFrom(...Object.keys(EVENTS), ...often), fc.nat(1000));

test("no gap, no hole", async () => {
  const orders = fc.asyncProperty(
    fc.nat(100_000),
    fc.record({ last: fc.constantFrom(3, 10, 100), loss: fc.constantFrom(0, 0.1, 0.4) }),
    fc.array(event, { maxLength: 60, size: "max" }),
    async (seed, how, events) => {
      const page = new Watched(seed, how);
      for (const [name, number] of [["subscribe", seed], ["wait", 5], ...events]) {
        await EVENTS[name](page, number);
        page.errors.filter((error) => error instanceof assert.AssertionError).forEach((error) => assert.fail(error));
      }
      await page.heal();
      page.errors.filter((error) => error instanceof assert.AssertionError).forEach((error) => assert.fail(error));
      assert.equal(page.connection.state, "open");
      for (const subscription of page.subscriptions) {
        for (const group of subscription.groups) {
          assert.ok(subscription.floors.has(group), `${group} has no reply`);
          assert.deepEqual(page.missing(subscription, group), [], `hole in ${group}`);
        }
      }
      page.connection.close();
      assert.equal(page.world.pageTimers, 0);
    },
  );
  await fc.assert(orders, { numRuns, includeErrorInReport: true });
});
