import { useTranslation } from 'react-i18next';
import type { Reply } from '../../api/read.ts';
import { useStateWord } from '../../look/state.tsx';
import { Inert } from '../../look/values.tsx';
import { useReasonWords } from './reason-words.ts';

type ItemEvent = Reply<'GET /items/history'>['events'][number];

/** One line of an item's story, in the language of the page where it came with its values, else as it came. */
export function EventWords({ event }: { readonly event: Pick<ItemEvent, 'text' | 'says'> }) {
  return <Inert text={useEventWords()(event)} />;
}

function useEventWords(): (event: Pick<ItemEvent, 'text' | 'says'>) => string {
  const { t } = useTranslation();
  const stateWord = useStateWord();
  const reasonWords = useReasonWords();
  // A word that a later build of the executor says is shown as it came.
  const via = (word: string) => t(`via.${word}`, { defaultValue: word });
  return ({ text, says }) => {
    if (says === undefined) return text;
    const { code, values } = says;
    const of = (name: string): string => String(values[name] ?? '');
    const count = (name: string): number => Number(values[name] ?? 0);
    switch (code) {
      case 'call_stored':
        return t('itemSays.callStored', {
          requestNo: of('requestNo'),
          presentation: of('presentation'),
          attempt: of('attempt'),
          count: count('sends'),
        });
      case 'call_settled': {
        // The code of the answer, and the reference of the downstream.
        const facts = of('facts').split(', ').map(reasonWords).join(', ');
        return t('itemSays.callSettled', {
          requestNo: of('requestNo'),
          state: stateWord(of('state')),
          via: via(of('by')),
          facts: facts === '' ? '' : ` (${facts})`,
        });
      }
      case 'resolved':
        return t('itemSays.resolved', {
          as: t(`items.as.${of('as')}`, { defaultValue: of('as') }),
          by: of('by'),
          approvedBy: of('approvedBy'),
          reason: of('reason'),
        });
      case 'evidence': {
        const outcome = t(`evidenceOutcome.${of('outcome')}`, { defaultValue: of('outcome') });
        const others = count('others');
        const words = { of: via(of('of')), outcome };
        return others > 0 ? t('itemSays.evidenceOthers', { ...words, count: others }) : t('itemSays.evidence', words);
      }
      default:
        return text;
    }
  };
}
