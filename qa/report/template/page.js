"use strict";
// All that was said, done or measured is put into the page as text, never as markup.
const { run, cases, parts, peak_s: PEAK_S } = JSON.parse(document.getElementById("data").textContent);
const PIXELS_A_SECOND = 24;
const WAVE_HEIGHT = 112;
const WIDEST_CANVAS = 8000;
const redraws = new Set();

function el(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name === "class") made.className = value;
    else if (name === "style") Object.assign(made.style, value);
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const known = (value) => value !== null && value !== undefined;
const secs = (value, digits = 2) => (known(value) ? `${value.toFixed(digits)} s` : "–");
const share = (value) => (known(value) ? `${Math.round(100 * value)} %` : "–");
const clock = (s) => `${Math.floor(s / 60)}:${(s % 60).toFixed(1).padStart(4, "0")}`;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// The run

function figure(label, big, small, of) {
  return el("div", { class: "figure" }, el("span", {}, label), el("b", {}, big, el("small", {}, ` of ${of}`)),
    el("span", {}, small));
}

function spreadFigure(label, spread) {
  return figure(label, secs(spread.p50), `p95 ${secs(spread.p95)} · p99 ${secs(spread.p99)}`, spread.count);
}

function showRun() {
  const t = run.totals;
  const from = new Date(run.started_at);
  const took = known(run.finished_at) ? `${Math.round((new Date(run.finished_at) - from) / 1000)} s` : "not finished";
  const rest = [];
  if (run.missing.length) rest.push(`${run.missing.length} not played`);
  if (run.pending.length) rest.push(`${run.pending.length} pending`);
  document.getElementById("when").textContent =
    [from.toISOString().slice(0, 16).replace("T", " ") + " UTC", took, ...rest].join(" · ");
  const p = t.panel;
  const panel = [
    ["Response rate", share(p.response_rate), p.turns],
    ["Response time", secs(p.response_latency_s), p.turns],
    ["Yield rate", share(p.yield_rate), p.interruptions],
    ["Yield time", secs(p.yield_latency_s), p.interruptions],
    ["Agent interrupts", share(p.interruption_rate), p.turns],
    ["Ignores mm-hm", share(p.backchannel), p.backchannels],
    ["Ignores coughs", share(p.vocal_tic), p.vocal_tics],
    ["Ignores asides", share(p.non_directed), p.non_directeds],
    ["EVA turn-taking", known(t.eva_score) ? t.eva_score.toFixed(2) : "–", t.calls],
  ];
  document.getElementById("figures").append(
    spreadFigure("Wait, plain turns", t.plain),
    spreadFigure("Wait, turns with tools", t.with_tools),
    spreadFigure("Stop after barge-in", t.stop),
    spreadFigure("First greeting", t.greeting),
    spreadFigure("Longest wait of a call", t.longest_wait),
    spreadFigure("Agent over caller", t.agent_over_caller),
    el("div", { class: "figure wide" }, el("dl", {}, ...panel.map(([name, value, of]) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, value, el("small", {}, ` of ${of}`)))))),
  );
}

// One call

function strip(call, player) {
  const length = call.measured ? call.measured.length_s : 0;
  if (!call.peaks || !length) return null;
  const at = (s) => `${(100 * s) / length}%`;
  const wide = (from, to) => `${(100 * Math.max(to - from, 0.05)) / length}%`;
  const canvas = el("canvas", { height: WAVE_HEIGHT, role: "img", "aria-label": "Waveform: caller above, agent below" });
  canvas.style.height = `${WAVE_HEIGHT}px`;
  const head = el("div", { class: "head" });
  const block = (kind, from, to, text) =>
    el("div", { class: `block ${kind}`, style: { left: at(from), width: wide(from, to) }, title: text }, text);
  const lines = (role) => call.transcript.filter((line) => line.role === role && known(line.start_s))
    .map((line) => block(role, line.start_s, line.end_s, line.text));
  const waits = call.measured.turns.filter((turn) => known(turn.latency_s))
    .map((turn) => block("wait", turn.end_s, turn.answered_at_s, turn.latency_s.toFixed(1)));
  // A tool is over in milliseconds; its block is as wide as its name, or as there is room.
  const used = call.tools.filter((tool) => known(tool.at_s));
  const tools = used.map((tool, i) => block("tool", tool.at_s,
    Math.min(tool.at_s + Math.max((tool.ms || 0) / 1000, 6), i + 1 < used.length ? used[i + 1].at_s : length), tool.name));
  const made = el("div", { class: "strip" }, canvas,
    el("div", { class: "lane" }, ...lines("caller")), el("div", { class: "lane" }, ...waits),
    tools.length ? el("div", { class: "lane" }, ...tools) : null,
    el("div", { class: "lane" }, ...lines("agent")), head);
  const scroll = el("div", { class: "scroll", tabindex: "0", "aria-label": "Timeline" }, made);
  made.style.minWidth = `${Math.ceil(length * PIXELS_A_SECOND)}px`;
  made.addEventListener("click", (event) => {
    const box = made.getBoundingClientRect();
    seek(player, ((event.clientX - box.left) / box.width) * length);
  });
  const draw = () => drawWave(canvas, call, length);
  redraws.add(draw);
  new ResizeObserver(draw).observe(made);
  player.addEventListener("timeupdate", () => {
    head.style.left = at(player.currentTime);
    const x = (player.currentTime / length) * made.offsetWidth;
    if (!player.paused && (x < scroll.scrollLeft || x > scroll.scrollLeft + scroll.clientWidth * 0.9)) {
      scroll.scrollLeft = x - scroll.clientWidth * 0.2;
    }
  });
  return scroll;
}

