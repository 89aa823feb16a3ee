/** What the server serves from, and the kind of app its routes are added to. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify';
import type { Access } from '../contract/access.ts';
import type { AlertDesk } from '../contract/alert.ts';
import type { CaptureStatus } from '../contract/capture.ts';
import type { EvidenceFile } from '../contract/evidence.ts';
import type { LiveFeed } from '../contract/feed.ts';
import type { Past } from '../contract/past.ts';
import type { FindRecords } from '../contract/session-record.ts';
import type { Status } from '../contract/status.ts';
import type { Monitor } from '../state/monitor.ts';
import type { Verify } from './credentials.ts';
import type { HttpCounters } from './numbers.ts';
import type { TlsSettings } from './tls-settings.ts';

/** Media types of `/metrics`. */
type MetricsType = 'text/plain' | 'application/openmetrics-text';

interface MetricsPage {
  contentType(type: MetricsType): string;
  render(type: MetricsType): Promise<string>;
}

export interface AccessControl {
  /** What holds at the moment. */
  now(): Access;
  /** Null: plain HTTP. */
  tls(): TlsSettings | null;
  /** Names that were allowed as those of a reverse proxy: pages from there are ours, whatever their port. */
  readonly proxyNames: readonly string[];
  /** Whether the bcrypt hash is one of the password. */
  readonly verify: Verify;
}

export interface HttpContext {
  readonly monitor: Monitor;
  /** The monitor's time, which expiry counts from. */
  nowMicros(): number;
  status(): Status;
  capture(): CaptureStatus[];
  readonly metrics: MetricsPage;
  readonly counters: HttpCounters;
  /** The frames behind an event; null when none are kept. */
  evidence(eventId: string): EvidenceFile | null;
  readonly feed: LiveFeed;
  readonly alerts: AlertDesk;
  /** Null: no history is kept. */
  readonly past: Past | null;
  /** Null: no history is kept. */
  readonly findRecords: FindRecords | null;
  /** Whether frames are read and what was stored is back. */
  ready(): boolean;
  /** Folder of the built page; null: there is none. */
  readonly webRoot: string | null;
  /** Names and addresses, without port, that requests may be addressed to, besides those of the loopback interface. */
  readonly allowedHosts: readonly string[];
  /** Absent where nobody listens: only this program itself asks then. */
  readonly access?: AccessControl;
  readonly log?: FastifyBaseLogger;
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
