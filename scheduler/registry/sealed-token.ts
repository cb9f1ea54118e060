import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

/**
 * A group's token has to be shown to its executors, so a hash of it would not do. It is stored sealed with a key that
 * comes from the installation's token: whoever reads the database, or a backup of it, has no token.
 * @param nonceHex 12 unguessable bytes, new for each sealing.
 */
export function sealToken(token: string, installationToken: string, nonceHex: string): string {
  const nonce = Buffer.from(nonceHex, 'hex');
  const cipher = createCipheriv('aes-256-gcm', sealKey(installationToken), nonce);
  const sealed = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
  return `v1:${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')}`;
}

/** null: it was sealed with another installation's token. */
export function openToken(text: string, installationToken: string): string | null {
  const bytes = Buffer.from(text.replace(/^v1:/, ''), 'base64');
  if (!text.startsWith('v1:') || bytes.length < NONCE_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', sealKey(installationToken), bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const opened = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([opened, decipher.final()]).toString('utf8');
  } catch (error) {
    // The tag does not fit: that is the answer, not a failure.
    if (error instanceof Error) return null;
    throw error;
  }
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const sealKey = (token: string): Buffer => Buffer.from(hkdfSync('sha256', token, 'daybreak group tokens v1', '', 32));
