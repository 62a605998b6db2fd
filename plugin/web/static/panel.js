// The panel in a ticket: insert a reply, try again, keep the time left true. It works without.
"use strict";

const BONES_MS = 300;
const PATIENCE_MS = 3000;
const SLA_MS = 60000;

// ---------- insert a reply

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // a frame that the desk has not given the clipboard to
  }
}

async function onInsert(event) {
  const form = event.target.closest("form[data-reply]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  if (button.disabled) return;
  button.disabled = true;
  const body = new FormData(form);
  const copied = copy(form.dataset.reply);
  const recorded = record(form.action, body);
  if (await copied) {
    toast("Copied. Paste it into your answer.");
  } else {
    showText(form.dataset.reply);
  }
  const status = await recorded;
  if (status === 401) await signInAgain(copied);
  else if (status !== 204) toast("Copied, but not counted: Deskroute did not answer.");
  button.disabled = false;
}

async function record(action, body) {
  try {
    const headers = { Accept: "application/json" };
    return (await fetch(action, { method: "POST", body, headers, redirect: "error" })).status;
  } catch {
    return 0;
  }
}

async function signInAgain(copied) {
  // The text to copy by hand must not go away under the hand.
  if (await copied) location.reload();
  else toast("Not counted: your sign-in has ended. Copy the text, then reload.");
}

function showText(text) {
  const section = document.getElementById("reply");
  const area = section.querySelector("textarea");
  section.hidden = false;
  area.value = text;
  area.focus();
  area.select();
  toast("Selected. Copy it into your answer.");
}

function hideText() {
  const section = document.getElementById("reply");
  if (section) section.hidden = true;
}

// ---------- try again

let nextTry = 0;

function main() {
  return document.querySelector("main.panel");
}

function show(template) {
  const content = document.getElementById(template).content.cloneNode(true);
  main().replaceChildren(content);
}

async function read(address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return { answer, page };
}

async function tryAgain(address) {
  clearTimeout(nextTry);
  const bones = setTimeout(() => {
    main().setAttribute("aria-busy", "true");
    show("loading");
  }, BONES_MS);
  try {
    const { answer, page } = await read(address);
    const found = page.querySelector("main.panel");
    if (!found) throw new Error(`${answer.status}`);
    document.title = page.title;
    main().replaceChildren(...found.childNodes);
    if (answer.redirected) history.replaceState(null, "", answer.url);
  } catch {
    show("unreachable");
  } finally {
    clearTimeout(bones);
    main().removeAttribute("aria-busy");
  }
  tryByItself();
}

function onAgain(event) {
  const link = event.target.closest("a[data-again]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  tryAgain(link.href);
}

function tryByItself() {
  const link = document.querySelector("a[data-again]");
  if (!link) return;
  const says = document.querySelector("[data-by-itself]");
  if (says) says.hidden = false;
  nextTry = setTimeout(() => tryAgain(link.href), Number(link.dataset.again) * 1000);
}

// ---------- the time left to the first reply

async function refreshTimeLeft() {
  const line = document.querySelector(".sla");
  if (!line || document.hidden) return;
  try {
    const { page } = await read(location.href);
    const now = page.querySelector(".sla");
    if (now) line.replaceWith(now);
  } catch {
    // Said when somebody presses something; until then the line keeps the time it is due at.
  }
}

document.addEventListener("submit", onInsert);
document.addEventListener("click", onAgain);
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-close-reply]")) return;
  event.preventDefault();
  hideText();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hideText();
});
document.addEventListener("visibilitychange", refreshTimeLeft);
setInterval(refreshTimeLeft, SLA_MS);
tryByItself();
