import type { Sentences } from '../../pure/sentences.ts';

/** 登录、权限、请求的字段、批量操作：为何被拒绝。 */
export const REQUEST_SENTENCES: Sentences = {
  // 登录、密码
  'the name or the password is wrong, or there were too many tries: wait, and try again':
    '名称或密码错误，或尝试次数过多：请稍候再试',
  'log in first': '请先登录',
  'log in, or show a key: nobody is known who asks': '请登录或出示密钥：不知道是谁在请求',
  'nobody is known who asks': '不知道是谁在请求',
  'this needs the right "{right}" {!where}': '需要{where}的“{right}”权限',
  'in all groups': '所有组',
  'there is no such thing here': '这里没有它',
  'this set-up link is not good: it was used, is too old, or a scheduler that started later printed a newer one. Take that, or start a scheduler again':
    '此链接无效：已用过、已过期，或之后启动的调度器已打印了更新的链接。请使用那个链接，或重启一个调度器',
  'password {!why}': '密码{why}',
  'must have at least {#n} different characters': '至少须有 {n} 个不同的字符',
  'must not hold the name': '不能包含名称',
  'is one of those that are tried first: take several words': '属于最先被猜测的密码：请用几个词',
  'is a row of the keyboard or of digits: take several words': '是键盘上或数字的连续排列：请用几个词',
  'is not the password': '不是当前密码',
  'a key has no password': '密钥没有密码',
  'a key has no preferences': '密钥没有偏好设置',
  'a key has no sessions': '密钥没有会话',
  'there is no such session of yours': '您没有此会话',
  'the request comes from another site': '请求来自其他网站',
  'the header {@header} is missing or wrong: GET /api/v1/session says it':
    '请求头 {header} 缺失或错误：见 GET /api/v1/session',
  'too many requests: wait {#s} s': '请求过多：请等待 {s} 秒',
  'too many streams are open: close a tab': '实时连接过多：请关闭一些标签页',
  'at most {#max} topics': '最多 {max} 个主题',
  'there is no topic "{topic}"': '没有主题“{topic}”',
  'there is no {!what}': '没有{what}',

  // 请求的字段
  'the request is wrong': '请求有误',
  'the body is larger than this route takes': '请求内容超过上限',
  'the request could not be read: send JSON as application/json': '无法读取请求：请以 application/json 发送 JSON',
  'an unexpected error; the log of the scheduler has its cause': '原因见调度器的日志',
  'has the wrong shape': '格式有误',
  'is no field of this': '没有此字段',
  'must have {#min} to {#max} characters': '须有 {min} 至 {max} 个字符',
  'from and to must be days': 'from 和 to 须为日期',
  'set a password of your own first': '请先设置自己的密码',
  'must have at least one': '至少须有一个',
  'must be {>what}': '须为{what}',
  '1 to 64 letters, digits, ".", "_", "-", the first of them a letter or digit':
    ' 1 至 64 个字母、数字、“.”、“_”、“-”，且以字母或数字开头',
  '1 to 64 letters, digits, ".", "_", "-", "@", the first of them a letter or digit':
    ' 1 至 64 个字母、数字、“.”、“_”、“-”、“@”，且以字母或数字开头',
  'a day as YYYY-MM-DD': '日期，格式 YYYY-MM-DD',
  'one address, e.g. night@example.com': '一个邮箱地址，例如 night@example.com',
  'epoch milliseconds': '毫秒时间戳',
  'a hash of 64 digits 0-9 and a-f, with @ and the number of its entry or without':
    ' 64 位 0-9、a-f 的哈希值，可带 @ 和记录编号',
  'after must be the "next" of a page': 'after 须为上一页的“next”',
  'is taken': '已被占用',
  'is no channel': '没有此渠道',
  'does not fit a channel of kind {kind}': '不适合 {kind} 类型的渠道',
  'is past already: give a later instant, or none': '已经过去：请填更晚的时间，或留空',
  'must be the name in the address': '须与地址中的名称一致',
  'give a job or a chain, one of the two': '任务与链须填写其中一项',
  'say how old, or how many stay: olderThanDays or keepLast': '请写明多旧的要清理，或保留多少次',
  'ask for 1 to {#max} days': '可查询 1 至 {max} 天',
  'sort by duration or lateness within one job, or within a time range of fewer runs':
    '按时长或延迟排序，须先选择任务，或缩小时间范围',

  // 没有
  'there is no job {#id}': '没有任务 {id}',
  'there is no group "{group}"': '没有组“{group}”',
  'there is no executor {#id}': '没有执行器 {id}',
  'there is no {!what} {#id}': '没有{what} {id}',
  'there is no key {#id} that could be revoked': '没有可吊销的密钥 {id}',
  'there is no request {#id}': '没有申请 {id}',

  // 审批
  'it is {!state} already': '已{state}',
  approved: '批准',
  rejected: '驳回',
  withdrawn: '撤回',
  'a person has to decide: a key is none': '须由人决定：密钥不行',
  '{@by} asked for this: it takes a second person to decide': '由 {by} 提出：须由另一人决定',
  'only {@by}, who asked, can take it back': '只有提出者 {by} 可以撤回',

  // 用户、密钥、组、执行器
  'this is the last administrator: make another one first': '这是最后一位管理员：请先设置另一位',
  'names "{group}", but there is no such group': '含有“{group}”，但没有此组',
  'is the last administrator who can log in: let somebody else be one, too': '是最后一位可以登录的管理员：请再设一位',
  'makes more than {#max} people at once: apply it in parts': '一次新建超过 {max} 人：请分几次',
  'who "{name}" is has just changed: look at the changes again': '“{name}”刚刚有变化：请重新查看变更',
  'only an administrator says at which addresses executors are: our token goes there':
    '执行器地址只能由管理员填写：令牌会发往该处',
  'people and their rights are an administrator\'s: give the key of one, or leave "people" out of the file':
    '人员与权限须由管理员更改：请使用管理员的密钥，或从文件中去掉“people”',
  'this scheduler takes no one-time tokens: give the executor its token instead':
    '此调度器不接受一次性令牌：请改用执行器的令牌',
  'are more than {#max}': '超过 {max} 个',
  'group: {field} {>why}': '组的 {field} {why}',
  '{#n} runs would be deleted, and {#expected} were expected: look at them again':
    '将删除 {n} 次运行，而预期为 {expected} 次：请重新查看',

  // 询问执行器
  'the executors of group "{group}" are not ours: they answer no questions':
    '组“{group}”的执行器不是本系统的：不回答查询',
  'no executor of ours is alive in group "{group}" that could be asked': '组“{group}”没有可询问的存活执行器',
  '{@address} was asked and its answer was lost: ask again': '已询问 {address}，但应答丢失：请再次询问',
  'no executor of group "{group}" can be reached': '组“{group}”的执行器都连接不上',
  'the executors of group "{group}" answer {question} in a shape that nobody here knows':
    '组“{group}”的执行器对 {question} 的应答格式无法识别',
  'the executor has no log {#id}: it has not begun, or is past its age': '执行器没有日志 {id}：尚未开始，或已过期',
  '{@requestNo} is {state}: only an item in MANUAL is resolved by hand':
    '{requestNo} 为 {state}：只有 MANUAL 的项目可手工处理',

  // 审计日志的校验
  'what was written down is no hash of 64 digits, nor HASH@NUMBER': '记下的内容既不是 64 位哈希值，也不是 HASH@NUMBER',
  'the hash that was written down before is not in the log: its end was cut off, or it was made anew':
    '日志中没有先前记下的哈希值：末尾被截断，或日志被重建',
  'the log ends at {#last}, but {#n} were written': '日志止于 {last}，但写过 {n} 条',
  'entry {#seq} is missing: {#next} follows {#before}': '缺少第 {seq} 条：{before} 之后是 {next}',
  'entry {#seq} does not follow the one before it': '第 {seq} 条与前一条不衔接',
  'entry {#seq} was changed after it was written': '第 {seq} 条在写入之后被更改',
  'entry {#seq} has another hash than the one that was written down: the log was made anew from here or before':
    '第 {seq} 条的哈希值与记下的不同：日志从这里或更早起被重建',

  // 批量操作
  'there is no hold on job "{job}"': '任务“{job}”没有暂停',
  'fires of job "{job}" wait under its hold: take it away by itself (resume), so that they get their verdicts':
    '任务“{job}”有触发因暂停而等待：请单独解除暂停，以便逐一决定',
  'there is no bulk operation {#id}': '没有批量操作 {id}',
  'there is no {>kind} {#id}: an atomic operation does all or nothing': '没有{kind} {id}：此操作要么全做，要么不做',
  'requestId "{id}" is that of bulk operation {#of} ({verb}), which was asked for something else: take another id':
    'requestId“{id}”属于批量操作 {of}（{verb}），内容不同：请换一个编号',
  'changed by another: try again': '已被他人更改：请重试',
  'changed by another: {@who} has target {#id} in bulk operation {#of} ({verb}) since {~since}; wait for its end':
    '已被他人更改：{who} 自 {since} 起在批量操作 {of}（{verb}）中处理 {id}；请等它结束',
  'verb must be one of {known}': '操作须为以下之一：{known}',
  'reason must have 1 to {#max} characters': '原因须有 1 至 {max} 个字符',
  'requestId must have at most 100 characters: ids of targets are added to it':
    'requestId 最多 100 个字符：后面还要加上对象编号',
  'ids is empty: name at least one': '没有选择对象：至少选择一个',
  'ids has {value}: they are whole numbers from 1 on': 'ids 含有 {value}：须为从 1 起的整数',
  'ids has {#n}: at most {#max} at a time': '共 {n} 个对象：每次最多 {max} 个',
  '{#n} ids are too many for one transaction: at most {#max} with atomic; leave atomic out, and each id has a result of its own':
    '{n} 个对象对一次事务过多：最多 {max} 个；去掉 atomic 则逐个处理',
  'businessDate is "{date}": give a day as YYYY-MM-DD, or today': '业务日期为“{date}”：请写 YYYY-MM-DD 或 today',
  'tag must have 1 to {#max} characters': '标签须有 1 至 {max} 个字符',
};

/** 检查请求和参数的库所说的（TypeBox）。 */
export const SHAPE_SENTENCES: Sentences = {
  'must not have additional properties': '含有多余的字段',
  'must match a schema in anyOf': '与允许的形式都不符',
  'must be equal to constant': '不是规定的值',
  'must be equal to one of the allowed values': '须为允许的值之一',
  'must match format "{format}"': '须符合格式“{format}”',
  'must not have more than {#max} items': '不能超过 {max} 项',
  'must not have more than {#max} characters': '不能超过 {max} 个字符',
  'must not have more than {#max} properties': '不能超过 {max} 个字段',
  'must not have fewer than {#min} items': '不能少于 {min} 项',
  'must not have fewer than {#min} characters': '不能少于 {min} 个字符',
  'must not have fewer than {#min} properties': '不能少于 {min} 个字段',
  'must be multiple of {#n}': '须为 {n} 的倍数',
  'must match pattern "{pattern}"': '须符合“{pattern}”',
  'must be {comparison} {#limit}': '须 {comparison} {limit}',
  'must not have duplicate items': '不能有重复的项',
  'must be either {types}': '须为 {types}',
};
