// What all parts of the page use.

// The path that the page lies under.
export const PAGE = document.documentElement.dataset.page;

export const at = (id) => document.getElementById(id);

export function make(tag, kind, text) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  if (text !== undefined) element.textContent = text;
  return element;
}

// Ask the sandbox, or tell it something; `null` for what is not there.
export async function ask(path, body) {
  const options = body ? { method: "POST", body: JSON.stringify(body) } : {};
  const answer = await fetch(`${PAGE}/${path}`, options);
  const json = await answer.json();
  if (!answer.ok && answer.status !== 404) throw new Error(json.error || `status ${answer.status}`);
  return answer.ok ? json : null;
}

// What day it is in the sandbox, whose clock may be ahead.
let day = new Date();

export function setToday(iso) {
  day = new Date(iso);
}

export function clock(iso) {
  const time = new Date(iso);
  const today = time.toDateString() === day.toDateString();
  const date = today ? "" : `${time.toLocaleDateString([], { day: "numeric", month: "short" })} `;
  return date + time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function atEnd(list) {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 60;
}
