// The page: a list of notifications that is the same in every tab.

import { connect } from "../wsrouter/client.js";

const MOST_FRAMES = 100;
const TOAST_MS = 6000;
const STATES = {
  connecting: () => "Connecting…",
  open: () => "Connected",
  waiting: (wait = 0) => `Reconnecting in ${Math.ceil(wait / 1000)} s`,
  refused: () => "Logged out",
};
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

const find = (id) => document.getElementById(id);
const items = new Map();
let unread = 0;
let pushes = 0;

const { socketUrl, ticketUrl } = document.body.dataset;
const connection = connect(socketUrl, { ticket: ticketUrl, onFrame: log });
connection.on("*", () => (pushes += 1));
connection.on("notification.created", created);
connection.on("notification.read", read);
connection.onState((state, { wait }) => {
  find("state").dataset.state = state;
  find("state").textContent = STATES[state](wait);
  if (state === "open") refresh(); // the list has what was missed
  if (state === "refused") location.reload(); // Django asks the user to log in
});

async function refresh() {
  try {
    let before, newest;
    do {
      before = pushes; // an event that arrives in the meantime may be newer than the answer
      newest = await connection.call("notifications.list", {});
    } while (before !== pushes);
    find("list").replaceChildren(...newest.notifications.map(shown));
    count(newest.unread);
  } catch (error) {
    toast(error.message);
  }
}

function created(notification) {
  if (!items.has(notification.id)) {
    find("list").prepend(shown(notification));
    count(unread + 1);
    toast(notification.text);
  }
}

function read(notification) {
  const item = items.get(notification.id);
  if (!item) {
    refresh();
  } else if (item.classList.contains("unread")) {
    shown(notification);
    count(unread - 1);
  }
}

async function markRead(id, button) {
  button.disabled = true;
  try {
    read(await connection.call("notifications.mark_read", { notification_id: id }));
  } catch (error) {
    toast(error.message);
    button.disabled = false;
  }
}

function shown(notification) {
  const item = items.get(notification.id) ?? added(notification);
  item.classList.toggle("unread", !notification.read);
  item.querySelector("button").hidden = notification.read;
  return item;
}

function added({ id, text, created_at: at }) {
  const item = find("notification").content.firstElementChild.cloneNode(true);
  const button = item.querySelector("button");
  const time = item.querySelector("time");
  item.querySelector("p").textContent = text;
  time.dateTime = at;
  time.textContent = WHEN.format(new Date(at));
  button.addEventListener("click", () => markRead(id, button));
  items.set(id, item);
  return item;
}

function count(now) {
  unread = now;
  find("unread").textContent = unread;
  find("unread").hidden = !unread;
  find("empty").hidden = find("list").childElementCount > 0;
  document.title = unread ? `(${unread}) Notifications` : "Notifications";
}

function toast(text) {
  const shownToast = document.createElement("p");
  shownToast.textContent = text;
  shownToast.addEventListener("click", () => shownToast.remove());
  find("toasts").append(shownToast);
  setTimeout(() => shownToast.remove(), TOAST_MS);
}

function log(direction, text) {
  const row = document.createElement("li");
  row.className = direction;
  row.textContent = text;
  find("log").prepend(row);
  while (find("log").childElementCount > MOST_FRAMES) {
    find("log").lastElementChild.remove();
  }
}

find("notify").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const body = new FormData(form);
  form.reset();
  const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
  if (!answer?.ok) {
    toast("That was not sent.");
  }
});
