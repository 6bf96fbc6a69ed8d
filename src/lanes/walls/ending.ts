/** The wall in time: nothing outlives its attempt. */
import { type Attack, type Guarantee, perl } from './attack.ts'

/**
 * Leaves a process behind that holds a lock, and returns once it does. It ends by itself when told, and after half a
 * minute in any case.
 */
const leaves = (how: string, file: string): string =>
  perl(
    `use Fcntl ":flock"; use POSIX (); pipe(my $r, my $w); my $d = "$ENV{OUTBOX}/${file}"; if (fork == 0) { close $r; ${how} open(my $f, ">", "$d.lock") or exit 1; flock($f, LOCK_EX) or exit 1; syswrite($w, "x"); close $w; POSIX::close($_) for 0, 1, 2; for (1 .. 1500) { last if -e "$d.stop"; select undef, undef, undef, 0.02 } POSIX::_exit(0) } close $w; exit(sysread($r, my $b, 1) == 1 ? 0 : 1)`,
  )

/** Succeeds where somebody still holds the lock, and tells him to end. */
const isAlive = (file: string): string =>
  perl(
    `use Fcntl ":flock"; my $d = "$ENV{OUTBOX}/${file}"; open(my $f, ">", "$d.lock") or exit 1; exit 1 if flock($f, LOCK_EX | LOCK_NB); open(my $s, ">", "$d.stop"); close $s; flock($f, LOCK_EX); unlink "$d.stop"; exit 0`,
  )

/** Boxes run side by side, so each attack has a lock of its own. `how` is Perl of the child, before it takes the lock. */
export const outlives = (name: string, how: string): Attack => {
  const file = name.replaceAll(' ', '-')
  return { name, script: leaves(how, file), after: isAlive(file) }
}

const attacks: Attack[] = [
  outlives('a process in a session of its own', 'POSIX::setsid();'),
  outlives('a daemon by forking twice', 'POSIX::setsid(); exit 0 if fork;'),
  outlives('a process that hears no signal', '$SIG{$_} = "IGNORE" for qw(HUP INT QUIT TERM USR1 USR2);'),
]

export const ending: Guarantee = {
  name: 'ending',
  protects: 'Nothing of an attempt is alive after it.',
  attacks,
  means: 'A worker could go on unseen after its run, or spend after its limits.',
  cure: 'Start no run here. Look for a bwrap that is not the system’s own.',
}
