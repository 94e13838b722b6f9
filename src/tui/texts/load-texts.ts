/** Loads the catalogue of one language; the others are not loaded. */
import type { Texts } from './en.js';
import type { Language } from './language.js';

const CATALOGUES: Readonly<Record<Language, () => Promise<Texts>>> = {
  en: async () => (await import('./en.js')).EN,
  'zh-CN': async () => (await import('./zh-cn.js')).ZH_CN,
};

export const loadTexts = (language: Language): Promise<Texts> => CATALOGUES[language]();
