"use strict";

// The phone: it asks the sandbox what there is and shows it. Everything that anybody wrote goes in as text, never as HTML.

// The path that the page lies under.
const PAGE = document.documentElement.dataset.page;
const NAMES = ["Anna", "Boris", "Clara", "Dmitri", "Elena", "Farid", "Grace", "Hiro", "Ines", "Jonas"];
const KINDS = ["whatsapp_business", "whatsapp", "telegram", "instagram", "facebook", "viber", "vkontakte", "avito"];
const OWNERS = {
  bot: "The bot answers",
  waiting: "A colleague has been called",
  people: "A colleague has it, the bot is quiet",
};
const LOG_LENGTH = 200;

const at = (id) => document.getElementById(id);
let current = Number(location.hash.slice(1)) || 1;
let shown = null;
let asked = 0;

function make(tag, kind, text) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  if (text !== undefined) element.textContent = text;
  return element;
}

async function ask(path, body) {
  const options = body ? { method: "POST", body: JSON.stringify(body) } : {};
  const answer = await fetch(`${PAGE}/${path}`, options);
  const json = await answer.json();
  if (!answer.ok && answer.status !== 404) throw new Error(json.error || `status ${answer.status}`);
  return answer.ok ? json : null;
}

function clock(iso) {
  const time = new Date(iso);
  const today = time.toDateString() === new Date().toDateString();
  const day = today ? "" : `${time.toLocaleDateString([], { day: "numeric", month: "short" })} `;
  return day + time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

// The conversation

function bubble(message) {
  if (message.status === "failed") return make("li", "line failed", `not delivered: ${message.reason}`);
  const item = make("li", message.from);
  if (message.from === "human") item.append(make("span", "from", "a colleague"));
  if (message.template) item.append(make("span", "from", "template"));
  if (message.reply_to) item.append(make("span", "quote", quoted(message.reply_to)));
  item.append(...message.files.map(file));
  if (message.location) item.append(make("span", "", `📍 ${message.location.latitude}, ${message.location.longitude}`));
  item.append(make("span", "", message.text), make("span", "meta", clock(message.at)));
  return item;
}

// A file as the messenger shows it. What is somewhere else is named and not fetched.
function file(file) {
  const kind = file.mime.split("/")[0];
  const tag = { image: "img", audio: "audio", video: "video" }[kind];
  if (file.url || !tag) return make("span", "file", `📎 ${file.name || file.url || "file"}`);
  const element = make(tag, "media");
  element.src = `${PAGE}/files/${file.id}`;
  if (tag === "img") element.alt = file.name;
  else element.controls = true;
  return element;
}

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
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const items = messages.filter((message) => message.status !== "sending").map(bubble);
  if (messages.some((message) => message.status === "sending")) items.push(typing());
  if (!items.length) items.push(make("li", "line", "Write “hi” and see what the bot says."));
  list.replaceChildren(...items);
  if (atEnd) list.scrollTop = list.scrollHeight;
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

// What changes while somebody looks is shown to have changed.
function showDesk(conversation, flash) {
  const owner = conversation ? conversation.owner : "";
  change("owner", OWNERS[owner] || "Nobody has written yet", flash);
  at("owner").classList.remove("bot", "waiting", "people");
  if (owner) at("owner").classList.add(owner);
  change("assignee", conversation && conversation.assignee !== null ? `user ${conversation.assignee}` : "nobody", flash);
  change("note", (conversation && conversation.note) || "none", flash);
}

async function refresh() {
  const turn = ++asked;
  const [conversation, list] = await Promise.all([ask(`conversations/${current}`), ask("conversations")]);
  if (turn !== asked) return;
  const flash = shown !== null;
  shown = conversation;
  at("channel").textContent = conversation ? conversation.channel.replace("_", " ") : "a new customer";
  at("kind-label").hidden = Boolean(conversation);
  at("words").disabled = !conversation;
  showMessages(conversation ? conversation.messages : []);
  showDesk(conversation, flash);
  showCustomers(list.conversations);
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
  history.replaceState(null, "", `#${id}`);
  at("name").value = nameOf(id);
  at("messages").scrollTop = at("messages").scrollHeight;
  refresh();
}

// What people do

function onSubmit(id, act) {
  at(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await act();
    } catch (error) {
      addLine(make("li", "", String(error.message || error)));
    }
  });
}

onSubmit("write", async () => {
  const text = at("text").value.trim();
  if (!text) return;
  at("text").value = "";
  grow();
  const message = { text, wait: false, name: at("name").value.trim() || undefined };
  const hours = Number(at("when").value);
  if (hours) message.created_at_timestamp = Math.floor(Date.now() / 1000) - hours * 3600;
  if (!shown) message.channel = at("kind").value;
  await ask(`conversations/${current}/messages`, message);
  at("messages").scrollTop = at("messages").scrollHeight;
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
at("customers").addEventListener("change", () => turnTo(Number(at("customers").value)));
at("new").addEventListener("click", () => {
  const ids = [...at("customers").options].map((option) => Number(option.value));
  turnTo(Math.max(...ids) + 1);
  at("text").focus();
});

// Over the wire

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
  const path = news.path.replace(/^\/p1\/companies\/\d+/, "…").replace(/^\/api\/p2/, "…");
  const form = news.form.map(([name, value]) => `${name}=${value}`).join("  ");
  return `${news.method} ${path}  ${form}`;
}

function addLine(item) {
  const log = at("log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  log.append(item);
  while (log.children.length > LOG_LENGTH) log.firstChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

async function showLog() {
  const { log } = await ask("calls");
  at("log").replaceChildren(...log.map(line));
  at("log").scrollTop = at("log").scrollHeight;
}

function hear(news) {
  if (news.kind === "conversation") {
    refresh();
  } else if (news.kind === "again") {
    refresh();
    showLog();
  } else {
    addLine(line(news));
    if (news.fault) at("fault-note").textContent = "Done. The reply should arrive once all the same.";
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

for (const kind of KINDS) {
  const option = make("option", "", kind.replace("_", " "));
  option.value = kind;
  at("kind").append(option);
}
turnTo(current);
listen();
