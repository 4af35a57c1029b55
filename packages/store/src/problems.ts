import { declareProblems } from '@meridian/base';

/** What can go wrong between the house and its database. */
export const { problem } = declareProblems({
  DATABASE_AWAY: {
    status: 503,
    title: { zh: '数据库暂不可用', en: 'The database is away' },
    detail: { zh: '数据库连接失败（阶段：{phase}）：{reason}', en: 'No connection to the database ({phase}): {reason}' },
    remedy: {
      zh: '等待数据库恢复后以相同编号重试；阶段为 commit 时该事务可能已经生效',
      en: 'Wait for the database and retry with the same id; in phase commit the transaction may have been applied',
    },
  },
  DATABASE_TOO_OLD: {
    status: 500,
    title: { zh: '数据库版本过低', en: 'The database is too old' },
    detail: { zh: 'PostgreSQL {found} 低于要求的 {required}', en: 'PostgreSQL {found} is older than the required {required}' },
    remedy: {
      zh: '升级数据库，或去掉 DATABASE_URL 使用内置数据库',
      en: 'Upgrade it, or unset DATABASE_URL to use the embedded one',
    },
  },
  DATABASE_ENCODING: {
    status: 500,
    title: { zh: '数据库编码不是 UTF8', en: 'The database is not UTF8' },
    detail: { zh: '数据库编码为 {found}', en: 'The database is encoded in {found}' },
    remedy: { zh: '以 UTF8 编码重建数据库', en: 'Create the database with ENCODING UTF8' },
  },
  DATABASE_URL_INVALID: {
    status: 400,
    title: { zh: '数据库地址无效', en: 'Invalid database address' },
    detail: { zh: 'DATABASE_URL 不是 postgres:// 地址', en: 'DATABASE_URL is not a postgres:// address' },
    remedy: { zh: '形如 postgres://用户@主机:5432/库名', en: 'Write it as postgres://user@host:5432/database' },
  },
  DATABASE_CONFLICT: {
    status: 409,
    title: { zh: '并发冲突', en: 'Concurrent transactions conflict' },
    detail: { zh: '事务重试 {attempts} 次后仍冲突', en: 'The transaction still conflicted after {attempts} attempts' },
    remedy: { zh: '稍后重试', en: 'Try again' },
  },
  DISK_FULL: {
    status: 507,
    title: { zh: '磁盘已满', en: 'The disk is full' },
    detail: { zh: '{where}：磁盘空间不足', en: '{where}: no space left on the device' },
    remedy: { zh: '释放空间后重试；已提交的数据没有丢失', en: 'Free some space and try again; nothing committed is lost' },
  },
  PORT_IN_USE: {
    status: 409,
    title: { zh: '端口被占用', en: 'The port is in use' },
    detail: { zh: '127.0.0.1:{port} 已被其他进程占用', en: '127.0.0.1:{port} belongs to another process' },
    remedy: { zh: '停止该进程或换一个端口', en: 'Stop that process or choose another port' },
  },
  DATA_DIR_OWNER: {
    status: 500,
    title: { zh: '数据目录属于其他用户', en: 'The data folder belongs to somebody else' },
    detail: {
      zh: '{path} 属于用户 {owner}，本进程用户为 {self}',
      en: '{path} belongs to user {owner}, this process is user {self}',
    },
    remedy: { zh: '以该用户启动，或更改目录属主', en: 'Start as that user or change the owner of the folder' },
  },
  DATA_DIR_VERSION: {
    status: 500,
    title: { zh: '数据目录版本不符', en: 'The data folder is of another PostgreSQL version' },
    detail: {
      zh: '{path} 由 PostgreSQL {found} 建立，程序为 {expected}',
      en: '{path} was made by PostgreSQL {found}, the binaries are {expected}',
    },
    remedy: { zh: '使用相同主版本的程序，或由备份恢复', en: 'Use binaries of the same major version, or restore a backup' },
  },
  DATA_DIR_UNUSABLE: {
    status: 500,
    title: { zh: '数据目录不可用', en: 'The data folder cannot be used' },
    detail: { zh: '{path}：{reason}', en: '{path}: {reason}' },
    remedy: { zh: '检查目录权限与内容', en: 'Check the permissions and contents of the folder' },
  },
  POSTGRES_BINARIES_MISSING: {
    status: 500,
    title: { zh: '缺少 PostgreSQL 程序', en: 'The PostgreSQL binaries are missing' },
    detail: { zh: '平台 {platform} 没有内置程序（{reason}）', en: 'No embedded binaries for {platform} ({reason})' },
    remedy: {
      zh: '安装可选依赖，或设置 DATABASE_URL 或 PG_BIN_DIR',
      en: 'Install the optional dependency, or set DATABASE_URL or PG_BIN_DIR',
    },
  },
  POSTGRES_START_FAILED: {
    status: 500,
    title: { zh: '数据库启动失败', en: 'PostgreSQL did not start' },
    detail: { zh: '{reason}', en: '{reason}' },
    remedy: { zh: '查看数据目录中的 server.log', en: 'Read server.log in the data folder' },
  },
  NO_UNPRIVILEGED_USER: {
    status: 500,
    title: { zh: '没有可用的普通用户', en: 'No unprivileged user' },
    detail: {
      zh: 'PostgreSQL 不能以 root 运行，且系统没有 postgres 或 nobody 用户',
      en: 'PostgreSQL refuses root and there is no user postgres or nobody',
    },
    remedy: { zh: '以普通用户启动', en: 'Start as an ordinary user' },
  },
  MIGRATION_REFUSED: {
    status: 500,
    title: { zh: '数据库迁移被拒绝', en: 'A migration is refused' },
    detail: { zh: '{file}：{reason}', en: '{file}: {reason}' },
    remedy: { zh: '恢复已应用的文件；改动写成新的迁移', en: 'Restore the applied file; write changes as a new migration' },
  },
  MIGRATION_FAILED: {
    status: 500,
    title: { zh: '数据库迁移失败', en: 'A migration failed' },
    detail: { zh: '{file}：{reason}', en: '{file}: {reason}' },
    remedy: { zh: '该迁移未生效；更正后重试', en: 'Nothing of it was applied; mend it and start again' },
  },
  COPY_VALUE: {
    status: 422,
    title: { zh: '批量数据无法编码', en: 'A value cannot be copied' },
    detail: { zh: '第 {row} 行 {column}（{type}）：{reason}', en: 'Row {row}, column {column} ({type}): {reason}' },
    remedy: { zh: '更正该值；整批未写入', en: 'Correct the value; nothing of the batch was written' },
  },
  CONSUMER_GAP: {
    status: 500,
    title: { zh: '事件流不连续', en: 'A stream of events has a gap' },
    detail: {
      zh: '{consumer} 在 {stream} 已处理到 {at}，收到的事件接在 {after} 之后',
      en: '{consumer} stands at {at} of {stream}; the event offered follows {after}',
    },
    remedy: { zh: '从已处理的位置重新读取', en: 'Read the stream again from where the consumer stands' },
  },
  OUTBOX_CONFLICT: {
    status: 409,
    title: { zh: '同编号不同内容', en: 'Same id, other body' },
    detail: { zh: '发件箱已有编号 {id}，内容不同', en: 'The outbox already holds {id} with another body' },
    remedy: { zh: '为不同内容使用新的编号', en: 'Use a new id for another body' },
  },
});
