import type { Sentences } from '../../pure/sentences.ts';

/** 告警的内容，以及消息为何没有送达。 */
export const ALARM_SENTENCES: Sentences = {
  'run {#id} of job "{job}" {>state}: {>why}': '任务“{job}”的运行 {id} {state}：{why}',
  'an attempt of run {#id} of job "{job}" was lost: {>why}': '任务“{job}”的运行 {id} 有一次尝试失联：{why}',
  'run {#id} of job "{job}": try {#no} of {>shard} has taken more than {#slow} s on {@address}, and {>limit}':
    '任务“{job}”的运行 {id}：{shard}的第 {no} 次尝试在 {address} 上已超过 {slow} 秒，{limit}',
  'it has no time limit': '没有时限',
  'its time limit is {#s} s': '时限为 {s} 秒',
  'run {#id} of "{job}" is back since {~at}, with items whose outcome is not known in {#left} of {#slices} {slice|slices}':
    '任务“{job}”的运行 {id} 自 {at} 起已全部返回，但 {slices} 个切片中有 {left} 个含有结果未知的项目',
  'run {#id} of "{job}" has not moved since {~at}: {#left} of {#slices} slices are open':
    '任务“{job}”的运行 {id} 自 {at} 起没有进展：{slices} 个切片中有 {left} 个未完成',
  'run {#id} of "{job}" has ended with its chain run, and {#left} of its {#slices} slices hold items whose outcome is not known':
    '任务“{job}”的运行 {id} 已随链运行结束，其 {slices} 个切片中有 {left} 个含有结果未知的项目',
  'executor {@address} of group "{group}" was not heard of since {~at}':
    '组“{group}”的执行器 {address} 自 {at} 起没有消息',
  'chain "{chain}" of {@date} {>misses} its cut-off of {~at}: {>when}':
    '{date} 的链“{chain}”{misses}截止时间 {at}：{when}',
  'has missed': '已错过',
  'will miss': '将错过',
  'at this pace it is done at {~at}': '按当前速度将于 {at} 完成',
  'it is done no sooner than {~at}, and nobody knows how long {jobs} will take':
    '最早于 {at} 完成，{jobs} 需要多久尚不得知',
  'chain "{chain}" of {@date}: {edge} is not met by its deadline': '{date} 的链“{chain}”：边 {edge} 到期限仍未满足',
  'chain "{chain}" of {@date} failed: {>why}': '{date} 的链“{chain}”失败：{why}',
  'a fire of {>kind} {@of} is held, planned for {~at}: {>why}': '{kind} {of} 于 {at} 的触发已暂停：{why}',
  'backfill {#id} of {>kind} {@of} is {>state}: {>why}': '{kind} {of} 的补数 {id} {state}：{why}',
  'the schedule of {>kind} {@of} cannot be planned: {>why}': '无法为{kind} {of} 安排触发：{why}',
  'its version {version} has no schedule': '其版本 {version} 没有调度',
  'fire {#id} of {>kind} {@of} cannot be decided: {>why}': '无法决定{kind} {of} 的触发 {id}：{why}',
  'calendar "{calendar}" has no dates of {#year}: schedules that go by it fire by its weekly pattern there, holidays or not. Store its dates of {#again}':
    '日历“{calendar}”没有 {year} 年的日期：依据它的调度在该年只按每周规则触发，不论是否节假日。请录入 {again} 年的日期',
  'schedulers find instants with different time-zone databases: {>which}; run them all with the same version of Node':
    '各调度器的时区数据版本不同：{which}；请让它们使用同一版本的 Node',

  // 消息为何没有送达
  'its channel or alarm is gone, or switched off': '其渠道或告警已不存在，或已停用',
  'the other side did not answer in time': '对方没有及时应答',
  'the other side answered {#status} and did not take it': '对方应答 {status}，没有接收',
  'the mail server does not take this user and password': '邮件服务器不接受此用户名和密码',
  'the mail server refused the sender or the recipients, or wants a log-in':
    '邮件服务器拒绝了发件人或收件人，或要求登录',
  'the mail server refused the mail': '邮件服务器拒绝了邮件',
  'there is no host of that name': '没有此名称的主机',
  'nothing answers at its host and port': '该主机和端口没有应答',
  'the connection broke off': '连接中断',
  'TLS was not agreed on: it is not offered there, or nobody vouches for its certificate':
    '未能协商 TLS：对方不提供，或其证书不受信任',
  'it could not be sent ({>why})': '无法发送（{why}）',
  'no connection': '没有连接',
  'mail is no webhook': '邮件不是 Webhook',
  '{@host} has no address': '{host} 没有地址',
  '{@host} is not on the public internet: the owner of this scheduler allows its network with alarmNetworks (--alarm-networks)':
    '{host} 不在公网上：须由此调度器的所有者以 alarmNetworks（--alarm-networks）允许其网络',
  'this is no url: write the whole of it, e.g. https://example.com/hook':
    '这不是完整的网址：例如 https://example.com/hook',
  'the url must begin with https:// or http://': '网址必须以 https:// 或 http:// 开头',
  'the url must begin with https://: http:// is for schedulers whose owner allows it with plainWebhooks (--plain-webhooks)':
    '网址必须以 https:// 开头：http:// 须由调度器的所有者以 plainWebhooks（--plain-webhooks）允许',
  'a url holds no user or password': '网址中不能有用户名或密码',
  'port {#port} is none of mail: {ports}': '端口 {port} 不是邮件端口：{ports}',
  'this is no host: write its name, e.g. mail.example.com': '这不是主机名：例如 mail.example.com',
  'without TLS only a host in alarmNetworks (--alarm-networks), written as its address, is spoken to':
    '不加密时只能连接 alarmNetworks（--alarm-networks）中以地址写明的主机',
  'there is no alarm {#id}': '没有告警 {id}',
  'limit is {value}: ask for 1 to {#max} at a time': 'limit 为 {value}：每次可查询 1 至 {max} 条',
};
