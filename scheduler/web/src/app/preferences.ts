import i18next from 'i18next';
import { useSyncExternalStore } from 'react';
import { initReactI18next } from 'react-i18next';
import { formatInstant, type Language } from '../pure/format.ts';
import { type Sentences, type Wording, wordingBy } from '../pure/sentences.ts';
import { keep, readKept } from './browser-store.ts';

/** Language and theme: kept with the person by the API, and in this browser for the pages before log-in. */
export type Theme = 'system' | 'light' | 'dark';
interface Preferences {
  readonly language: Language;
  readonly theme: Theme;
}

const KEEP = 'preferences';
const night = window.matchMedia('(prefers-color-scheme: dark)');
const tells = new Set<() => void>();
let preferences: Preferences = readPreferences();

interface Texts {
  readonly words: Readonly<Record<string, string>>;
  /** Of the server, which words its own in English. */
  readonly sentences: Sentences;
}
const TEXTS: Readonly<Record<Language, () => Promise<Texts>>> = {
  en: () => import('../text/en.ts').then(({ en }) => ({ words: en, sentences: {} })),
  zh: () => import('../text/zh.ts').then(({ zh, ZH_SENTENCES }) => ({ words: zh, sentences: ZH_SENTENCES })),
};
const wordings = new Map<Language, Wording>();

export async function startPreferences(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: preferences.language,
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    resources: { [preferences.language]: { translation: await loadTexts(preferences.language) } },
  });
  night.addEventListener('change', show);
  show();
}

export async function setPreferences(change: Partial<Preferences>): Promise<void> {
  preferences = { ...preferences, ...change };
  keep(KEEP, JSON.stringify(preferences));
  const { language } = preferences;
  if (!i18next.hasResourceBundle(language, 'translation')) {
    i18next.addResourceBundle(language, 'translation', await loadTexts(language));
  }
  await i18next.changeLanguage(language);
  show();
}

async function loadTexts(language: Language): Promise<Texts['words']> {
  const { words, sentences } = await TEXTS[language]();
  const showInstant = (instant: string): string => formatInstant(Date.parse(instant), { language });
  wordings.set(language, wordingBy(sentences, showInstant));
  return words;
}

const subscribe = (tell: () => void) => {
  tells.add(tell);
  return () => tells.delete(tell);
};
export const usePreferences = (): Preferences => useSyncExternalStore(subscribe, () => preferences);
export const useLanguage = (): Language => usePreferences().language;
/** Gives what the server worded in the language of the page, as far as that knows it. */
export function useWording(): Wording {
  return wordings.get(useLanguage()) ?? asItCame;
}
const asItCame: Wording = (sentence) => sentence;
export const useIsDark = (): boolean => useSyncExternalStore(subscribe, isDark);

const isDark = (): boolean => preferences.theme === 'dark' || (preferences.theme === 'system' && night.matches);

function show(): void {
  document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
  document.documentElement.lang = preferences.language === 'zh' ? 'zh-CN' : 'en';
  for (const tell of [...tells]) tell();
}

function readPreferences(): Preferences {
  const language = navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
  try {
    const kept = JSON.parse(readKept(KEEP) ?? '{}') as Partial<Preferences>;
    return {
      language: kept.language === 'zh' || kept.language === 'en' ? kept.language : language,
      theme: kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : 'system',
    };
  } catch {
    return { language, theme: 'system' };
  }
}
