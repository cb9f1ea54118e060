import { networkSet } from '../../../shared/http-networks.ts';
import { listOption } from '../cluster/read-settings.ts';

/** Networks, as they were typed. Throws CONFIG_INVALID that names the option, before anything is opened. */
export function networksOption(values: Readonly<Record<string, string>>, name: string): string[] {
  const networks = [...listOption(values[name])];
  networkSet(networks, `--${name}`);
  return networks;
}
