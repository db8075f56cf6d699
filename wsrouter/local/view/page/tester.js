// "Try it as a client": what is typed is sent as it is. It uses what status.js declares.

import { connect } from "./client.js";
import { explainFrame } from "./explain.js";

const MAX_FRAMES = 100;
// A close is shown, not mended, and nothing is sent but what the user sends.
const AS_TYPED = { keepAlive: Infinity, handOver: Infinity, handOverSpread: 0, events: null };
let client = null;

function stageUrl() {
  const path = document.querySelector("meta[name=stage-path]").content;
  const query = byId("client-query").value.trim().replace(/^\?/, "");
  return `ws://${location.host}${path}${query ? `?${query}` : ""}`;
}

function showClient(text, isOpen = false) {
  byId("client-state").textContent = text;
  byId("client-connect").textContent = client ? "Disconnect" : "Connect";
  byId("client-query").disabled = Boolean(client);
  byId("client-send").disabled = !isOpen;
}

function showFrame(direction, text) {
  const row = document.createElement("li");
  row.append(frameBlock(direction === "in" ? "received" : "sent", text));
  if (direction === "in") explain(text, row);
  byId("client-frames").prepend(row);
  while (byId("client-frames").children.length > MAX_FRAMES) byId("client-frames").lastElementChild.remove();
}

// API Gateway's own error frames, in the words of the console.
function explain(text, row) {
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

function closedText(cause, wasOpen) {
  if (!wasOpen) return "Refused. The live traffic says why.";
  return `Closed with ${cause.code}${cause.reason ? `: ${cause.reason}` : ""}.`;
}

function end(text) {
  const ended = client;
  client = null;
  ended.close();
  showClient(text);
}

function connectClient() {
  let wasOpen = false;
  client = connect(stageUrl(), { ...AS_TYPED, onFrame: showFrame, onError() {} });
  client.onState((state, { cause }) => {
    if (state === "open") {
      wasOpen = true;
      showClient("Connected.", true);
    } else if (state === "waiting") end(closedText(cause, wasOpen));
  });
  showClient("Connecting.");
}

byId("client-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (client) end("Closed with 1000.");
  else connectClient();
});
byId("client-send").addEventListener("click", () => {
  try {
    client.sendText(byId("client-frame").value);
  } catch (error) {
    byId("client-state").textContent = error.message;
  }
});
