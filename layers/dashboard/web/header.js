import { debounce, setText } from "./dom.js";
import { age, number } from "./format.js";

const byID = (id) => document.getElementById(id);

// Header is what is always in sight: the phase of the node, what it waits for or why it
// stops, and whether the page still hears of it.
export class Header {
  constructor(store) {
    this.store = store;
    store.addEventListener("change", debounce(() => this.draw()));
    setInterval(() => this.tick(), 1000);
  }

  draw() {
    const { store } = this;
    const { phase } = store;
    document.title = `${store.title} · ${phase}`;
    setText(byID("title"), store.title);
    setText(byID("phase"), phase);
    byID("phase").dataset.phase = phase;
    setText(byID("task-count"), number(store.total));
    byID("link").dataset.link = store.connection;
    setText(byID("link"), { live: "live", lost: "connection lost, trying again", stopped: "waiting for the node to return" }[store.connection] ?? "connecting");
    const notice = this.notice();
    setText(byID("notice"), notice);
    byID("notice").hidden = notice === "";
    byID("notice").dataset.phase = phase;
    this.tick();
  }

  notice() {
    const { phase, pending, cause, connection, problem } = this.store;
    if (problem) return `The node refuses this page: ${problem}`;
    if (phase === "waiting") return `The gate is shut: waiting for ${list(pending)}.`;
    if (phase === "stopping") return `Stopping: ${cause}`;
    if (phase === "stopped") return cause ? `The node has stopped: ${cause}` : "The node has stopped.";
    if (connection === "lost") return "The node does not answer. What you see is the last that was heard of it.";
    return "";
  }

  tick() {
    const { store } = this;
    const last = store.phases.at(-1);
    if (last) setText(byID("since"), store.connection === "live" ? `for ${age(store.now - last.begin)}` : "");
  }
}

function list(ids) {
  const shown = ids.slice(0, 8).join(", ");
  return ids.length > 8 ? `${shown} and ${ids.length - 8} more` : shown || "the tasks to start";
}
