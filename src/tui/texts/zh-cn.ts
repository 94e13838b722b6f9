/**
 * The texts of the chat client in Simplified Chinese, as en.ts has them. Names, commands, keys, and what the system says stay as they
 * are.
 */
import {
  type ServerRefusal,
  type SystemCode,
  serverRefusal,
  systemCode,
  withoutCode,
} from '../../client/offline-reason.js';
import { type CloseReason, isCloseReason } from '../../protocol/close-codes.js';
import { ERRORS, type ErrorCode } from '../../protocol/error-codes.js';
import { WIRE } from '../../protocol/limits.js';
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import type { Texts } from './en.js';

const RULE = safe`1 至 ${WIRE.maxUserLength} 位 a-z 0-9 . _ -，首位为字母或数字`;

const list = (items: readonly SafeText[]): SafeText => items.join('、') as SafeText;

const REFUSALS: Readonly<Record<ErrorCode, SafeText>> = {
  unauthorized: safe`用户名或令牌有误`,
  'forged-sender': safe`发送者不是登录的用户`,
  'unknown-user': safe`没有这个用户；im user add NAME 可添加`,
  blocked: safe`对方不接收你的消息`,
  invalid: safe`有字段缺失或有误`,
  'too-large': safe`正文超过 ${WIRE.maxBodyBytes / 1_024} KiB（UTF-8）`,
  'id-conflict': safe`该 ID 已属于发给同一用户的另一条消息`,
  'mailbox-full': safe`对方的信箱已满，或你的份额已用完；对方上线后才有空间`,
  unavailable: safe`服务器暂时无法存储`,
  purged: safe`消息送达之前被管理员删除`,
  unsent: safe`送达之前已撤回`,
  'unknown-id': safe`服务器没有这条消息`,
  forbidden: safe`只有管理员可以这样做`,
  overloaded: safe`服务器繁忙`,
};

/** By what the server or the client says. */
const REFUSALS_BY_MESSAGE: ReadonlyMap<string, SafeText> = new Map([
  ...(Object.keys(ERRORS) as ErrorCode[]).map((code) => [ERRORS[code].description, REFUSALS[code]] as const),
  ['the server has not answered: it may be an older one', safe`服务器没有回答，版本可能较旧`], // UnsendUnanswered
]);

/** What the client says about a body: `tooLargeText`. */
const TOO_LARGE = /^the body has (\d+) bytes of UTF-8, at most (\d+) can be sent$/;
/** What the server says about a name: `AccountError`. */
const NO_USER = /^there is no user (\S+)$/;
/** What the client says when a request has no answer: `OperatorLost`. */
const NO_ANSWER = /^no answer from the server: (.*)$/s;
const NOT_BLOCKED = /^(\S+) is not blocked$/;

function refusal(message: string): SafeText {
  const known = REFUSALS_BY_MESSAGE.get(message);
  if (known !== undefined) return known;
  const [, bytes, limit] = TOO_LARGE.exec(message) ?? [];
  if (bytes !== undefined && limit !== undefined) return safe`正文有 ${inline(bytes)} 字节，上限为 ${inline(limit)}`;
  const [, unknown] = NO_USER.exec(message) ?? [];
  if (unknown !== undefined) return safe`没有用户 ${inline(unknown)}`;
  const [, lost] = NO_ANSWER.exec(message) ?? [];
  if (lost !== undefined) return safe`服务器无响应（${inline(lost)}）`;
  const [, unblocked] = NOT_BLOCKED.exec(message) ?? [];
  return unblocked === undefined ? inline(message) : safe`${inline(unblocked)} 未被屏蔽`;
}

const SYSTEM: Readonly<Record<SystemCode, SafeText>> = {
  ECONNREFUSED: safe`连接被拒绝`,
  ECONNRESET: safe`连接被重置`,
  EPIPE: safe`连接被重置`,
  ENOTFOUND: safe`没有这个主机`,
  EAI_AGAIN: safe`暂时无法解析主机名`,
  ETIMEDOUT: safe`无响应`,
  EHOSTUNREACH: safe`主机不可达`,
  ENETUNREACH: safe`没有网络`,
};

