/** A page of a real browser that is scrolled as people do, and what that costs it. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openChromium } from '../browser/chromium.js';

const VIEWPORT = { width: 1440, height: 900 };
/** Clicks of a wheel that is turned fast, and how far one goes. */
const WHEEL = { everyMs: 50, pixels: 240 };
/** From one end of the scrollbar to the other and back. */
const DRAG = { everyMs: 25, periodMs: 10_000 };
/** From the edge of the grid into its scrollbar, and past the arrow at its end. */
const BAR = { inside: 6, end: 18 };

/** Runs in the page, before anything else there. */
function record() {
  const told = { frames: [], blanks: 0, tasks: [], octets: 0 };
  let recording = false;
  new PerformanceObserver((list) => told.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...words) {
      super(...words);
      this.addEventListener('message', ({ data }) => {
        told.octets += data.length;
      });
    }
  };
  let middle = null;
  function look() {
    if (middle && !document.elementFromPoint(middle.x, middle.y)?.closest('[data-id]')) told.blanks++;
  }
  function frame(at) {
    if (!recording) return;
    told.frames.push(at);
    // When the frame is drawn: then looking costs no layout.
    setTimeout(look);
    requestAnimationFrame(frame);
  }
  window.recorder = {
    start() {
      Object.assign(told, { frames: [], blanks: 0, tasks: [] });
      const box = document.querySelector('[role=grid]')?.getBoundingClientRect();
      middle = box ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : null;
      recording = true;
      requestAnimationFrame(frame);
    },
    stop() {
      recording = false;
      return { ...told, frames: told.frames.slice(1).map((at, i) => at - told.frames[i]) };
    },
    octets: () => told.octets,
  };
}

/**
 * Megabytes of a process: `own` (anonymous and shared memory, free again when it ends), `resident` (with the pages of the
 * program's file, which all processes of the browser share), `share` (of all that, with what is shared parted among them).
 */
function memoryOf(pid) {
  const text = ['status', 'smaps_rollup'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8')).join('');
  const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)[1]) / 1024;
  return { own: of('RssAnon') + of('RssShmem'), resident: of('VmRSS'), share: of('Pss') };
}

/** What the browser's own trace says of its tasks. */
const TRACE = { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel'] } };
const MAIN_THREAD = 'CrRendererMain';

/** @returns processor time in milliseconds of the longest task of a page's main thread */
function longestTask(events) {
  const place = ({ pid, tid }) => `${pid} ${tid}`;
  const mains = new Set(events.filter(({ name, args }) => name === 'thread_name' && args.name === MAIN_THREAD).map(place));
  const tasks = events.filter((event) => event.name.endsWith('RunTask') && mains.has(place(event)));
  return tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur / 1000), 0);
}

export class WatchedPage {
  page;
  #browser;
  #session;
  #processes;

  /** A browser with nothing but an empty page. */
  static async open() {
    const watched = new WatchedPage();
    // A bar that is hidden cannot be dragged.
    watched.#browser = await openChromium({ ignoreDefaultArgs: ['--hide-scrollbars'] });
    watched.#processes = await watched.#browser.newBrowserCDPSession();
    await watched.renew();
    return watched;
  }

  /** A new page in a process of its own; the one before is closed. */
  async renew() {
    await this.page?.context().close();
    const context = await this.#browser.newContext({ viewport: VIEWPORT });
    this.page = await context.newPage();
    await this.page.addInitScript(record);
    await this.page.goto('about:blank');
    this.#session = await context.newCDPSession(this.page);
    await this.#session.send('Performance.enable');
  }

