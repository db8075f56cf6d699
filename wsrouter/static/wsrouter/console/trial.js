// The form of an event: sends it to one connection, as a test.

export function trials({ make, makeForm, settings }) {
  const { testUrl, connectionId, csrfToken } = settings;
  const forms = new Map(); // what was typed stays while another event is looked at

  async function post(event, payload) {
    const response = await fetch(testUrl, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken },
      body: JSON.stringify({ event, connection: connectionId, payload }),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.error ?? `The server answered ${response.status}.`);
    return answer.delivered ? "Delivered." : "Not delivered: the connection is gone.";
  }

  function build(entry) {
    const payload = entry.payload && makeForm(entry);
    const button = make("button", { class: "primary" }, "Send as a test");
    const outcome = make("p", { class: "outcome", role: "status" });
    const say = (text, kind) => { outcome.textContent = text; outcome.dataset.kind = kind; };
    const form = make("form", { class: "sender", novalidate: true },
      make("p", { class: "hint" }, "To the connection ", make("code", {}, connectionId)),
      payload?.element, make("div", { class: "bar" }, button, outcome));
    form.addEventListener("submit", async (submitted) => {
      submitted.preventDefault();
      button.disabled = true;
      say("Sent…", "");
      try {
        say(await post(entry.key, payload?.read() ?? null), "ok");
      } catch (error) {
        say(error.message, "error");
      } finally {
        button.disabled = false;
      }
    });
    return form;
  }

  // Nothing unless the page was opened for a connection, by a user who may do this.
  return function trial(entry) {
    if (!connectionId || !testUrl) return null;
    if (!forms.has(entry.key)) forms.set(entry.key, build(entry));
    return forms.get(entry.key);
  };
}
