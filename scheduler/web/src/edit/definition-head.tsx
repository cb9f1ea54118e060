import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Input, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { call } from '../api/client.ts';
import { useRead } from '../api/read.ts';
import { useAsk } from '../look/ask.tsx';
import { Field } from '../look/field.tsx';
import { Icon } from '../look/icon.tsx';
import { MenuBelow } from '../look/menu-below.tsx';
import { useProblemWords } from '../look/parts.tsx';
import { StateMark } from '../look/state.tsx';
import { Said } from '../look/values.tsx';
import { type DefinitionRef, pathOf, routeOf, scopeOf } from './definition-ref.ts';

/** What jobs and chains have at the head of their pages: on and off, edit, copy, take away, hold, and put back. */
export interface DefinitionHead {
  readonly of: DefinitionRef;
  readonly name: string;
  readonly enabled: boolean;
  readonly tags: readonly string[];
  readonly heldBecause: string | null;
  readonly may: { readonly run: boolean; readonly edit: boolean };
}

const turnOn = (of: DefinitionRef, on: boolean) =>
  call(routeOf(of, 'POST', on ? '/enable' : '/disable'), { params: of });

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
      await turnOn(head.of, on);
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
        await turnOn(head.of, true);
        void client.invalidateQueries();
      },
    });
  return (
    <>
      {head.heldBecause !== null && (
        <p className="note tone-warn">
          <StateMark state="held" />
          <span>
            <Said text={head.heldBecause} /> · <Link to="/holds">{t('nav.holds')}</Link>
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
  const { of } = head;
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
      act: async () => void navigate(pathOf(await call(routeOf(of, 'POST', '/copy'), { params: of, body: { name } }))),
    });
  };
  const remove = () =>
    ask({
      title: t('job.removeTitle', { name: head.name }),
      body: <p>{t(scopeOf(of) === 'job' ? 'job.removeHelp' : 'chain.removeHelp')}</p>,
      ok: t('common.remove'),
      danger: true,
      act: async () => {
        await call(routeOf(of, 'DELETE', ''), { params: of });
        void client.invalidateQueries();
        void navigate(scopeOf(of) === 'job' ? '/jobs' : '/chains');
      },
    });
  return (
    <>
      {head.may.run && <HoldButton head={head} />}
      {head.may.edit && (
        <Button icon={<Icon name="edit" size={15} />} onClick={() => void navigate(`${pathOf(of)}/edit`)}>
          {t('job.edit')}
        </Button>
      )}
      {head.may.edit && (
        <MenuBelow
          menu={{
            items: [
              { key: 'copy', label: t('common.copy') },
              { key: 'remove', label: t('common.remove'), danger: true },
            ],
            onClick: ({ key }) => (key === 'copy' ? copy() : remove()),
          }}
        >
          <Button aria-label={t('job.more')} icon={<Icon name="more" size={15} />} />
        </MenuBelow>
      )}
    </>
  );
}

/** Pauses it, or lets it go on. A hold over its group or the cluster is not its own, and is taken away where holds are. */
function HoldButton({ head: { of, name } }: { readonly head: DefinitionHead }) {
  const scope = scopeOf(of);
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
