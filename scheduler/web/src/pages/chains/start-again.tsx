import { useRead } from '../../api/read.ts';
import { StartChain } from './start-chain.tsx';

/** The dialog that starts a chain, from where only its name is known. */
export function StartAgain({ chain, onClose }: { readonly chain: string; readonly onClose: () => void }) {
  const view = useRead('GET /chains/:chain', { params: { chain } });
  return view.data === undefined ? null : <StartChain view={view.data} onClose={onClose} />;
}
