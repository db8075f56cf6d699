// The page: it logs in at Django's API, which is on another site, and connects with tickets.

import { connect, TicketError } from "./wsrouter/client.js";
import { showAll, showNew } from "./board.js";

const STATES = { connecting: "Connecting…", open: "Live", waiting: "Offline", closed: "", refused: "Log in again." };
const find = (id) => document.getElementById(id);
const { api } = await (await fetch("config.json")).json();
let connection;

function post(path, options) {
  return fetch(api + path, { method: "POST", ...options });
}

async function logIn(form) {
  const body = JSON.stringify(Object.fromEntries(new FormData(form)));
  const answer = await post("/api/token/", { body, headers: { "Content-Type": "application/json" } });
  const said = await answer.json();
  if (!answer.ok) return void (find("state").textContent = said.error);
  sessionStorage.login = JSON.stringify(said);
  form.reset();
  open(said);
}

function open({ token, socket }) {
  const headers = { Authorization: `Bearer ${token}` };
  const ticket = async (signal) => {
    const answer = await post("/api/ticket/", { headers, signal });
    if (!answer.ok) throw new TicketError(answer.status);
    return (await answer.json()).ticket;
  };
  const draw = ({ measurements }) => showAll(measurements);
  connection = connect(socket, { ticket });
  connection.on("farm.measured", showNew);
  connection.subscribe("farm.watch", undefined, { onReply: draw });
  connection.onGap(() => connection.call("farm.watch", undefined, { retry: true }).then(draw));
  connection.onState((state) => {
    find("state").textContent = STATES[state];
    if (state === "refused") logOut(); // the token has expired
  });
  show(true);
}

function logOut() {
  connection?.close();
  delete sessionStorage.login;
  show(false);
}

function show(isIn) {
  find("log-in").hidden = isIn;
  find("board").hidden = find("log-out").hidden = !isIn;
}

find("log-out").addEventListener("click", logOut);
find("log-in").addEventListener("submit", (event) => {
  event.preventDefault();
  logIn(event.target).catch(({ message }) => (find("state").textContent = message));
});
if (sessionStorage.login) open(JSON.parse(sessionStorage.login));
else show(false);
