import { parseProperties } from '../../../src/config/properties';

test('properties: comments, separators, continued lines and escapes', () => {
  const text = [
    '# a comment',
    '! another',
    '',
    'node.id=7',
    '  log.dirs : /var/lib/kafka  ',
    'broker.rack eu-1',
    'listeners=PLAINTEXT://:9092,\\',
    '          CONTROLLER://:9093',
    'path=C:\\\\data\\u0041',
    'empty=',
    'spaced\\ key=a=b:c',
  ].join('\r\n');
  expect([...parseProperties(text)]).toEqual([
    ['node.id', '7'],
    ['log.dirs', '/var/lib/kafka'],
    ['broker.rack', 'eu-1'],
    ['listeners', 'PLAINTEXT://:9092,CONTROLLER://:9093'],
    ['path', 'C:\\dataA'],
    ['empty', ''],
    ['spaced key', 'a=b:c'],
  ]);
});
