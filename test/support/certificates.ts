import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A key and the certificate for it, as files in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority of one test file's own, made by openssl: nothing of the kind lies in the repository. */
export interface Authority {
  readonly folder: string;
  readonly ca: string;
  /** Signs a certificate for names as a certificate has them, e.g. `DNS:db.example` and `IP:127.0.0.1`. */
  sign(name: string, names: string, days?: number): Certificate;
  remove(): void;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export function newAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'daybreak-authority-'));
  const at = (file: string): string => join(folder, file);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  openssl(
    'req',
    '-x509',
    ...NEW_KEY,
    '-days',
    '2',
    '-subj',
    '/CN=authority',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
  );
  return {
    folder,
    ca: at('ca.pem'),
    sign(name, names, days = 2) {
      const [cert, key] = [at(`${name}.pem`), at(`${name}.key`)];
      writeFileSync(at('names'), `subjectAltName=${names}\n`);
      openssl('req', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', key, '-out', at('request'));
      const by = [
        '-CA',
        at('ca.pem'),
        '-CAkey',
        at('ca.key'),
        '-set_serial',
        String(1 + Math.floor(Math.random() * 1e9)),
      ];
      openssl(
        'x509',
        '-req',
        '-in',
        at('request'),
        ...by,
        '-days',
        String(days),
        '-extfile',
        at('names'),
        '-out',
        cert,
      );
      return { cert, key };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