const SERVER_REFUSALS: Readonly<Record<ServerRefusal, { readonly brief: SafeText; readonly advice: SafeText }>> = {
  trust: { brief: safe`证书不受信任`, advice: safe`若确认无误，可信任该证书或其签发者：--ca FILE` },
  expired: { brief: safe`证书已过期`, advice: safe`需由管理员更新证书并重启服务器；也请检查本机时钟` },
  early: { brief: safe`证书尚未生效`, advice: safe`请检查本机时钟` },
  name: { brief: safe`证书属于其他主机名`, advice: safe`改用证书中的主机名：--url；或为此主机名签发证书` },
  proof: {
    brief: safe`不是你的服务器`,
    advice: safe`先结束占用该端口的程序，再运行 im serve；或指定其他服务器：--url`,
  },
  tls: { brief: safe`对方不支持 TLS`, advice: safe`不用 TLS 时，地址以 ws:// 开头` },
};

const CLOSED: Readonly<Record<CloseReason, SafeText>> = {
  'too-many-passed-over': safe`不属于本协议的消息过多`,
  'server-error': safe`服务器出错或磁盘故障`,
  shutdown: safe`服务器正在停止`,
  'login-timeout': safe`登录超时`,
  idle: safe`${WIRE.idleMs / 1_000} s 内没有收到数据`,
  'slow-consumer': safe`客户端读取太慢`,
  'too-many-connections': safe`服务器的连接数已满`,
  'too-many-sessions': safe`该用户的会话数已达上限`,
  'too-many-failed-logins': safe`此地址用错误令牌登录的次数过多`,
  unauthorized: safe`用户名或令牌有误`,
  replaced: safe`同一用户在同一设备上重新登录`,
  revoked: safe`用户已被移除，或令牌已失效`,
  'protocol-violation': safe`客户端违反协议`,
  'unsupported-version': safe`服务器不支持此协议版本`,
  forbidden: safe`需要管理员身份`,
  'too-many-devices': safe`该用户的设备数已达上限，且都已登录`,
  'device-removed': safe`此设备已被移除`,
};

/** Other reasons of the client. */
const LOST: Readonly<Record<string, SafeText>> = {
  lost: safe`连接中断`,
  timeout: safe`无响应`,
  silent: safe`长时间没有收到数据`,
  fault: safe`服务器违反协议`,
};

interface Loss {
  readonly reason: string;
  readonly detail: string;
}

function offlineBrief({ reason, detail }: Loss): SafeText {
  const refused = serverRefusal(detail);
  if (refused !== undefined) return SERVER_REFUSALS[refused].brief;
  const code = systemCode(detail);
  if (code !== undefined) return SYSTEM[code];
  if (isCloseReason(reason)) return CLOSED[reason];
  return detail === '' ? (LOST[reason] ?? inline(reason)) : inline(withoutCode(detail));
}

/** With what the system says about a certificate. */
const offline = (loss: Loss): SafeText =>
  serverRefusal(loss.detail) === undefined
    ? offlineBrief(loss)
    : safe`${offlineBrief(loss)}（${inline(withoutCode(loss.detail))}）`;

/** What happened, and what to do; why, if it is not what the table of closes says. `{user}` and `{device}` are filled in. */
interface EndTexts {
  readonly what: string;
  readonly why?: string;
  readonly next?: string;
}

