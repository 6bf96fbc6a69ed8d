/** The wall in time: nothing outlives its attempt. */
import { type Attack, type Guarantee, perl } from './attack.ts'

/**
 * Leaves a process behind that holds a lock, and returns once it does. It ends by itself when told, and after half a
 * minute in any case.
 */
export const leaves = (how: string): string =>
  perl(
    `use Fcntl ":flock"; use POSIX (); pipe(my $r, my $w); my $d = $ENV{OUTBOX}; if (fork == 0) { close $r; ${how} open(my $f, ">", "$d/left.lock") or exit 1; flock($f, LOCK_EX) or exit 1; syswrite($w, "x"); close $w; POSIX::close($_) for 0, 1, 2; for (1 .. 1500) { last if -e "$d/left.stop"; select undef, undef, undef, 0.02 } POSIX::_exit(0) } close $w; exit(sysread($r, my $b, 1) == 1 ? 0 : 1)`,
  )

/** Succeeds where somebody still holds the lock, and tells him to end. */
export const isAlive = perl(
  'use Fcntl ":flock"; my $d = $ENV{OUTBOX}; open(my $f, ">", "$d/left.lock") or exit 1; exit 1 if flock($f, LOCK_EX | LOCK_NB); open(my $s, ">", "$d/left.stop"); close $s; flock($f, LOCK_EX); unlink "$d/left.stop"; exit 0',
)

const attacks: Attack[] = [
  { name: 'a process in a session of its own', script: leaves('POSIX::setsid();'), after: isAlive },
  { name: 'a daemon by forking twice', script: leaves('POSIX::setsid(); exit 0 if fork;'), after: isAlive },
  {
    name: 'a process that hears no signal',
    script: leaves('$SIG{$_} = "IGNORE" for qw(HUP INT QUIT TERM USR1 USR2);'),
    after: isAlive,
  },
]

export const ending: Guarantee = {
  name: 'ending',
  protects: 'Nothing of an attempt is alive after it.',
  attacks,
  means: 'A worker could go on unseen after its run, or spend after its limits.',
  cure: 'Start no run here. Look for a bwrap that is not the system’s own.',
}
