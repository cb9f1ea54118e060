import type { Sentences } from '../../pure/sentences.ts';

/** 由几个部分拼成的句子：它们在服务器源码中并不以此形式出现。 */
export const JOINED_SENTENCES: Sentences = {
  // 分片的结局，以及链中节点的结局
  'timed out': '超时',
  'shard {#no} failed: {>why}': '分片 {no} 失败：{why}',
  'shard {#no} cancelled: {>why}': '分片 {no} 已取消：{why}',
  'try {#no} of {#count} failed: {>why}': '第 {no} 次尝试（共 {count} 次）失败：{why}',
  '{>tries}, not tried again ({>against}): {>why}': '{tries}，不再重试（{against}）：{why}',
  '{@job} timed out: {>why}': '{job} 超时：{why}',
  '{@job} cancelled: {>why}': '{job} 已取消：{why}',
  '{@job} discarded: {>why}': '{job} 已丢弃：{why}',
  '{@job} failed': '{job} 失败',
  '{@job} timed out': '{job} 超时',
  '{@job} cancelled': '{job} 已取消',
  '{@job} discarded': '{job} 已丢弃',
  '{@from}>{@to}: {>why}': '{from}>{to}：{why}',
  'and {#n} more': '另有 {n} 个',

  // 运行与组
  'run{|s} {ids}': '运行 {ids}',
  'run{|s} {ids} and {#n} more': '运行 {ids} 及另外 {n} 次',
  'group "{group}"': '组“{group}”',
  'group "{group}" with labels {labels}': '组“{group}”（标签 {labels}）',
  '{#busy} {is|are} busy with the job, {#silent} {does|do} not answer': '{busy} 个正忙于该任务，{silent} 个没有应答',

  'run {#id} of "{job}" should have begun at {@at}': '任务“{job}”的运行 {id} 应于 {at} 开始',
  'run {#id} of "{job}" should have begun at {@at}: {>why}': '任务“{job}”的运行 {id} 应于 {at} 开始：{why}',
  'job "{name}"': '任务“{name}”',
  'chain "{name}"': '链“{name}”',
  'job {#id}': '任务 {id}',
  'chain {#id}': '链 {id}',
  job: '任务',
  chain: '链',
  group: '组',
  cluster: '全部',
  user: '用户',
  key: '密钥',
  calendar: '日历',
  executor: '执行器',
  // 类型，作为“须为……”的一部分
  string: '文本',
  number: '数字',
  integer: '整数',
  boolean: ' true 或 false',
  array: '列表',
  object: '对象',
  null: '空',
  // 字段与位置
  'this needs the right "{right}"': '需要“{right}”权限',
  'cron expression, column {#column}: {>why}': '第 {column} 列：{why}',
  '{>field}, column {#column}: {>why}': '{field}字段，第 {column} 列：{why}',
  "{@nickname} is a nickname of unix; choose dialect 'unix'": '{nickname} 是 unix 的简写；请选择 unix 语法',
  '{@nickname} names no instants of a calendar; there are {known}': '{nickname} 不表示日历上的时刻；可用的有 {known}',
  '{#value} is not between {#min} and {#max}{>meaning}; midnight is hour 0':
    '{value} 不在 {min} 至 {max} 之间{meaning}；午夜为 0 时',
  '{#value} is not between {#min} and {#max}{>meaning}; the {>field} after 59 is 0':
    '{value} 不在 {min} 至 {max} 之间{meaning}；59 之后是 0',
  '{#value} is not between {#min} and {#max}{>meaning}; write a value of that range':
    '{value} 不在 {min} 至 {max} 之间{meaning}；请写该范围内的值',
  '"{text}" is no value; write a number': '“{text}”不是值；请写数字',
  '"{text}" is no value; write a number or one of {names}': '“{text}”不是值；请写数字，或 {names} 之一',
  'node of chain "{chain}" "{node}" is there twice': '节点“{node}”出现了两次',
  'edge of chain "{chain}" "{edge}" is there twice': '边“{edge}”出现了两次',
  'edge {@edge}: {>why}': '边 {edge}：{why}',
  'in {groups}': '组 {groups} 中',
  'the parameter': '参数',
  'chain run {#id}': '链运行 {id}',
  // 差异的备注
  'recounted: {#n} of {amount}; frozen: {#m} of {other}': '重新清点：{n} 项共 {amount}；冻结：{m} 项共 {other}',
  'SUCCESS items: {#n} of {amount}; ledger: {#m} of {other}': '已扣款项目：{n} 项共 {amount}；账目：{m} 项共 {other}',
  account: '账户',
  amount: '金额',
  currency: '币种',
  'currency (ours {code})': '币种（我方 {code}）',
  'amount (no integer)': '金额（不是整数）',
  'account, {>more}': '账户、{more}',
  'account, currency (ours {code}), {>more}': '账户、币种（我方 {code}）、{more}',
  'currency (ours {code}), {>more}': '币种（我方 {code}）、{more}',
  missing: '没有',
  unknown: '不明',
  // 代码在前
  '{^code}: {!why}': '{code}：{why}',
  'THROTTLED: {>what} {#ms} ms (95th percentile; this job wants at most {#limit}): {>share}, {#pause} ms between chunks':
    '限速：{what} {ms} 毫秒（第 95 百分位；该任务要求不超过 {limit}）：{share}，批间停顿 {pause} 毫秒',
  // 时长
  '{#n} ms': ' {n} 毫秒',
  '{#n} s': ' {n} 秒',
  '{#n} min': ' {n} 分钟',
  '{#n} min {#s} s': ' {n} 分 {s} 秒',
  '{#n} h': ' {n} 小时',
  '{#n} h {#m} min': ' {n} 小时 {m} 分钟',
  '{#n} d': ' {n} 天',
  '{#n} d {#h} h': ' {n} 天 {h} 小时',

  // 派发的结局
  '{@address} refused: {>why}': '{address} 拒绝：{why}',
  '{@address} busy: {>why}': '{address} 繁忙：{why}',
  '{@address} unreachable: {>why}': '{address} 连接不上：{why}',
  '{@address} unclear: {>why}': '{address} 没有明确答复：{why}',
  ': {>why}': '：{why}',
  ' ({>why})': '（{why}）',

  // 失联与停止
  'LOST: {>why}; how far it came is not known': '失联：{why}；执行到何处不得而知',
  '{>stopped} [job running, killed]{>after}': '{stopped}（运行中被终止）{after}',
  'job execute timeout {>after}': '执行超时{after}',
};
