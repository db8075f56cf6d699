"use strict";

const MAX_FRAMES = 100;
const explaining = import("/~status/explain.js");
let socket = null;

function stageUrl() {
  const path = document.querySelector("meta[name=stage-path]").content;
  const query = byId("client-query").value.trim().replace(/^\?/, "");
  return `ws://${location.host}${path}${query ? `?${query}` : ""}`;
}

function showClient(text, isOpen = false) {
  byId("client-state").textContent = text;
  byId("client-connect").textContent = socket ? "Disconnect" : "Connect";
  byId("client-query").disabled = Boolean(socket);
  byId("client-send").disabled = !isOpen;
}

function showFrame(direction, text) {
  const row = document.createElement("li");
  row.append(frameBlock(direction, text));
  if (direction === "received") explain(text, row);
  byId("client-frames").prepend(row);
  while (byId("client-frames").children.length > MAX_FRAMES) byId("client-frames").lastElementChild.remove();
}

// API Gateway's own error frames, in the words of the console.
async function explain(text, row) {
  const { explainFrame } = await explaining;
  let why = null;
  try {
    why = explainFrame(JSON.parse(text));
  } catch {
    return; // no JSON
  }
  if (!why) return;
  const explanation = document.createElement("p");
  explanation.className = "why";
  explanation.textContent = why;
  row.append(explanation);
}

function closedText(event, wasOpen) {
  if (!wasOpen) return "Refused. The live traffic says why.";
  return `Closed with ${event.code}${event.reason ? `: ${event.reason}` : ""}.`;
}

function connectClient() {
  let wasOpen = false;
  try {
    socket = new WebSocket(stageUrl());
  } catch (error) {
    showClient(error.message);
    return;
  }
  showClient("Connecting.");
  socket.addEventListener("open", () => { wasOpen = true; showClient("Connected.", true); });
  socket.addEventListener("message", (event) => showFrame("received", event.data));
  socket.addEventListener("close", (event) => { socket = null; showClient(closedText(event, wasOpen)); });
}

byId("client-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (socket) socket.close(1000);
  else connectClient();
});
byId("client-send").addEventListener("click", () => {
  const text = byId("client-frame").value;
  socket.send(text);
  showFrame("sent", text);
});
