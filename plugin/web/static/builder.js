// The forms of segments and rules: what a button or a choice changes is shown at once, without a new page.
// Without this file every button posts the form and gets the page back.
"use strict";

const PARTS = ["builder", "preview", "goal-read", "tried"];
const LEADS_ON = ["publish", "review"]; // buttons that lead to another page

let asked = 0;

async function show(form, button) {
  const mine = (asked += 1);
  const body = new FormData(form);
  body.set("do", button);
  let text;
  try {
    const answer = await fetch(form.action, { method: "POST", body, redirect: "error" });
    text = await answer.text();
  } catch {
    return false;
  }
  if (mine !== asked) return true; // a newer question is under way
  replace(new DOMParser().parseFromString(text, "text/html"), ["preview", "try"].includes(button));
  return true;
}

function replace(page, keepFocus) {
  const same = keepFocus ? selector(document.activeElement) : null;
  for (const id of PARTS) {
    const now = document.getElementById(id);
    const next = page.getElementById(id);
    // What somebody is typing in is not taken from under their hands.
    if (now && next && !isTypingIn(now)) now.replaceWith(next);
  }
  const wanted = document.querySelector(same ?? "#builder [autofocus]");
  if (wanted && wanted !== document.activeElement) wanted.focus();
}

// Finds an input or button of the builder again after it was replaced.
function selector(element) {
  const name = element?.getAttribute("name");
  if (!name) return null;
  const value = element.matches("button") ? `[value="${CSS.escape(element.value)}"]` : "";
  return `#builder [name="${CSS.escape(name)}"]${value}`;
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
  if (form && event.target.closest("#builder, #goal, #name, #place, #then")) show(form, "preview");
}

document.addEventListener("submit", onBuild);
document.addEventListener("change", onChange);
