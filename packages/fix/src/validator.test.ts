import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outgoingMessage } from './acceptance/definition.ts';
import { Decoded, Decoder } from './decoder.ts';
import { compileDictionary } from './dictionary/dictionary.ts';
import { FIX44 } from './dictionary/fix44.ts';
import { RejectReason, VALID, Validator } from './validator.ts';

const dictionary = compileDictionary(FIX44);
const header = '34=2|49=A|56=B|52=20131007-13:30:00|';
const orderFields = '11=id|54=1|60=20131007-13:30:00|40=1|';

/** [verdict, tag] for a message of a type with the given body. */
function check(type: string, body: string, validator = new Validator(dictionary)): [number, number] {
  const decoder = new Decoder();
  decoder.push(outgoingMessage(`8=FIX.4.4|35=${type}|${header}${body}`.replaceAll('|', '\x01'), 0));
  assert.equal(decoder.next(), Decoded.message);
  return [validator.check(decoder.message), validator.faultTag];
}

test('groups: count, opening field, repetition, nesting, required members', () => {
  const ok = [VALID, 0];
  assert.deepEqual(check('D', `${orderFields}453=2|448=a|447=D|452=1|802=1|523=s|448=b|452=3|`), ok);
  assert.deepEqual(check('D', `${orderFields}453=0|`), ok);
  assert.deepEqual(check('D', `453=1|448=a|452=1|${orderFields}`), ok);
  assert.deepEqual(check('D', `${orderFields}453=1|448=a|448=b|`), [RejectReason.groupCount, 453]);
  assert.deepEqual(check('D', `${orderFields}453=2|448=a|`), [RejectReason.groupCount, 453]);
  assert.deepEqual(check('D', `${orderFields}453=1|452=1|448=a|`), [RejectReason.groupOutOfOrder, 452]);
  assert.deepEqual(check('D', `${orderFields}453=1|448=a|452=1|452=1|`), [RejectReason.tagRepeated, 452]);
  assert.deepEqual(check('D', `${orderFields}453=1|448=a|802=2|523=s|`), [RejectReason.groupCount, 802]);
  assert.deepEqual(check('D', `${orderFields}448=a|`), [RejectReason.tagNotDefined, 448]);
  assert.deepEqual(check('X', '268=1|279=9|269=0|'), [RejectReason.incorrectValue, 279]);
  assert.deepEqual(check('V', '262=r|263=1|264=1|267=1|269=0|146=1|55=SPY|'), ok);
  assert.deepEqual(check('V', '262=r|263=1|264=1|146=1|55=SPY|'), [RejectReason.requiredTagMissing, 267]);
});

test('values: enumerations of one, few and many characters, lists, formats', () => {
  assert.deepEqual(check('D', `${orderFields}18=1 2 G|`), [VALID, 0]);
  assert.deepEqual(check('D', `${orderFields}18=1 ? G|`), [RejectReason.incorrectValue, 18]);
  assert.deepEqual(check('D', `${orderFields}167=EUSUPRA|`), [VALID, 0]);
  assert.deepEqual(check('D', `${orderFields}167=EUSUPRO|`), [RejectReason.incorrectValue, 167]);
  assert.deepEqual(check('D', `${orderFields}44=-37.63|15=CNH|`), [VALID, 0]);
  const malformed: [string, number][] = [
    ['44=1e5', 44],
    ['44=.', 44],
    ['44=1.2.3', 44],
    ['15=CN', 15],
    ['64=20130230', 64],
    ['200=201313', 200],
    ['114=X', 114],
    ['126=20131007', 126],
    ['423=1.5', 423],
    ['59=10', 59],
  ];
  for (const [field, tag] of malformed)
    assert.deepEqual(check('D', `${orderFields}${field}|`), [RejectReason.incorrectFormat, tag], field);
});

test('user-defined tags pass only where that was chosen, and never without a value', () => {
  const lenient = new Validator(dictionary, true);
  assert.deepEqual(check('D', `${orderFields}5001=x|`), [RejectReason.invalidTag, 5001]);
  assert.deepEqual(check('D', `${orderFields}5001=x|`, lenient), [VALID, 0]);
  assert.deepEqual(check('D', `${orderFields}5001=|`, lenient), [RejectReason.noValue, 5001]);
  assert.deepEqual(check('D', `${orderFields}1200=x|`, lenient), [RejectReason.invalidTag, 1200]);
});

test('framing fields inside a body are refused', () => {
  assert.deepEqual(check('D', `${orderFields}8=FIX.4.4|`), [RejectReason.outOfOrder, 8]);
});
