/** The page. */
import './page.css';
import { render } from 'preact';
import { Anomalies } from './anomalies.tsx';
import { Connections } from './connections.tsx';
import { Events } from './events.tsx';
import { createPageState, type PageState } from './page-state.ts';
import { Services } from './services.tsx';
import { StatusStrip } from './status-strip.tsx';

function Page({ page }: { page: PageState }) {
  return (
    <div class={`page ${page.link.value.phase}`}>
      <StatusStrip page={page} />
      <main>
        <Anomalies page={page} />
        <Services page={page} />
        <Connections page={page} />
        <Events page={page} />
      </main>
    </div>
  );
}

const root = document.getElementById('page');
if (root) render(<Page page={createPageState()} />, root);
