// The browser sends Django's session cookie with the handshake, so no other code is needed.
const output = document.querySelector("output");
const socket = new WebSocket(document.querySelector("#me").dataset.socket);

socket.addEventListener("open", () => {
  socket.send(JSON.stringify({ action: "me", id: "1" }));
});
socket.addEventListener("message", ({ data }) => {
  output.textContent = JSON.parse(data).payload.name;
});
socket.addEventListener("close", () => {
  output.textContent = "closed";
});
