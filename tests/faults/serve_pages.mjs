// Runs many pages in one process. A line of the standard input is a command: `rage` begins
// with the faults of this process, `quiet` ends them, `look` counts the pages that have begun,
// `ping` lets every page ask what it has missed, `write` writes what is known so far to a file,
// `hush` ends what pages do by themselves, `sockets` writes what each page says of its sockets.

import { createWriteStream, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { once } from "node:events";

import { counts, sleep } from "./page.mjs";

const AT_ONCE = 4; // pages that begin

export async function serve(Page) {
  const { pages, file, atOnce = AT_ONCE } = JSON.parse(process.argv[2]);
  const all = [];
  let isQuiet = true;
  let isHushed = true;
  const commands = {
    look() {
      counts.begun = all.filter(({ hasBegun }) => hasBegun).length;
    },
    rage() {
      isQuiet = isHushed = false;
    },
    quiet() {
      isQuiet = true;
      for (const page of all) page.wakesAt = 0;
    },
    hush() {
      isHushed = true;
    },
    sockets() {
      writeFileSync(file, `${JSON.stringify(all.map((page) => page.connections()))}\n`);
    },
    ping() {
      for (const { client } of all) client?.wake();
    },
    async write() {
      const stream = createWriteStream(file);
      for (const { name, user, records } of all) {
        if (!stream.write(`${JSON.stringify({ name, user, records })}\n`)) await once(stream, "drain");
      }
      stream.end();
      await once(stream, "finish");
    },
  };
  createInterface({ input: process.stdin }).on("line", async (command) => {
    await commands[command]();
    console.log(JSON.stringify(counts));
  }).on("close", () => process.exit(0));
  setInterval(() => {
    for (const page of all) {
      if (!isHushed) page.act();
      if (!isQuiet) page.suffer();
    }
  }, 1000);
  for (const page of pages) {
    while (all.filter((each) => !each.hasBegun).length >= atOnce) await sleep(50);
    all.push(new Page(page));
  }
}
