/** `lvscope expect`: the configuration file that would expect what is seen now. */
import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { Daemon } from '../contract/daemon.ts';
import { candidateOf } from '../contract/expected.ts';
import type { VirtualRouter } from '../contract/vrrp.ts';
import { addClientOptions, type ClientOptions, type MonitorAccess, monitorAccess } from './access.ts';
import { apiUrl, fetchAll, type List } from './monitor-client.ts';
import { createOutput } from './output.ts';

const HEAD = `# What lvscope sees now, as a candidate for what should be. Read it, mend it, then: lvscope run --config FILE
# preferredMaster, addresses, syncid, interface and vlan may be left out: then anything is right.
# trusted lists who may answer for an address although VRRP does not explain it: - {address: 10.0.0.1, mac: 02:00:00:00:00:01}`;

async function allOf<Item>(access: MonitorAccess, noun: string): Promise<Item[]> {
  return ((await fetchAll(access, apiUrl(access, noun))) as List<Item>).items;
}

export function addExpect(program: Command): void {
  addClientOptions(program.command('expect'))
    .description('write a configuration file that expects what a running monitor sees now')
    .action(async (options: ClientOptions) => {
      const access = monitorAccess(options);
      const routers = await allOf<VirtualRouter>(access, 'vrrp');
      const daemons = await allOf<Daemon>(access, 'daemons');
      const output = createOutput();
      const text = `${HEAD}\n${stringify({ expected: candidateOf(routers, daemons) }).trimEnd()}`;
      for (const line of text.split('\n')) await output.line(line);
      await output.end();
    });
}
