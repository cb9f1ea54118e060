import type { Sentences } from '../../pure/sentences.ts';

/** Cron 表达式哪里不对，以及怎样改。 */
export const CRON_SENTENCES: Sentences = {
  second: '秒',
  minute: '分',
  hour: '时',
  'day-of-month': '日',
  month: '月',
  'day-of-week': '星期',
  year: '年',
  'is no {dialect} cron: {>why}': '不是 {dialect} 语法的 Cron：{why}',

  'longer than {#max} characters; make several schedules of it': '超过 {max} 个字符；请拆成几个调度',
  'the character {char} has no meaning; {>wayOut}': '字符 {char} 没有意义；{wayOut}',
  'remove it': '请删去',
  'write "{text}" instead': '请改写为“{text}”',
  'it is empty; write {0 30 2 * * ?|30 2 * * *} for 02:30 every day':
    '为空；例如每天 02:30 写作 30 2 * * *（Quartz：0 30 2 * * ?）',
  '"{text}" is one field too many; Quartz has 6, or 7 with the year':
    '“{text}”多出一个字段；Quartz 有 6 个，带年时 7 个',
  '{#n} of 6 fields; Quartz needs second, minute, hour, day-of-month, month and day-of-week':
    '6 个字段中只有 {n} 个；Quartz 需要秒、分、时、日、月、星期',
  'this looks like a unix expression (5 fields): choose dialect \'unix\', or put the second in front, as in "{example}"':
    '像是 unix 表达式（5 个字段）：请选择 unix 语法，或在最前面加上秒，例如“{example}”',
  'this looks like a unix expression (5 fields): choose dialect \'unix\', or put the second in front, as in "{example}", and count weekdays from 1 = SUN':
    '像是 unix 表达式（5 个字段）：请选择 unix 语法，或在最前面加上秒，例如“{example}”，且星期从 1 = SUN 起数',
  '"?" in both day fields; write "*" in one of them for every day': '两个日期字段都是“?”；每天请在其中一个写“*”',
  'write "?" as day-of-week': '请在星期写“?”',
  'write "?" as day-of-month': '请在日写“?”',
  'write "?" in one of them, and make two schedules when either day is meant':
    '请在其中一个写“?”；若两者任一即可，请建两个调度',
  'Quartz takes one day field only, the other must be "?"; {>wayOut}':
    'Quartz 只用一个日期字段，另一个须为“?”；{wayOut}',
  '{#n} of 5 fields; unix needs minute, hour, day-of-month, month and day-of-week':
    '5 个字段中只有 {n} 个；unix 需要分、时、日、月、星期',
  "this looks like a Quartz expression ({#n} fields): choose dialect 'quartz', or leave the second out":
    '像是 Quartz 表达式（{n} 个字段）：请选择 quartz 语法，或去掉秒',
  "this looks like a Quartz expression ({#n} fields): choose dialect 'quartz', or leave the second and the year out":
    '像是 Quartz 表达式（{n} 个字段）：请选择 quartz 语法，或去掉秒和年',
  '"{text}" is one field too many; unix has 5': '“{text}”多出一个字段；unix 有 5 个',
  "is a nickname of unix; choose dialect 'unix'": '是 unix 的简写；请选择 unix 语法',
  'names no instants of a calendar; there are {known}': '不表示日历上的时刻；可用的有 {known}',
  'nothing follows a nickname; leave out "{text}"': '简写之后不能再有内容；请去掉“{text}”',

  'a comma stands alone; write a value on both sides of it': '逗号两侧都须有值',
  'a second "/"; a part has one step only': '多出一个“/”；每一部分只能有一个步长',
  'a step needs a start; write "*{text}"': '步长需要起点；请写“*{text}”',
  'a second "-"; a range has one start and one end': '多出一个“-”；范围只有一个起点和一个终点',
  'in unix a step follows a star or a range; write "{from}-{max}/{step}"':
    'unix 中步长跟在星号或范围之后；请写“{from}-{max}/{step}”',
  'the range ends before it starts; {>wayOut}': '范围的终点在起点之前；{wayOut}',
  'write the earlier year first': '请先写较早的年份',
  'write "{first}-7", 7 is Sunday too': '请写“{first}-7”，7 也是星期日',
  'write "{a}-{b},{c}-{d}"': '请写“{a}-{b},{c}-{d}”',
  'write "{a}-{b},{c}-{d}", or choose dialect \'quartz\'': '请写“{a}-{b},{c}-{d}”，或选择 quartz 语法',
  '"{text}" is no step; write a whole number': '“{text}”不是步长；请写整数',
  'write a number of that range': '请写该范围内的数',
  'for a longer rhythm use the field {>field}': '更长的周期请用字段“{field}”',
  'the step {#step} is not between 1 and {#max}; {>wayOut}': '步长 {step} 不在 1 至 {max} 之间；{wayOut}',
  '"?" has no meaning in unix; write "*"': '“?”在 unix 中没有意义；请写“*”',
  '"?" belongs to the day fields only; write "*"': '“?”只用于日期字段；请写“*”',
  '"?" stands alone in its field; write "?" and nothing else, or values without it':
    '“?”须独占字段；请只写“?”，或只写值',

  'a value is missing; write a number': '缺少值；请写数字',
  'Quartz counts weekdays from 1 = SUN to 7 = SAT; for Sunday write 1 or SUN':
    'Quartz 的星期从 1 = SUN 到 7 = SAT；星期日请写 1 或 SUN',
  '"{text}" is no name here; write {names}': '“{text}”在此不是名称；请写 {names}',
  '"{text}" has no meaning in unix; choose dialect \'quartz\' for L, W and #':
    '“{text}”在 unix 中没有意义；要用 L、W 和 # 请选择 quartz 语法',
  '"{text}" has no meaning in this field; L, W and # belong to the day fields':
    '“{text}”在此字段没有意义；L、W 和 # 属于日期字段',

  'a month has no day {#n} days before its last; write L-0 to L-30':
    '没有哪个月的最后一天之前还有 {n} 天；请写 L-0 至 L-30',
  '"{text}": W belongs to one day, as in 15W, LW or L-3W; write each by itself':
    '“{text}”：W 只跟一个日期，如 15W、LW 或 L-3W；请分开写',
  '"{text}": for days counted from the end write L, L-3, LW or L-3W': '“{text}”：从月末倒数请写 L、L-3、LW 或 L-3W',
  '"#" counts weekdays and belongs to day-of-week': '“#”用来数星期，属于星期字段',
  '"{text}" stands alone in its field; make a schedule of its own for each':
    '“{text}”须独占字段；请为每一项各建一个调度',
  '"{text}": write 6L or FRIL for the last Friday, 6#3 or FRI#3 for the third':
    '“{text}”：最后一个星期五写 6L 或 FRIL，第三个写 6#3 或 FRI#3',
  'a weekday comes at most five times in a month; write #1 to #5, or {day}L for the last':
    '一个月中同一星期最多出现五次；请写 #1 至 #5，最后一个写 {day}L',
  'it never fires: in month "{month}" of any year that it allows there is no day "{day}"; choose another day or month':
    '永不触发：在它允许的年份中，月“{month}”没有日“{day}”；请换日或月',
  'write the name of the IANA database, such as Asia/Shanghai or UTC':
    '请写 IANA 数据库中的名称，如 Asia/Shanghai 或 UTC',
  '"{zone}" is no time zone known here; {>wayOut}': '“{zone}”不是此处已知的时区；{wayOut}',
};
