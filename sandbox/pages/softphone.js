// The page of the softphone: one call at a time, from the click on Call to the last line.
const $ = (id) => document.getElementById(id);

// An eighth-order Butterworth low-pass, as the Qs of its four halves: what lies above the
// telephone's band must be gone before the rate drops to 8 kHz, and after it rises again.
const LOW_PASS_HZ = 3400;
const LOW_PASS_QS = [0.51, 0.601, 0.9, 2.563];
const LINE_HZ = 8000;

const REFUSED = {
  NotAllowedError: "The browser did not give this page the microphone.",
  NotFoundError: "No microphone was found.",
  NotReadableError: "The microphone is in use by another program.",
};
const LISTENING_ONLY = "You can listen and press keys, but the agent will not hear you.";
const NO_MICROPHONE_HERE = "This browser gives no microphone to a page at this address.";

let call = null;
let callers = new Map();

// The sound of one call

class Sound {
  static async open(onFrame) {
    const sound = new Sound();
    sound.context = new AudioContext({ latencyHint: "interactive" });
    sound.context.resume();
    await sound.context.audioWorklet.addModule("/audio.js");
    sound.playback = new AudioWorkletNode(sound.context, "playback", {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    sound.chain(sound.playback, sound.lowPass()).connect(sound.context.destination);
    sound.onFrame = onFrame;
    return sound;
  }

  // Rejects as getUserMedia does when there is no microphone for us.
  async listen() {
    if (!navigator.mediaDevices) throw new Error(NO_MICROPHONE_HERE);
    this.stream = await navigator.mediaDevices.getUserMedia({
      audio: {
        channelCount: 1,
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
      },
    });
    if (this.context.state === "closed") return this.release();
    const microphone = this.context.createMediaStreamSource(this.stream);
    const capture = new AudioWorkletNode(this.context, "capture", {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: "explicit",
    });
    capture.port.onmessage = ({ data }) => this.onFrame(data);
    this.chain(microphone, this.lowPass()).connect(capture);
  }

  lowPass() {
    return LOW_PASS_QS.map((quality) => new BiquadFilterNode(this.context, {
      type: "lowpass",
      frequency: LOW_PASS_HZ,
      Q: 20 * Math.log10(quality), // Web Audio takes a low-pass's Q in decibels
    }));
  }

  chain(first, rest) {
    return rest.reduce((from, to) => from.connect(to), first);
  }

  play(frame) {
    this.playback.port.postMessage(frame, [frame]);
  }

  mute(muted) {
    this.stream?.getAudioTracks().forEach((track) => { track.enabled = !muted; });
  }

  release() {
    this.stream?.getTracks().forEach((track) => track.stop());
  }

  close() {
    this.release();
    if (this.context.state !== "closed") this.context.close();
  }
}

// One call

class Call {
  constructor(number) {
    this.number = number;
    this.over = false;
    this.muted = false;
  }

  async start() {
    try {
      this.sound = await Sound.open((frame) => this.say(frame));
    } catch (problem) {
      show("notice", `This browser cannot play the call (${problem.message}); read along instead.`);
    }
    if (this.over) return this.sound?.close();
    if (this.sound) await this.findMicrophone();
    if (!this.over) this.dial();
  }

  async findMicrophone() {
    setState("Waiting for the microphone …");
    try {
      await this.sound.listen();
      $("mute").disabled = this.over;
    } catch (problem) {
      if (!this.over) show("notice", `${REFUSED[problem.name] ?? problem.message} ${LISTENING_ONLY}`);
    }
  }

  dial() {
    setState("Calling …");
    this.socket = new WebSocket(
      `ws://${location.host}/line?from=${encodeURIComponent(this.number)}`,
    );
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => {
      if (call !== this) return; // the last words of a call that another one has followed
      if (typeof data === "string") this.learn(JSON.parse(data));
      else this.hear(data);
    };
    this.socket.onclose = ({ reason }) => {
      this.end(reason || "The line went dead. Is the service still running?");
    };
  }

  say(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    level("level-you", frame, this.muted);
    this.socket.send(frame);
  }

  hear(frame) {
    level("level-agent", frame);
    if (this.sound && !this.over) this.sound.play(frame);
  }

  learn(news) {
    if (news.state === "ringing") setState("Ringing …");
    if (news.state === "talking") this.answered();
    if (news.state === "ended") this.end(news.reason);
    if (news.transcript) addLine(news.transcript);
    if (news.tool) addTool(news.tool);
    if (news.outcome) addNote(`Outcome: ${news.outcome}`);
  }

  answered() {
    setState("Connected");
    keypad(true);
    const since = Date.now();
    this.ticking = setInterval(() => { $("clock").textContent = spell(Date.now() - since); }, 250);
    $("clock").textContent = spell(0);
  }

  press(key) {
    this.socket?.send(JSON.stringify({ press: key }));
    addNote(`You pressed ${key}`);
  }

  hangUp() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send('{"hang_up": true}');
    else this.socket?.close();
    this.end("You hung up.");
  }

  toggleMute() {
    this.muted = !this.muted;
    this.sound?.mute(this.muted);
    $("mute").setAttribute("aria-pressed", String(this.muted));
  }

  end(reason) {
    if (this.over) return;
    this.over = true;
    clearInterval(this.ticking);
    this.sound?.close();
    setState(reason);
    idle();
  }
}

// What the page shows

function setState(text) {
  $("state").textContent = text;
}

function show(id, text) {
  $(id).textContent = text;
  $(id).hidden = !text;
}

function spell(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function level(id, frame, silent = false) {
  const samples = new Int16Array(frame);
  let peak = 0;
  if (!silent) for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  const loudness = peak ? Math.max(0, 1 + Math.log10(peak / 32768) / 2.5) : 0; // from -50 dBFS
  const bar = $(id);
  const before = Number(bar.dataset.level ?? 0);
  const now = Math.max(loudness, before * 0.85);
  bar.dataset.level = now;
  bar.style.transform = `scaleX(${now.toFixed(3)})`;
}

function keypad(usable) {
  for (const key of $("keypad").querySelectorAll("button")) key.disabled = !usable;
}

function busy() {
  const hadFocus = document.activeElement === $("call");
  show("notice", "");
  $("clock").textContent = "";
  $("lines").replaceChildren();
  $("lines").removeAttribute("tabindex");
  $("nothing").hidden = false;
  $("call").hidden = true;
  $("hang-up").hidden = false;
  for (const field of $("dialer").elements) field.disabled = field !== $("call");
  if (hadFocus) $("hang-up").focus();
}

function idle() {
  const hadFocus = document.activeElement === $("hang-up");
  keypad(false);
  $("mute").disabled = true;
  $("mute").setAttribute("aria-pressed", "false");
  $("hang-up").hidden = true;
  $("call").hidden = false;
  for (const field of $("dialer").elements) field.disabled = false;
  for (const id of ["level-you", "level-agent"]) {
    $(id).style.transform = "scaleX(0)";
    $(id).dataset.level = 0;
  }
  if (hadFocus) $("call").focus();
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text ?? "";
  return made;
}

function add(item) {
  const lines = $("lines");
  const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 60;
  $("nothing").hidden = true;
  lines.tabIndex = 0; // so that it scrolls by keyboard
  lines.append(item);
  if (atEnd) lines.scrollTop = lines.scrollHeight;
}

function addLine({ role, text, interrupted }) {
  const item = element("li", role === "agent" ? "agent" : "caller");
  item.append(element("span", "who", role === "agent" ? "Agent" : "Caller"));
  item.append(interrupted ? `${text} … (interrupted)` : text);
  add(item);
}

function addTool({ name, arguments: given, outcome, ms }) {
  const item = element("li", "tool");
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.append(element("code", "", name), " ");
  summary.append(element("span", outcome === "ok" ? "" : "failed", outcome), ` · ${ms} ms`);
  details.append(summary, element("pre", "", JSON.stringify(given, null, 1)));
  item.append(details);
  add(item);
}

function addNote(text) {
  add(element("li", "note", text));
}

// Who calls

function pretty(number) {
  const parts = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return parts ? `+1 ${parts[1]} ${parts[2]} ${parts[3]}` : number;
}

async function learnCallers() {
  const answer = await fetch("/shop.json");
  if (!answer.ok) return;
  const shop = await answer.json();
  $("shop-number").textContent = pretty(shop.number);
  callers = new Map(shop.callers.map((caller) => [caller.phone, caller]));
  if (callers.size) {
    const options = shop.callers.map(({ name, phone }) => new Option(name, phone));
    const [other, withheld] = [...$("caller").options].slice(-2);
    $("caller").replaceChildren(...options, other, withheld);
    $("caller").selectedIndex = 0;
  }
  chosen();
}

function chosen() {
  const value = $("caller").value;
  $("other").hidden = value !== "other";
  $("caller-facts").hidden = value === "other";
  $("caller-facts").replaceChildren(...facts(value));
  $("number-problem").textContent = "";
}

function facts(value) {
  if (value === "withheld") return ["The shop does not see who calls."];
  const cars = callers.get(value)?.cars.join(", ");
  return cars ? [pretty(value), document.createElement("br"), cars] : [pretty(value)];
}

function callingNumber() {
  if ($("caller").value !== "other") return $("caller").value;
  const digits = $("number").value.replace(/[\s().-]/g, "");
  const number = /^\d{10}$/.test(digits) ? `+1${digits}` : digits;
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : null;
}

$("caller").addEventListener("change", chosen);

$("dialer").addEventListener("submit", (event) => {
  event.preventDefault();
  if (call && !call.over) return;
  const number = callingNumber();
  $("number").setAttribute("aria-invalid", String(!number));
  $("number-problem").textContent = number
    ? "" : "Ten digits, or + with the country’s code and the number.";
  if (!number) {
    $("number").focus();
    return;
  }
  call = new Call(number);
  busy();
  call.start();
});

$("hang-up").addEventListener("click", () => call?.hangUp());
$("mute").addEventListener("click", () => call?.toggleMute());

$("keypad").addEventListener("click", ({ target }) => {
  const key = target.closest("button")?.dataset.key;
  if (key) call?.press(key);
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  const button = $("keypad").querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (button && !button.disabled) button.click();
});

learnCallers().catch(() => show("notice", "The service does not answer; is it still running?"));
