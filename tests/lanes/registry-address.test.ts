/** What a set-up may write for a place, and which addresses are of the Internet. */
import { expect, test } from 'vitest'
import {
  findRegistry,
  isPublic,
  mirrorIn,
  placeIn,
  placeText,
  registryIn,
} from '../../src/lanes/registry-proxy/address.ts'

test.each([
  ['packages.test:443', { host: 'packages.test', port: 443 }],
  ['Packages.TEST:443', { host: 'packages.test', port: 443 }],
  ['10.1.2.3:80', { host: '10.1.2.3', port: 80 }],
  ['[::1]:8080', { host: '::1', port: 8080 }],
])('reads %s', (text, place) => {
  expect(placeIn(text)).toEqual(place)
  expect(placeIn(placeText(place))).toEqual(place)
})

test.each([
  'packages.test',
  'packages.test:',
  'packages.test:0',
  'packages.test:65536',
  'packages.test.:443',
  '.packages.test:443',
  'packages..test:443',
  'user@packages.test:443',
  'packages.test@evil.test:443',
  'packages.test:443@evil.test:443',
  'packages.test:443:443',
  'packages.test\t:443',
  'packages.test%2eevil.test:443',
  'paçkages.test:443',
  '2130706433:443',
  '0x7f000001:443',
  '0x7f.1:443',
  '127.1:443',
  '0177.0.0.1:443',
  '127.0.0.01:443',
  'packages.test.1:443',
  '[::1]',
  '[::1%lo]:443',
  '[not an address]:443',
  '::1:443',
  '/etc/passwd',
  '',
])('takes %j for no place', text => {
  expect(placeIn(text)).toBeNull()
})

test('an entry of the list is a host on 443, or on the port it names, and no other', () => {
  const list = ['packages.test', 'other.test:8443'].map(entry => registryIn(entry)!)
  const found = (text: string): boolean => findRegistry(list, placeIn(text)!) !== undefined
  expect(['packages.test:443', 'other.test:8443'].map(found)).toEqual([true, true])
  const others = ['packages.test:80', 'other.test:443', 'a.packages.test:443', 'packages.tes:443', 'test:443']
  expect(others.filter(found)).toEqual([])
})

test('a mirror is a place on its port, whatever its path', () => {
  expect(mirrorIn('http://127.0.0.1:4873/npm')).toEqual({ host: '127.0.0.1', port: 4873, mirror: true })
  expect(mirrorIn('http://[::1]/')).toEqual({ host: '::1', port: 80, mirror: true })
  expect(mirrorIn('https://10.0.0.1')).toEqual({ host: '10.0.0.1', port: 443, mirror: true })
  expect(mirrorIn('nonsense')).toBeNull()
})

test.each([
  ['0.0.0.0', false],
  ['10.255.0.1', false],
  ['100.64.0.1', false],
  ['100.128.0.1', true],
  ['127.0.0.1', false],
  ['127.255.255.254', false],
  ['169.254.169.254', false],
  ['172.15.0.1', true],
  ['172.31.0.1', false],
  ['192.168.1.1', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['8.8.8.8', true],
  ['::', false],
  ['::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:8.8.8.8', false],
  ['64:ff9b::7f00:1', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['ff02::1', false],
  ['2002:7f00:1::', false],
  ['2001:0:1::1', false],
  ['2606:4700::1', true],
  ['nonsense', false],
])('%s is of the Internet: %s', (address, expected) => {
  expect(isPublic(address)).toBe(expected)
})
