import type { Sentences } from '../../pure/sentences.ts';

/** 执行器所说的：处理器、命令、HTTP、批处理步骤、切片、密钥、夜间批次的文件与差异。 */
export const EXECUTOR_SENTENCES: Sentences = {
  // HTTP 处理器
  '{>where}: no connection ({code})': '{where}：没有连接（{code}）',
  'no whole answer within {#ms} ms': '{ms} 毫秒内没有完整的应答',
  'the line broke ({why})': '连接中断（{why}）',
  '{>where}: {>why}: it may have been executed': '{where}：{why}：可能已经执行',
  '"url" of the parameter is no URL': '参数中的“url”不是网址',
  '"method" of the parameter must be one of {known}': '参数中的“method”须为以下之一：{known}',
  'may not be set by a job': '不能由任务设置',
  'has a character that no header can hold': '含有请求头不能使用的字符',
  'the header "{name}" {>why}': '请求头“{name}”{why}',
  'the answer has status {#status}, not {expected}': '应答状态为 {status}，而不是 {expected}',
  'the answer (status {#status}) does not contain the text that the job expects':
    '应答（状态 {status}）中没有任务期望的文本',
  "{address} is not on the public internet: the owner of this executor allows its network with httpHandler({ networks: ['{ip}/{bits}'] })":
    '{address} 不在公网上：须由此执行器的所有者以 httpHandler 的 networks（{ip}/{bits}）允许',
  '{@scheme} is neither http nor https': '{scheme} 既不是 http 也不是 https',
  'a URL holds no user or password: use "auth"': '网址中不能有用户名或密码：请用“auth”',

  // 命令与脚本
  'the command "{name}" is not allowed: {>why}': '不允许命令“{name}”：{why}',
  'the arguments exceed {#max} bytes': '参数超过 {max} 字节',
  'the secret "{name}" may not be an argument, which every user of the machine can read: give it by env':
    '密钥“{name}”不能作为命令参数，机器上的任何用户都能读到：请放在 env 中',
  'the owner of this executor allows none (commandHandler({ allow: [...] }))':
    '此执行器的所有者没有允许任何命令（commandHandler 的 allow）',
  'the owner of this executor allows {names}': '此执行器的所有者允许 {names}',
  'cwd "{dir}" is not inside a directory that the owner of this executor allows (dirs)':
    'cwd“{dir}”不在此执行器所有者允许的目录（dirs）之内',
  'env "{name}" may not be set by a job: the owner of this executor allows it (envNames) or does not':
    '任务不能设置环境变量“{name}”：须由此执行器的所有者允许（envNames）',
  '{>title} did not end within {#ms} ms: it was stopped': '{title}在 {ms} 毫秒内没有结束：已被停止',
  '{>title} ended with code {#code}': '{title}以代码 {code} 结束',
  '{>title} was ended by {signal}': '{title}被 {signal} 结束',
  '{>title} could not be started: {why}': '无法启动{title}：{why}',
  'script {#id} ({type})': '脚本 {id}（{type}）',
  "the script's SHA-256 {sum} is not among those that scripts.sha256 names":
    '脚本的 SHA-256 {sum} 不在 scripts.sha256 之中',
  'glueType[{type}] is not valid.': 'glueType[{type}] 无效',
  'fail, current glue type [{type}] not supported.': '不支持当前的 glueType [{type}]',

  // 参数、密钥、处理器
  'nobody here has the secret "{name}"': '这里没有密钥“{name}”',
  'the secret "{name}" is not for "{handler}": this executor gives it to {handlers}':
    '密钥“{name}”不给“{handler}”：此执行器只给 {handlers}',
  'the parameter names the secret "{name}", which this executor does not have: set DAYBREAK_SECRET_{env} there, or put a file {file} into its DAYBREAK_SECRETS_DIR':
    '参数引用了密钥“{name}”，而此执行器没有：请在该处设置 DAYBREAK_SECRET_{env}，或把文件 {file} 放入其 DAYBREAK_SECRETS_DIR',
  'handler "{name}" could not be initialised: {why}': '处理器“{name}”初始化失败：{why}',
  'handler "{name}" could not be loaded: {why}': '处理器“{name}”加载失败：{why}',
  'the {>what} of handler "{name}" ended {>how} before its attempt did{said}':
    '处理器“{name}”的{what}在尝试结束之前{how}{said}',
  'by an error that nothing caught': '因未捕获的错误而终止',
  'by signal {signal}': '被信号 {signal} 终止',
  'for want of memory': '因内存不足而终止',

  // 批处理步骤与切片
  '{>which} is complete already: give it another identifying parameter to run again':
    '{which}已完成：要再次运行请换用不同的标识参数',
  '{>which} is running; if its process is gone, it is free in {#ms} ms':
    '{which}正在运行；若其进程已不在，{ms} 毫秒后可用',
  'batch job {job} with {params}': '批处理任务 {job}（{params}）',
  'step {step}: more than {#max} bad items, the last one in phase {phase} at {place}: {message}':
    '步骤 {step}：出错项目超过 {max} 个，最后一个在 {phase} 阶段的 {place}：{message}',
  '{job}: more than {#max} bad rows, the last one {row} in phase {phase}: {message}':
    '{job}：出错行超过 {max} 行，最后一行 {row} 在 {phase} 阶段：{message}',
  'slice {#no} of run {#id} is no longer held with epoch {#epoch}': '运行 {id} 的切片 {no} 已不再以纪元 {epoch} 持有',
  'the file {path} cannot be opened: {why}': '无法打开文件 {path}：{why}',
  'the file {path} is shorter than the part of it that was read before': '文件 {path} 比先前读过的部分还短',
  'THROTTLED: outside its window {from} to {to} {zone}, which opens at {~at}':
    '限速：不在时间窗口 {from} 至 {to}（{zone}）之内，窗口于 {at} 打开',
  'THROTTLED: {>what} {#ms} ms (95th percentile; this job wants at most {#limit}): {>share}{pause}':
    '限速：{what} {ms} 毫秒（第 95 百分位；该任务要求不超过 {limit}）：{share}{pause}',
  'the database takes': '数据库耗时',
  'the wait for a connection takes': '等待连接耗时',
  '{#n} of {#most} slots': '使用 {n} / {most} 个槽位',
  'worker process {#no} ended {>how} before the attempt did{said}': '工作进程 {no} 在尝试结束之前{how}{said}',
  'the executor stops, and its worker processes with it': '执行器及其工作进程正在停止',

  // 项目
  '{@requestNo} is {state}: nothing of it is open': '{requestNo} 为 {state}：没有待查明的部分',
  'it is due already, and asked as soon as its turn comes': '已到查询时间，轮到时即查询',
  'no item has the request number {requestNo}': '没有请求号为 {requestNo} 的项目',
  'no call has the request number {requestNo}': '没有请求号为 {requestNo} 的调用',
  "{@requestNo} is its item's last attempt of {#max}: resolve it as success or failed; after failed the next night may present it anew":
    '{requestNo} 已是该项目 {max} 次尝试中的最后一次：请记为已扣款或未扣款；记为未扣款后下一夜可再次提交',
  "{@requestNo} is not MANUAL, or is not its item's last attempt: only a MANUAL item is resolved by hand":
    '{requestNo} 不在 MANUAL，或不是该项目的最后一次尝试：只有 MANUAL 的项目可手工处理',
  'a resolution needs two different people: --by and --approved-by': '手工处理须由两个不同的人决定',
  'a resolution needs a reason: --reason TEXT': '手工处理须写明原因',
  'there is no night {#id}': '没有夜间批次 {id}',

  // 夜间批次
  '{job} of chain run {#id} debits no more: chain run {#next} has begun':
    '链运行 {id} 的 {job} 不再扣款：链运行 {next} 已开始',
  'chain run {#id} is over: chain run {#next} has begun': '链运行 {id} 已结束：链运行 {next} 已开始',
  'the night was told to stop': '该夜已被通知停止',
  'the gateway at {@origin} refuses the key ({why}): give the one that it knows':
    '网关 {origin} 拒绝密钥（{why}）：请使用它认可的密钥',
  'the gateway at {@origin} {>tried}: {why}': '网关 {origin} {tried}：{why}',
  'cannot be used': '无法使用',
  'could not be used for {#s} s': '已有 {s} 秒无法使用',
  'the night of {@date} (chain run {#id}) is still at work: let it end or cancel it, then fire again':
    '{date} 之夜（链运行 {id}）仍在进行：请等它结束或取消它，再启动',
  'conservation does not hold for the night of {@date}: {>what}, listed in its report':
    '{date} 之夜守恒不成立：{what}，见其报告',
  '{#n} {difference|differences}': '{n} 处差异',
  'this job is a part of the chain nightly-settlement: fire the chain': '此任务属于链 nightly-settlement：请启动该链',
  'the plan file {path} has {#rejected} rejected lines of {#lines}, more than {max} % for the night of {@date}: nothing is debited; see rejects.csv, or allow more with --max-reject-percent':
    '计划文件 {path} 的 {lines} 行中有 {rejected} 行被拒收，超过 {date} 之夜的上限 {max} %：没有扣款；见 rejects.csv，或以 --max-reject-percent 放宽',
  'the plan file {path} changed while it was read: nothing of it is stored; start again when it is complete':
    '计划文件 {path} 在读取时发生变化：没有保存任何内容；文件完整后请重新开始',
  'the import of {path} was stopped; started again, it goes on where it was':
    '{path} 的导入已停止；重新开始时从停下处继续',
  'the run names no plan file: fire the chain with --param plans=/PATH.csv':
    '运行没有指明计划文件：启动链时请给出 plans=/PATH.csv',
  'the plan file {path} is {>what}: give the path of a CSV file': '计划文件 {path} 是{what}：请给出 CSV 文件的路径',
  'the plan file {path} {>why}': '计划文件 {path} {why}',
  'a directory': '目录',
  'not a regular file': '特殊文件',
  'does not exist: check the path': '不存在：请检查路径',
  'may not be read by this user: check its permissions': '此用户无权读取：请检查权限',
  'cannot be read: {why}': '无法读取：{why}',
  'does not begin with the header {header}: {>found}': '开头不是表头 {header}：{found}',
  'does not end with TRAILER,<number of data lines>: {>found}; it may be cut':
    '结尾不是 TRAILER,<数据行数>：{found}；可能被截断',
  'announces {#said} data lines and has {#lines}: it is cut or doubled; get it anew':
    '声明有 {said} 行数据而实有 {lines} 行：被截断或重复；请重新获取',
  'it is empty': '文件为空',
  'it begins with {text}': '开头为 {text}',
  'nothing follows the header': '表头之后没有内容',
  'its last line is {text}': '最后一行为 {text}',
  'a line too long to be one': '过长的一行',
  'the parameter of the settlement: {>why}': '结算的参数：{why}',
  '"{name}" is not known; there are plans and maxRejectPercent': '“{name}”无法识别；可用的有 plans 和 maxRejectPercent',
  '"plans" must be the whole path of a file that every executor can read, such as /data/plans.csv':
    '“plans”须为每个执行器都能读取的文件的完整路径，如 /data/plans.csv',
  '"maxRejectPercent" must be a number from 0 to 100': '“maxRejectPercent”须为 0 至 100 的数',
  'it must be a JSON object such as {"plans": "/data/plans.csv"}': '须为 JSON 对象，如 {"plans": "/data/plans.csv"}',

  // 差异的备注
  'no plan and no call of ours': '我方没有计划，也没有调用',
  'our plan, but no call of ours': '我方有计划，但没有调用',
  'the values differ': '数值不同',
  'the file differs from our call in {>fields}': '文件与我方调用不同：{fields}',
  'the file shows a debit; our call is {>call}, its plan {>plan}': '文件中有扣款；我方调用为 {call}，其计划为 {plan}',
  'the plan is debited by another line or ledger entry as well': '该计划另有一行或一笔账目也扣了款',
  'the answer that settled it said {ref}': '确定结果的应答所给为 {ref}',
  'what the ledger holds': '账目所记',
  'a SUCCESS of ours without a line in any settlement file': '我方已扣款，但对账文件中没有',
  'nothing booked': '没有入账',
  '{#amount} booked': '入账 {amount}',
  'the item is {state} of {amount}; its call is {>call}, {>booked}':
    '项目为 {state}，金额 {amount}；其调用为 {call}，{booked}',
  'no settlement file of {@date}: {>why}': '没有 {date} 的对账文件：{why}',
  'kept {first}, also answered {second}': '以 {first} 为准，另有应答 {second}',
  'kept {first}, also answered {second} (call of an earlier night)':
    '以 {first} 为准，另有应答 {second}（以往各夜的调用）',
  'SUCCESS items': '已扣款项目',
  'the downstream has no settlement files': '下游没有对账文件',
  'the settlement file cannot be used: {>why}': '对账文件无法使用：{why}',
  'a line is longer than {#max} characters': '有一行超过 {max} 个字符',
  'its header is not "{header}"': '其表头不是“{header}”',
  'there are lines after its TRAILER': 'TRAILER 之后还有内容',
  'its line {#line} has not six fields': '第 {line} 行不是六个字段',
  'it is empty, without a header': '文件为空，没有表头',
  'it has no TRAILER: it was cut': '没有 TRAILER：被截断',
  'its TRAILER says {said} lines, and there are {#lines}': 'TRAILER 声明 {said} 行，而实有 {lines} 行',
  'ended with {#code}': '以 {code} 结束',
};
