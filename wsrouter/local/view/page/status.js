"use strict";

const KEPT = 500;
const token = document.querySelector("meta[name=token]").content;
const byId = (id) => document.getElementById(id);
const fresh = (id) => byId(id).content.firstElementChild.cloneNode(true);
let paused = false;

function say(text, live) {
  byId("state").textContent = text;
  byId("state").dataset.live = live;
}

async function act(id, action, text = "") {
  const answer = await fetch(`/~status/${encodeURIComponent(id)}/${action}`, {
    method: "POST",
    headers: { "X-Token": token },
    body: text,
  });
  if (!answer.ok) say((await answer.json()).message, "no");
}

function choose(id, action) {
  if (action !== "send") return act(id, action);
  byId("recipient").textContent = id;
  byId("sending").showModal();
}

function connectionRow(each) {
  const row = fresh("connection");
  row.querySelector(".id").textContent = each.id;
  const since = new Date(each.since).toLocaleTimeString();
  row.querySelector(".name").textContent = each.user;
  const cut = each.cut && "line cut, unnoticed";
  const parts = [cut, `since ${since}`, each.address, each.agent];
  row.querySelector(".detail").textContent = parts.filter(Boolean).join(" · ");
  for (const button of row.querySelectorAll("button")) {
    button.addEventListener("click", () => choose(each.id, button.dataset.action));
  }
  return row;
}

function showConnections({ total, list }) {
  byId("total").textContent = total;
  byId("nobody").hidden = total > 0;
  byId("connections").replaceChildren(...list.map(connectionRow));
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function body(way, text) {
  const shown = document.createElement("pre");
  shown.dataset.way = way;
  shown.textContent = text === "" ? "(empty)" : pretty(text);
  return shown;
}

function bodies(entry) {
  const shown = [];
  if (entry.received !== null) shown.push(body("from the client", entry.received));
  if (entry.sent !== null) shown.push(body("to the client", entry.sent));
  return shown.length ? shown : [body("", "No frame.")];
}

function clock(at) {
  return new Date(at).toLocaleTimeString([], {
    hour12: false, hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3,
  });
}

function frameRow(entry) {
  const row = fresh("frame");
  row.classList.toggle("failed", entry.failed);
  row.querySelector("time").textContent = clock(entry.at);
  row.querySelector(".id").textContent = entry.connection_id;
  row.querySelector(".user").textContent = entry.user;
  row.querySelector(".route").textContent = entry.route_key;
  row.querySelector(".outcome").textContent = entry.outcome;
  const size = entry.size === null ? "" : `${entry.size} B · `;
  row.querySelector(".took").textContent = `${size}${entry.milliseconds} ms`;
  const details = row.querySelector("details");
  details.addEventListener("toggle", () => {
    if (details.open) row.querySelector(".bodies").replaceChildren(...bodies(entry));
  });
  row.dataset.text = `${entry.connection_id} ${entry.user} ${entry.route_key} ${entry.outcome}`.toLowerCase();
  return row;
}

function sift(row) {
  row.hidden = !row.dataset.text.includes(byId("filter").value.trim().toLowerCase());
}

function showEntry(entry) {
  if (paused) return;
  const row = frameRow(entry);
  sift(row);
  byId("frames").prepend(row);
  byId("silence").hidden = true;
  while (byId("frames").children.length > KEPT) byId("frames").lastElementChild.remove();
}

function clear() {
  byId("frames").replaceChildren();
  byId("silence").hidden = false;
}

function listen() {
  const events = new EventSource(`/~status/events?token=${token}`);
  events.addEventListener("open", () => { clear(); say("live", "yes"); });
  events.addEventListener("error", () => {
    showConnections({ total: 0, list: [] });
    say("ws_local does not answer; reload this page once it runs again", "no");
  });
  events.addEventListener("connections", (event) => showConnections(JSON.parse(event.data)));
  events.addEventListener("entry", (event) => showEntry(JSON.parse(event.data)));
}

byId("clear").addEventListener("click", clear);
byId("filter").addEventListener("input", () => [...byId("frames").children].forEach(sift));
byId("pause").addEventListener("click", (event) => {
  paused = !paused;
  event.target.setAttribute("aria-pressed", String(paused));
});
byId("sending").addEventListener("close", (event) => {
  if (event.target.returnValue === "send") {
    act(byId("recipient").textContent, "send", byId("text").value);
  }
});
listen();
