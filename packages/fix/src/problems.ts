import { declareProblems } from '@meridian/base';

export const { problem } = declareProblems({
  FIX_FIELD_MALFORMED: {
    status: 400,
    title: { zh: 'FIX 字段格式错误', en: 'Malformed FIX field' },
    detail: { zh: '字段 {tag} 的值格式不符', en: 'The value of field {tag} is not of its format' },
    remedy: { zh: '按数据字典规定的格式填写该字段', en: 'Write the field in the format of the data dictionary' },
  },
  FIX_FIELD_OUT_OF_RANGE: {
    status: 422,
    title: { zh: 'FIX 字段超出范围', en: 'FIX field out of range' },
    detail: {
      zh: '字段 {tag} 的值超出可表示范围或小数位过多',
      en: 'The value of field {tag} is too large or has too many decimals',
    },
    remedy: { zh: '缩小数值或减少小数位', en: 'Send a smaller value or fewer decimals' },
  },
  FIX_TEXT_REFUSED: {
    status: 422,
    title: { zh: 'FIX 文本无法发送', en: 'Text cannot be sent over FIX' },
    detail: {
      zh: '字段 {tag} 的文本为空、含分隔符或非单字节字符',
      en: 'The text of field {tag} is empty or holds a separator or a multi-byte character',
    },
    remedy: {
      zh: '使用单字节字符；其他文字放入 Encoded 字段',
      en: 'Use single-byte characters; put other scripts into the Encoded field',
    },
  },
  FIX_PORT_IN_USE: {
    status: 409,
    title: { zh: 'FIX 端口已被占用', en: 'FIX port in use' },
    detail: { zh: '{host}:{port} 已被其他程序占用', en: '{host}:{port} is taken by another program' },
    remedy: { zh: '停止占用该端口的程序，或改用其他端口', en: 'Stop the program that holds the port, or choose another' },
  },
  FIX_LISTEN_REFUSED: {
    status: 500,
    title: { zh: '无法监听 FIX 端口', en: 'Cannot listen for FIX' },
    detail: { zh: '无法监听 {host}:{port}（{reason}）', en: 'Cannot listen on {host}:{port} ({reason})' },
    remedy: { zh: '检查地址、权限与证书', en: 'Check address, permission and certificate' },
  },
});
