import { createHash, timingSafeEqual } from 'node:crypto';
import { deriveWireKey, type WireKey } from '../../shared/protocol/wire-signature.ts';
import type { Clock } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { allGroups, type GroupRow } from '../storage/sql/group-queries.ts';
import { openToken } from './sealed-token.ts';

/** Whom a token speaks for: the groups whose own it is, and, with the installation's, those that have none of their own. */
export interface Holder {
  readonly groups: ReadonlySet<string>;
  readonly installation: boolean;
}

export interface Keyring {
  holderOfToken(token: string): Promise<Holder | null>;
  /** By the id that a signature names. */
  holderOfKey(keyId: string): Promise<{ readonly holder: Holder; readonly key: WireKey } | null>;
  /** Whether there is such a group. */
  knows(group: string): Promise<boolean>;
  /** Whether the holder may speak for the group. A group with a token of its own is nobody else's. */
  mayActFor(holder: Holder, group: string): Promise<boolean>;
  /** The addresses that a person gave the group, or null: its executors register. */
  manualAddresses(group: string): Promise<readonly string[] | null>;
  /** What the group's executors are shown: the token of now and, while a change is under way, the one before. */
  tokensOf(group: string | null): Promise<readonly string[]>;
  /** A group was changed by this very process: the next question reads anew. */
  forget(): void;
}

export interface KeyringOptions {
  readonly store: SqlStore;
  readonly clock: Clock;
  readonly accessToken: string;
  /** Still taken, and tried after the other one, while an installation changes its token. */
  readonly previousAccessToken?: string | null;
}

/** A change of a group is seen by every scheduler within this time. */
const FRESH_MS = 2_000;
/** Something unknown may be new: it is looked up again, but a flood of guesses does not become a flood of reads. */
const MISS_FRESH_MS = 250;

interface Entry {
  readonly digest: Buffer;
  readonly key: WireKey;
  readonly groups: Set<string>;
  installation: boolean;
}

interface GroupAccess {
  /** Of its own; none: it uses the installation's. */
  readonly tokens: readonly string[];
  readonly manualAddresses: readonly string[] | null;
}

interface Snapshot {
  readonly atMs: number;
  readonly byDigest: ReadonlyMap<string, Entry>;
  readonly byKeyId: ReadonlyMap<string, Entry>;
  readonly groups: ReadonlyMap<string, GroupAccess>;
}

export function createKeyring(options: KeyringOptions): Keyring {
  const { store, clock, accessToken, previousAccessToken = null } = options;
  const installation = [accessToken, ...(previousAccessToken === null ? [] : [previousAccessToken])];
  const derived = new Map<string, WireKey>();
  let snapshot: Snapshot | null = null;
  let loading: Promise<Snapshot> | null = null;
  let generation = 0;

  async function fresh(withinMs: number): Promise<Snapshot> {
    if (snapshot !== null && clock.monotonicMs() - snapshot.atMs < withinMs) return snapshot;
    loading ??= keepLoaded();
    return loading;
  }

  async function keepLoaded(): Promise<Snapshot> {
    const begun = generation;
    const loaded = await load().finally(() => {
      if (begun === generation) loading = null;
    });
    // What was read before the change is good for whoever asked before it, and is not kept.
    if (begun === generation) snapshot = loaded;
    return loaded;
  }

  async function load(): Promise<Snapshot> {
    const atMs = clock.monotonicMs();
    const { rows, nowMs } = await store.read('load-groups', async (db) => ({
      rows: await allGroups(db),
      nowMs: db.nowMs,
    }));
    const [byDigest, byKeyId] = [new Map<string, Entry>(), new Map<string, Entry>()];
    const enter = (token: string): Entry => {
      const digest = digestOf(token);
      const entry = byDigest.get(digest.toString('hex')) ?? {
        digest,
        key: keyOf(token),
        groups: new Set<string>(),
        installation: false,
      };
      byDigest.set(digest.toString('hex'), entry);
      byKeyId.set(entry.key.id, entry);
      return entry;
    };
    for (const token of installation) enter(token).installation = true;
    const groups = new Map<string, GroupAccess>();
    for (const row of rows) {
      const tokens = liveTokens(row, nowMs, installation);
      const manualAddresses = row.addressType === 'manual' ? (JSON.parse(row.addresses) as string[]) : null;
      groups.set(row.appName, { tokens, manualAddresses });
      for (const token of tokens) enter(token).groups.add(row.appName);
    }
    return { atMs, byDigest, byKeyId, groups };
  }

  function keyOf(token: string): WireKey {
    const key = derived.get(token) ?? deriveWireKey(token);
    derived.set(token, key);
    return key;
  }

  /** Looks once more, in rows just read, before it says that something is not there. */
  async function find<T>(look: (snapshot: Snapshot) => T | undefined): Promise<T | null> {
    return look(await fresh(FRESH_MS)) ?? look(await fresh(MISS_FRESH_MS)) ?? null;
  }

  return {
    async holderOfToken(token) {
      const digest = digestOf(token);
      // Found by its digest, whose bytes nobody can choose; then compared in constant time all the same.
      const entry = await find((now) => now.byDigest.get(digest.toString('hex')));
      return entry !== null && timingSafeEqual(entry.digest, digest) ? entry : null;
    },
    async holderOfKey(keyId) {
      const entry = await find((now) => now.byKeyId.get(keyId));
      return entry === null ? null : { holder: entry, key: entry.key };
    },
    async knows(group) {
      return (await find((now) => now.groups.get(group))) !== null;
    },
    async mayActFor(holder, group) {
      const own = (await find((now) => now.groups.get(group)))?.tokens ?? [];
      return own.length === 0 ? holder.installation : holder.groups.has(group);
    },
    async manualAddresses(group) {
      return (await find((now) => now.groups.get(group)))?.manualAddresses ?? null;
    },
    async tokensOf(group) {
      const own = group === null ? [] : ((await find((now) => now.groups.get(group)))?.tokens ?? []);
      return own.length === 0 ? installation : own;
    },
    forget() {
      generation += 1;
      snapshot = null;
      loading = null;
    },
  };
}

function liveTokens(row: GroupRow, nowMs: number, installation: readonly string[]): readonly string[] {
  if (row.token === null) return [];
  const sealed = [row.token, ...(previousLives(row, nowMs) ? [row.previousToken] : [])];
  const opened = sealed.flatMap((text) => installation.map((token) => (text === null ? null : openToken(text, token))));
  const tokens = opened.filter((token) => token !== null);
  // Not one that opens: the installation's token was changed without the one before. Nobody holds it, so nobody fits.
  return tokens.length > 0 ? tokens : [UNKNOWN_TOKEN];
}

const previousLives = (row: GroupRow, nowMs: number): boolean =>
  row.previousToken !== null && row.previousUntil !== null && row.previousUntil > nowMs;

/** Stands for a token that cannot be opened; no token holds a line break. */
const UNKNOWN_TOKEN = '\n';
const digestOf = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
