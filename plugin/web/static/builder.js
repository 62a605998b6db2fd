// The forms of segments and rules: what a button, a choice or a pause in typing changes is shown at once,
// without a new page. Without this file every button posts the form and gets the page back.
"use strict";

const PARTS = ["builder", "preview", "goal-read", "tried", "steps"];
const WHOLE = ["rule", "then", "standing"]; // what some buttons change besides
const CHANGE_ALL = ["undo", "redo", "place", "always"];
const LEADS_ON = ["publish", "review"]; // buttons that lead to another page
const LIVE = "#builder, #goal, #name, #place, #rule, #then, #standing";
const PAUSE_MS = 500;

let asked = null; // the question under way
let pause = 0;
let released = Promise.resolve();
let shown = ""; // what the preview was last asked about
const typed = new WeakSet(); // inputs that the browser itself can undo

async function show(form, button) {
  clearTimeout(pause);
  const body = new FormData(form);
  body.set("do", button);
  const about = written(body);
  if (button === "preview" && about === shown) return true;
  asked?.abort();
  const mine = (asked = new AbortController());
  let text;
  try {
    const answer = await fetch(form.action, { method: "POST", body, redirect: "error", signal: mine.signal });
    text = await answer.text();
  } catch {
    return mine.signal.aborted; // a newer question is under way, or there is no answer
  }
  await released; // a button that is being pressed stays until it is let go
  if (mine !== asked) return true;
  replace(new DOMParser().parseFromString(text, "text/html"), button.split(" ")[0]);
  // What was typed while the answer was on its way has not been asked about yet.
  shown = button === "preview" ? about : written(new FormData(form));
  return true;
}

function written(body) {
  return JSON.stringify([...body].filter(([name]) => !["do", "history"].includes(name)));
}

function replace(page, verb) {
  const stays = ["preview", "try", "undo", "redo"].includes(verb);
  const same = stays ? selector(document.activeElement) : null;
  for (const id of CHANGE_ALL.includes(verb) ? [...WHOLE, ...PARTS] : PARTS) {
    const now = document.getElementById(id);
    const next = page.getElementById(id);
    if (!now || !next) continue;
    // What somebody is typing in is not taken from under their hands.
    if (isTypingIn(now) && !CHANGE_ALL.includes(verb)) count(now, next);
    else now.replaceWith(next);
  }
  showGrips(document);
  say("builder-said", page);
  say("preview-said", page);
  const wanted = (same && usable(document.querySelector(same))) ?? document.querySelector("[data-live-form] [autofocus]");
  if (wanted && wanted !== document.activeElement) wanted.focus({ preventScroll: Boolean(same) });
}

const usable = (element) => (element && !element.disabled ? element : null);

// The counts beside the lines, where the lines themselves stay.
function count(now, next) {
  for (const one of next.querySelectorAll("[data-count]")) {
    const same = now.querySelector(`[data-count="${CSS.escape(one.dataset.count)}"]`);
    if (same) same.textContent = one.textContent;
  }
}

// A line that is read out stays in the page: only its words change.
function say(id, page) {
  const now = document.getElementById(id);
  const next = page.getElementById(id);
  const words = next?.textContent.trim();
  if (now && words && words !== now.textContent.trim()) now.replaceChildren(...next.childNodes);
}

// Finds an input or button of the form again after it was replaced.
function selector(element) {
  const name = element?.getAttribute("name");
  if (!name || !element.closest("[data-live-form]")) return null;
  const exact = element.matches("button, [type=radio], [type=checkbox]");
  const value = exact ? `[value="${CSS.escape(element.value)}"]` : "";
  return `[data-live-form] [name="${CSS.escape(name)}"]${value}:not([type=hidden])`;
}

function isTypingIn(part) {
  const at = document.activeElement;
  return at instanceof Element && part.contains(at) && at.matches("textarea, input:not([type=hidden])");
}

