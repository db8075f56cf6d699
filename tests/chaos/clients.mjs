// Pages that call, enter halls, and write down what came over which socket.

import { chance, counts, now, Page } from "../faults/page.mjs";
import { serve } from "../faults/serve_pages.mjs";

const { faults } = JSON.parse(process.argv[2]);
counts.pending = 0; // calls
let number = 0; // of the latest call or socket in this process

class Caller extends Page {
  constructor(told) {
    super(told);
    this.hall = told.hall;
    this.halls = told.halls;
    this.hasEntered = false;
    this.ids = new Map(); // of connections, by socket
  }

  connections() {
    return [...this.ids.values()];
  }

  get hasBegun() {
    return super.hasBegun && this.hasEntered;
  }

  async start() {
    await super.start();
    this.client.subscribe("enter", this.hall, {
      onReply: () => (this.hasEntered = true),
      onError: (error) => this.note("problem", `enter: ${error.code || error.name}`),
    });
  }

  attach(socket) {
    const of = (number += 1);
    socket.addEventListener("open", () => this.note("opened", of));
    socket.addEventListener("close", () => {
      this.ids.delete(of);
      this.note("closed", of);
    });
    socket.addEventListener("message", ({ data }) => this.raw(of, data));
  }

  // client.js drops what comes twice, so this looks at the frames themselves.
  raw(of, text) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (frame?.type === "reply" && frame.action === "enter") {
      this.ids.set(of, frame.payload.connection);
      this.note("entered", of, frame.payload.hall, frame.payload.connection);
    } else if (frame?.type === "rumour" || frame?.type === "whisper") {
      this.note("got", of, frame.type, frame.id, frame.payload.to, frame.payload.text);
    }
  }

  act() {
    if (!this.client || now() < this.wakesAt) return;
    if (!this.isWaiting && chance(faults.calls)) this.order();
    if (chance(faults.trespasses)) this.trespass();
  }

  async order() {
    const call = (number += 1);
    this.note("call", call);
    counts.pending += 1;
    this.isWaiting = true; // more calls would keep a busy machine from answering
    try {
      const bill = await this.client.call("order", { number: call });
      this.note("answer", call, "reply", bill.number, bill.user);
    } catch (error) {
      this.note("answer", call, error.code || error.name);
    } finally {
      counts.pending -= 1;
      this.isWaiting = false;
    }
  }

  // Into a hall of others; what may go wrong is said by the judge.
  async trespass() {
    const hall = (this.hall + 1) % this.halls;
    try {
      await this.client.call("enter", hall);
      this.note("trespass", hall, "reply");
    } catch (error) {
      this.note("trespass", hall, error.code || error.name);
    }
  }
}

await serve(Caller);
