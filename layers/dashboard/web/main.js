import { follow, save, setToken } from "./api.js";
import { setText } from "./dom.js";
import { GraphView } from "./graph.js";
import { Header } from "./header.js";
import { Store } from "./store.js";
import { TasksView } from "./tasks.js";
import { TimelineView } from "./timeline.js";

const byID = (id) => document.getElementById(id);
const store = new Store();
new Header(store);
const views = {
  graph: new GraphView(byID("graph"), store, showTask),
  tasks: new TasksView(byID("tasks"), store),
  timeline: new TimelineView(byID("timeline"), store, showTask),
};
const tabs = [...document.querySelectorAll("[role=tab]")];

// show brings one view to the front; the others do no work.
function show(name) {
  if (!views[name]) name = "graph";
  for (const [other, view] of Object.entries(views)) {
    byID(other).hidden = other !== name;
    view.active = other === name;
  }
  for (const tab of tabs) {
    const selected = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", selected);
    tab.tabIndex = selected ? 0 : -1;
  }
  views[name].show();
}

function showTask(id) {
  location.hash = "tasks";
  views.tasks.reveal(id);
}

function open(tab) {
  location.hash = tab.id.replace("tab-", "");
  tab.focus();
}

for (const tab of tabs) {
  tab.addEventListener("click", () => open(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) open(tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length]);
  });
}
addEventListener("hashchange", () => show(location.hash.slice(1)));
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input")) return;
  const search = document.querySelector("section:not([hidden]) input[type=search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
});

for (const button of document.querySelectorAll("[data-file]")) {
  button.addEventListener("click", async () => {
    try {
      await save(button.dataset.file);
    } catch (error) {
      setText(byID("link"), error.message);
    }
  });
}

// login asks for the token and resolves once there is another one.
function login() {
  const form = byID("login");
  form.hidden = false;
  byID("token").focus();
  return new Promise((resolve) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      setToken(byID("token").value);
      byID("token").value = "";
      form.hidden = true;
      resolve();
    };
  });
}

show(location.hash.slice(1));
follow({ event: (name, data) => store.receive(name, data), lost: (error) => store.lost(error), login });
