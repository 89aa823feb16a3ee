/** lvscope inside a guest, with the checkout and the Node of the machine, which a guest sees as its own files; asked there, so that no question is on the wire. */
import { fileURLToPath } from 'node:url';
import type { Director } from './director.ts';
import { eventually } from './eventually.ts';

/** lvscope takes 100 MiB of it. */
export const MEMORY = '320M';
const LVSCOPE = fileURLToPath(new URL('../../bin/lvscope.js', import.meta.url));
const [LOG, PID] = ['/run/lvscope.log', '/run/lvscope.pid'];
const LISTEN_PORT = 9852;
const MOST_START_MS = 60_000;
const MOST_READY_MS = 20_000;

/** Seven seconds on an idle core. */
export async function startLvscope(guest: Director, port: string): Promise<void> {
  const words = `-i ${port} --user root --listen 127.0.0.1:${LISTEN_PORT} --data /run/lvscope`;
  await guest.shell.run(`${process.execPath} ${LVSCOPE} run ${words} >${LOG} 2>&1 & echo $! >${PID}`);
  const listens = `grep -q 'lvscope: http://' ${LOG}`;
  const wait = `while kill -0 $(cat ${PID}) && ! ${listens}; do sleep 0.2; done; ${listens} || { cat ${LOG}; false; }`;
  const { status, output } = await guest.shell.answer(wait, MOST_START_MS);
  if (status !== 0) throw new Error(`lvscope has ended: ${output}`);
  await eventually('lvscope is ready', async () => (await ask(guest, '/-/ready')).status === 200, MOST_READY_MS);
}

/** What `lvscope doctor` says beside it. */
export async function doctor({ shell }: Director, port: string): Promise<string> {
  return (await shell.answer(`${process.execPath} ${LVSCOPE} doctor -i ${port} --seconds 2 --data /run/doctor`)).output;
}

/** In order. @throws Error when it ends with another status than 0 */
export async function stopLvscope({ shell }: Director): Promise<void> {
  await shell.run(`kill $(cat ${PID}) && wait $(cat ${PID})`);
}

/** By bash, which every Debian has; in HTTP/1.0 an answer is not in chunks. */
async function ask({ shell }: Director, path: string, accept = 'application/json'): Promise<{ status: number; body: string }> {
  const request = [`GET ${path} HTTP/1.0`, `Host: 127.0.0.1:${LISTEN_PORT}`, `Accept: ${accept}`, '', ''].join('\\r\\n');
  const said = await shell.run(`bash -c "exec 3<>/dev/tcp/127.0.0.1/${LISTEN_PORT}; printf '${request}' >&3; cat <&3"`);
  const end = said.indexOf('\n\n');
  return { status: Number(said.split(' ')[1]), body: said.slice(end + 2) };
}

/** As `MonitorPort.list`. */
export async function list<Item>(guest: Director, path: string): Promise<Item[]> {
  const { status, body } = await ask(guest, `/api/v1/${path}`);
  if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
  return (JSON.parse(body) as { items: Item[] }).items;
}

/** Its table as `ipvsadm -Lnc` prints one. */
export async function table(guest: Director): Promise<string> {
  return (await ask(guest, '/api/v1/connections', 'text/plain')).body;
}
