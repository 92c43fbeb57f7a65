// Over the wire: what the server and the provider said to each other.

import { ask, at, atEnd, make } from "./common.js";

const LOG_LENGTH = 200;

function line(news) {
  const item = make("li", news.kind === "webhook" && news.attempt === 1 && news.status === 200 ? "quiet" : "");
  const isGood = news.status >= 200 && news.status < 300;
  const told = news.kind === "webhook" ? news.what : call(news);
  const again = news.attempt > 1 ? ` (attempt ${news.attempt})` : "";
  item.append(
    make("span", "way", news.kind === "webhook" ? "provider → server" : "server → provider"),
    make("span", "what", told + again),
    make("span", isGood ? "good" : "bad", news.status === null ? "broken" : String(news.status)),
  );
  return item;
}

function call(news) {
  const path = news.path.replace(/^\/p1\/companies\/\d+|^\/api\/[pv]\d+|^\/v\d+\.\d+/, "…");
  const form = news.form.map(([name, value]) => `${name}=${value}`).join("  ");
  return `${news.method} ${path}  ${form}`;
}

function add(item) {
  const log = at("log");
  const wasAtEnd = atEnd(log);
  log.append(item);
  while (log.children.length > LOG_LENGTH) log.firstChild.remove();
  if (wasAtEnd) log.scrollTop = log.scrollHeight;
}

export function addNews(news) {
  add(line(news));
}

export async function showLog() {
  const { log } = await ask("calls");
  at("log").replaceChildren(...log.map(line));
  at("log").scrollTop = at("log").scrollHeight;
}
