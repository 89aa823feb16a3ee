/** `npm run lab`: a pair of load balancers, lvscope beside it, and a prompt for what is to happen to them. */
import { createInterface } from 'node:readline';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { lacking } from '../environment.ts';
import type { Director } from './director.ts';
import { VIP4 } from './keepalived-configuration.ts';
import { LAB_NEEDS, type Lab, openLab, pairConfiguration, startPair, TCP_PORT, UDP_PORT } from './lab.ts';

const HOSTS = ['cl', 'rs1', 'rs2', 'mon'];
const FIRST_SESSIONS = 20;
/** lvscope's own, so that `lvscope connections` and the others find it. */
const PAGE_PORT = 9852;

const HELP = `
  lb1|lb2 COMMAND           on a load balancer: lb1 ipvsadm -Lnc, lb2 tail /run/keepalived.log
  cl|rs1|rs2|mon COMMAND    on the client, a real server, the monitor's host: cl ping -c 1 ${VIP4}
  open N, udp N             the client opens N sessions to ${VIP4}:${TCP_PORT}, to ${VIP4}:${UDP_PORT}, and holds them
  talk N                    each of them sends N packets; from 50 on the kernel syncs it again
  close N, reset N          the oldest N end with FIN, with RST
  churn N, calm             N short sessions a second come and go, until calm
  failover                  keepalived is stopped on the master
  kill                      keepalived is killed on the master
  pull                      the cable of the master is pulled
  split                     the backup hears no adverts: two masters
  heal                      all of that is mended
  help, quit                Ctrl-C and the end of the input quit, too
`;

interface Bench {
  readonly lab: Lab;
  /** Undo what was done to the pair, latest first. */
  readonly mends: (() => Promise<void>)[];
}

type Deed = (bench: Bench, words: string) => Promise<string>;

/** By what lvscope hears: one that was killed keeps the address but is master no more. */
async function masterAndBackup({ lb1, lb2, port }: Lab): Promise<[Director, Director]> {
  const [router] = await port.list<VirtualRouter>('vrrp');
  return router?.master?.address === lb2.address ? [lb2, lb1] : [lb1, lb2];
}

const configurationOf = ({ lab }: Bench, director: Director): string => pairConfiguration(director === lab.lb1 ? 100 : 90);

/** keepalived ends on the master, in one way or the other. */
const end =
  (how: 'stopKeepalived' | 'killKeepalived'): Deed =>
  async (bench) => {
    const [master] = await masterAndBackup(bench.lab);
    await master[how]();
    bench.mends.push(() => master.startKeepalived(configurationOf(bench, master)));
    return `keepalived on ${master.name} has ended; heal starts it again\n`;
  };

/** @throws Error when the words are no number above 0 */
function numberIn(words: string): number {
  const number = Number(words);
  if (!Number.isInteger(number) || number < 1) throw new Error('a number is wanted, as in: open 10');
  return number;
}

const open =
  (proto: 'tcp' | 'udp', port: number): Deed =>
  async ({ lab }, words) => {
    const { sessions, failed } = await lab.client.open(VIP4, port, { proto, count: numberIn(words) });
    return `${sessions.length} opened${failed > 0 ? `, ${failed} failed` : ''}\n`;
  };

const DEEDS: Readonly<Record<string, Deed>> = {
  lb1: async ({ lab }, words) => (await lab.lb1.shell.answer(words)).output,
  lb2: async ({ lab }, words) => (await lab.lb2.shell.answer(words)).output,
  ...Object.fromEntries(
    HOSTS.map((host): [string, Deed] => [host, async ({ lab }, words) => (await lab.segment.answerOf(host, words)).output]),
  ),
  open: open('tcp', TCP_PORT),
  udp: open('udp', UDP_PORT),
  async talk({ lab }, words) {
    const { held, answered } = await lab.client.talk(numberIn(words));
    return `${answered} of ${held} sessions had every packet answered\n`;
  },
  close: async ({ lab }, words) => `${(await lab.client.close(numberIn(words))).held} held\n`,
  reset: async ({ lab }, words) => `${(await lab.client.reset(numberIn(words))).held} held\n`,
  async churn({ lab }, words) {
    await lab.client.churn(VIP4, TCP_PORT, numberIn(words), 5);
    return '';
  },
  async calm({ lab }) {
    await lab.client.calm();
    return '';
  },
  failover: end('stopKeepalived'),
  kill: end('killKeepalived'),
  async pull({ lab, mends }) {
    const [master] = await masterAndBackup(lab);
    await master.cable('down');
    mends.push(() => master.cable('up'));
    return `the cable of ${master.name} is pulled; heal plugs it in again\n`;
  },
  async split({ lab, mends }) {
    const [, backup] = await masterAndBackup(lab);
    await backup.hearAdverts(false);
    mends.push(() => backup.hearAdverts(true));
    return `${backup.name} hears no adverts; heal lets it hear them again\n`;
  },
  async heal({ mends }) {
    for (const mend of mends.splice(0).reverse()) await mend();
    return 'mended\n';
  },
  help: async () => HELP,
};

async function obey(bench: Bench, line: string): Promise<string> {
  const [, verb, words] = /^\s*(\S*)\s*(.*?)\s*$/.exec(line) ?? [];
  if (!verb) return '';
  const deed = DEEDS[verb];
  if (!deed) return `${verb} is none of these:\n${HELP}`;
  try {
    return await deed(bench, words);
  } catch (error) {
    return `${(error as Error).message.trim()}\n`;
  }
}

async function prompt(bench: Bench): Promise<void> {
  const terminal = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: 'lab> ',
    terminal: process.stdin.isTTY === true,
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => terminal.close());
  terminal.prompt();
  for await (const line of terminal) {
    if (line.trim() === 'quit') break;
    process.stdout.write(await obey(bench, line));
    terminal.prompt();
  }
  terminal.close();
}

/** @returns the exit status */
export async function runLab(): Promise<number> {
  const missing = lacking(...LAB_NEEDS);
  if (missing.length > 0) {
    const isRoot = process.getuid?.() === 0;
    const why = isRoot ? `this machine lacks ${missing.join(', ')}` : 'only root may make network namespaces';
    const hint = isRoot ? 'they come as Debian packages, which set-up installs where it can' : 'sudo npm run lab';
    process.stderr.write(`lab: ${why}\nhint: ${hint}\n`);
    return 1;
  }
  const say = (text: string) => process.stdout.write(`lab: ${text}\n`);
  const lab = await openLab({ say, pagePort: PAGE_PORT });
  try {
    await lab.port.startLvscope();
    await startPair(lab, { say });
    await lab.client.open(VIP4, TCP_PORT, { count: FIRST_SESSIONS });
    say(`${FIRST_SESSIONS} sessions are open; lvscope, which hears of them within 3 s: ${lab.port.url}/`);
    process.stdout.write(HELP);
    await prompt({ lab, mends: [] });
  } finally {
    // Commands on the monitor's host may have sent what lvscope never would.
    await lab.close().catch(({ message }: Error) => say(message));
    say('all gone');
  }
  return 0;
}