const ENDS: Readonly<Record<string, EndTexts>> = {
  unauthorized: {
    what: '{user} 被服务器拒绝登录',
    next: '管理员可创建令牌：im user token add {user}；或添加用户：im user add {user}',
  },
  forbidden: { what: '{user} 不是管理员', next: '请以管理员身份登录：--as OPERATOR --token-file FILE' },
  revoked: {
    what: '{user} 已被服务器登出',
    next: '管理员可创建令牌：im user token add {user}；或重新添加用户：im user add {user}',
  },
  replaced: {
    what: '{user} 已在此处登出',
    why: '设备 {device} 有新的登录',
    next: '可在此重新登录；若要同时使用，请为其中一个另起设备名：--device NAME',
  },
  'too-many-devices': { what: '{user} 的设备过多', next: '请先结束另一处的会话，再在此登录' },
  'device-removed': { what: '{user} 已在此处登出', why: '设备 {device} 已被移除', next: '重新登录即成为新设备' },
  locked: {
    what: '{user} 已在本机登录',
    why: '另一个 im 正在使用同一状态目录',
    next: '请先结束该用户的另一个 im 进程',
  },
  'unsupported-version': { what: '{user} 无法与此服务器通信', next: '请在两端使用同一版本的 im' },
};

const DISCONNECTED: EndTexts = { what: '{user} 的连接已断开' };

const ACTIONS = {
  send: safe`发送`,
  newline: safe`换行`,
  'next-unread': safe`标为已读，下一未读`,
  next: safe`下一会话（Tab）`,
  previous: safe`上一会话`,
  complete: safe`补全命令，或下一会话`,
  'page-up': safe`向上滚动`,
  'page-down': safe`向下滚动`,
  'wheel-up': safe`向上滚动一点`,
  'wheel-down': safe`向下滚动一点`,
  search: safe`搜索所有消息`,
  back: safe`标为已读，到末尾`,
  'to-start': safe`到开头`,
  'to-end': safe`到末尾`,
  'row-up': safe`上移，较早发送的`,
  'row-down': safe`下移，较晚发送的`,
  left: safe`左移`,
  right: safe`右移`,
  'word-left': safe`左移一词`,
  'word-right': safe`右移一词`,
  'line-start': safe`行首`,
  'line-end': safe`行尾`,
  'delete-left': safe`向左删除`,
  'delete-right': safe`向右删除`,
  'kill-word-left': safe`剪切左边的词`,
  'kill-word-right': safe`剪切右边的词`,
  'kill-to-start': safe`剪切到行首`,
  'kill-to-end': safe`剪切到行尾`,
  yank: safe`粘贴剪切的内容`,
  edit: safe`用编辑器写`,
  undo: safe`撤销`,
  redo: safe`重做`,
  help: safe`显示帮助（或按 ?）`,
  copy: safe`只显示文本，便于复制`,
  connect: safe`离线时立即重连`,
  redraw: safe`重绘屏幕`,
  suspend: safe`挂起（fg 恢复）`,
  quit: safe`退出（按两次）`,
};

/** By the name of the setting. */
const SETTINGS: Readonly<Record<string, SafeText>> = {
  url: safe`服务器`,
  user: safe`你的用户名`,
  data: safe`本机服务器的数据目录`,
  tokenFile: safe`令牌文件`,
  ca: safe`信任的证书`,
  device: safe`本机聊天的设备名`,
  theme: safe`聊天界面的颜色`,
  notify: safe`如何提示新消息`,
  lang: safe`聊天界面的语言`,
  plain: safe`用行模式代替全屏`,
  ascii: safe`只用 ASCII 字符绘制`,
  ambiguousWidth: safe`… 和 Ω 等字符占几列`,
  mouse: safe`用滚轮滚动`,
  title: safe`在窗口标题显示未读数`,
  historySize: safe`每个会话保留多少 MiB`,
  keys: safe`聊天界面的按键：见 /set keys`,
};

const settingIs = (name: SafeText, value: SafeText): SafeText =>
  value === '' ? safe`${name} 未设置` : safe`${name} 设为 ${value}`;

