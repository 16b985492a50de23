import { debounce, h, reconcile, setText } from "./dom.js";
import { clock, duration, number, signs } from "./format.js";

const ROWS = 200; // of each part, at first and with each "show more"

// TimelineView is the life of the node: its phases, the constructors, and the tasks.
// Wiring takes milliseconds and a node lives for months, so each part has a scale of
// its own, and that of the tasks can be the start, the whole life, or the stop.
export class TimelineView {
  #range = ""; // the one that was chosen
  constructor(root, store, showTask) {
    this.store = store;
    this.search = h("input", { type: "search", placeholder: "Filter constructors and tasks  ( / )", "aria-label": "Filter the timeline", input: () => this.draw() });
    this.life = h("div", { class: "life", role: "img" });
    this.legend = h("div", { class: "phases" });
    this.ranges = ["start", "life", "stop"].map((name) => h("button", { class: "chip", "data-range": name, click: () => { this.#range = name; this.draw(); } }, { start: "Start", life: "Whole life", stop: "Stop" }[name]));
    this.wiring = new Chart("Constructors", (c) => c.number);
    this.tasks = new Chart("Tasks", (t) => t.id, showTask);
    for (const chart of [this.wiring, this.tasks]) chart.redraw = () => this.draw();
    this.tasks.head.append(h("span", { class: "chips", role: "group", "aria-label": "Range of the tasks" }, ...this.ranges));
    root.append(h("div", { class: "toolbar" }, this.search), this.life, this.legend, this.tasks.element, this.wiring.element);
    store.addEventListener("change", debounce(() => this.draw()));
    store.addEventListener("instance", () => { this.#range = ""; });
    setInterval(() => this.draw(), 1000);
  }

  show() { this.draw(); }

  draw() {
    const { store } = this;
    if (!this.active || store.phases.length === 0) return;
    const needle = this.search.value.toLowerCase();
    const fits = (...texts) => texts.some((text) => text.toLowerCase().includes(needle));
    this.#drawLife();
    const [from, to, origin] = this.#bounds();
    const shut = [store.begin("waiting"), store.gateOpened || store.begin("running") || store.begin("stopping") || store.now];
    this.tasks.draw([...store.tasks.values()].filter((t) => fits(t.id, t.layer)), { from, to, origin }, (t) => this.#taskRow(t, shut));
    this.tasks.mark([store.gateOpened, "gate opened"], [store.begin("stopping"), "stop"]);
    const wired = store.phases[1]?.begin ?? store.now;
    this.wiring.draw(store.constructors.filter((c) => c && fits(c.function, c.layer)), { from: store.phases[0].begin, to: wired, origin: store.phases[0].begin }, (c) => this.#wiringRow(c));
    setText(this.wiring.note, `${number(store.constructors.length)} in ${duration(wired - store.phases[0].begin)}`);
  }

  // bounds returns the times between which tasks are shown, and the one to count from.
  #bounds() {
    const { store } = this;
    const [begin, ready, stop] = [store.phases[1]?.begin ?? store.now, store.begin("running"), store.begin("stopping")];
    const range = this.#range || (stop ? "stop" : "start");
    for (const button of this.ranges) {
      button.ariaPressed = String(button.dataset.range === range);
      button.disabled = button.dataset.range === "stop" && !stop;
    }
    const pad = (from, to, before = 0.02) => [from - (to - from) * before, to + Math.max(1, (to - from) * 0.12), from];
    if (range === "start") return pad(begin, ready || stop || store.now);
    if (range === "stop" && stop) return pad(stop, Math.max(store.now, stop + 1), 0.12);
    return pad(begin, store.now);
  }

  #drawLife() {
    const { store } = this;
    const spans = store.phases.map(({ phase, begin }, i) => ({ phase, took: (store.phases[i + 1]?.begin ?? store.now) - begin }));
    const label = (span) => `${span.phase} ${duration(span.took)}`;
    this.life.ariaLabel = spans.map(label).join(", ");
    this.life.replaceChildren(...spans.map((span) => {
      const bar = h("div", { class: "span", "data-phase": span.phase });
      bar.style.flexGrow = Math.max(span.took, 0.001);
      return bar;
    }));
    this.legend.replaceChildren(
      h("span", { class: "quiet" }, `since ${clock(store.phases[0].begin)}`),
      ...spans.map((span) => h("span", { class: "key", "data-phase": span.phase }, h("b", {}, span.phase), ` ${duration(span.took)}`)));
  }

  // taskRow returns what the chart shows of a task.
  #taskRow(task, [shut, open]) {
    const { now } = this.store;
    const end = task.end ?? now;
    const bars = [];
    if (task.begin) {
      bars.push({ from: task.begin, to: task.told ?? end, kind: task.state === "failed" ? "failed" : "running" });
      if (task.told) bars.push({ from: task.told, to: end, kind: "stopping" });
    } else if (task.kind !== "daemon") {
      bars.push({ from: shut, to: task.end ?? Math.min(open, now), kind: "pending" });
    }
    if (task.begin && task.begin > shut + 1) bars.unshift({ from: shut, to: task.begin, kind: "pending" });
    const blocks = task.kind === "precondition" && task.state === "running" && !this.store.gateOpened;
    const took = task.begin ? duration(end - task.begin) : "";
    const text = blocks ? `${took}, holds the gate shut` : task.end && task.begin ? `${took} ${task.state}` : task.begin ? "" : task.state;
    return { name: task.id, layer: task.layer, state: task.state, sign: signs[task.state], bars, text, title: task.error ?? "" };
  }

  #wiringRow(c) {
    const end = c.end ?? this.store.now;
    const state = c.error ? "failed" : c.end ? "done" : "running";
    return {
      name: c.function || "value", layer: c.layer, state, sign: signs[state],
      bars: [{ from: c.begin, to: end, kind: c.error ? "failed" : "built" }], text: duration(end - c.begin), title: c.error ?? c.location,
    };
  }
}

// Chart is a list of rows with bars over a scale.
class Chart {
  #rows = new Map();
  #limit = ROWS;

  constructor(name, keyOf, open) {
    this.keyOf = keyOf;
    this.open = open;
    this.note = h("span", { class: "quiet" });
    this.head = h("div", { class: "chart-head" }, h("h2", {}, name), this.note);
    this.axis = h("div", { class: "axis", "aria-hidden": "true" });
    this.marks = h("div", { class: "marks", "aria-hidden": "true" });
    this.list = h("ol", { class: "bars" });
    this.more = h("button", { class: "more", click: () => { this.#limit += ROWS; this.redraw(); } });
    this.element = h("div", { class: "chart" }, this.head, h("div", { class: "plot" }, this.axis, this.marks, this.list), this.more);
  }

  // draw shows the items between two times; describe says what of each.
  draw(items, { from, to, origin }, describe) {
    this.place = (time) => Math.min(100, Math.max(0, ((time - from) / Math.max(to - from, 0.001)) * 100));
    this.from = from;
    this.inside = (time) => time >= from && time <= to;
    this.#drawAxis(from, to, origin);
    setText(this.note, number(items.length));
    reconcile(this.list, this.#rows, items.slice(0, this.#limit), this.keyOf, () => new Row(this));
    for (const item of items.slice(0, this.#limit)) this.#rows.get(this.keyOf(item)).draw(describe(item));
    this.more.hidden = items.length <= this.#limit;
    setText(this.more, `Show more (${number(items.length - this.#limit)} not shown)`);
  }

  // drawAxis puts some five round times on the scale.
  #drawAxis(from, to, origin) {
    const rough = Math.max(to - from, 0.001) / 5;
    const step = [1, 2, 5, 10].map((n) => n * 10 ** Math.floor(Math.log10(rough))).find((n) => n >= rough);
    const ticks = [];
    for (let n = Math.ceil((from - origin) / step); origin + n * step <= to; n++) {
      const tick = h("span", { class: "tick" }, n === 0 ? "0" : n < 0 ? `−${duration(-n * step)}` : duration(n * step));
      tick.style.left = `${this.place(origin + n * step)}%`;
      ticks.push(tick);
    }
    this.axis.replaceChildren(...ticks);
  }

  mark(...marks) {
    this.marks.replaceChildren(...marks.filter(([time]) => time && this.inside(time)).map(([time, name]) => {
      const line = h("span", { class: "mark" }, h("span", {}, name));
      line.style.left = `${this.place(time)}%`;
      return line;
    }));
  }
}

class Row {
  constructor(chart) {
    this.chart = chart;
    this.sign = h("span", { class: "sign", "aria-hidden": "true" });
    this.name = chart.open ? h("button", { class: "name", click: () => chart.open(this.item.name) }) : h("span", { class: "name" });
    this.layer = h("span", { class: "layer" });
    this.track = h("div", { class: "track" });
    this.element = h("li", {}, h("div", { class: "label" }, this.sign, this.name, this.layer), this.track);
  }

  update() {}

  draw(item) {
    this.item = item;
    this.element.dataset.state = item.state;
    this.element.title = item.title;
    setText(this.sign, item.sign);
    setText(this.name, item.name);
    setText(this.layer, item.layer);
    const bars = item.bars.filter(({ to }) => to >= this.chart.from).map(({ from, to, kind }) => {
      const bar = h("span", { class: "bar", "data-kind": kind });
      const [left, right] = [this.chart.place(from), this.chart.place(to)];
      bar.style.left = `${left}%`;
      bar.style.width = `max(2px, ${right - left}%)`;
      return bar;
    });
    this.track.replaceChildren(...bars, this.#text(item));
  }

  // text stands behind the bars, or before their end if there is no room.
  #text({ text, bars }) {
    const end = Math.max(...bars.map(({ to }) => this.chart.place(to)));
    const label = h("span", { class: end > 70 ? "text inside" : "text" }, text);
    if (end > 70) label.style.right = `${100 - end}%`;
    else label.style.left = `${end}%`;
    return label;
  }
}
