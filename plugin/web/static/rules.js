// The list of rules: a move is shown at once, by button, by key or by drag. It uses the keys' switch of deskroute.js.
// Without this file every button posts the form and gets the page back.
"use strict";

let dragged = null;

async function move(form, action) {
  const body = new FormData(form);
  body.set("do", action);
  let page;
  try {
    const answer = await fetch(form.action, { method: "POST", body, redirect: "error" });
    if (!answer.ok) throw new Error(answer.statusText);
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return send(form, action);
  }
  const next = page.getElementById("rules-form");
  if (!next) return send(form, action);
  const same = ["undo", "redo"].includes(action) && document.activeElement?.closest?.(".rule");
  const number = same && same.querySelector(".grip")?.dataset.number;
  form.replaceWith(next);
  refilter(page.getElementById("rules-filters"));
  document.getElementById("order-said").textContent = page.getElementById("order-said").textContent;
  ready(next);
  const again = number && next.querySelector(`.grip[data-number="${number}"]`);
  (again ? again.closest(".rule").querySelector("h2 [tabindex]") : next.querySelector("[autofocus]"))?.focus();
}

// What is shown of the rules stays as it was chosen.
function refilter(next) {
  const now = document.getElementById("rules-filters");
  for (const box of now.querySelectorAll(":checked")) {
    const same = next.querySelector(`#${box.id}`);
    if (same) same.checked = true;
  }
  now.replaceWith(next);
}

// The old way, where the quick one found no answer.
function send(form, action) {
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "do", value: action }));
  form.submit();
}

function onSubmit(event) {
  const action = event.submitter?.value ?? "";
  if (!event.target.matches("[data-order-form]") || action === "review") return;
  event.preventDefault();
  move(event.target, action);
}

// ---------- keys

function onRuleKey(event) {
  if (event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey) return pressOf(event);
  if (event.altKey) return moveBy(event);
  if (isTyping(event.target) || keysAreOff()) return;
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") return goOn(event, key === "j" ? 1 : -1);
  const link = event.target.closest?.(".rule h2 a");
  if (key === "t" && link) {
    event.preventDefault();
    location.assign(`${link.href}#try-id`);
  }
}

// The next or the previous of the rules that are shown.
function goOn(event, by) {
  const names = [...document.querySelectorAll(".rule h2 :is(a, [tabindex])")].filter((one) => one.checkVisibility());
  const rule = event.target.closest?.(".rule");
  const at = names.findIndex((one) => rule?.contains(one));
  const next = names[at < 0 ? (by > 0 ? 0 : names.length - 1) : at + by];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function pressOf(event) {
  if (event.altKey || isTyping(event.target)) return;
  const verb = event.key === "Enter" ? "review" : { z: event.shiftKey ? "redo" : "undo" }[event.key.toLowerCase()];
  const button = verb && document.querySelector(`[data-order-form] [value=${verb}]`);
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
}

function moveBy(event) {
  const verb = { ArrowUp: "move-up", ArrowDown: "move-down" }[event.key];
  const rule = event.target.closest?.("[data-order-form] .rule");
  const button = verb && rule?.querySelector(`[value^="${verb} "]`);
  if (!button) return;
  event.preventDefault();
  button.click();
}

function onDragStart(event) {
  dragged = event.target.closest?.(".grip") ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.number);
  event.dataTransfer.setDragImage(dragged.closest(".rule"), 0, 0);
}

function onDragOver(event) {
  const rule = event.target.closest?.("[data-order-form] .rule");
  if (!dragged || !mates(dragged, rule)) return;
  event.preventDefault();
  for (const other of document.querySelectorAll(".rule-drop")) other.classList.remove("rule-drop");
  rule.classList.add("rule-drop");
}

// Rules are tried in the order of their group; one for something else is no place for them.
function mates(grip, rule) {
  return Boolean(rule) && grip.closest("ol") === rule.closest("ol");
}

function onDrop(event) {
  const rule = event.target.closest?.("[data-order-form] .rule");
  if (!dragged || !mates(dragged, rule)) return;
  event.preventDefault();
  move(rule.closest("form"), `put ${dragged.dataset.number} ${rule.dataset.place}`);
  dragged = null;
}

function onDragEnd() {
  dragged = null;
  for (const rule of document.querySelectorAll(".rule-drop")) rule.classList.remove("rule-drop");
}

function ready(form) {
  for (const grip of form.querySelectorAll(".grip")) grip.hidden = false;
}

document.addEventListener("submit", onSubmit);
document.addEventListener("keydown", onRuleKey);
document.addEventListener("dragstart", onDragStart);
document.addEventListener("dragover", onDragOver);
document.addEventListener("drop", onDrop);
document.addEventListener("dragend", onDragEnd);
document.querySelectorAll("[data-order-form]").forEach(ready);