function bytes(text) {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}

function drawWave(canvas, call, length) {
  const width = canvas.clientWidth;
  if (!width) return;
  const scale = Math.min(window.devicePixelRatio || 1, WIDEST_CANVAS / width);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(WAVE_HEIGHT * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.font = "10px system-ui, sans-serif";
  const step = width / length;
  for (let s = 0; s < length; s += 1) {
    pen.fillStyle = colour("line");
    pen.fillRect(s * step, 0, 1, s % 5 ? 4 : WAVE_HEIGHT);
    if (s % 5 === 0) {
      pen.fillStyle = colour("soft");
      pen.fillText(clock(s).replace(".0", ""), s * step + 3, 10);
    }
  }
  const half = WAVE_HEIGHT / 2;
  [["caller", half / 2 + 4], ["agent", half * 1.5 + 2]].forEach(([side, middle], index) => {
    const peaks = bytes(call.peaks[index]);
    pen.fillStyle = colour(side);
    for (let i = 0; i < peaks.length; i += 1) {
      const high = Math.max(1, (peaks[i] / 255) * (half - 8));
      pen.fillRect(i * PEAK_S * step, middle - high / 2, Math.max(PEAK_S * step, 0.5), high);
    }
  });
}

function seek(player, s) {
  if (!player.src) return;
  const go = () => { player.currentTime = s; };
  if (player.readyState) go();
  else { player.addEventListener("loadedmetadata", go, { once: true }); player.load(); }
}

function toolText(tool) {
  const given = Object.entries(tool.arguments)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const took = known(tool.ms) ? `, ${Math.round(tool.ms)} ms` : "";
  return `${tool.name}(${given.join(", ")}) → ${tool.outcome}${took}`;
}

function transcript(call, player) {
  const rows = [
    ...call.transcript.map((line) => ({ who: line.role, from: line.start_s, to: line.end_s, sort: line.start_s, text: line.text, cut: line.interrupted })),
    ...call.tools.map((tool) => ({ who: "tool", from: tool.at_s, to: tool.at_s, sort: tool.at_s, text: toolText(tool), code: true })),
  ];
  rows.forEach((row, index) => { row.index = index; });
  rows.sort((a, b) => (known(a.sort) && known(b.sort) ? a.sort - b.sort : a.index - b.index));
  const list = el("ol", { class: "said" });
  for (const row of rows) {
    const item = el("li", { class: row.who },
      el("span", { class: "num soft" }, known(row.from) ? clock(row.from) : ""),
      el("span", { class: "who" }, row.who),
      el("span", {}, row.code ? el("code", {}, row.text) : row.text,
        row.cut ? el("span", { class: "soft" }, " — interrupted") : null));
    if (known(row.from) && call.audio) {
      item.classList.add("at");
      item.addEventListener("click", () => { seek(player, row.from); player.play().catch(() => {}); });
      player.addEventListener("timeupdate", () => {
        const now = player.currentTime;
        item.classList.toggle("now", !row.code && !player.paused && now >= row.from && now <= row.to + 0.1);
      });
    }
    list.append(item);
  }
  return list;
}

function waterfall(call) {
  const turns = call.measured.turns.filter((turn) => known(turn.latency_s));
  if (!turns.length) return [];
  const most = Math.max(1, ...turns.map((turn) => turn.latency_s));
  const legend = el("p", { class: "legend" }, ...parts.map((name) =>
    el("span", {}, el("i", { style: { background: `var(--${name})` } }), name)));
  return [el("h3", {}, "Where the wait went"), legend, ...turns.map((turn) => fall(turn, most))];
}

function fall(turn, most) {
  const pieces = turn.parts_ms ? parts.map((name) => [name, turn.parts_ms[name]]) : [];
  const bars = pieces.length
    ? pieces.filter(([, ms]) => ms > 0).map(([name, ms]) =>
      el("i", { title: `${name} ${Math.round(ms)} ms`, style: { background: `var(--${name})`, width: `${ms / most / 10}%` } }))
    : [el("i", { style: { background: "var(--soft)", width: `${(100 * turn.latency_s) / most}%` } })];
  const told = pieces.filter(([, ms]) => Math.abs(ms) >= 1).map(([name, ms]) => `${name} ${Math.round(ms)}`).join(" · ");
  const tools = turn.tools.length ? ` (${turn.tools.join(", ")})` : "";
  return el("div", { class: "fall" },
    el("div", { class: "top" }, el("span", {}, `${turn.number}. ${turn.words || "turn"}${tools}`), el("b", {}, secs(turn.latency_s))),
    el("div", { class: "bars" }, ...bars),
    el("small", {}, told ? `${told} ms` : "the call log does not tell where this wait went"));
}

function facts(call) {
  const m = call.measured;
  const told = [["outcome", call.outcome || "–"], ["ended by", call.ended_by || "–"]];
  if (m) {
    const stops = m.turns.filter((turn) => known(turn.stop_s)).map((turn) => secs(turn.stop_s));
    told.push(["greeting", secs(m.greeting_s)], ["dead air", `${secs(m.dead_air.total_s, 1)} (${share(m.dead_air.share)})`],
      ["longest wait", secs(m.dead_air.longest_wait_s)], ["agent over caller", secs(m.agent_over_caller_s)],
      ["caller over agent", secs(m.caller_over_agent_s)],
      ["EVA", known(m.eva_score) ? m.eva_score.toFixed(2) : "–"]);
    if (stops.length) told.push(["stops after barge-in", stops.join(", ")]);
  }
  return el("div", { class: "facts" }, ...told.map(([name, value]) => el("span", {}, `${name} `, el("b", {}, value))));
}

function checks(call) {
  return el("ul", { class: "checks" }, ...[...call.checks].sort((a, b) => a.holds - b.holds).map((check) =>
    el("li", { class: check.holds ? "" : "broken" }, check.wanted,
      !check.holds && check.found ? el("small", {}, `found: ${check.found}`) : null)));
}

function fill(body, call) {
  const player = el("audio", { controls: "", preload: "metadata" });
  if (call.audio) player.src = call.audio;
  const add = (...nodes) => body.append(...nodes.filter((node) => node));
  if (call.error) add(el("p", { class: "problem" }, call.error));
  const broken = call.checks.some((check) => !check.holds);
  if (broken) add(el("h3", {}, "Checks"), checks(call));
  add(facts(call));
  if (call.silent) add(el("p", { class: "soft" }, `No recording: ${call.silent}`));
  if (call.audio) add(player, strip(call, player));
  if (call.transcript.length || call.tools.length) add(el("h3", {}, "What was said and done"), transcript(call, player));
  if (call.measured) add(...waterfall(call));
  if (!broken && call.checks.length) add(el("h3", {}, "Checks"), checks(call));
}

// The list

const shown = [];
let verdict = "all";

function text(call) {
  return [call.name, call.proves, call.verdict, call.error, call.outcome,
    ...call.checks.map((check) => check.wanted), ...call.transcript.map((line) => line.text),
    ...call.tools.map(toolText)].join("\n").toLowerCase();
}

function card(call) {
  const waits = call.measured ? call.measured.turns.map((turn) => turn.latency_s).filter(known) : [];
  const longest = waits.length ? `waits up to ${secs(Math.max(...waits), 1)}` : "";
  const body = el("div", { class: "body" });
  const made = el("details", { class: `case ${call.verdict}`, id: `case-${call.name}` },
    el("summary", {}, el("span", { class: "mark" }, call.verdict), el("span", { class: "name" }, call.name),
      el("span", { class: "num soft" }, longest), el("span", { class: "proves" }, call.proves)), body);
  made.addEventListener("toggle", () => { if (made.open && !body.hasChildNodes()) fill(body, call); });
  shown.push({ made, call, text: text(call) });
  return made;
}

function refresh() {
  const words = document.getElementById("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const one of shown) {
    const fits = (verdict === "all" || one.call.verdict === verdict) && words.every((word) => one.text.includes(word));
    one.made.hidden = !fits;
    count += fits;
  }
  document.getElementById("none").hidden = count > 0;
  for (const button of document.querySelectorAll("#filter button")) {
    button.setAttribute("aria-pressed", String(button.value === verdict));
  }
}

function start() {
  showRun();
  const order = { error: 0, failed: 1, passed: 2 };
  const sorted = [...cases].sort((a, b) => order[a.verdict] - order[b.verdict] || a.name.localeCompare(b.name));
  document.getElementById("cases").append(...sorted.map(card));
  const filter = document.getElementById("filter");
  for (const name of ["all", "passed", "failed", "error"]) {
    const count = name === "all" ? cases.length : cases.filter((call) => call.verdict === name).length;
    filter.append(el("button", { type: "button", value: name, onclick: () => { verdict = name; refresh(); } }, `${name} ${count}`));
  }
  document.getElementById("search").addEventListener("input", refresh);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraws.forEach((draw) => draw()));
  refresh();
  const asked = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  const first = asked || (shown.length === 1 ? shown[0].made : null);
  if (first) { first.open = true; first.scrollIntoView(); }
}

start();
