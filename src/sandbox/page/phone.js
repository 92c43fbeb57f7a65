// The phone and the desk beside it: they ask the sandbox what there is and show it.

import { bubble } from "./bubble.js";
import { PAGE, ask, at, atEnd, make, setToday } from "./common.js";
import { addNews, showLog } from "./wire.js";

const NAMES = ["Anna", "Boris", "Clara", "Dmitri", "Elena", "Farid", "Grace", "Hiro", "Ines", "Jonas"];
const OWNERS = {
  bot: "The bot answers",
  waiting: "A colleague has been called",
  assigned: "A colleague is responsible",
  people: "A colleague has it, the bot is quiet",
};

let current = Number(location.hash.slice(1)) || 1;
let shown = null;
let asked = 0;
// Bubbles by the message's number, each with what it shows: one that has not changed stays, and so does an open list in it.
let bubbles = new Map();

// The conversation

const act = {
  press: (message, option) => attempt(() => write({ press: { message, option } })),
  sendPlace: () => attempt(sendPlace),
};

// The message that an answer quotes, by the messenger's id of it, which holds our number.
function quoted(id) {
  const number = Number((/\d+/.exec(id) || [])[0]);
  const message = shown && shown.messages.find((message) => message.id === number);
  return message ? message.text : "an earlier message";
}

function typing() {
  const item = make("li", "bot typing");
  item.append(make("i"), make("i"), make("i"));
  return item;
}

function showMessages(messages) {
  const list = at("messages");
  const wasAtEnd = atEnd(list);
  const kept = new Map();
  const items = messages.filter((message) => message.status !== "sending").map((message) => {
    const told = JSON.stringify(message);
    const known = bubbles.get(message.id);
    const element = known && known.told === told ? known.element : bubble(message, act, quoted);
    kept.set(message.id, { told, element });
    return element;
  });
  bubbles = kept;
  if (messages.some((message) => message.status === "sending")) items.push(typing());
  if (!items.length) items.push(make("li", "line", "Write “hi” and see what the bot says."));
  place(list, items);
  if (wasAtEnd) list.scrollTop = list.scrollHeight;
}

// Put these into a list, and move nothing that stands right: what has the focus keeps it.
function place(list, items) {
  const wanted = new Set(items);
  [...list.children].filter((child) => !wanted.has(child)).forEach((child) => child.remove());
  items.forEach((item, n) => {
    if (list.children[n] !== item) list.insertBefore(item, list.children[n] || null);
  });
}

function change(id, text, flash) {
  const element = at(id);
  if (element.textContent === text) return;
  element.textContent = text;
  element.classList.remove("changed");
  if (!flash) return;
  void element.offsetWidth;
  element.classList.add("changed");
}

function assigned(conversation) {
  if (!conversation) return "nobody";
  if (conversation.assignee !== null) return `user ${conversation.assignee}`;
  return conversation.group === null ? "nobody" : `group ${conversation.group}`;
}

// Notes are a field of their own, or attributes of the contact.
function noted(conversation) {
  if (!conversation) return "none";
  return [conversation.note, ...Object.values(conversation.attributes)].filter(Boolean).join("\n") || "none";
}

// What changes while somebody looks is shown to have changed.
function showDesk(conversation, flash) {
  const owner = conversation ? conversation.owner : "";
  change("owner", OWNERS[owner] || "Nobody has written yet", flash);
  at("owner").classList.remove("bot", "waiting", "assigned", "people");
  if (owner) at("owner").classList.add(owner);
  change("assignee", assigned(conversation), flash);
  change("tags", (conversation && conversation.tags.join(", ")) || "none", flash);
  change("note", noted(conversation), flash);
}

async function refresh() {
  const turn = ++asked;
  const [conversation, list] = await Promise.all([ask(`conversations/${current}`), ask("conversations")]);
  if (turn !== asked) return;
  const flash = shown !== null;
  shown = conversation;
  at("channel").textContent = conversation ? conversation.channel.replace("_", " ") : "a new customer";
  at("kind-label").hidden = Boolean(conversation) || at("kind").options.length < 2;
  at("words").disabled = !conversation;
  at("people").querySelectorAll("button").forEach((button) => (button.disabled = !conversation));
  showMessages(conversation ? conversation.messages : []);
  showDesk(conversation, flash);
  showCustomers(list.conversations);
  markRead();
}

// Who looks at the phone has read what is on it.
function markRead() {
  const unread = shown && shown.messages.some((message) => message.from === "bot" && message.status === "delivered");
  if (unread && document.visibilityState === "visible") ask(`conversations/${current}/read`, {});
}

function showCustomers(conversations) {
  const ids = new Map(conversations.map((conversation) => [conversation.id, conversation.name || `+${conversation.phone}`]));
  if (!ids.has(current)) ids.set(current, `${nameOf(current)} (new)`);
  const options = [...ids].sort((a, b) => a[0] - b[0]).map(([id, name]) => {
    const option = make("option", "", `${id}: ${name}`);
    option.value = id;
    option.selected = id === current;
    return option;
  });
  at("customers").replaceChildren(...options);
}

function nameOf(id) {
  return NAMES[(id - 1) % NAMES.length];
}

