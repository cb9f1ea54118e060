import { hash } from 'node:crypto';
import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Exchange } from './define-downstream.ts';

/** What the downstream said, once; insert-only. Verdicts refer to it. */
export interface EvidenceDraft {
  readonly kind: 'send' | 'query' | 'void' | 'callback' | 'file' | 'hand';
  readonly runId: number | null;
  /** How many calls were asked about. */
  readonly asked: number;
  readonly firstRequestNo: string | null;
  readonly httpStatus: number | null;
  readonly outcome: string;
  readonly body: string;
}

export function evidenceOf(
  kind: 'send' | 'query' | 'void',
  runId: number | null,
  requestNos: readonly string[],
  exchange: Exchange<unknown>,
): EvidenceDraft {
  return {
    kind,
    runId,
    asked: requestNos.length,
    firstRequestNo: requestNos[0] ?? null,
    httpStatus: exchange.kind === 'answered' ? 200 : exchange.status,
    outcome: exchange.kind,
    body: bounded(exchange.kind === 'answered' ? exchange.raw : `${exchange.why}\n${exchange.raw}`),
  };
}

/** 500 entries are about 100 kB. A server takes 16 MB at once (MariaDB's own limit), and a character is up to 3 bytes. */
export const EVIDENCE_CHARS_MAX = 4 * 1024 * 1024;

/**
 * An answer is kept whole up to a size that no honest one has. What is beyond it stands as its hash: were it stored, or
 * refused by the server, the transaction that settles by it would fail with it.
 */
function bounded(body: string): string {
  if (body.length <= EVIDENCE_CHARS_MAX) return body;
  const kept = body.slice(0, EVIDENCE_CHARS_MAX).toWellFormed();
  return `${kept}\n[cut: ${body.length} characters in all, SHA-256 ${hash('sha256', body)}]`;
}

export async function insertEvidence(tx: SqlTx, downstreamId: number, draft: EvidenceDraft): Promise<number> {
  return tx.insertReturningId(
    `insert into evidence (downstream_id, run_id, kind, asked, first_request_no, http_status, outcome, body, at_ms)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      downstreamId,
      draft.runId,
      draft.kind,
      draft.asked,
      draft.firstRequestNo,
      draft.httpStatus,
      draft.outcome,
      draft.body,
      tx.nowMs,
    ],
  );
}
