/** Holds one thread of a running program still, as a system call that never returns would: by V8's inspector (`node --inspect`). */
import { once } from 'node:events';
import WebSocket from 'ws';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly sessionId?: string };
}

/** Stops the program's one worker thread at its next step. @param url `ws://…`, as the program prints it. Resolves with what lets it go on */
export async function holdWorker(url: string): Promise<() => void> {
  const inspector = new WebSocket(url);
  await once(inspector, 'open');
  let id = 0;
  const send = (method: string, params: object) => inspector.send(JSON.stringify({ id: ++id, method, params }));
  const attached = new Promise<string>((resolve) => {
    inspector.on('message', (data) => {
      const { method, params } = JSON.parse(String(data)) as Message;
      if (method === 'NodeWorker.attachedToWorker' && params?.sessionId) resolve(params.sessionId);
    });
  });
  send('NodeWorker.enable', { waitForDebuggerOnStart: false });
  const sessionId = await attached;
  const order = (method: string) => send('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id: ++id, method }) });
  order('Debugger.enable');
  order('Debugger.pause');
  return () => {
    order('Debugger.resume');
    inspector.close();
  };
}
