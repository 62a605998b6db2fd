// Keys and copying. Every page works without this file; it only saves a hand the mouse.
"use strict";

const TOAST_MS = 8000;
const CHORD_MS = 1500;
const KEYS_OFF = "deskroute-keys-off";

// ---------- keys

let chord = 0; // when G was pressed

function keysAreOff() {
  try {
    return localStorage.getItem(KEYS_OFF) === "1";
  } catch {
    return false; // a frame whose storage the browser keeps shut
  }
}

function isTyping(target) {
  return target instanceof Element
    && target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
}

function byKey(name, key) {
  const wanted = CSS.escape(key.toLowerCase());
  return document.querySelector(`[${name}="${wanted}" i]`);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key.length !== 1 || isTyping(event.target) || keysAreOff()) return;
  if (event.key === "/") return act(event, document.querySelector("input[type=search]"));
  if (event.key === "?") return act(event, document.querySelector("[popovertarget=keys]"));
  if (Date.now() - chord < CHORD_MS) {
    chord = 0;
    return act(event, byKey("data-go", event.key));
  }
  if (event.key.toLowerCase() === "g") {
    chord = Date.now();
    return undefined;
  }
  return act(event, byKey("aria-keyshortcuts", event.key));
}

function act(event, element) {
  if (!element) return;
  event.preventDefault();
  if (element.matches("input")) {
    element.focus();
    element.select();
  } else {
    element.click();
  }
}

// ---------- toasts

let toastTimer = 0;

function toast(text) {
  const box = document.getElementById("toasts");
  const note = document.createElement("div");
  note.className = "toast toast-words";
  note.textContent = text;
  box.replaceChildren(note);
  linger(box, note);
}

function linger(box, note) {
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    if (box.matches(":hover, :focus-within")) linger(box, note);
    else note.remove();
  }, TOAST_MS);
}

// ---------- the switch for single keys

function keepSwitch(box) {
  box.checked = !keysAreOff();
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(KEYS_OFF, box.checked ? "0" : "1");
    } catch {
      box.checked = true;
    }
  });
}

document.addEventListener("keydown", onKey);
document.querySelectorAll("[data-keys-switch]").forEach(keepSwitch);
// A form sent back with an error begins at the error.
document.querySelector("[aria-invalid=true]")?.focus();
