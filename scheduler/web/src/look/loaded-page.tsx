import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { ApiProblem } from '../api/client.ts';
import { type Asked, Loaded, Page, ProblemNote } from './parts.tsx';

/** A page of one thing. What is not there, or may not be seen, is a page all the same: what was asked for, and the way on. */
export function LoadedPage<T>({
  of,
  title,
  back,
  children,
}: {
  readonly of: Asked<T>;
  readonly title: string;
  readonly back: { readonly to: string; readonly text: string };
  readonly children: (data: T) => ReactNode;
}) {
  if (of.data !== undefined || of.error === null || of.error === undefined) return <Loaded of={of}>{children}</Loaded>;
  // It will not come to be there by being asked for again.
  const isFinal = of.error instanceof ApiProblem && [400, 403, 404].includes(of.error.status);
  return (
    <Page title={title}>
      <ProblemNote error={of.error} {...(isFinal ? {} : { onRetry: () => void of.refetch() })} />
      <p>
        <Link to={back.to}>{back.text}</Link>
      </p>
    </Page>
  );
}
