import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import './styles/shell.css';
import './styles/grid.css';
import './styles/ribbon.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { takeAnswerFrom } from './data/federation.ts';
import { loadPreferences } from './preferences.ts';

takeAnswerFrom(location, history, sessionStorage);
loadPreferences(localStorage, location.search, navigator.languages);
const root = document.getElementById('root') as HTMLElement;

if ('Temporal' in globalThis) {
  // Nothing of the console is loaded before it is known that this browser can keep time zones right.
  const { App } = await import('./app.tsx');
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
} else {
  root.textContent =
    '此浏览器缺少 Temporal，无法正确处理各市场时区。请用 Chrome / Edge 144、Firefox 139 或更新版本。 — This browser lacks Temporal and cannot keep the markets’ time zones right. Please use Chrome / Edge 144, Firefox 139 or newer.';
}
