// How times and numbers read.

// duration gives milliseconds as people write them: "340 µs", "12 ms", "2 m 05 s".
export function duration(ms) {
  if (!(ms >= 0)) return "0 s";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return age(ms);
}

// age is a duration to the second, for what goes on.
export function age(ms) {
  const total = Math.max(0, Math.floor(ms / 1000));
  const [days, hours] = [Math.floor(total / 86400), Math.floor(total / 3600) % 24];
  const [minutes, seconds] = [Math.floor(total / 60) % 60, total % 60];
  const two = (n) => String(n).padStart(2, "0");
  if (days > 0) return `${days} d ${two(hours)} h`;
  if (hours > 0) return `${hours} h ${two(minutes)} m`;
  if (minutes > 0) return `${minutes} m ${two(seconds)} s`;
  return `${seconds} s`;
}

const grouped = new Intl.NumberFormat("en", { useGrouping: true });

// number groups thousands with a narrow space.
export function number(n) {
  return grouped.format(n).replaceAll(",", "\u202f");
}

// count is a number with its noun.
export function count(n, noun) {
  return `${number(n)} ${noun}${n === 1 ? "" : "s"}`;
}

// clock is the time of day, with the date unless it is today.
export function clock(ms) {
  const at = new Date(ms);
  const two = (n) => String(n).padStart(2, "0");
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
  if (at.toDateString() === new Date().toDateString()) return time;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

// The states of tasks, and a sign for each beside its colour.
export const signs = {
  pending: "○", running: "●", stopping: "◐", done: "✓", failed: "✕", skipped: "–", abandoned: "!",
};
export const states = Object.keys(signs);
