import type { Sentences } from '../../pure/sentences.ts';

/** 运行、分片和尝试：为何等待、失败、失联、被取消。 */
export const RUN_SENTENCES: Sentences = {
  // 状态与名称，作为句子的一部分
  waiting: '等待中',
  running: '运行中',
  dispatched: '已全部返回',
  succeeded: '成功',
  failed: '失败',
  timed_out: '超时',
  cancelled: '已取消',
  cancelling: '取消中',
  discarded: '已丢弃',
  refused: '拒绝',
  busy: '繁忙',
  unreachable: '连接不上',
  unclear: '没有明确答复',
  'shard {#no}': '分片 {no}',
  'code {#code}': '代码 {code}',
  'no reason': '没有说明原因',

  // 等待
  'waits for its input': '等待其输入文件',
  'waits for {path}': '等待 {path}',
  'waits for {path}: {>why}': '等待 {path}：{why}',
  '{path} has come': '{path} 已到达',
  '{path} is there; waits for {marker}{>why}': '{path} 已到达，等待 {marker}{why}',
  '{path} is there; it has to stand still for {#ms} ms': '{path} 已到达，须保持 {ms} 毫秒不变',
  '{path} lies under none of the arrivalRoots': '{path} 不在任何 arrivalRoots 之下',
  '{path} leads out of the arrivalRoots': '{path} 指向 arrivalRoots 之外',
  '{path} is no plain file': '{path} 不是普通文件',
  'it cannot be read: {message}': '无法读取：{message}',
  'run {#id} of the job has taken the same content ({path}, SHA-256 {sha})':
    '该任务的运行 {id} 已处理过相同内容（{path}，SHA-256 {sha}）',
  'the input of run {#id} of job "{job}" is late: {>why}': '任务“{job}”的运行 {id} 所需文件迟到：{why}',
  'waits for {>runs} of the job': '等待该任务的{runs}',
  'ends {>runs} of the job first': '先结束该任务的{runs}',
  '{>run} of the job still {>verb}': '该任务的{run}仍在{verb}',
  waits: '等待',
  runs: '运行',
  'group "{group}" has reached its limit of {#max} runs at once': '组“{group}”已达同时运行上限 {max}',
  'its turn in group "{group}" is being decided': '正在判断是否轮到它（组“{group}”）',
  'no executor of {>group} is alive': '{group}没有存活的执行器',
  'executors of {>group} are being asked': '正在询问{group}的执行器',
  'no executor answers when it is asked': '询问后没有执行器应答',
  'no executor is free: {>why}': '没有空闲的执行器：{why}',
  'no executor': '没有执行器',
  '{#n} {is|are} busy with the job': '{n} 个正忙于该任务',
  '{#n} {does|do} not answer': '{n} 个没有应答',
  '{>why} ({>group}); they are asked again': '{why}（{group}），将再次询问',
  'its parameter names a secret, which executors of xxl-job cannot put in: no other one of {>group} is alive':
    '其参数引用了密钥，而 xxl-job 的执行器无法代入：{group}没有其他存活的执行器',
  '{@address} has no room: {>why}': '{address} 没有空位：{why}',

  // 失败与重试
  'try {#no} of {#count}': '第 {no} 次尝试（共 {count} 次）',
  '{>tries}, not tried again{>against}: {>why}': '{tries}，不再重试{against}：{why}',
  '{@job} failed: {>why}': '{job} 失败：{why}',
  '{>tries} failed, the next one comes at {~at}: {>why}': '{tries}失败，下一次在 {at}：{why}',
  'it was stopped': '已被停止',
  'it was cancelled': '已被取消',
  '{>code} is not retryable': '{code} 不可重试',
  'its error': '该错误',
  'retry.on has neither {kind}{>nor}: it names {names}': 'retry.on 中没有 {kind}{nor}，只有 {names}',
  ' nor {code}': '，也没有 {code}',
  'killed by {@by}: {reason}': '被 {by} 终止：{reason}',
  'not run: beforeRun {>state}': '没有执行：beforeRun {state}',
  'is not there': '不存在',
  'covered by run {#id} of the job': '被该任务的运行 {id} 覆盖',
  'job "{job}" has no script of type {type}: save one and run it again':
    '任务“{job}”没有 {type} 类型的脚本：保存脚本后重新运行',

  // 超时与失联
  'job execute timeout ': '执行超时',
  'job execute timeout: {@address} had not ended it {#grace} ms after its limit of {#limit} s':
    '执行超时：超过时限 {limit} 秒之后又过了 {grace} 毫秒，{address} 仍未结束',
  'executor {@address} is gone': '执行器 {address} 已离线',
  'executor {@address} was started anew': '执行器 {address} 已重新启动',
  'executor {@address} has nothing of the job any more, and no result has come':
    '执行器 {address} 已没有该任务，也没有收到结果',
  'its executor is being stopped': '其执行器正在停止',
  'job handle result lost.': '任务结果丢失',
  'the executor was started anew before this had ended; how far it came is not known':
    '在它结束之前执行器重新启动；执行到何处不得而知',

  // 停止：执行器所报，可能带有后缀
  'scheduling center kill job.': '被调度中心终止',
  'block strategy effect': '阻塞策略生效',
  'block strategy effect：Cover Early': '阻塞策略生效：覆盖之前的调度',
  'block strategy effect：Discard Later': '阻塞策略生效：丢弃后续的调度',
  'web container destroy and kill the job.': '执行器停止，任务随之终止',
  '{>stopped} [job running, killed]': '{stopped}（运行中被终止）',
  '{>stopped} [job not executed, in the job queue, killed.]': '{stopped}（排队中被终止，没有执行）',
  ' (the handler did not stop within {#ms} ms of being told; it may still be running on the node)':
    '（收到停止通知 {ms} 毫秒后处理器仍未停止，可能还在该节点上运行）',
  ' (the handler did not stop within {#ms} ms of being told, and its {>what} was ended by force)':
    '（收到停止通知 {ms} 毫秒后处理器仍未停止，其{what}已被强制结束）',
  thread: '线程',
  process: '进程',
  'the handler did not return': '处理器没有返回',
  'the handler returned a value that JSON cannot hold': '处理器返回了 JSON 无法表示的值',
  'the result is not sent: {#chars} characters of JSON, at most {#max} are':
    '结果没有发送：JSON 长 {chars} 个字符，最多 {max} 个',

  // 派发
  'there is no answer for this one': '没有对应的应答',
  'did not come': '没有到达',
  'whether it came is not known yet; it is asked again, and not sent again':
    '是否到达尚不清楚；将再次询问，不会重复发送',
  'it was sent before, and now: {>why}': '此前已发送过，现在：{why}',
  'the executor did not come for it': '执行器没有来取',
  'no answer within {#ms} ms': '{ms} 毫秒内没有应答',
  'the executor does not answer': '执行器没有应答',
  'the executor holds no line to this scheduler': '执行器与此调度器之间没有长连接',
  '{#n} messages wait for this executor already': '已有 {n} 条消息在等待该执行器',
  'another process of the executor holds the line': '该执行器的另一进程占用了长连接',
  'this scheduler stops': '此调度器正在停止',
  '{@address} is no held address': '{address} 不是长连接地址',
  'no token is known for {address}': '没有 {address} 的令牌',
  'the answer to {path} is not signed': '对 {path} 的应答没有签名',
  'the answer is no envelope {code, msg}': '应答不是 {code, msg} 格式',
  'the answer to {#n} run requests does not have one answer for each': '{n} 个运行请求的应答数量不符',
  'this executor is of a version that answers no questions': '此执行器的版本不回答查询',
  'the executor did not answer: {>why}': '执行器没有应答：{why}',
  'this executor is stopping and takes no new runs: send it to another one':
    '该执行器正在停止，不再接收新的运行：请派发给其他执行器',
  '{#n} attempts are waiting here already: send it to another executor or later':
    '已有 {n} 次尝试在此等待：请派发给其他执行器或稍后再试',
  "logId {#id} belongs to another run here: this node knows the number from another scheduler's store":
    'logId {id} 在此属于另一次运行：该节点从另一调度器的库中得知此编号',
  'logId {#id} was taken by an earlier start of this node and its end is not known: send a new attempt':
    'logId {id} 已被该节点上次启动时接收，结局不明：请发送新的尝试',
  'job handler [{name}] not found.': '没有名为 {name} 的处理器（JobHandler）',
  'job thread is running or has trigger queue.': '任务正在运行或在排队',
  'job thread already killed.': '任务已被终止',
  'readLog fail': '读取日志失败',
  'logFile not exists': '日志文件不存在',

  // 结果与冻结清单不符
  'MANIFEST_MISMATCH after {>after}: {>mismatch}': '与冻结清单不符（收到{after}之后）：{mismatch}',
  'the manifest': '清单',
  'slice {#no} ({#told} told of {count})': '切片 {no}（已报告 {told} / {count}）',
  'a second manifest differs from the first, which was kept': '第二份清单与第一份不同，以第一份为准',
  'slice {#no} was told again with other sums; the first were kept': '切片 {no} 再次报告的合计不同，以第一次为准',
  '{key}: frozen {#frozenCount} items of {#frozen}, told {#toldCount} items of {#told}':
    '{key}：冻结 {frozenCount} 项共 {frozen}，报告 {toldCount} 项共 {told}',

  // 终止、重跑、日志：被拒绝的操作
  'there is no run {#id}': '没有运行 {id}',
  '{field} is empty: it is kept with what was done': '{field} 为空：它与操作一起存档',
  'by has more than 64 characters': 'by 超过 64 个字符',
  'run {#id}': '运行 {id}',
  '{>run} is a node of chain run {#id}: start the chain anew from that node (startChain with fromNode)':
    '{run}是链运行 {id} 的节点：请从该节点重新启动链',
  '{>run} is {>state}: wait for its end, or kill it first': '{run}{state}：请等它结束，或先终止它',
  '{>run} ended as {>state} before it was split, so there are no shards to keep: run it again with kind "all"':
    '{run}在拆分为分片之前已结束（{state}），没有可保留的分片：请重新运行全部',
  '{>run} is of a job whose items stand under the run that selected them: kind "resume" works what is left of them, kind "all" selects anew':
    '{run}的项目属于选出它们的那次运行：“继续”处理余下的项目，“重新运行”则重新选择',
  '{>run} can be resumed with the parameter it had only: with another one it is other work (kind "all")':
    '{run}只能以原参数继续：换参数就是另一项工作，请重新运行',
  'every shard of {>run} has succeeded, so there is none to try again: run it again with kind "all"':
    '{run}的分片全部成功，没有可重试的：请重新运行全部',
  'the job of run {#id} is not defined any more': '运行 {id} 的任务已不再定义',
  'requestId "{id}" has made run {#run} already (kind "{kind}" of run {#of}): take another id':
    'requestId“{id}”已产生运行 {run}（运行 {of} 的 {kind}）：请换一个编号',
  'an attempt of run {#id} (log {#log} on {@address}) is still stopping: try again when it has ended':
    '运行 {id} 的一次尝试（{address} 上的日志 {log}）仍在停止：请等它结束后再试',
  'kind must be "all", "failed" or "resume"': 'kind 必须是“all”、“failed”或“resume”',
  'requestId must have 1 to 128 characters': 'requestId 须有 1 至 128 个字符',
  'by must be a name of 1 to 64 characters: it is kept with what was done':
    'by 须为 1 至 64 个字符的名称：它与操作一起存档',
  'param {!why}': '参数{why}',
  'there is no attempt with log {#id}': '没有日志编号为 {id} 的尝试',
  '{@address} cannot be asked for log {#id}: it lies there': '日志 {id} 在 {address} 上，而它无法访问',
  '{field} is {value}: give a whole number from 1 to {#max}': '{field} 为 {value}：须为 1 至 {max} 的整数',

  // 参数模板
  'has {text}: {>why}': '含有 {text}：{why}',
  'there is no such name; there are {known}. Write {{text} if it is meant as it stands':
    '没有这个名称，可用的有 {known}。若是原文，请写 {{text}',
  'a secret is named by a letter and then letters, digits and "_", 64 at most':
    '密钥名以字母开头，只含字母、数字和“_”，最多 64 个字符',
  'only {@a}, {@b}, {@c} and {@d} take a pattern': '只有 {a}、{b}、{c} 和 {d} 可带格式',
  '"{part}" is no part of a pattern of {name}; there are {known}': '“{part}”不能用于 {name} 的格式，可用的有 {known}',
  'the pattern is empty; write e.g. {{name}:yyyyMMdd}': '格式为空；例如 {{name}:yyyyMMdd}',

  // 文件到达的设置
  'job "{job}": arrival {>why}': '任务“{job}”：到达文件{why}',
  'needs the scheduler option arrivalRoots: without it no file is waited for':
    '需要调度器选项 arrivalRoots：没有它就不等待文件',
  '{field} is {value}: it must be milliseconds': '{field} 为 {value}：须为毫秒数',
  '{field} is {value}: it must be milliseconds, at least 100': '{field} 为 {value}：须为毫秒数，至少 100',
  'lateAfterMs is {value}: it must be milliseconds, or null': 'lateAfterMs 为 {value}：须为毫秒数或 null',
  'must not hold a zero byte': '不能含有零字节',
  'has {name}; a path may hold {known}': '含有 {name}；路径中可用 {known}',
  'must be absolute': '必须是绝对路径',
  'must not climb with ".."': '不能用“..”返回上级目录',
  'must lie under one of the arrivalRoots: {roots}': '必须位于 arrivalRoots 之一之下：{roots}',

  // 长连接与地址
  '{@host} lies outside the networks that executors may live in ({networks}): name its network in allowedNetworks':
    '{host} 不在执行器允许的网络（{networks}）之内：请将其网络加入 allowedNetworks',
  '{address} is no http address': '{address} 不是 http 地址',
  'an executor address holds no user or password': '执行器地址中不能有用户名或密码',
  '{address} must be like http://host:port/ or http://host:port/batch/':
    '{address} 须形如 http://host:port/ 或 http://host:port/batch/',
  '{@host} cannot be resolved ({why})': '无法解析 {host}（{why}）',
  'runLimit is {value}: give a whole number from 0 (none) to 1000000':
    '同时运行数为 {value}：须为 0（不限）至 1000000 的整数',
  'group must be the appname of executors, 1 to 64 characters': '组须为执行器的 appname，1 至 64 个字符',
};
