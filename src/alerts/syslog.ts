/** Syslog over UDP (RFC 5426), TCP (RFC 6587, octets counted) or a stream socket of Unix. */
import { createSocket } from 'node:dgram';
import { connect, type NetConnectOpts } from 'node:net';
import type { Notification } from '../contract/alert.ts';
import type { ReceiverConfig } from '../contract/alerting.ts';
import { syslogLine } from './syslog-line.ts';
import { DELIVERED, failed, networkError, type Outcome } from './target.ts';

type SyslogConfig = NonNullable<ReceiverConfig['syslog']>;

const TIMEOUT_MS = 10_000;

function sendDatagram(host: string, port: number, line: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const end = (error: Error | null): void => {
      socket.close();
      resolve(error ? failed(networkError(error)) : DELIVERED);
    };
    socket.once('error', end);
    socket.send(line, port, host, end);
  });
}

/** A connection for each message: they are few, and one that stands for days dies unseen. */
function sendStream(where: NetConnectOpts, line: string, stop: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect(where);
    const octets = Buffer.from(line);
    const giveUp = (): void => void socket.destroy();
    const end = (outcome: Outcome): void => {
      stop.removeEventListener('abort', giveUp);
      socket.destroy();
      resolve(outcome);
    };
    stop.addEventListener('abort', giveUp);
    socket.setTimeout(TIMEOUT_MS, () => end(failed('no answer in time')));
    socket.once('error', (error) => end(failed(networkError(error))));
    socket.once('connect', () => socket.end(Buffer.concat([Buffer.from(`${octets.length} `), octets])));
    // The other side has taken all of it and closes too, or has read it and stays open.
    socket.once('finish', () => end(DELIVERED));
    socket.once('close', () => end(failed('the connection was closed')));
  });
}

export function sendSyslog({ target, facility = 'daemon' }: SyslogConfig, notification: Notification, stop: AbortSignal): Promise<Outcome> {
  const line = syslogLine(notification, facility, process.pid);
  if (target.startsWith('unix://')) return sendStream({ path: target.slice('unix://'.length) }, line, stop);
  const { protocol, hostname, port } = new URL(target);
  const host = hostname.replaceAll(/[[\]]/g, '');
  return protocol === 'udp:' ? sendDatagram(host, Number(port), line) : sendStream({ host, port: Number(port) }, line, stop);
}
