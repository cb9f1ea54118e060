import { Button } from 'antd';
import { type ReactNode, useState } from 'react';
import { Icon } from '../look/icon.tsx';
import { Page } from '../look/parts.tsx';
import { Inert } from '../look/values.tsx';
import { type DefinitionHead, HeadActions, HeadNotes, OnOff } from './definition-head.tsx';

/** What the page of a job and that of a chain have in common: the head, and the dialog that starts it. */
export function DefinitionPage({
  head,
  title,
  startText,
  startDialog,
  children,
}: {
  readonly head: DefinitionHead;
  /** What people call it. */
  readonly title: string;
  readonly startText: string;
  readonly startDialog: (onClose: () => void) => ReactNode;
  readonly children: ReactNode;
}) {
  const [isStarting, setIsStarting] = useState(false);
  return (
    <Page
      title={<Inert text={head.name} />}
      lead={<OnOff head={head} />}
      actions={
        <>
          {head.may.run && (
            <Button type="primary" icon={<Icon name="runs" size={15} />} onClick={() => setIsStarting(true)}>
              {startText}
            </Button>
          )}
          <HeadActions head={head} />
        </>
      }
    >
      {title !== '' && (
        <p className="soft">
          <Inert text={title} />
        </p>
      )}
      <HeadNotes head={head} />
      {children}
      {isStarting && startDialog(() => setIsStarting(false))}
    </Page>
  );
}
