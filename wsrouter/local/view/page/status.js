"use strict";

const MAX_ENTRIES = 500;
const RETRY_MILLISECONDS = 1000;
let token = document.querySelector("meta[name=token]").content;
const byId = (id) => document.getElementById(id);
const cloneTemplate = (id) => byId(id).content.firstElementChild.cloneNode(true);
let paused = false;

function showState(text, live) {
  byId("state").textContent = text;
  byId("state").dataset.live = live;
}

async function postAction(connectionId, action, text = "") {
  const response = await fetch(`/~status/${encodeURIComponent(connectionId)}/${action}`, {
    method: "POST",
    headers: { "X-Token": token },
    body: text,
  });
  if (!response.ok) showState((await response.json()).message, "no");
}

function startAction(connectionId, action) {
  if (action !== "send") return postAction(connectionId, action);
  byId("recipient").textContent = connectionId;
  byId("send-dialog").showModal();
}

function connectionRow(connection) {
  const row = cloneTemplate("connection-row");
  row.querySelector(".id").textContent = connection.id;
  row.querySelector(".name").textContent = connection.user;
  const dropped = connection.silently_dropped && "dropped, undetected";
  const since = `since ${new Date(connection.since).toLocaleTimeString()}`;
  const details = [dropped, since, connection.address, connection.agent];
  row.querySelector(".detail").textContent = details.filter(Boolean).join(" · ");
  for (const button of row.querySelectorAll("button")) {
    button.addEventListener("click", () => startAction(connection.id, button.dataset.action));
  }
  return row;
}

function showConnections({ total, list }) {
  byId("total").textContent = total;
  byId("no-connections").hidden = total > 0;
  byId("connections").replaceChildren(...list.map(connectionRow));
}

function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function frameBlock(direction, text) {
  const block = document.createElement("pre");
  block.dataset.direction = direction;
  block.textContent = text === "" ? "(empty)" : indented(text);
  return block;
}

function frameBlocks(entry) {
  const blocks = [];
  if (entry.received !== null) blocks.push(frameBlock("from the client", entry.received));
  if (entry.sent !== null) blocks.push(frameBlock("to the client", entry.sent));
  return blocks.length ? blocks : [frameBlock("", "No frame.")];
}

function clockTime(at) {
  return new Date(at).toLocaleTimeString([], {
    hour12: false, hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3,
  });
}

// A long name wraps after its separators, not inside a word.
function breakable(name) {
  return name.split(/(?<=[./:_-])/).flatMap((part) => [part, document.createElement("wbr")]);
}

function entryRow(entry) {
  const row = cloneTemplate("entry-row");
  row.classList.toggle("failed", entry.failed);
  row.querySelector("time").textContent = clockTime(entry.at);
  row.querySelector(".id").textContent = entry.connection_id;
  row.querySelector(".user").textContent = entry.user;
  row.querySelector(".route").append(...breakable(entry.route_key));
  row.querySelector(".outcome").textContent = entry.outcome;
  const size = entry.size === null ? "" : `${entry.size} B · `;
  row.querySelector(".duration").textContent = `${size}${entry.milliseconds} ms`;
  const details = row.querySelector("details");
  details.addEventListener("toggle", () => {
    if (details.open) row.querySelector(".bodies").replaceChildren(...frameBlocks(entry));
  });
  row.dataset.text = `${entry.connection_id} ${entry.user} ${entry.route_key} ${entry.outcome}`.toLowerCase();
  return row;
}

function applyFilter(row) {
  row.hidden = !row.dataset.text.includes(byId("filter").value.trim().toLowerCase());
}

function showEntry(entry) {
  if (paused) return;
  const row = entryRow(entry);
  applyFilter(row);
  byId("frames").prepend(row);
  byId("no-frames").hidden = true;
  while (byId("frames").children.length > MAX_ENTRIES) byId("frames").lastElementChild.remove();
}

function clearEntries() {
  byId("frames").replaceChildren();
  byId("no-frames").hidden = false;
}

// A restarted ws_local has another token: it is in the page, which is fetched again.
async function renewToken() {
  const page = await (await fetch("/", { cache: "no-store" })).text();
  const fresh = new DOMParser().parseFromString(page, "text/html");
  token = fresh.querySelector("meta[name=token]").content;
}

async function resubscribe() {
  try {
    await renewToken();
  } catch {
    setTimeout(resubscribe, RETRY_MILLISECONDS);
    return;
  }
  subscribe();
}

function subscribe() {
  const events = new EventSource(`/~status/events?token=${token}`);
  events.addEventListener("open", () => { clearEntries(); showState("live", "yes"); });
  events.addEventListener("error", () => {
    events.close();
    showConnections({ total: 0, list: [] });
    showState("ws_local does not answer. Waiting until it runs again.", "no");
    setTimeout(resubscribe, RETRY_MILLISECONDS);
  });
  events.addEventListener("connections", (event) => showConnections(JSON.parse(event.data)));
  events.addEventListener("entry", (event) => showEntry(JSON.parse(event.data)));
}

byId("clear").addEventListener("click", clearEntries);
byId("filter").addEventListener("input", () => [...byId("frames").children].forEach(applyFilter));
byId("pause").addEventListener("click", (event) => {
  paused = !paused;
  event.target.setAttribute("aria-pressed", String(paused));
});
byId("send-dialog").addEventListener("close", (event) => {
  if (event.target.returnValue === "send") {
    postAction(byId("recipient").textContent, "send", byId("text").value);
  }
});
subscribe();
