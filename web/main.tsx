/** The page. */
import './page.css';
import { render } from 'preact';
import { createPageState } from './shell/page-state.ts';
import { Shell } from './shell/shell.tsx';

const root = document.getElementById('page');
if (root) render(<Shell page={createPageState()} />, root);
