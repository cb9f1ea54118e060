/**
 * What a node has learned of its schedulers: once one of them has signed, the bare token is not enough any more,
 * because whoever has only listened to the line could have it. An admin of xxl-job cannot sign; while one of those is
 * among the schedulers, the token goes on being enough.
 */
export interface SignatureTrust {
  /** A request or an answer was signed with our token. */
  signed(): void;
  /** The admin at this root took our token and answered without a signature. */
  plain(root: string): void;
  readonly isTokenEnough: boolean;
}

/** @param requireSignatures from the first moment on, so that there is none in which the token alone would do. */
export function createSignatureTrust(requireSignatures: boolean): SignatureTrust {
  let someoneSigns = false;
  const plainRoots = new Set<string>();
  return {
    signed() {
      someoneSigns = true;
    },
    plain(root) {
      plainRoots.add(root);
    },
    get isTokenEnough() {
      return !requireSignatures && (!someoneSigns || plainRoots.size > 0);
    },
  };
}