const WRITE = {
  EEXIST: safe`文件已存在`,
  ENOENT: safe`目录不存在`,
  ENOTDIR: safe`目录不存在`,
  EISDIR: safe`这是一个目录`,
  EACCES: safe`没有权限`,
  EROFS: safe`文件系统只读`,
  ENOSPC: safe`磁盘已满`,
};

const STATES = { queued: safe`待发送`, stored: safe`已存储`, delivered: safe`已送达`, failed: safe`失败` };

export const ZH_CN: Texts = {
  states: STATES,

  reasons: {
    refusal,
    delay: ({ code, message }, to) =>
      code === 'mailbox-full' ? safe`${inline(to)} 的信箱已满，待其上线` : refusal(message),
    offline,
    offlineBrief,
    advice: ({ detail }) => {
      const refused = serverRefusal(detail);
      return refused && SERVER_REFUSALS[refused].advice;
    },
    end: ({ reason, user, device }, english) => {
      if (reason === 'failed') return english; // what the system says
      const { what, why, next } = ENDS[reason] ?? DISCONNECTED;
      const filled = (text: string | undefined) => text?.replaceAll('{user}', user).replaceAll('{device}', device);
      const closed = isCloseReason(reason) ? CLOSED[reason] : LOST[reason];
      return { message: filled(what) ?? '', why: filled(why) ?? closed ?? english.why, next: filled(next) };
    },
  },

  header: {
    muted: safe`免打扰`,
    heard: (when) => safe`最近活动 ${when}`,
    unread: (count) => safe`${count} 条未读`,
    goToEnd: safe`Esc：到末尾`,
    markRead: safe`Esc：标为已读`,
  },

  sidebar: {
    title: safe`会话`,
    moreUnread: (count) => safe`另有 ${count} 个未读`,
  },

  welcome: {
    none: safe`还没有会话。`,
    allClosed: safe`会话都已关闭。`,
    open: safe`/to 用户名 打开会话。`,
    rule: safe`用户名：${RULE}。`,
    keys: (help) => safe`${help} 查看按键，按两次 Ctrl+C 退出。`,
  },

  composer: {
    hint: (peer) => safe`发给 ${peer}，按 Enter 发送`,
    noConversation: safe`/to 用户名 打开会话`,
  },

  messages: {
    new: safe`新消息`,
    late: safe`迟到`,
    replay: safe`重新推送：已显示过`,
    quote: (from, beginning) => safe`回复 ${from}：${beginning}`,
    quoteMissing: (id) => safe`回复 ${id}：不在此处的消息中`,
    failed: (why) => safe`${STATES.failed}：${why}`,
    failedForNow: (why) => safe`${STATES.failed}：${why}。/resend 可重新发送`,
    refused: safe`被拒绝`,
    queued: (why) => safe`${STATES.queued}：${why}`,
  },

  plain: {
    hint: safe`选中并复制。Esc 关闭`,
    scrollHint: (keys) => safe`选中并复制。${list(keys)} 滚动，Esc 关闭`,
  },

  search: {
    label: safe`搜索`,
    to: (peer) => safe`给 ${peer}`,
    hints: [safe`搜索所有会话。Esc 关闭`, safe`在所有会话中`],
    searching: (count) => safe`找到 ${count} 条，仍在搜索`,
    nothing: safe`没有找到`,
    found: (count) => [
      safe`找到 ${count} 条。Up、Down 选择，Enter 在会话中显示`,
      safe`找到 ${count} 条。Up、Down 选择，Enter 显示`,
      safe`找到 ${count} 条。Enter 显示`,
      safe`找到 ${count} 条`,
    ],
  },

  help: {
    conversations: safe`会话`,
    writing: safe`输入`,
    screen: safe`屏幕`,
    commands: safe`命令`,
    marks: safe`标记`,
    queued: safe`等待服务器`,
    stored: safe`已写入服务器磁盘`,
    delivered: safe`对方已收到`,
    failed: safe`被拒绝，见原因`,
    close: safe`Esc：关闭`,
    more: (key) => safe`${key}：更多`,
  },

  actions: ACTIONS,

  commands: {
    to: safe`打开会话`,
    reply: safe`引用并回复`,
    who: safe`查看账号和状态`,
    resend: safe`重新发送此处失败的`,
    unsend: safe`撤回对方未看到的`,
    search: safe`搜索所有消息`,
    copy: safe`复制倒数第 N 条`,
    close: safe`暂时移出列表`,
    mute: safe`免打扰，或取消`,
    block: safe`屏蔽用户，或列出`,
    unblock: safe`取消屏蔽`,
    export: safe`导出为 JSON Lines`,
    set: safe`查看或更改设置`,
    plain: safe`切换到行模式`,
    help: safe`显示本帮助`,
    quit: safe`退出`,
  },

  arguments: {
    NAME: safe`用户名`,
    '[NAME]': safe`[用户名]`,
    TEXT: safe`内容`,
    WORDS: safe`关键词`,
    '[N]': safe`[N]`,
    FILE: safe`文件`,
    '[WHAT]': safe`[设置]`,
  },

  settings: {
    title: safe`设置`,
    hints: [safe`/set 名称 值 更改一项`, safe`/set 名称 default 恢复默认`, safe`/set keys 列出按键`],
    action: safe`动作`,
    keys: safe`聊天界面的按键`,
    source: (source) => (source === 'default' ? safe`默认` : source === 'config' ? safe`已设置` : inline(source)),
    meaning: (name, english) => {
      const [, action = ''] = /^keys\.(.+)$/.exec(name) ?? [];
      if (Object.hasOwn(ACTIONS, action)) return ACTIONS[action as keyof typeof ACTIONS];
      return (Object.hasOwn(SETTINGS, name) && SETTINGS[name]) || inline(english);
    },
    none: safe`此处没有设置`,
    is: settingIs,
    isFrom: (name, value, source, choices) =>
      safe`${settingIs(name, value)}（${ZH_CN.settings.source(source)}）${choices.length === 0 ? safe`` : safe`，可选 ${list(choices)}`}`,
    isLater: (name, value) => safe`${settingIs(name, value)}，下次 im connect 起生效`,
    kept: (name, variable) => safe`已保存 ${name}，但下次启动时以 ${variable} 为准`,
    keptLater: (name, variable) => safe`已保存 ${name}，下次 im connect 起生效，但以 ${variable} 为准`,
    notKept: (why) => safe`未保存：${why}`,
  },

  status: {
    account: (me, server) => safe`${me} @ ${server}`,
    help: (key) => safe`${key} 帮助`,
    unread: (count) => safe`${count} 条未读`,
    unreadKey: (count, key) => safe`${count} 条未读：${key}`,
    queued: (count) => safe`${count} 条${STATES.queued}`,
    queuedFor: (duration) => safe`，已等 ${duration}`,
    because: (why) => safe`：${why}`,
    failedTo: (peer, more) => safe`发给 ${andMore(peer, more)}的消息失败`,
    takingOver: safe`正在接管`,
    takingOverFrom: (holder) => safe`正在接管另一个 im（${holder}）`,
    connecting: safe`连接中`,
    online: safe`在线`,
    ended: safe`已断开`,
    offline: (why) => safe`离线：${why}`,
    offlineUntil: (why, duration) => safe`离线：${why}，${duration} 后重连`,
    offlineFor: (duration) => safe`离线，${duration}`,
  },

  who: {
    you: (me, server, connection) => safe`${me} @ ${server}，${connection}。`,
    counts: (queued, unread) => safe`${queued} 条${STATES.queued}，${unread} 条未读。`,
    unread: (peer, count) => safe`${peer}：${count} 条未读`,
  },

  ending: {
    sentence: (text) => safe`${text}。`,
    because: (what, why) => safe`${what}：${why}。`,
    kept: (queued, hasDraft) =>
      safe`已为下次 im connect 保留：${list([
        ...(queued > 0 ? [safe`${queued} 条待发送消息`] : []),
        ...(hasDraft ? [safe`你的草稿`] : []),
      ])}。`,
    close: safe`按 Enter 或 Esc 关闭屏幕`,
  },

  results: {
    nothingUnread: safe`没有其他未读消息`,
    onlineAlready: safe`已在线`,
    quitAgain: (queued) =>
      queued === 0 ? safe`再按 Ctrl+C 退出` : safe`再按 Ctrl+C 退出（${queued} 条${STATES.queued}）`,
    resent: (count) => safe`已重新发送 ${count} 条消息`,
    nothingFailed: safe`没有失败的消息`,
    failedElsewhere: (count, peer, more) =>
      safe`${count === 0 ? safe`此处没有失败的消息` : safe`已重新发送 ${count} 条消息`}，但发给 ${andMore(peer, more)}的消息失败：/to ${peer}`,
    copied: (from, line) => safe`已发送到剪贴板：${from}：${line}`,
    closed: (peer) => safe`已关闭：${peer} 有新消息或 /to 时恢复`,
    muted: (peer) => safe`${peer} 已设为免打扰；再次 /mute 取消`,
    unmuted: (peer) => safe`${peer} 已取消免打扰`,
    exported: (count, path) => safe`已导出 ${count} 条消息到 ${path}`,
    history: (count) => safe`其他设备上的消息，最多 ${count} 条；服务器没有更早的消息`,
    unsending: safe`等服务器答复后撤回`,
    unsend: {
      unsent: () => safe`已撤回`,
      pushed: (to) => safe`太迟了，${to} 可能已经看到`,
      delivered: () => safe`太迟了，${STATES.delivered}`,
      purged: () => safe`管理员已删除这条消息`,
      unknown: () => safe`服务器没有这条消息`,
      full: () => safe`未撤回，该信箱删除的消息过多`,
    },
    blocking: ({ action, name, blocked }) => {
      if (action === 'block') return safe`不再接收 ${name} 的消息`;
      if (action === 'unblock') return safe`已取消屏蔽 ${name}`;
      return blocked.length === 0 ? safe`没有屏蔽任何人` : safe`已屏蔽：${list(blocked)}`;
    },
  },

  problems: {
    nothingToCopy: safe`没有可复制的消息`,
    noSuchMessage: safe`此处没有这条消息`,
    noClipboard: (key) => (key === undefined ? safe`此终端没有剪贴板` : safe`此终端没有剪贴板；按 ${key} 只显示文本`),
    notCopied: (bytes, limit) => safe`未复制：${bytes} 字节，上限为 ${limit}`,
    notPasted: safe`未粘贴：太长`,
    nothingToAnswer: safe`没有可回复的消息`,
    notAtEnd: safe`请先到末尾：Esc`,
    noConversation: safe`没有打开的会话`,
    noConversationYet: safe`没有打开的会话：/to 用户名 打开一个`,
    tooLong: (bytes, limit) => safe`太长：${bytes} 字节，上限为 ${limit}`,
    locked: (holder) => safe`尚未发送：等待另一个 im（${holder}）`,
    notDone: (why) => safe`未完成：${why}`,
    notUnsent: (why) => safe`未撤回，${why}`,
    unsentAlready: safe`已经撤回`,
    failedAlready: safe`已失败，没有人会收到`,
    about: (what, line) => safe`${what}：${line}`,
    clearing: (key) => (key === undefined ? safe`` : safe`（${key} 清空）`),
    unknownCommand: (command, clearing) => safe`没有命令 /${command}${clearing}：消息以 / 开头请写 //；见 /help`,
    argumentMissing: (command, argument) => safe`/${command} 需要${argument}`,
    noArgument: (command, clearing) => safe`/${command} 不带参数${clearing}`,
    invalidName: (name, clearing) => safe`用户名无效${clearing}：${name}（${RULE}）`,
    notNumber: (text, clearing) => safe`不是数字${clearing}：${text}（1 是最后一条消息）`,
    notExported: (path, why, clearing) => safe`未导出，${why}${clearing}：${path}`,
    write: WRITE,
  },

  warnings: {
    newEpoch: safe`信箱已重新开始，可能缺少消息（Esc）`,
    missed: (count) => safe`离开太久：最多 ${count} 条消息只在其他设备上（Esc）`,
  },

  editor: {
    noneBecause: (why) => safe`无法使用编辑器：${why}`,
    missing: (command) => safe`没有编辑器 ${command}：请设置 VISUAL 或 EDITOR`,
    ended: (code) => safe`草稿未变：编辑器以 ${code} 退出`,
    killed: (signal) => safe`草稿未变：编辑器被 ${signal} 终止`,
    notText: (path) => safe`草稿未变：不是 UTF-8；文本在 ${path}`,
    tooLong: (path) => safe`草稿未变：太长；文本在 ${path}`,
  },

  line: {
    help: [
      safe`bob: 你好     发给 bob：你好`,
      safe`/to bob       之后的每一行都发给 bob；单独的 /to 取消`,
      safe`/block bob    不再接收 bob 的消息；单独的 /block 列出已屏蔽的用户`,
      safe`/unblock bob  取消屏蔽`,
      safe`/help         显示本帮助`,
      safe`/quit         退出；待发送的消息下次再发`,
      safe`//text        发送 /text`,
    ],
    begins: safe`行模式；/help 说明如何发消息`,
    online: (user, waiting) => (waiting === 0 ? safe`已上线：${user}` : safe`已上线：${user}，${waiting} 条消息待接收`),
    offline: (why, advice, duration) =>
      safe`离线：${why}；${advice === undefined ? safe`` : safe`${advice}；`}${duration === undefined ? safe`立即重连` : safe`${duration} 后重连`}`,
    locked: (user) => safe`等待中：另一个 im 已作为 ${user} 连接`,
    newEpoch: safe`你在此服务器上的信箱已重新开始（恢复了较早的备份，或你曾被移除后重新添加）：可能缺少消息`,
    missed: (count) => safe`此设备离开太久：最多 ${count} 条消息已不在服务器上；你的其他设备上有`,
    history: (count) => safe`来自其他设备的消息，最多 ${count} 条；更早的不在服务器上`,
    state: (state, number, to, why) =>
      safe`${STATES[state]} ${number}，发给 ${to}${why === undefined ? safe`` : safe`：${why}`}`,
    from: (from) => safe`${from}: `,
    replayFrom: (from) => safe`${from} (重新推送): `,
    fromAt: (from, minute) => safe`${from} (${minute}): `,
    toPeer: (to) => safe`你发给 ${to}: `,
    toPeerAt: (to, minute) => safe`你发给 ${to} (${minute}): `,
    target: (to) => safe`发给 ${to}`,
    noTarget: safe`每行写明收件人`,
    toWhom: safe`发给谁？请写 bob: 你好，或先用 /to bob`,
    unknownCommand: (command) => safe`没有命令 ${command}；见 /help`,
    oneName: (command) => safe`${command} 需要一个用户名`,
    tooLong: safe`这一行太长`,
    notUtf8: safe`这一行不是 UTF-8`,
    noReader: safe`输出已无人读取：消息会等待，输入仍会发送`,
    draining: (queued, why) =>
      safe`等待服务器接收 ${queued} 条消息${why === undefined ? safe`` : safe`（${why}）`}；Ctrl+C 立即退出`,
    queued: (count, user) => safe`${count} 条消息${STATES.queued}；im connect ${user} 会发送`,
  },
};

/** `bob 等 3 人`; a space before what follows a name alone. */
function andMore(first: SafeText, more: number): SafeText {
  return more === 0 ? safe`${first} ` : safe`${first} 等 ${more + 1} 人`;
}
