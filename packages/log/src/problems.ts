import { declareProblems, isProblem, type Problem } from '@meridian/base';

const text = (zh: string, en: string) => ({ zh, en });

export const { problem } = declareProblems({
  LOG_LOCKED: {
    status: 409,
    title: text('日志已被占用', 'Log in use'),
    detail: text('目录 {dir} 正被进程 {pid} 使用', 'Folder {dir} is in use by process {pid}'),
    remedy: text('停止该进程，或使用另一目录', 'Stop that process or use another folder'),
  },
  LOG_CORRUPT: {
    status: 500,
    title: text('日志损坏', 'Corrupt log'),
    detail: text('{file} 偏移 {offset}，序号 {seq}：{reason}', '{file} at byte {offset}, command {seq}: {reason}'),
    remedy: text(
      '不要删除或修改文件；由备份或另一中心的副本恢复',
      'Change nothing; restore the folder from backup or from another centre',
    ),
  },
  LOG_FOREIGN: {
    status: 409,
    title: text('日志属于另一市场', "Another market's log"),
    detail: text('{file} 属于“{found}”，不是“{market}”', '{file} belongs to "{found}", not to "{market}"'),
    remedy: text('检查数据目录的配置', 'Check which data folder is configured'),
  },
  LOG_OPTIONS: {
    status: 400,
    title: text('日志参数无效', 'Invalid log options'),
    detail: text('{option}：{reason}', '{option}: {reason}'),
    remedy: text('更正该参数', 'Correct the option'),
  },
  LOG_TRIMMED: {
    status: 410,
    title: text('所需记录已被清理', 'Already trimmed'),
    detail: text('序号 {seq} 已不在日志中，最早为 {first}', 'Position {seq} is gone; the oldest kept is {first}'),
    remedy: text('从快照或备份重建该消费者', 'Rebuild the reader from a snapshot or a backup'),
  },
  LOG_POSITION: {
    status: 409,
    title: text('位置不在日志中', 'Position ahead of the log'),
    detail: text(
      '位置 ({seq}, {k}) 无效：日志只提交到 {last}',
      'Position ({seq}, {k}) is none of this log, which is committed up to {last}',
    ),
    remedy: text(
      '核对消费者是否连到了正确的日志，或日志是否被旧备份替换',
      'Check whether the consumer reads the right log, or the log was replaced by an older backup',
    ),
  },
  LOG_EVENTS_LOST: {
    status: 500,
    title: text('事件文件不完整', 'Events lost'),
    detail: text(
      '事件文件不能使用（{reason}），只能从序号 {first} 起重建；消费者 {consumer} 停在 {seq}',
      'The event file is unusable ({reason}) and can be rebuilt from command {first} on only; consumer {consumer} stands at {seq}',
    ),
    remedy: text(
      '由备份恢复事件文件，或重建该消费者后注销其位置',
      'Restore the event file from backup, or rebuild that consumer',
    ),
  },
  LOG_DIVERGED: {
    status: 500,
    title: text('重放结果不一致', 'Replay diverged'),
    detail: text(
      '序号 {seq} 处重放的哈希 {hash} 与快照 {expected} 不同',
      'At command {seq} the replay hashes to {hash}, the snapshot says {expected}',
    ),
    remedy: text('核对程序版本：同一指令必须得出同一状态', 'Check the program version: equal commands must give equal states'),
  },
  LOG_COMMAND_REFUSED: {
    status: 400,
    title: text('指令被拒绝', 'Command refused'),
    detail: text('指令未写入日志：{reason}', 'The command was not logged: {reason}'),
    remedy: text('更正发送方', 'Correct the sender'),
  },
  LOG_BUSY: {
    status: 503,
    title: text('日志繁忙', 'Log busy'),
    detail: text('等待写盘的数据已达 {bytes} 字节上限', 'The {bytes} bytes that may wait for the disk are in use'),
    remedy: text('稍后重试', 'Try again after a commit'),
  },
  LOG_FAILED: {
    status: 503,
    title: text('日志已停止', 'Log failed'),
    detail: text('日志因错误停止：{reason}', 'The log stopped: {reason}'),
    remedy: text('排除故障后重新启动进程', 'Mend the cause and restart the process'),
  },
  LOG_CLOSED: {
    status: 503,
    title: text('日志已关闭', 'Log closed'),
    detail: text('日志已关闭', 'The log is closed'),
    remedy: text('重新打开日志', 'Open it again'),
  },
  LOG_DISK_FULL: {
    status: 507,
    title: text('磁盘已满', 'Disk full'),
    detail: text('写入 {file} 时磁盘空间不足', 'No space left on the device while writing {file}'),
    remedy: text('释放磁盘空间后重新启动；已确认的指令未丢失', 'Free disk space and restart; nothing acknowledged was lost'),
  },
  LOG_DISK_FAILED: {
    status: 500,
    title: text('磁盘错误', 'Disk failure'),
    detail: text('{file} 的 {operation} 失败：{reason}', '{operation} of {file} failed: {reason}'),
    remedy: text('检查磁盘；进程将退出并从日志恢复', 'Check the disk; the process exits and recovers from the log'),
  },
});

/** What a failed operation of the disk means. */
export function diskProblem(error: unknown, operation: string, file: string): Problem {
  if (isProblem(error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return problem('LOG_DISK_FULL', { file }, error);
  return problem('LOG_DISK_FAILED', { file, operation, reason: code ?? String(error) }, error);
}

export function corrupt(file: string, offset: number, seq: number, reason: string): Problem {
  return problem('LOG_CORRUPT', { file, offset, seq, reason });
}
