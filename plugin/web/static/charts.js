// Makes charts answer the pointer. A page is whole without this file: it has the drawing as an
// image and the table; here the image gives way to the same chart, live, in the same room.
"use strict";

const BONE_MS = 300;
const PHONE = window.matchMedia("(max-width: 40rem)");
const WIDTHS = { narrow: 328, wide: 1120 }; // whose spec is asked for; the width itself is ours

// ---------- the image: a bone while it is late, the table where it fails

function watchImage(figure, image) {
  const plot = image.closest(".plot");
  const done = () => plot.classList.remove("plot-waiting");
  const failed = () => { done(); openTable(figure, plot); };
  if (image.complete) {
    if (!image.naturalWidth) failed();
    return;
  }
  const bone = setTimeout(() => plot.classList.add("plot-waiting"), BONE_MS);
  image.addEventListener("load", () => { clearTimeout(bone); done(); });
  image.addEventListener("error", () => { clearTimeout(bone); failed(); });
}

function openTable(figure, plot) {
  if (plot.querySelector(".plot-live:not([hidden])")) return; // it is drawn after all
  figure.querySelector("details").open = true;
  figure.querySelector(".plot-trouble").textContent =
    "The chart could not be drawn just now. Its numbers are in the table.";
}

// ---------- the live chart

let runtime; // one promise for all charts of the page

function loadRuntime(address) {
  runtime ??= import(address).then(() => window.vegaEmbed);
  return runtime;
}

function showTip(handler, event, item, value) {
  const tip = document.getElementById("plot-tip") ?? makeTip();
  tip.hidden = value === null || value === undefined || value === "";
  if (tip.hidden) return;
  tip.textContent = String(value);
  const { clientX: x, clientY: y } = event;
  const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.setProperty("left", `${Math.max(8, Math.min(x + 12, room))}px`);
  tip.style.setProperty("top", `${y > 64 ? y - tip.offsetHeight - 12 : y + 20}px`);
}

function makeTip() {
  const tip = document.createElement("div");
  tip.id = "plot-tip";
  tip.className = "plot-tip";
  tip.hidden = true;
  document.body.append(tip);
  return tip;
}

function inner(plot, spec) {
  return Math.max(60, plot.clientWidth - spec.padding.left - spec.padding.right);
}

async function draw(figure, plot, image) {
  const narrow = PHONE.matches;
  const width = narrow ? WIDTHS.narrow : WIDTHS.wide;
  const [embed, answer] = await Promise.all([
    loadRuntime(figure.dataset.runtime),
    fetch(`${figure.dataset.spec}&width=${width}`, { headers: { Accept: "application/json" } }),
  ]);
  if (!answer.ok) throw new Error(`no spec: ${answer.status}`);
  const spec = await answer.json();
  spec.width = inner(plot, spec);
  const live = document.createElement("div");
  live.className = "plot-live";
  live.setAttribute("role", "img");
  live.setAttribute("aria-label", image.alt);
  live.hidden = true;
  plot.append(live);
  const options = { mode: "vega-lite", renderer: "svg", ast: true, actions: false, tooltip: showTip,
    defaultStyle: false };
  const made = await embed(live, spec, options);
  plot.querySelectorAll(".plot-live").forEach((other) => { if (other !== live) other.remove(); });
  image.parentElement.hidden = true;
  live.hidden = false;
  figure.querySelector(".plot-trouble").textContent = "";
  plot.classList.remove("plot-waiting");
  return { view: made.view, spec, narrow };
}

async function bringToLife(figure) {
  const plot = figure.querySelector(".plot");
  const image = plot.querySelector("img");
  let chart = await draw(figure, plot, image);
  let wanted = false;
  const fit = async () => {
    wanted = false;
    if (chart.narrow !== PHONE.matches) {
      chart.view.finalize();
      chart = await draw(figure, plot, image);
    } else if (chart.view.width() !== inner(plot, chart.spec)) {
      await chart.view.width(inner(plot, chart.spec)).runAsync();
    }
  };
  new ResizeObserver(() => {
    if (!wanted) requestAnimationFrame(() => fit().catch(console.warn));
    wanted = true;
  }).observe(plot);
}

// ---------- only what comes into view, or is about to be printed

const seen = new IntersectionObserver((entries) => {
  entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => {
    seen.unobserve(target);
    // Where that fails the image stays, and with it all there is to see.
    bringToLife(target).catch(console.warn);
  });
}, { rootMargin: "200px" });

document.querySelectorAll("figure[data-spec]").forEach((figure) => {
  watchImage(figure, figure.querySelector(".plot img"));
  seen.observe(figure);
});
