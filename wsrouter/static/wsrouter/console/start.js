// Loads the modules of the console and connects them. Each comes from a URL in a data
// attribute: a relative import would have no hash in its name, and no module imports another.

const root = document.getElementById("console");
const byId = (id) => document.getElementById(id);

async function loaded() {
  const urls = Object.entries(root.dataset).filter(([name]) => name.startsWith("module"));
  const found = await Promise.all(urls.map(async ([name, url]) => [name.slice("module".length).toLowerCase(), await import(url)]));
  return Object.fromEntries(found);
}

async function description() {
  const response = await fetch(root.dataset.document, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`${root.dataset.document} answered ${response.status}.`);
  return response.json();
}

function settings() {
  const { ticketUrl, csrfCookie, policySources, envelope, action, testUrl, connectionId } = root.dataset;
  const csrfToken = document.querySelector("meta[name=csrf-token]").content;
  return { ticketUrl, csrfCookie, csrfToken, policySources, testUrl, connectionId, frame: { action, flat: envelope === "flat" } };
}

function copier() {
  const [dialog, text] = [byId("copy"), byId("copy-text")];
  return async (program, say) => {
    try {
      await navigator.clipboard.writeText(program);
      say("Copied.");
    } catch {
      text.value = program;
      dialog.showModal();
      text.select();
    }
  };
}

function start(modules, description) {
  const { client, elements, explain } = modules;
  const given = settings();
  const api = modules.api.read(description, given.frame);
  const { EMPTY } = modules.values;
  const values = modules.values.values({ api });
  const tools = { ...elements, values, EMPTY };
  const fields = modules.fields.fields(tools);
  const rows = modules.rows.rows(tools);
  const tree = modules.tree.tree({ ...tools, fields, rows });
  const announce = (text) => { byId("announcement").textContent = text; };
  const log = modules.frames.frames({ ...elements, explain }, {
    list: byId("frames"), filter: byId("filter"), empty: byId("no-frames"), announce,
  });
  const connection = modules.connection.connection({ ...elements, client, explain }, {
    form: byId("connection"), url: byId("url"), button: byId("connect"), state: byId("state"),
    message: byId("message"), extra: byId("parameters"),
  }, {
    settings: given,
    parameters: api.parameters,
    onFrame: (direction, text) => log.show(direction, text, given.frame.action),
    onMark: log.mark,
  });
  const entries = [...api.routes, ...api.events];
  const past = modules.history.history(elements, {
    name: `wsrouter.console.${root.dataset.gateway}`, list: byId("history"), empty: byId("no-history"),
    onPick: ({ key, payload }) => {
      const entry = api.routes.find((route) => route.key === key);
      if (entry) { pick(entry); panel.fill(entry, payload); }
    },
  });
  const makeForm = (entry) => modules.form.payloadForm({ ...tools, tree, rows }, entry);
  const panel = modules.entry.entryPanel({
    ...elements,
    describe: modules.describe.describe({ ...elements, values }),
    makeForm,
    trial: modules.trial.trials({ ...elements, makeForm, settings: given }),
    makeTextForm: () => modules.form.textForm(elements),
    program: modules.javascript.program,
    connection, sent: past.add, copy: copier(), settings: given,
  }, byId("entry"));
  const outline = modules.outline.outline(elements, {
    lists: { route: byId("routes"), event: byId("events") }, search: byId("search"),
    empty: byId("no-match"), count: byId("count"),
  }, entries, (entry) => pick(entry));

  function show(entry, options) {
    outline.select(entry);
    panel.show(entry, options);
  }

  const hashOf = ({ key }) => `#${encodeURIComponent(key)}`;

  function named() {
    const { hash } = location;
    return entries.find((entry) => hashOf(entry) === hash || `#${entry.key}` === hash);
  }

  // Each choice is a step of the browser's history, so that Back does not leave the page.
  function pick(entry) {
    if (entry !== named()) window.history.pushState(null, "", hashOf(entry));
    show(entry);
  }

  byId("no-events").hidden = api.events.length > 0;
  byId("clear").addEventListener("click", log.clear);
  byId("clear-history").addEventListener("click", past.clear);
  byId("pause").addEventListener("click", ({ target }) => {
    const paused = target.getAttribute("aria-pressed") !== "true";
    target.setAttribute("aria-pressed", String(paused));
    log.pause(paused);
  });
  // Back and Forward, and the address of another route that somebody pastes.
  window.addEventListener("hashchange", () => { if (named()) show(named()); });
  const first = named() ?? entries[0];
  if (first) {
    window.history.replaceState(null, "", hashOf(first));
    show(first, { focus: false });
  } else byId("loading").textContent = "No route and no event is declared.";
  root.dataset.ready = "yes";
  performance.mark("console ready");
}

loaded().then(async (modules) => start(modules, await description())).catch((error) => {
  const message = byId("message");
  message.textContent = `The console cannot start: ${error.message}`;
  message.hidden = false;
  byId("loading")?.remove();
});
