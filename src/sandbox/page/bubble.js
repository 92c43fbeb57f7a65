// Messages as a messenger shows them. Everything that anybody wrote goes in as text, never as HTML.

import { PAGE, clock, make } from "./common.js";

const TICKS = { sending: "🕓", delivered: "✓✓", read: "✓✓" };
const ASKS = {
  ask_address: "Asks for an address",
  catalogue: "Opens the catalogue",
  form: "Opens a form",
};

// One message. `act` presses and sends places; `quoted` finds the message that another answers.
export function bubble(message, act, quoted) {
  if (message.status === "failed") return failed(message);
  const item = make("li", message.from);
  if (message.from === "human") item.append(make("span", "from", "a colleague"));
  if (message.template) item.append(make("span", "from", `template ${message.template.id}`));
  if (message.reply_to) item.append(make("span", "quote", quoted(message.reply_to)));
  item.append(...message.files.map(file));
  if (message.location) item.append(place(message.location));
  if (message.text) item.append(words(message.text));
  item.append(meta(message));
  if (message.pressable) item.append(...pressable(message, act));
  return item;
}

function failed(message) {
  const item = make("li", "line failed", `not delivered: ${message.reason}`);
  if (message.text) item.append(make("span", "lost", message.text));
  return item;
}

function meta(message) {
  const line = make("span", "meta", clock(message.at));
  if (message.from !== "customer") {
    const tick = make("span", `tick ${message.status}`, ` ${TICKS[message.status] || ""}`);
    tick.title = message.status;
    line.append(tick);
  }
  return line;
}

// Addresses can be followed; the page is left for that.
function words(text) {
  const line = make("span", "words");
  for (const part of text.split(/(https?:\/\/[^\s<>"']+)/)) {
    if (/^https?:/.test(part)) line.append(away(part, part));
    else line.append(part);
  }
  return line;
}

function away(url, label) {
  const link = make("a", "", label);
  if (/^https?:/.test(url)) link.href = url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

// A file as the messenger shows it. What is somewhere else is named and not fetched.
function file(file) {
  const kind = file.mime.split("/")[0];
  const tag = { image: "img", audio: "audio", video: "video" }[kind];
  if (file.url || !tag) {
    const card = make("span", "file", "📎 ");
    const target = file.url || `${PAGE}/files/${file.id}`;
    card.append(/^https?:/.test(target) ? away(target, file.name || target) : download(target, file.name));
    return card;
  }
  const element = make(tag, "media");
  element.src = `${PAGE}/files/${file.id}`;
  if (tag === "img") element.alt = file.name || "a picture";
  else element.controls = true;
  return element;
}

function download(path, name) {
  const link = make("a", "", name || "file");
  link.href = path;
  link.download = name || "file";
  return link;
}

function place(place) {
  const card = make("span", "spot");
  card.append(make("span", "pin", "📍"));
  const told = make("span", "");
  if (place.name) told.append(make("strong", "", place.name));
  if (place.address) told.append(make("span", "soft", place.address));
  told.append(make("span", "soft", `${place.latitude}, ${place.longitude}`));
  card.append(told);
  return card;
}

// What can be pressed

function pressable(message, act) {
  const shown = message.pressable;
  const press = (option) => act.press(message.id, option.id);
  switch (shown.kind) {
    case "buttons":
      return shown.options.map((option) => button(option.title, () => press(option)));
    case "list":
      return [list(shown, press)];
    case "link": {
      const link = away(shown.url, `↗ ${shown.title}`);
      link.className = "press";
      return [link];
    }
    case "ask_location":
      return [button("📍 Send location", act.sendPlace)];
    case "products":
      return [make("span", "press idle", `🛍 ${shown.ids.join(", ")}`)];
    default:
      return [make("span", "press idle", ASKS[shown.kind] || shown.kind)];
  }
}

function button(label, act) {
  const element = make("button", "press", label);
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}

function list(shown, press) {
  const details = make("details", "list");
  details.append(make("summary", "press", `☰ ${shown.opener}`));
  const rows = make("ul", "rows");
  for (const option of shown.options) {
    const row = button(option.title, () => {
      details.open = false;
      press(option);
    });
    row.className = "row-button";
    if (option.description) row.append(make("span", "soft", option.description));
    const item = make("li", "");
    item.append(row);
    rows.append(item);
  }
  details.append(rows);
  return details;
}
