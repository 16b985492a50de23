// How the page talks to the node. An EventSource cannot send a token, so the stream of
// events is read with fetch.

const SILENCE = 12_000; // the node sends something every few seconds
let token = sessionStorage.getItem("token") ?? "";

export function setToken(text) {
  token = text.trim();
  sessionStorage.setItem("token", token);
}

function headers() {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

// get returns the response of a path, or throws what the server says is wrong.
export async function get(path, options = {}) {
  const response = await fetch(path, { headers: headers(), cache: "no-store", ...options });
  if (response.ok) return response;
  let text = response.statusText;
  try {
    text = (await response.json()).error;
  } catch {
    // it is not ours
  }
  throw Object.assign(new Error(text || `status ${response.status}`), { status: response.status });
}

export async function getJSON(path) {
  return (await get(path)).json();
}

// follow reads the events of the node for good. It calls on.event(name, data) for each,
// on.lost(error) when the connection has ended, and awaits on.login() if the server
// wants a token.
export async function follow(on) {
  for (let delay = 500; ; delay = Math.min(delay * 1.5, 4000)) {
    try {
      await readEvents((name, data) => {
        delay = 500;
        on.event(name, data);
      });
      on.lost(null);
    } catch (error) {
      if (error.status === 401) {
        await on.login();
        continue;
      }
      on.lost(error);
    }
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
}

async function readEvents(emit) {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), SILENCE);
  try {
    const response = await get("events", { signal: abort.signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), SILENCE);
      rest = split(rest + value, emit);
    }
  } finally {
    clearTimeout(timer);
  }
}

// split hands out the events of a text, and returns what is left of it.
function split(text, emit) {
  const parts = text.split("\n\n");
  const rest = parts.pop();
  for (const part of parts) {
    const name = /^event: (.*)$/m.exec(part)?.[1];
    const data = /^data: (.*)$/m.exec(part)?.[1];
    if (name) emit(name, JSON.parse(data));
  }
  return rest;
}

// save downloads a file. A plain link could not send the token.
export async function save(name) {
  const url = URL.createObjectURL(await (await get(name)).blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
