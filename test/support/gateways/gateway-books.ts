import type { Fate, HostileGateway } from './hostile-gateway.ts';

export interface Debit {
  readonly requestNo: string;
  readonly accountNo: string;
  readonly amount: number;
  readonly currency: string;
  readonly expireAt: number;
}

export type Entry = Record<string, unknown> & { readonly requestNo: string };

/** What the gateway remembers under a requestNo, for as long as its key lives. */
export interface Booked {
  readonly debit: Debit;
  readonly firstAtMs: number;
  status: 'SUCCESS' | 'FAILED' | 'PROCESSING' | 'VOIDED' | 'QUEUED';
  code: string;
  ref: string | null;
  visibleAtMs: number;
}

/** Money that moved. */
export interface Execution {
  readonly requestNo: string;
  readonly accountNo: string;
  readonly amount: number;
  readonly currency: string;
  readonly ref: string;
  readonly atMs: number;
  readonly date: string;
}

interface BooksOptions {
  readonly gateway: HostileGateway;
  readonly capabilities?: Record<string, unknown>;
  fate?(debit: Debit, gateway: HostileGateway): Fate | undefined;
  readonly ignoresKeys?: boolean;
}

/** What a gateway truly did. All that is said about it is said elsewhere. */
export class GatewayBooks {
  readonly executions: Execution[] = [];
  readonly known = new Map<string, Booked>();
  readonly #options: BooksOptions;

  constructor(options: BooksOptions) {
    this.#options = options;
  }

  debit(debit: Debit): Entry {
    const before = this.#options.ignoresKeys ? undefined : this.#remembered(debit.requestNo);
    if (before !== undefined && before.status !== 'QUEUED') {
      if (before.status !== 'VOIDED' && !sameValues(before.debit, debit)) {
        return { requestNo: debit.requestNo, status: 'FAILED', code: 'DUPLICATE_MISMATCH' };
      }
      return entryOf(before);
    }
    const { gateway } = this.#options;
    if (gateway.nowMs > debit.expireAt) return { requestNo: debit.requestNo, status: 'FAILED', code: 'EXPIRED' };
    const fate = this.#options.fate?.(debit, gateway) ?? usualFate(debit);
    const booked: Booked = {
      debit,
      firstAtMs: Date.now(),
      status: 'PROCESSING',
      code: 'OK',
      ref: null,
      visibleAtMs: Date.now() + (fate.visibleAfterMs ?? 0),
    };
    if (fate.queuedMs !== undefined && before === undefined) {
      // Whatever was asked or voided meanwhile, the queue hands it over later, and then the usual rules hold.
      this.known.set(debit.requestNo, { ...booked, status: 'QUEUED' });
      gateway.later(fate.queuedMs, () => {
        if (this.known.get(debit.requestNo)?.status === 'QUEUED') this.known.delete(debit.requestNo);
        if (this.known.has(debit.requestNo) || gateway.nowMs > debit.expireAt) return;
        this.known.set(debit.requestNo, booked);
        this.#finish(booked, fate);
      });
      return { requestNo: debit.requestNo, status: 'PROCESSING', code: 'OK' };
    }
    this.known.set(debit.requestNo, booked);
    if (fate.afterMs === undefined) this.#finish(booked, fate);
    else if (fate.afterMs !== null) gateway.later(fate.afterMs, () => this.#finish(booked, fate));
    return entryOf(booked);
  }

  query(requestNo: string): Entry {
    const booked = this.#remembered(requestNo);
    if (booked === undefined || booked.status === 'QUEUED' || booked.visibleAtMs > Date.now()) {
      return { requestNo, status: 'NOT_FOUND', code: 'OK' };
    }
    return entryOf(booked);
  }

  /** After VOIDED the requestNo can never succeed. */
  void(requestNo: string): Entry {
    const booked = this.#remembered(requestNo);
    if (booked !== undefined && booked.status !== 'QUEUED') return entryOf(booked);
    const debit = { requestNo, accountNo: '', amount: 0, currency: '', expireAt: 0 };
    const grave: Booked = { debit, firstAtMs: Date.now(), status: 'VOIDED', code: 'OK', ref: null, visibleAtMs: 0 };
    this.known.set(requestNo, grave);
    return entryOf(grave);
  }

  /** Ends a debit that was PROCESSING for ever. */
  finish(requestNo: string, fate: Fate): void {
    const booked = this.known.get(requestNo);
    if (booked?.status === 'PROCESSING') this.#finish(booked, fate);
  }

  settlementLines(date: string): string[] {
    return this.executions
      .filter((one) => one.date === date)
      .map((one) => `${one.ref},${one.requestNo},${one.accountNo},${one.currency},${one.amount},${one.atMs}`);
  }

  #finish(booked: Booked, fate: Fate): void {
    booked.status = fate.status ?? 'SUCCESS';
    booked.code = fate.code ?? (booked.status === 'SUCCESS' ? 'OK' : 'INSUFFICIENT_FUNDS');
    if (booked.status !== 'SUCCESS') return;
    const { requestNo, accountNo, amount, currency } = booked.debit;
    booked.ref = `R${this.executions.length + 1}`;
    const { gateway } = this.#options;
    this.executions.push({
      requestNo,
      accountNo,
      amount,
      currency,
      ref: booked.ref,
      atMs: Date.now(),
      date: gateway.date,
    });
  }

  /** A key that has outlived its time is forgotten, whatever was done under it. */
  #remembered(requestNo: string): Booked | undefined {
    const booked = this.known.get(requestNo);
    const life = Number(this.#options.capabilities?.keyLifetimeMs ?? 86_400_000);
    if (booked === undefined || Date.now() - booked.firstAtMs < life) return booked;
    this.known.delete(requestNo);
    return undefined;
  }
}

export function entryOf(booked: Booked): Entry {
  const { requestNo, amount, currency } = booked.debit;
  if (booked.status === 'VOIDED') return { requestNo, status: 'VOIDED', code: 'OK' };
  const status = booked.status === 'QUEUED' ? 'PROCESSING' : booked.status;
  return { requestNo, status, code: booked.code, message: '', gatewayRef: booked.ref, amount, currency };
}

const sameValues = (a: Debit, b: Debit): boolean =>
  a.accountNo === b.accountNo && a.amount === b.amount && a.currency === b.currency && a.expireAt === b.expireAt;

/** `<environment>.<contract>.<period>.<P|R>.<presentation>.<attempt>` */
export function planOf(requestNo: string): { contract: string; leg: string; plan: string; number: number } {
  const [, contract = '', period = '', letter = ''] = requestNo.split('.');
  return {
    contract,
    leg: letter === 'P' ? 'PREMIUM' : 'PRINCIPAL',
    plan: `${contract}.${period}.${letter}`,
    number: Number(contract.replace(/\D/g, '')),
  };
}

/** Some debits are always refused, so that every night has principals that must never be debited. */
export function usualFate(debit: Debit): Fate {
  const { leg, number } = planOf(debit.requestNo);
  if (leg === 'PREMIUM' && number % 7 === 3) return { status: 'FAILED', code: 'INSUFFICIENT_FUNDS' };
  if (leg === 'PRINCIPAL' && number % 11 === 5) return { status: 'FAILED', code: 'ACCOUNT_CLOSED' };
  return { status: 'SUCCESS' };
}
