// @ts-check
// A room: its lines, and who is there.

import { connect } from "../wsrouter/client.js";
import { presence } from "../wsrouter/presence.js";

/** @import { Connection, Positions } from "../wsrouter/client.js" */
/** @import { Events, LineOut, Lines, Person, Routes } from "./socket" */
/** @typedef {Lines & { room: string, since: Positions }} Page */

const STATES = { connecting: "Connecting…", open: "Connected", waiting: "Offline", closed: "", refused: "" };
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short" });

/** @param {string} id @returns {any} */
const find = (id) => document.getElementById(id);

/** @type {Page} */
const { room, since, ...newest } = JSON.parse(find("page").textContent);
const { socket, ticket } = find("room").dataset;
const shown = new Set(); // the ids of lines
let sending = Promise.resolve(); // one at a time: Django answers messages side by side

/** @param {LineOut} line */
function item({ id, author, text, written_at: at }) {
  const made = find("line").content.firstElementChild.cloneNode(true);
  made.dataset.id = id;
  made.querySelector("b").textContent = author;
  made.querySelector("time").textContent = WHEN.format(new Date(at));
  made.querySelector("p").textContent = text;
  return made;
}

/** @param {Lines} found */
function showEarlier({ lines, more }) {
  lines.forEach(({ id }) => shown.add(id));
  find("lines").prepend(...lines.map(item));
  find("earlier").hidden = !more;
}

/** @param {Lines} found */
function showNewest(found) {
  shown.clear();
  find("lines").replaceChildren();
  showEarlier(found);
  scrollDown();
}

/** @param {LineOut} line */
function showLine(line) {
  if (shown.has(line.id)) return; // it was written while the page was made
  shown.add(line.id);
  find("lines").append(item(line));
  scrollDown();
}

/** @param {Person[] | null} people @param {{ count: number }} total */
function showPeople(people, { count }) {
  const names = people ? people.map(({ name }) => name) : [`${count} people`];
  const items = names.map((name) => Object.assign(document.createElement("li"), { textContent: name }));
  find("here").replaceChildren(...items);
}

/** @param {Error} error */
function showError({ message }) {
  find("state").textContent = message;
}

function scrollDown() {
  find("scroll").scrollTop = find("scroll").scrollHeight;
}

showNewest(newest);

/** @type {Connection<Routes, Events>} */
const connection = connect(socket, { ticket, since });
presence(connection, `room:${room}`, { event: "chat.here", onChange: showPeople });
connection.on("chat.line", showLine);
connection.onGap(() => connection.call("chat.history", { room }, { retry: true }).then(showNewest, showError));
connection.onState((state) => {
  find("state").dataset.state = state;
  find("state").textContent = STATES[state];
  if (state === "refused") location.reload(); // Django asks the user to log in
});

/** @param {string} text */
async function say(text) {
  await connection.call("chat.say", { room, text }, { queue: true });
}

find("earlier").addEventListener("click", () => {
  const before = Number(find("lines").firstElementChild.dataset.id);
  connection.call("chat.history", { room, before }, { retry: true }).then(showEarlier, showError);
});

find("say").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const text = find("say").elements.text.value;
  find("say").reset();
  sending = sending.then(() => say(text)).catch(showError);
});
