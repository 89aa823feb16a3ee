/**
 * The probe: a child process that copies frames from one interface to its standard output (probe-stream.ts), and does
 * nothing else with them. It is the only part that needs CAP_NET_RAW, and the only part that runs the native `pcap` addon,
 * which may go blind without a word (link flap), never close, or starve its event loop. So it checks itself, and ends on any
 * doubt: a new one is up within 150 ms.
 */
import { BatchQueue } from './batch-queue.ts';
import { type Link, readLink } from './interfaces.ts';
import { newPcapHandle, type PcapCounters, type PcapHandle } from './pcap-addon.ts';
import { fileHeader } from './pcap-writer.ts';
import type { ProbeFault, ProbeMessage, ProbeSettings } from './probe-messages.ts';
import { messageChunk, pcapHeader } from './probe-stream.ts';

/** How long the kernel may hold a block of frames back. */
const BUFFER_TIMEOUT_MS = 20;
/** Reads even when the addon's own polling has died, which it does at the first link flap. */
const DISPATCH_MS = 50;
const STATS_MS = 1000;
/** 64 batches of 256 kB. */
const QUEUE_BATCHES = 64;
/** So many seconds in a row may the kernel count frames without one being delivered. */
const SILENT_SECONDS = 3;

const LINK_TYPES: Readonly<Record<string, number>> = {
  LINKTYPE_NULL: 0,
  LINKTYPE_ETHERNET: 1,
  LINKTYPE_RAW: 101,
  LINKTYPE_LINUX_SLL: 113,
  LINKTYPE_IEEE802_11_RADIO: 127,
};

const nowMicros = () => Date.now() * 1000;

function send(message: ProbeMessage, sent?: () => void): void {
  process.stdout.write(messageChunk(message), sent);
}

function writePcap(octets: Uint8Array, done?: () => void): void {
  process.stdout.cork();
  process.stdout.write(pcapHeader(octets.length));
  process.stdout.write(octets, done);
  process.stdout.uncork();
}

function readSettings(): ProbeSettings {
  return JSON.parse(process.argv[2] ?? '');
}

const settings = readSettings();
const header = Buffer.from(new Uint32Array(4).buffer);
const lengths = new Uint32Array(header.buffer);
const frame = Buffer.alloc(settings.snapLength);
const queue = new BatchQueue({ write: writePcap, batches: QUEUE_BATCHES });
let delivered = 0;
let goodMicros = nowMicros();
let ended = false;

function endWith(fault: ProbeFault, text: string): void {
  if (ended) return;
  ended = true;
  queue.flush();
  send({ type: 'fault', fault, text, goodMicros }, () => process.exit(1));
}

function onPacket(): void {
  delivered++;
  queue.append(header, frame, Math.min(lengths[2], settings.snapLength));
}

function linkTypeOf(name: string): number {
  return LINK_TYPES[name] ?? Number(name.replace(/^\D+/, ''));
}

function open(): PcapHandle {
  const handle = newPcapHandle();
  const { interface: device, filter, snapLength, bufferMiB } = settings;
  const ignoreWarning = () => {};
  const bufferOctets = bufferMiB * 1024 * 1024;
  const link = handle.open_live(device, filter, bufferOctets, snapLength, '', onPacket, false, BUFFER_TIMEOUT_MS, ignoreWarning, true);
  writePcap(fileHeader({ linkType: linkTypeOf(link), snapLength }));
  return handle;
}

function faultOfError(error: unknown): ProbeFault {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_DLOPEN_FAILED') return 'module';
  const text = String(error);
  if (/permi|CAP_NET_RAW/i.test(text)) return 'permission';
  return /No such device|is not up|went down/i.test(text) ? 'link' : 'capture';
}

function linkFault(before: Link, now: Link | null): string | null {
  if (!now) return 'the interface is gone';
  if (now.index !== before.index) return 'the interface is another one of the same name';
  if (!now.up) return 'the link is down';
  return now.carrierChanges === before.carrierChanges ? null : 'the link was down';
}

function read(handle: PcapHandle): void {
  if (ended) return;
  if (handle.dispatch(frame, header) < 0) endWith('link', 'libpcap cannot read the interface any more');
  queue.flush();
}

function checkLink(before: Link): void {
  const fault = linkFault(before, readLink(settings.interface));
  if (fault) endWith('link', fault);
  else goodMicros = nowMicros();
}

/** Sums of counters that wrap at 32 bits. */
function accumulator(handle: PcapHandle): () => PcapCounters {
  let last: PcapCounters = { ps_recv: 0, ps_drop: 0, ps_ifdrop: 0 };
  let sum = last;
  return () => {
    const now = handle.stats();
    const added = (name: keyof PcapCounters) => sum[name] + ((now[name] - last[name]) >>> 0);
    sum = { ps_recv: added('ps_recv'), ps_drop: added('ps_drop'), ps_ifdrop: added('ps_ifdrop') };
    last = now;
    return sum;
  };
}

/** Each second: what was lost, and whether frames that the kernel counts arrive at all. */
function statistics(handle: PcapHandle): () => void {
  const counters = accumulator(handle);
  let before = { received: 0, delivered: 0 };
  let silent = 0;
  return () => {
    const { ps_recv: received, ps_drop: kernel, ps_ifdrop } = counters();
    silent = received > before.received && delivered === before.delivered ? silent + 1 : 0;
    before = { received, delivered };
    if (silent === SILENT_SECONDS) endWith('silent', 'the kernel counts frames and libpcap delivers none');
    else send({ type: 'stats', atMicros: nowMicros(), dropped: { kernel, interface: ps_ifdrop, queue: queue.dropped } });
  };
}

function start(): void {
  const link = readLink(settings.interface);
  if (!link?.up) {
    endWith('link', link ? 'the link is down' : 'the interface is gone');
    return;
  }
  const handle = open();
  handle.read_callback = () => read(handle);
  handle.start_polling();
  setInterval(() => {
    checkLink(link);
    read(handle);
  }, DISPATCH_MS);
  setInterval(statistics(handle), STATS_MS);
  send({ type: 'open', atMicros: nowMicros() });
}

/**
 * Who started a probe decides when it ends: a Ctrl-C in its terminal is not meant for us, and without it, which the end of our
 * standard input tells, there is nothing to do. SIGUSR1 would open Node's debugger to whoever may send it.
 */
function obeyStarterOnly(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.on(signal, () => {});
  process.stdin.on('error', () => process.exit(0));
  process.stdin.on('end', () => process.exit(0));
  process.stdin.resume();
  process.stdout.on('error', () => process.exit(0));
}

function endByError(error: unknown): void {
  endWith(faultOfError(error), error instanceof Error ? error.message : String(error));
}

obeyStarterOnly();
process.on('uncaughtException', endByError);
start();
