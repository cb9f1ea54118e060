import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Dropdown, Input, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { call } from '../api/client.ts';
import { useRead } from '../api/read.ts';
import { useAsk } from '../look/ask.tsx';
import { Field } from '../look/field.tsx';
import { Icon } from '../look/icon.tsx';
import { useProblemWords } from '../look/parts.tsx';
import { StateMark } from '../look/state.tsx';
import { Inert } from '../look/values.tsx';

/** What jobs and chains have at the head of their pages: on and off, edit, copy, take away, hold, and put back. */
export interface DefinitionHead {
  readonly scope: 'job' | 'chain';
  readonly name: string;
  readonly enabled: boolean;
  readonly tags: readonly string[];
  readonly heldBecause: string | null;
  readonly may: { readonly run: boolean; readonly edit: boolean };
  readonly editPath: string;
  readonly listPath: string;
  turn(on: boolean): Promise<unknown>;
  /** Gives the address of the copy. */
  copy(name: string): Promise<string>;
  remove(): Promise<unknown>;
}

/** Stands on what was taken away. */
const REMOVED_TAG = 'removed';

export function OnOff({ head }: { readonly head: DefinitionHead }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { message } = App.useApp();
  const words = useProblemWords();
  const [isBusy, setIsBusy] = useState(false);
  const turn = async (on: boolean) => {
    setIsBusy(true);
    try {
      await head.turn(on);
    } catch (error) {
      void message.error(words(error));
    }
    await client.invalidateQueries();
    setIsBusy(false);
  };
  return (
    <span className="row tight">
      <Switch
        aria-label={t('jobs.isOn')}
        checked={head.enabled}
        disabled={!head.may.edit}
        loading={isBusy}
        onChange={(on) => void turn(on)}
      />
      <span className="soft">{head.enabled ? t('state.enabled') : t('state.disabled')}</span>
    </span>
  );
}

/** What stands in its way: a hold, or that it was taken away. */
export function HeadNotes({ head }: { readonly head: DefinitionHead }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const ask = useAsk();
  const putBack = () =>
    ask({
      title: t('definition.putBackTitle', { name: head.name }),
      body: <p>{t('definition.putBackHelp')}</p>,
      ok: t('definition.putBack'),
      act: async () => {
        await head.turn(true);
        void client.invalidateQueries();
      },
    });
  return (
    <>
      {head.heldBecause !== null && (
        <p className="note tone-warn">
          <StateMark state="held" />
          <span>
            <Inert text={head.heldBecause} /> · <Link to="/holds">{t('nav.holds')}</Link>
          </span>
        </p>
      )}
      {head.tags.includes(REMOVED_TAG) && (
        <p className="note tone-warn">
          <StateMark state="disabled" />
          <span>{t('definition.isRemoved')}</span>
          {head.may.edit && (
            <Button size="small" onClick={putBack}>
              {t('definition.putBack')}
            </Button>
          )}
        </p>
      )}
    </>
  );
}

export function HeadActions({ head }: { readonly head: DefinitionHead }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const navigate = useNavigate();
  const client = useQueryClient();
  const copy = () => {
    let name = `${head.name}-copy`;
    ask({
      title: t('job.copyTitle', { name: head.name }),
      body: (
        <Field label={t('job.copyName')}>
          {(input) => (
            <Input {...input} defaultValue={name} maxLength={64} onChange={({ target }) => (name = target.value)} />
          )}
        </Field>
      ),
      ok: t('common.copy'),
      act: async () => void navigate(await head.copy(name)),
    });
  };
  const remove = () =>
    ask({
      title: t('job.removeTitle', { name: head.name }),
      body: <p>{t(head.scope === 'job' ? 'job.removeHelp' : 'chain.removeHelp')}</p>,
      ok: t('common.remove'),
      danger: true,
      act: async () => {
        await head.remove();
        void client.invalidateQueries();
        void navigate(head.listPath);
      },
    });
  return (
    <>
      {head.may.run && <HoldButton head={head} />}
      {head.may.edit && (
        <Button icon={<Icon name="edit" size={15} />} onClick={() => void navigate(head.editPath)}>
          {t('job.edit')}
        </Button>
      )}
      {head.may.edit && (
        <Dropdown
          trigger={['click']}
          menu={{
            items: [
              { key: 'copy', label: t('common.copy') },
              { key: 'remove', label: t('common.remove'), danger: true },
            ],
            onClick: ({ key }) => (key === 'copy' ? copy() : remove()),
          }}
        >
          <Button aria-label={t('job.more')} icon={<Icon name="more" size={15} />} />
        </Dropdown>
      )}
    </>
  );
}

/** Pauses it, or lets it go on. A hold over its group or the cluster is not its own, and is taken away where holds are. */
function HoldButton({ head: { scope, name } }: { readonly head: DefinitionHead }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const client = useQueryClient();
  const holds = useRead('GET /holds', {}, { topics: ['jobs'] });
  const isHeld = (holds.data?.items ?? []).some((hold) => hold.scope === scope && hold.name === name);
  const act = () =>
    ask({
      title: t(isHeld ? 'holds.releaseTitle' : 'holds.askTitle', { name }),
      ...(isHeld ? {} : { body: <p>{t('holds.askHelp')}</p> }),
      ok: t(isHeld ? 'holds.release' : 'bulk.job.hold'),
      needsReason: true,
      act: async (reason) => {
        if (isHeld) await call('POST /holds/release', { body: { scope, name, reason } });
        else await call('POST /holds', { body: { scope, name, reason } });
        void client.invalidateQueries();
      },
    });
  return <Button onClick={act}>{t(isHeld ? 'holds.release' : 'bulk.job.hold')}</Button>;
}
