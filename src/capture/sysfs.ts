/** What the kernel says of network interfaces in files: /sys/class/net. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

const SYSFS = '/sys/class/net';

export const interfaceNames = (): string[] => readdirSync(SYSFS);

/** Null also when the interface vanishes between two readings. */
export function attribute(name: string, file: string): string | null {
  try {
    return readFileSync(`${SYSFS}/${name}/${file}`, 'utf8').trim();
  } catch {
    return null;
  }
}

/** The name of the interface that a link names; null when there is no such link. */
export function linkTarget(name: string, link: string): string | null {
  try {
    return basename(readlinkSync(`${SYSFS}/${name}/${link}`));
  } catch {
    return null;
  }
}
