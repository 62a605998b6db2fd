// The list of rules: a move is shown at once, by button, by Alt and an arrow, or by drag.
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
  form.replaceWith(next);
  document.getElementById("order-said").textContent = page.getElementById("order-said").textContent;
  ready(next);
  next.querySelector("[autofocus]")?.focus();
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

function onKey(event) {
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
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
  if (!dragged || !rule) return;
  event.preventDefault();
  for (const other of document.querySelectorAll(".rule-drop")) other.classList.remove("rule-drop");
  rule.classList.add("rule-drop");
}

function onDrop(event) {
  const rule = event.target.closest?.("[data-order-form] .rule");
  if (!dragged || !rule) return;
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
document.addEventListener("keydown", onKey);
document.addEventListener("dragstart", onDragStart);
document.addEventListener("dragover", onDragOver);
document.addEventListener("drop", onDrop);
document.addEventListener("dragend", onDragEnd);
document.querySelectorAll("[data-order-form]").forEach(ready);
