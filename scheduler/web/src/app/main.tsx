import './setup-link.ts';
import '../look/page.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { startPreferences } from './preferences.ts';

await startPreferences();
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(<App />);
