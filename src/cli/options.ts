/** Options that several commands share, written once. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { SyncChannel } from '../../dissectors/dissector.ts';
import type { AccessOptions } from '../access.ts';
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
  return new Option('--max-sessions <N>', 'most sessions kept; beyond it the least confirmed go, and are counted')
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

/** As commander gives them: the name with dots as it stands. */
export interface AccessWords {
  readonly 'web.config.file'?: string;
  readonly allowedHost?: readonly string[];
  readonly insecureListen: boolean;
}

/** Who may ask. */
export function addAccessOptions(command: Command): Command {
  return command
    .option('--web.config.file <FILE>', "users, TLS and headers: exporter-toolkit's file, as Prometheus has it")
    .addOption(
      new Option('--allowed-host <NAME>', 'requests may be addressed to this name too, as by a reverse proxy; may be repeated').argParser(
        (name: string, before: readonly string[] = []) => [...before, name],
      ),
    )
    .option('--insecure-listen', 'let --listen name an address of the network without asking anybody who he is', false);
}

/** @param config the file of `--config` */
export function accessOf(words: AccessWords, config: string | null): AccessOptions {
  const { 'web.config.file': webConfig = null, allowedHost: allowedHosts = [], insecureListen: insecure } = words;
  return { webConfig, config, insecure, allowedHosts };
}

/** For `--interface`, which may be given several times. */
export function repeated(text: string, before: string[] | undefined): string[] {
  if (text === '') throw new InvalidArgumentError('an interface has a name.');
  return [...(before ?? []), text];
}