async function onBuild(event) {
  const form = event.target.closest("form[data-live-form]");
  const button = event.submitter?.value ?? "preview";
  if (!form || LEADS_ON.includes(button)) return;
  event.preventDefault();
  if (!(await show(form, button))) send(form, button);
}

// The old way, where the quick one found no answer.
function send(form, button) {
  const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: "do", value: button });
  form.append(hidden);
  form.submit();
}

function onChange(event) {
  const form = event.target.closest("form[data-live-form]");
  if (form && event.target.closest(LIVE)) show(form, "preview");
}

function onPress() {
  released = new Promise((done) => {
    const end = () => setTimeout(done); // after the click that follows
    document.addEventListener("pointerup", end, { once: true });
    document.addEventListener("pointercancel", end, { once: true });
  });
}

function onInput(event) {
  if (!event.target.matches("textarea, input")) return;
  typed.add(event.target);
  const form = event.target.closest("form[data-live-form]");
  if (!form || event.isComposing || !event.target.closest(LIVE)) return;
  clearTimeout(pause);
  pause = setTimeout(show, PAUSE_MS, form, "preview");
}

// ---------- drag: a line or a group is let go on another one, and takes its place

let dragged = null;

const partOf = (target) => target.closest?.(".cond, .group-head")?.querySelector(".cond-do")?.dataset.part;

function onDragStart(event) {
  const grip = event.target.closest?.("[data-live-form] .cond-do .grip");
  dragged = grip?.parentElement.dataset.part ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged);
  event.dataTransfer.setDragImage(grip.closest(".cond, .group-head"), 0, 0);
}

function onDragOver(event) {
  const part = dragged && partOf(event.target);
  if (!part || `${part}.`.startsWith(`${dragged}.`)) return;
  event.preventDefault();
  unmark();
  event.target.closest(".cond, .group-head").classList.add("rule-drop");
}

function onDrop(event) {
  const part = dragged && partOf(event.target);
  if (!part) return;
  event.preventDefault();
  const form = event.target.closest("form[data-live-form]");
  const button = `put ${dragged} ${part}`;
  show(form, button).then((done) => done || send(form, button));
}

function unmark() {
  for (const one of document.querySelectorAll(".rule-drop")) one.classList.remove("rule-drop");
}

function onDragEnd() {
  dragged = null;
  unmark();
}

function showGrips(within) {
  for (const grip of within.querySelectorAll(".cond-do .grip")) grip.hidden = false;
}

// ---------- keys

function onFormKey(event) {
  const form = document.querySelector("form[data-live-form]");
  if (!form || event.defaultPrevented || event.isComposing) return;
  const button = event.ctrlKey || event.metaKey ? ofForm(form, event) : ofLine(event);
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
}

function ofForm(form, event) {
  if (event.altKey) return null;
  if (event.key === "Enter") return form.querySelector("[value=review]");
  if (event.key.toLowerCase() !== "z" || typed.has(event.target)) return null;
  return form.querySelector(event.shiftKey ? "[value=redo]" : "[value=undo]");
}

function ofLine(event) {
  const line = event.target.closest?.(".cond, .group-head");
  if (!line) return null;
  const press = (verb) => line.querySelector(`.cond-do [value^="${verb} "]`);
  if (event.altKey) {
    if (event.code === "KeyN") return press("negate");
    return { ArrowUp: press("move-up"), ArrowDown: press("move-down") }[event.key] ?? null;
  }
  const onTools = event.target.matches(".cond-do .btn");
  return onTools && ["Delete", "Backspace"].includes(event.key) ? press("remove") : null;
}

// Where the page of rules leads to a field, writing goes on there.
if (location.hash) document.querySelector(`input${location.hash}`)?.focus();
showGrips(document);
document.addEventListener("dragstart", onDragStart);
document.addEventListener("dragover", onDragOver);
document.addEventListener("drop", onDrop);
document.addEventListener("dragend", onDragEnd);
document.addEventListener("submit", onBuild);
document.addEventListener("change", onChange);
document.addEventListener("input", onInput);
document.addEventListener("pointerdown", onPress);
document.addEventListener("keydown", onFormKey);
