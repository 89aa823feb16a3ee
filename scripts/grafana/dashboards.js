/** All of them. */
import { overview } from './overview.js';
import { service } from './service.js';
import { sync } from './sync.js';
import { vrrp } from './vrrp.js';

export const dashboards = [overview, vrrp, sync, service];

export const textOf = (board) => `${JSON.stringify(board, null, 2)}\n`;
