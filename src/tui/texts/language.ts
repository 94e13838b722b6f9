/** The languages of the chat client, and which one an environment asks for. Pure. */

/** As in BCP 47. The first one is that of everybody else. */
export const LANGUAGES = ['en', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Simplified Chinese: zh_CN, zh_SG, zh-Hans …, and zh alone. */
const SIMPLIFIED = /^zh(_(cn|sg)|_hans(_[a-z]{2})?)?$/;

/** By LC_ALL, else LC_MESSAGES, else LANG, as POSIX has it: the first one that is not empty counts. */
export function languageOf({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): Language {
  const [locale = ''] = (LC_ALL || LC_MESSAGES || LANG || '').split(/[.@]/); // zh_CN.UTF-8
  return SIMPLIFIED.test(locale.toLowerCase().replaceAll('-', '_')) ? 'zh-CN' : 'en';
}