function turnTo(id) {
  current = id;
  shown = null;
  bubbles = new Map();
  history.replaceState(null, "", `#${id}`);
  at("name").value = nameOf(id);
  at("messages").scrollTop = at("messages").scrollHeight;
  refresh();
}

// What people do

// What goes wrong is told, and the next that goes well takes it away.
async function attempt(what) {
  try {
    await what();
    at("trouble").hidden = true;
  } catch (error) {
    at("trouble").textContent = String(error.message || error);
    at("trouble").hidden = false;
  }
}

function onSubmit(id, what) {
  at(id).addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(what);
  });
}

async function write(what) {
  const message = { ...what, wait: false, name: at("name").value.trim() || undefined };
  const hours = Number(at("when").value);
  if (hours) {
    const { now } = await ask("clock");
    message.created_at_timestamp = Math.floor(Date.parse(now) / 1000) - hours * 3600;
  }
  if (!shown && at("kind").value) message.channel = at("kind").value;
  await ask(`conversations/${current}/messages`, message);
  at("messages").scrollTop = at("messages").scrollHeight;
}

async function sendPlace() {
  const [latitude, longitude] = ["latitude", "longitude"].map((id) => Number(at(id).value.replace(",", ".")));
  const isPlace = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  if (!isPlace) throw new Error("A latitude is a number from -90 to 90, a longitude one from -180 to 180.");
  at("attach").open = false;
  await write({ location: { latitude, longitude } });
}

async function sendFile() {
  const file = at("file").files[0];
  if (!file) return;
  const path = `${PAGE}/files?name=${encodeURIComponent(file.name)}`;
  const headers = { "content-type": file.type || "application/octet-stream" };
  const answer = await fetch(path, { method: "POST", body: file, headers });
  at("file").value = "";
  if (!answer.ok) throw new Error("The file is too large: 16 MB at most.");
  at("attach").open = false;
  const { id } = await answer.json();
  const text = at("text").value.trim();
  at("text").value = "";
  grow();
  await write({ text, files: [{ id }] });
}

onSubmit("write", async () => {
  const text = at("text").value.trim();
  if (!text) return;
  at("text").value = "";
  grow();
  await write({ text });
});

onSubmit("answer", async () => {
  const text = at("words").value.trim();
  if (!text) return;
  at("words").value = "";
  await ask(`conversations/${current}/human`, { text, wait: false });
});

onSubmit("fault", async () => {
  await ask("faults", { next: [at("faults").value] });
  at("fault-note").textContent = "Armed: write something that the bot answers.";
});

function grow() {
  const text = at("text");
  text.rows = Math.min(5, text.value.split("\n").length);
}

at("text").addEventListener("input", grow);
at("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at("write").requestSubmit();
  }
});
at("file").addEventListener("change", () => attempt(sendFile));
at("place").addEventListener("click", () => attempt(sendPlace));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelectorAll("details[open]").forEach((details) => (details.open = false));
});
document.addEventListener("visibilitychange", markRead);
at("customers").addEventListener("change", () => turnTo(Number(at("customers").value)));
at("new").addEventListener("click", () => {
  const ids = [...at("customers").options].map((option) => Number(option.value));
  turnTo(Math.max(...ids) + 1);
  at("text").focus();
});
for (const button of document.querySelectorAll("[data-deed]")) {
  button.addEventListener("click", () =>
    attempt(() => ask(`conversations/${current}/people`, JSON.parse(button.dataset.deed))));
}
for (const button of document.querySelectorAll("[data-pass]")) {
  button.addEventListener("click", () => attempt(() => ask("clock", { pass_ms: button.dataset.pass * 1000 })));
}

// What happens meanwhile

function showTime(now) {
  setToday(now);
  at("now").textContent = new Date(now).toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit", day: "numeric", month: "short" });
}

function hear(news) {
  if (news.kind === "conversation") {
    refresh();
  } else if (news.kind === "clock") {
    showTime(news.now);
  } else if (news.kind === "again") {
    refresh();
    showLog();
  } else {
    addNews(news);
    if (news.fault) at("fault-note").textContent = "Done. What can be repeated is.";
  }
}

function listen() {
  const events = new EventSource(`${PAGE}/events`);
  const say = (text, live) => {
    at("link").textContent = text;
    at("link").classList.toggle("live", live);
  };
  events.addEventListener("open", () => {
    say("live", true);
    refresh();
    showLog();
  });
  events.addEventListener("error", () => say("not connected", false));
  events.addEventListener("message", (event) => hear(JSON.parse(event.data)));
}

async function begin() {
  const about = await ask("about");
  at("dialect").textContent = about.dialect;
  at("dialect").title = about.doc;
  for (const kind of about.channels) {
    const option = make("option", "", kind.replace("_", " "));
    option.value = kind;
    at("kind").append(option);
  }
  at("people").hidden = about.provider !== "getchat";
  at("time-card").hidden = !about.own_clock;
  if (about.own_clock) {
    const showNow = async () => showTime((await ask("clock")).now);
    await showNow();
    setInterval(showNow, 30_000);
  }
  turnTo(current);
  listen();
}

begin();