  /**
   * Milliseconds between frames, of tasks longer than 50 ms, the frames without a session in the middle of the grid, and the
   * processor time of the main thread in milliseconds, which others on the machine do not change.
   */
  async frames(work) {
    const before = await this.#metric('ThreadTime');
    await this.page.evaluate(() => window.recorder.start());
    await work();
    const told = await this.page.evaluate(() => window.recorder.stop());
    return { ...told, workMs: 1000 * ((await this.#metric('ThreadTime')) - before) };
  }

  /** As `frames`, and `taskMs`, the longest task by processor time. Not for long: the browser keeps every task until the end. */
  async traced(work) {
    const events = [];
    const collect = ({ value }) => events.push(...value);
    this.#processes.on('Tracing.dataCollected', collect);
    await this.#processes.send('Tracing.start', TRACE);
    const told = await this.frames(work);
    const complete = new Promise((resolve) => this.#processes.once('Tracing.tracingComplete', resolve));
    await this.#processes.send('Tracing.end');
    await complete;
    this.#processes.off('Tracing.dataCollected', collect);
    return { ...told, taskMs: longestTask(events) };
  }

  async #metric(wanted) {
    const { metrics } = await this.#session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === wanted).value;
  }

  /** Turns the wheel in the middle of the element for so long. */
  async wheel(element, seconds) {
    const { x, y, width, height } = await element.boundingBox();
    await this.page.mouse.move(x + width / 2, y + height / 2);
    for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
      await this.page.mouse.wheel(0, WHEEL.pixels);
      await sleep(WHEEL.everyMs);
    }
  }

  /** @returns the farthest that it came, 0..1 */
  async drag(element, seconds) {
    await element.evaluate((grid) => grid.scrollTo(0, 0));
    await sleep(500);
    const { x, y, width, height } = await element.boundingBox();
    const [bar, top, length] = [x + width - BAR.inside, y + BAR.end, height - 2 * BAR.end];
    await this.page.mouse.move(bar, top);
    await this.page.mouse.down();
    let farthest = 0;
    const began = performance.now();
    for (let passed = 0; passed < seconds * 1000; passed = performance.now() - began) {
      const turn = (passed % DRAG.periodMs) / DRAG.periodMs;
      await this.page.mouse.move(bar, top + length * (1 - Math.abs(1 - 2 * turn)));
      await sleep(DRAG.everyMs);
      if (turn > 0.4 && turn < 0.6)
        farthest = Math.max(farthest, await element.evaluate((grid) => grid.scrollTop / (grid.scrollHeight - grid.clientHeight)));
    }
    await this.page.mouse.up();
    return farthest;
  }

  /** Goes to a place, 0..1. @returns milliseconds until a session is shown there */
  jump(element, place) {
    return element.evaluate(
      (grid, to) =>
        new Promise((resolve) => {
          const began = performance.now();
          grid.scrollTo(0, to * (grid.scrollHeight - grid.clientHeight));
          const look = () => {
            const box = grid.getBoundingClientRect();
            const shown = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)?.closest('[data-id]');
            if (shown || performance.now() - began > 10_000) resolve(performance.now() - began);
            else requestAnimationFrame(look);
          };
          requestAnimationFrame(() => requestAnimationFrame(look));
        }),
      place,
    );
  }

  octets() {
    return this.page.evaluate(() => window.recorder.octets());
  }

  /** Megabytes of the page's process, of all processes of the browser, of the page's JavaScript objects that are in use. */
  async memory() {
    const { processInfo } = await this.#processes.send('SystemInfo.getProcessInfo');
    const held = processInfo.map(({ type, id }) => ({ type, ...memoryOf(id) }));
    // The browser keeps a spare one, which is smaller.
    const [page] = held.filter(({ type }) => type === 'renderer').sort((a, b) => b.own - a.own);
    const browser = held.reduce((sum, { share }) => sum + share, 0);
    // Collected after the processes were looked at: what is garbage is memory too.
    await this.#session.send('HeapProfiler.collectGarbage');
    return { own: page.own, resident: page.resident, browser, objects: (await this.#metric('JSHeapUsedSize')) / 2 ** 20 };
  }

  async close() {
    await this.#browser.close();
  }
}
