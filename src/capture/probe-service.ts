/**
 * The probe service: starts a probe for each connection to its Unix socket, passes on what the probe writes, and ends it with
 * the connection. So whoever parses frames needs no right to capture them. It takes two things from who asks, which of its
 * interfaces and how much of a frame, and reads nothing that comes from the wire.
 */
import { lstatSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { SyncChannel } from '../../dissectors/dissector.ts';
import { EXIT, OperatorError } from '../errors.ts';
import { captureFilter } from './bpf.ts';
import { listInterfaces, type NetworkInterface } from './interfaces.ts';
import { type ProbeFault, type ProbeSettings, RING_MIB } from './probe-messages.ts';
import { spawnProbe } from './probe-process.ts';
import { messageChunk } from './probe-stream.ts';

export interface ProbeServiceOptions {
  readonly socketPath: string;
  /** Null: every interface there is. */
  readonly interfaces: readonly string[] | null;
  readonly sync: readonly SyncChannel[];
}

export interface ProbeService {
  /** Ends all probes and takes the socket away. */
  stop(): void;
}

const MOST_PROBES = 64;
const LONGEST_REQUEST = 64 * 1024;
const REQUEST_MS = 5000;
/** A Unix socket can be connected to by who may write to it. */
const OWNER_AND_GROUP_ONLY = 0o117;

/** @throws OperatorError when the socket cannot be made, or another service listens there */
export async function startProbeService(options: ProbeServiceOptions): Promise<ProbeService> {
  await removeStale(options.socketPath);
  const connections = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    connections.add(connection);
    connection.on('error', () => {}).once('close', () => connections.delete(connection));
    serveProbe(connection, options);
  });
  server.maxConnections = MOST_PROBES;
  await listen(server, options.socketPath);
  return {
    stop() {
      server.close();
      for (const connection of connections) connection.destroy();
    },
  };
}

function cannotListen(path: string, reason: string): OperatorError {
  return new OperatorError(EXIT.fault, `the socket ${path} cannot be made: ${reason}`, 'name another one with --to');
}

/** What a killed service left behind. */
async function removeStale(path: string): Promise<void> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return;
  if (await answers(path)) throw cannotListen(path, 'another probe service listens there');
  rmSync(path, { force: true });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function listen(server: Server, path: string): Promise<void> {
  process.umask(OWNER_AND_GROUP_ONLY);
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(path, error.message)));
    server.listen(path, resolve);
  });
}

function serveProbe(connection: Socket, options: ProbeServiceOptions): void {
  let line = '';
  connection.setTimeout(REQUEST_MS, () => connection.destroy());
  const readLine = (octets: Buffer) => {
    line += octets.toString('latin1');
    if (line.length > LONGEST_REQUEST) connection.destroy();
    if (!line.includes('\n')) return;
    connection.off('data', readLine);
    connection.setTimeout(0);
    const settings = settingsFor(line, options, listInterfaces());
    if ('fault' in settings) refuse(connection, settings);
    else run(connection, settings);
  };
  connection.on('data', readLine);
  connection.once('end', () => connection.destroy());
}

interface Refusal {
  readonly fault: ProbeFault;
  readonly text: string;
}

/** All of it is our own but what was checked: the interface is one of those there are, the length is one that libpcap takes. */
function settingsFor(line: string, { interfaces, sync }: ProbeServiceOptions, all: readonly NetworkInterface[]): ProbeSettings | Refusal {
  const asked = parsed(line);
  const found = all.find(({ name }) => name === asked.interface);
  if (interfaces && !interfaces.some((name) => name === asked.interface))
    return { fault: 'refused', text: `it listens on ${interfaces.join(', ')} only` };
  if (!found) return { fault: 'link', text: 'the interface is gone' };
  const filter = captureFilter(sync, { tagged: found.ethernet });
  if (asked.filter !== filter) return { fault: 'refused', text: 'it listens to other sync groups or ports' };
  const snapLength = Number(asked.snapLength);
  if (!Number.isInteger(snapLength) || snapLength < 1 || snapLength > 65535) return { fault: 'refused', text: 'that is no snap length' };
  return { interface: found.name, filter, snapLength, bufferMiB: RING_MIB };
}

function parsed(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}

function refuse(connection: Socket, { fault, text }: Refusal): void {
  connection.end(messageChunk({ type: 'fault', fault, text, goodMicros: Date.now() * 1000 }));
}

function run(connection: Socket, settings: ProbeSettings): void {
  const probe = spawnProbe(settings);
  probe.on('error', () => connection.destroy());
  probe.stdout.pipe(connection);
  probe.stderr.pipe(process.stderr, { end: false });
  connection.once('close', () => probe.kill('SIGKILL'));
  connection.resume();
}
