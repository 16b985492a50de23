import { getJSON } from "./api.js";
import { debounce, h, reconcile, setText } from "./dom.js";
import { age, clock, count, number, signs, states } from "./format.js";

const PAGE = 200; // rows at first, and with each "show more"
const columns = [
  { key: "state", name: "State" },
  { key: "id", name: "Task" },
  { key: "kind", name: "Kind" },
  { key: "layer", name: "Layer" },
  { key: "since", name: "Since" },
  { key: "goroutines", name: "Goroutines" },
  { key: "error", name: "Last error" },
];

// What needs a look comes first.
const rank = { failed: 0, abandoned: 0, stopping: 1, pending: 2, running: 2, done: 2, skipped: 2 };

// TasksView is the table of tasks.
export class TasksView {
  #rows = new Map();
  #open = new Set(); // IDs of the tasks whose details are shown
  #state = ""; // the only one that is shown
  #sort = { key: "", down: false };
  #limit = PAGE;
  #chips = new Map();

  constructor(root, store) {
    this.store = store;
    this.search = h("input", { type: "search", placeholder: "Filter by task, layer, kind or error  ( / )", "aria-label": "Filter tasks", input: () => this.#restart() });
    this.chips = h("div", { class: "chips", role: "group", "aria-label": "States" });
    this.body = h("tbody");
    this.heads = columns.map((column) => this.#head(column));
    this.more = h("button", { class: "more", click: () => { this.#limit += PAGE; this.draw(); } });
    this.none = h("p", { class: "empty" });
    root.append(
      h("div", { class: "toolbar" }, this.search, this.chips),
      h("table", { class: "tasks" }, h("thead", {}, h("tr", {}, ...this.heads)), this.body),
      this.none, this.more,
    );
    const draw = debounce(() => this.draw());
    for (const event of ["change", "goroutines", "instance"]) store.addEventListener(event, draw);
    setInterval(() => this.active && this.#rows.forEach((row) => row.tick()), 1000);
  }

  show() { this.draw(); }

  // reveal shows the details of one task.
  reveal(id) {
    this.search.value = id;
    this.#state = "";
    this.#open.add(id);
    this.#restart();
    this.#rows.get(id)?.button.focus();
  }

  #restart() {
    this.#limit = PAGE;
    this.draw();
  }

  #head({ key, name }) {
    const button = h("button", { click: () => {
      const same = this.#sort.key === key;
      this.#sort = same && this.#sort.down ? { key: "", down: false } : { key, down: same };
      this.#restart();
    } }, name);
    return h("th", { scope: "col", class: key, "data-key": key }, button);
  }

  draw() {
    if (!this.active) return;
    if (this.#state && !this.store.counts[this.#state]) this.#state = "";
    this.#drawChips();
    for (const head of this.heads) {
      const sorted = head.dataset.key === this.#sort.key;
      head.ariaSort = sorted ? (this.#sort.down ? "descending" : "ascending") : "none";
    }
    const found = this.#found();
    reconcile(this.body, this.#rows, found.slice(0, this.#limit), (task) => task.id, (task) => new Row(this, task));
    this.more.hidden = found.length <= this.#limit;
    setText(this.more, `Show more (${number(found.length - this.#limit)} not shown)`);
    this.none.hidden = found.length > 0;
    setText(this.none, this.store.tasks.size === 0 ? "No tasks yet." : "No task fits the filter.");
  }

  #drawChips() {
    const { counts } = this.store;
    reconcile(this.chips, this.#chips, states.filter((state) => counts[state]), (state) => state, (state) => {
      const label = h("span");
      const element = h("button", { class: "chip", "data-state": state, click: () => {
        this.#state = this.#state === state ? "" : state;
        this.#restart();
      } }, h("span", { "aria-hidden": "true" }, signs[state]), label);
      return { element, update: () => {
        element.ariaPressed = String(this.#state === state);
        setText(label, `${number(this.store.counts[state])} ${state}`);
      } };
    });
  }

  // found returns the tasks that fit the filter, in the order of the table.
  #found() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (task) => (!this.#state || task.state === this.#state) &&
      words.every((word) => `${task.id} ${task.layer} ${task.kind} ${task.error ?? ""}`.toLowerCase().includes(word));
    const found = [...this.store.tasks.values()].filter(fits);
    const { key, down } = this.#sort;
    const value = { goroutines: (t) => this.store.goroutines[t.id] ?? 0, state: (t) => states.indexOf(t.state), since: (t) => -t.since }[key] ?? ((t) => t[key] ?? "");
    const compare = key === ""
      ? (a, b) => rank[a.state] - rank[b.state]
      : (a, b) => { const [x, y] = [value(a), value(b)]; return x < y ? -1 : x > y ? 1 : 0; };
    found.sort((a, b) => (down ? compare(b, a) : compare(a, b)));
    return found;
  }

  isOpen(id) { return this.#open.has(id); }

  toggle(id) {
    if (!this.#open.delete(id)) this.#open.add(id);
    this.draw();
  }
}

// Row is a task in the table: a row of cells, and in the cell of its name the details.
class Row {
  constructor(view, { id }) {
    this.view = view;
    this.button = h("button", { class: "name", "aria-expanded": "false", click: () => view.toggle(id) }, id);
    this.cells = Object.fromEntries(columns.map(({ key, name }) => [key, h("td", { class: key, "data-name": name })]));
    this.cells.id.append(this.button);
    this.details = h("div", { class: "details", hidden: true });
    this.cells.id.append(this.details);
    this.sign = h("span", { class: "sign", "aria-hidden": "true" });
    this.state = h("span");
    this.cells.state.append(this.sign, this.state);
    this.element = h("tr", {}, ...Object.values(this.cells));
  }

  update(task) {
    this.task = task;
    const { cells, view } = this;
    this.element.dataset.state = task.state;
    setText(this.sign, signs[task.state]);
    setText(this.state, task.state);
    setText(cells.kind, task.kind);
    setText(cells.layer, task.layer);
    const goroutines = view.store.goroutines[task.id];
    setText(cells.goroutines, goroutines ? number(goroutines) : "");
    setText(cells.error, (task.error ?? "").split("\n")[0]);
    this.tick();
    const open = view.isOpen(task.id);
    this.button.ariaExpanded = String(open);
    this.details.hidden = !open;
    this.element.classList.toggle("open", open);
    if (open) this.#drawDetails(task);
  }

  tick() {
    const { since } = this.task;
    setText(this.cells.since, `${clock(since)} · ${age(this.view.store.now - since)}`);
  }

  // drawDetails makes the details once for each error that there is to see.
  #drawDetails({ id, error = "", stack = "" }) {
    if (this.drawn === error + stack) return;
    this.drawn = error + stack;
    const result = h("div", { class: "stacks", role: "status" });
    this.details.replaceChildren(
      ...(error ? [h("pre", { class: "error" }, error)] : []),
      ...(stack ? [h("details", {}, h("summary", {}, "Stack of the failure"), h("pre", {}, stack))] : []),
      h("button", { class: "fetch", click: () => showStacks(id, result) }, "Fetch stacks"),
      result,
    );
  }
}

async function showStacks(id, into) {
  into.replaceChildren("…");
  try {
    const report = await getJSON(`stacks?task=${encodeURIComponent(id)}`);
    const stacks = report.stacks.map(({ goroutines, frames }) => h("details", { open: report.stacks.length < 4 },
      h("summary", {}, `${count(goroutines, "goroutine")} in ${frames[0]?.function ?? "the start"}`),
      h("pre", {}, frames.map((f) => `${f.function}\n    ${f.location}`).join("\n"))));
    into.replaceChildren(h("p", { class: "quiet" }, `${count(report.goroutines, "goroutine")}${report.truncated ? ", not all are shown" : ""}`), ...stacks);
  } catch (error) {
    into.replaceChildren(`The stacks could not be fetched: ${error.message}`);
  }
}
