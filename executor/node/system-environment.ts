/** What the environment says where an option says nothing. An empty variable says nothing. */
export interface ExecutorEnvironment {
  /** DAYBREAK_SCHEDULERS: roots of schedulers, separated by commas. */
  readonly schedulers: readonly string[] | null;
  /** DAYBREAK_JOIN_TOKEN: a one-time token, as `daybreak dev` prints it. */
  readonly joinToken: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process, as it is whenever it is looked at. */
export const SYSTEM_ENVIRONMENT: Environment = process.env;

export function readExecutorEnvironment(env: Environment = SYSTEM_ENVIRONMENT): ExecutorEnvironment {
  const schedulers = (env.DAYBREAK_SCHEDULERS ?? '').split(',').map((root) => root.trim());
  const named = schedulers.filter((root) => root !== '');
  return {
    schedulers: named.length === 0 ? null : named,
    joinToken: env.DAYBREAK_JOIN_TOKEN?.trim() || null,
  };
}
