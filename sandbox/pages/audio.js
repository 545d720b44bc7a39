// Both ends of the telephone's sound on the audio thread: 8 kHz, 16 bits, 20 ms at a time.
const LINE_HZ = 8000;
const FRAME = 160;

// The microphone, already low-passed, at the line's rate; each 20 ms goes to the page.
class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = sampleRate / LINE_HZ;
    this.next = 0; // where the next sample lies, counted from the previous input sample
    this.before = 0;
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
  }

  process([input]) {
    const samples = input[0];
    if (!samples) return true;
    for (const sample of samples) {
      while (this.next < 1) {
        this.put(this.before + (sample - this.before) * this.next);
        this.next += this.step;
      }
      this.next -= 1;
      this.before = sample;
    }
    return true;
  }

  put(value) {
    this.frame[this.filled++] = Math.max(-1, Math.min(1, value)) * 32767;
    if (this.filled === FRAME) {
      this.port.postMessage(this.frame.buffer, [this.frame.buffer]);
      this.frame = new Int16Array(FRAME);
      this.filled = 0;
    }
  }
}

// What the line brings, evened out: it begins once 60 ms are there; what a stall piles up beyond
// 160 ms is made good in the pauses, beyond 500 ms at once.
class Playback extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = LINE_HZ / sampleRate;
    this.frames = [];
    this.at = 0; // how far into the first frame
    this.before = 0;
    this.part = 0; // how far from `before` to the next sample
    this.flowing = false;
    this.port.onmessage = ({ data }) => this.hear(new Int16Array(data));
  }

  hear(frame) {
    const quiet = frame.every((sample) => Math.abs(sample) < 300);
    if (this.frames.length >= 8 && quiet) return;
    if (this.frames.length >= 25) {
      this.frames.splice(0, 20);
      this.at = 0;
    }
    this.frames.push(frame);
  }

  process(_inputs, [output]) {
    if (!this.flowing && this.frames.length >= 3) this.flowing = true;
    const samples = output[0];
    for (let index = 0; index < samples.length; index += 1) {
      this.part += this.step;
      if (this.part >= 1) {
        this.part -= 1;
        this.before = this.after ?? 0;
        this.after = this.take();
      }
      samples[index] = this.before + ((this.after ?? 0) - this.before) * this.part;
    }
    return true;
  }

  take() {
    if (!this.flowing) return 0;
    if (!this.frames.length) {
      this.flowing = false;
      return 0;
    }
    const sample = this.frames[0][this.at++] / 32768;
    if (this.at === this.frames[0].length) {
      this.frames.shift();
      this.at = 0;
    }
    return sample;
  }
}

registerProcessor("capture", Capture);
registerProcessor("playback", Playback);
