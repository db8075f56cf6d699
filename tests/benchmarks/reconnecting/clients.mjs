// Many clients of one library in one process. A line `ready` says that all of them listen,
// `heard` that the first event has come; what became of them is printed as JSON when the
// standard input ends.

import PartySocket from "partysocket/ws";
import Reconnecting from "reconnecting-websocket";
import { WebSocket } from "ws";

import { connect } from "../../../wsrouter/static/wsrouter/client.js";

const { library, url, cookie, clients, options } = JSON.parse(process.argv[2]);
const headers = { Cookie: cookie };
const now = () => performance.timeOrigin + performance.now();

const LIBRARIES = {
  "client.js": (page, Recorded) => {
    const connection = connect(url, { WebSocket: Recorded, ...options });
    connection.on("counted", (number) => page.hear(number));
    connection.subscribe("count.watch", undefined, { onReply: () => page.listens() });
    return connection;
  },
  partysocket: (page, Recorded) => plain(page, new PartySocket(url, [], { WebSocket: Recorded })),
  // Its default delay is drawn once a page, not once a socket.
  "reconnecting-websocket": (page, Recorded) => {
    const minReconnectionDelay = 1000 + Math.random() * 4000;
    return plain(page, new Reconnecting(url, [], { WebSocket: Recorded, minReconnectionDelay }));
  },
};

// As their documentation has it: whatever a new socket needs is sent when it opens.
function plain(page, socket) {
  socket.addEventListener("open", () => socket.send('{"action": "count.watch", "id": "1"}'));
  socket.addEventListener("message", ({ data }) => {
    const { type, payload } = JSON.parse(data);
    if (type === "counted") page.hear(payload);
    else if (type === "reply") page.listens();
  });
  return socket;
}

class Page {
  constructor() {
    const page = this;
    Object.assign(this, { started: now(), attempts: [], opened: [], events: [], isListening: false });
    this.client = LIBRARIES[library](this, class extends WebSocket {
      constructor(address, protocols) {
        page.attempts.push(now());
        super(address, protocols?.length ? protocols : undefined, { headers });
        this.on("error", () => {}); // `ws` throws without one; a browser does not
        this.addEventListener("open", () => {
          page.opened.push(now());
          page.current = this;
        });
        this.addEventListener("close", () => {
          if (page.current === this) page.isListening = false;
        });
      }
    });
  }

  hear(number) {
    if (!this.events.length) console.log("heard");
    this.events.push([number, now()]);
  }

  listens() {
    this.isListening = true;
    if (pages.length === clients && pages.every(({ isListening }) => isListening)) console.log("ready");
  }

  get record() {
    const { started, attempts, opened, events } = this;
    return { started, attempts, opened, events };
  }
}

const pages = [];
for (let index = 0; index < clients; index += 1) {
  pages.push(new Page());
  await new Promise((resolve) => setTimeout(resolve, 20));
}
process.stdin.resume();
process.stdin.on("end", () => {
  const text = JSON.stringify(pages.map(({ record }) => record));
  for (const { client } of pages) client.close();
  setTimeout(() => process.stdout.write(`${text}\n`, () => process.exit(0)), 300);
});
