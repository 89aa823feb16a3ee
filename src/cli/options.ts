/** Options that several commands share, written once. */
import { Option } from 'commander';
import type { SyncChannel } from '../../dissectors/dissector.ts';
import { DEFAULT_LISTEN, DEFAULT_MAX_SESSIONS, DEFAULT_SYNC, parseCount, parseListen, parseSyncChannel } from '../config.ts';
import { readConfigFile } from '../config-file.ts';

/** Repeatable; the first one given replaces the default. */
export function syncOption(): Option {
  return new Option('--sync <GROUP:PORT[-PORT]>', 'multicast group and ports of the sync daemons; may be repeated')
    .default([parseSyncChannel(DEFAULT_SYNC)], DEFAULT_SYNC)
    .argParser(collect());
}

function collect(): (text: string, before: SyncChannel[]) => SyncChannel[] {
  let given: SyncChannel[] = [];
  return (text) => {
    given = [...given, parseSyncChannel(text)];
    return given;
  };
}

export function maxSessionsOption(): Option {
  return new Option('--max-sessions <N>', 'most sessions kept; what comes beyond is counted')
    .default(DEFAULT_MAX_SESSIONS)
    .argParser((text) => parseCount('--max-sessions', text));
}

export function listenOption(): Option {
  return new Option('--listen <HOST:PORT>', 'where the page, the API and /metrics are served')
    .default(parseListen(DEFAULT_LISTEN), DEFAULT_LISTEN)
    .argParser(parseListen);
}

/** Read and checked while the command line is: a mistake in it ends the program before anything starts. */
export function configOption(): Option {
  return new Option('--config <FILE>', 'configuration file (YAML): what should be (lvscope expect writes one)').argParser(readConfigFile);
}
