/**
 * The same datagrams to a backup director's kernel and to lvscope; their tables are compared. The kernel is the reference: what
 * differs is lvscope's mistake. Frames go on the segment as they are (tcpreplay), so wrong checksums and fragments go, too.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Frame } from '../../dissectors/dissect.ts';
import { DEFAULT_SYNC, parseSyncChannel } from '../../src/config.ts';
import { connectionOf } from '../../src/contract/connection.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createMonitor } from '../../src/state/monitor.ts';
