/** More places where a login could be found than the short form looks in. */
import { type Attack, perl } from '../../src/lanes/walls/attack.ts'
import { numberOf } from '../../src/lanes/walls/calls.ts'

export const credentials: Attack[] = [
  {
    name: 'a descriptor that was open when AgentLab began',
    script: 'grep -q SECRET <&9',
    mayBeMissing: 'AgentLab closes it when it begins',
  },
  {
    name: "the environment of the box's own first process",
    script: 'grep -q SECRET /proc/1/environ',
    mayBeMissing: "without a box the first process is the machine's",
  },
  {
    name: "a key in the user's keyring",
    script: perl(
      `my ($t, $d) = ("user", $ENV{KEY_NAME}); exit(syscall(${numberOf('request_key')}, $t, $d, 0, 0) > 0 ? 0 : 1)`,
    ),
    mayBeMissing: 'keyrings are closed here',
  },
  {
    name: "the words of the operator's other programs",
    script: "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q BYSTANDE[R]",
  },
  { name: "the map of another process's memory", script: 'grep -q . /proc/$OTHER_PID/smaps' },
  { name: 'files others have open', script: 'cat /proc/$OTHER_PID/fd/1 >/dev/null' },
  {
    name: "the user's keys by the kernel's list",
    script: 'grep -q "$KEY_NAME" /proc/keys',
    mayBeMissing: 'there is no list of keys',
  },
  {
    name: "the machine's logs",
    script: 'cat /var/log/* 2>/dev/null | head -c1 | grep -q .',
    mayBeMissing: 'this machine keeps no log there',
  },
]
