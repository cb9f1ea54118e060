import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeCron, parseCron } from '../../../../shared/cron/cron.ts';
import { anyExpression, CRON_SEED, meaningOf } from '../../../support/cron-arbitraries.ts';

const LINES = `
0 30 2 * * ? = at 02:30 every day = 每天 02:30
15 30 2 * * ? = at 02:30:15 every day = 每天 02:30:15
0 0,30 2,14 * * ? = at 02:00, 02:30, 14:00 and 14:30 every day = 每天 02:00、02:30、14:00、14:30
0 0 * * * ? = every hour on the hour = 每小时整点
0 15 * * * ? = every hour at minute 15 = 每小时第 15 分
10 15 * * * ? = every hour at minute 15 and second 10 = 每小时第 15 分 10 秒
* * * * * ? = every second = 每秒
0 * * * * ? = every minute = 每分钟
0/10 * * * * ? = every 10 seconds = 每 10 秒
5 * * * * ? = at second 5 of every minute = 每分钟第 5 秒
0/7 * * * * ? = every 7 seconds from second 0 through 56 of every minute = 每分钟第 0 秒至第 56 秒每 7 秒
* 30 2 * * ? = every second, in minute 30 of the hour, from 02:00 through 02:59, every day = 每天 02:00 至 02:59 每小时第 30 分内每秒
5,10 0/15 8-18 * * ? = at seconds 5 and 10 of the minute, in every 15th minute from 0 through 45 of the hour, from 08:00 through 18:59, every day = 每天 08:00 至 18:59 每小时第 0、15、30、45 分内每分钟第 5、10 秒
0 0/15 * * * ? = every 15 minutes = 每 15 分钟
0 0-59/15 * * * ? = every 15 minutes = 每 15 分钟
0 0/7 * * * ? = every 7 minutes from minute 0 through 56 of every hour = 每小时第 0 分至第 56 分每 7 分钟
0 0-30/10 * * * ? = every 10 minutes from minute 0 through 30 of every hour = 每小时第 0 分至第 30 分每 10 分钟
0 5/15 8-18 ? * MON-FRI = every 15 minutes from minute 5 through 50 of the hour, from 08:00 through 18:59, on Monday through Friday = 每周一至周五 08:00 至 18:59 每小时第 5 分至第 50 分每 15 分钟
0 0 9-17 * * ? = every hour from 09:00 through 17:00, every day = 每天 09:00 至 17:00 每小时
0 30 0/6 * * ? = every 6 hours from 00:30 through 18:30, every day = 每天 00:30 至 18:30 每 6 小时
0 30 8-10,14 * * ? = at 14:30 and every hour from 08:30 through 10:30, every day = 每天 08:30 至 10:30 每小时、14:30
0 30 22-2 ? * FRI-MON = every hour from 22:30 through 23:30 and every hour from 00:30 through 02:30, on Friday through Monday = 每周五至周一 22:30 至 23:30 每小时、00:30 至 02:30 每小时
0 0,30 0/6 * * ? = at minutes 0 and 30 of the hour, in every 6th hour from 00:00 through 18:00, every day = 每天 00:00 至 00:59、06:00 至 06:59、12:00 至 12:59、18:00 至 18:59 每小时第 0、30 分
0 0 2 L * ? = at 02:00 on the last day of the month = 每月最后一天 02:00
0 0 2 L-1 * ? = at 02:00 on the day 1 day before the last of the month = 每月倒数第 2 天 02:00
0 0 2 L-3 * ? = at 02:00 on the day 3 days before the last of the month = 每月倒数第 4 天 02:00
0 0 2 LW * ? = at 02:00 on the last workday of the month = 每月最后一个工作日 02:00
0 0 2 L-3W * ? = at 02:00 on the workday nearest to the day 3 days before the last of the month = 每月离倒数第 4 天最近的工作日 02:00
0 0 2 15W * ? = at 02:00 on the workday nearest to day 15 of the month = 每月离 15 日最近的工作日 02:00
0 0 2 1,15 * ? = at 02:00 on days 1 and 15 of the month = 每月 1 日、15 日 02:00
0 0 2 25-5 * ? = at 02:00 on days 25 through 31 and 1 through 5 of the month = 每月 25 日至 31 日、1 日至 5 日 02:00
0 0 2 */2 * ? = at 02:00 every 2 days from day 1 of the month = 每月 1 日起每 2 天 02:00
0 0 2 1-20/2 * ? = at 02:00 every 2 days from day 1 through 19 of the month = 每月 1 日至 19 日每 2 天 02:00
0 0 2 1/10,L * ? = at 02:00 every 10 days from day 1 and on the last day of the month = 每月 1 日起每 10 天、最后一天 02:00
0 0 2 1,LW 1 ? = at 02:00 on day 1 and on the last workday of the month, in January = 1 月的 1 日、最后一个工作日 02:00
0 0 2 ? * 6L = at 02:00 on the last Friday of the month = 每月最后一个周五 02:00
0 0 2 ? * FRI#3 = at 02:00 on the third Friday of the month = 每月第三个周五 02:00
0 0 2 ? * L = at 02:00 on Saturday = 每周六 02:00
0 0 2 ? * */2 = at 02:00 on Sunday, Tuesday, Thursday and Saturday = 每周日、周二、周四、周六 02:00
0 0 2 ? JAN,JUL MON = at 02:00 on Monday, in January and July = 1 月、7 月的每周一 02:00
0 0 2 ? 1/3 MON#1 2027 = at 02:00 on the first Monday of the month, in January, April, July and October, in 2027 = 2027 年 1 月、4 月、7 月、10 月的第一个周一 02:00
0 0/5 * * NOV-FEB ? = every 5 minutes, in November through December and January through February = 11 月至 12 月、1 月至 2 月的每天 每 5 分钟
0 0 2 1 1 ? 2027-2030 = at 02:00 on day 1 of the month, in January, in 2027 through 2030 = 2027 年至 2030 年 1 月的 1 日 02:00
0 0 2 1 1 ? 2027/2 = at 02:00 on day 1 of the month, in January, every 2 years from 2027 = 2027 年起每 2 年 1 月的 1 日 02:00
0 0/15 2 1 * ? = every 15 minutes, from 02:00 through 02:59, on day 1 of the month = 每月 1 日 02:00 至 02:59 每 15 分钟
30 2 13 * 5 = at 02:30 on day 13 of the month, or on Friday = 每月 13 日或每周五 02:30
0 0 */2 * MON = at 00:00 every 2 days from day 1 of the month, only if it is Monday = 每月 1 日起每 2 天（且须为周一） 00:00
0 0 1-31 * 5 = at 00:00 every day = 每天 00:00
0 0 * * 0,6 = at 00:00 on Sunday and Saturday = 每周日、周六 00:00
*/5 9-17 * * 1-5 = every 5 minutes, from 09:00 through 17:59, on Monday through Friday = 每周一至周五 09:00 至 17:59 每 5 分钟
@weekly = at 00:00 on Sunday = 每周日 00:00
@hourly = every hour on the hour = 每小时整点
`;

describe('an expression in words', () => {
  const cases = LINES.trim()
    .split('\n')
    .map((line) => line.split(' = ') as [cron: string, en: string, zh: string]);

  test.each(cases)('%s: %s', (cron, en, zh) => {
    const dialect = cron.startsWith('@') || cron.split(' ').length === 5 ? 'unix' : 'quartz';
    const expression = parseCron(cron, { dialect });
    expect(describeCron(expression, 'en')).toBe(en);
    expect(describeCron(expression, 'zh')).toBe(zh);
  });

  test.each(['en', 'zh'] as const)('in %s leaves nothing out: equal words mean equal times', (language) => {
    const meanings = new Map<string, string>();
    fc.assert(
      fc.property(anyExpression, (expression) => {
        const words = describeCron(expression, language);
        expect(words).not.toMatch(/undefined|NaN|null|\[object| {2}|, ,/);
        const meaning = meaningOf(expression);
        expect(`${words}: ${meanings.get(words) ?? meaning}`).toBe(`${words}: ${meaning}`);
        meanings.set(words, meaning);
      }),
      { seed: CRON_SEED, numRuns: 1500 },
    );
  });
});
