# SPDX-License-Identifier: ISC
# long
# Native guests that attack their own layer. `hostile NAME` ends with 0 when the layer withstood.

load ../lib

setup()
{
	private_home
	HOSTILE=$BUILD/tests/attack/hostile
}

# withstands NAME [SECONDS]: also without a fault inside the layer, which the log would tell.
withstands()
{
	run within "${2:-60}" "$VENEER" run --log "$T/log" "$HOSTILE" "$1"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = withstood ]
	run grep -s 'our bug' "$T/log"
	[ "$status" -ne 0 ]
}

@test "attack: munmap, mprotect, mremap, madvise, shmat and MAP_FIXED over the arena are refused" {
	withstands arena
}

@test "attack: reading all of the arena and writing gate and body is the guest's own fault" {
	withstands read
}

@test "attack: a stub cannot be written" {
	withstands stubs
}

@test "attack: children that share memory and exec leave neither slot nor argument vector behind" {
	withstands vm-execs 120
}

@test "attack: pointers to nowhere are EFAULT in every call that the layer translates" {
	withstands pointers
}

@test "attack: close_range(3, ~0) and descriptors 3 to 199 leave the layer whole" {
	withstands descriptors
}

@test "attack: a guest with all of 16 descriptors in use goes on" {
	withstands limit
}

@test "attack: SIGSYS blocked, ignored or handled by the guest does not stop its calls" {
	withstands sigsys
}

@test "attack: a full mask stays with fork, vfork and exec, and pending signals with their process" {
	withstands masks
}

@test "attack: handlers for every signal that interrupt each other all run" {
	withstands handlers
}

@test "attack: an alternate stack that is not there ends the guest by SIGSEGV" {
	withstands bad-stack
}

@test "attack: handlers run on small and unaligned alternate stacks" {
	withstands small-stacks
}

@test "attack: a syscall instruction works with any stack pointer" {
	withstands wild-rsp
}

@test "attack: signals at random times change no result, register or vector of a stub call" {
	withstands storm
}

@test "attack: signals at random times keep registers, vectors and the red zone at a syscall instruction" {
	withstands raw-storm
}

@test "attack: clone(CLONE_VM) children have their own pid and may die by SIGKILL" {
	withstands vm-children
}

@test "attack: thousands of threads run at once, one too many is EAGAIN" {
	withstands threads 120
}

@test "attack: 150 processes with grandchildren end well" {
	withstands forks
}

@test "attack: an overwritten %gs is healed by a syscall, and faults in a stub as the guest's own" {
	withstands gs
}

@test "attack: jumps into gate and body end or come back, and never hang" {
	withstands jump 120
}

@test "attack: call numbers -1, 512, 0x40000000 and beyond are ENOSYS" {
	withstands numbers
}

@test "attack: int 0x80 is ENOSYS, whatever its number" {
	withstands int80
}

@test "attack: Syscall User Dispatch cannot be taken away by the guest" {
	withstands dispatch-off
}

@test "attack: random calls with random arguments meet no fault inside the layer" {
	ATTACK_ROUNDS=60 withstands random 120
}

@test "attack: two threads that exec at once while others call leave one new program" {
	withstands exec-storm
}

@test "attack: several threads that exit the process at once end it with the status" {
	withstands exit-race
}

@test "attack: three threads that make and join threads without end keep their slots apart" {
	withstands thread-exit-storm
}

@test "attack: fork, vfork, exec, posix_spawn and threads work while signals rain" {
	withstands fork-storm
}

@test "attack: forks among threads that come and go leave a child that can start threads" {
	withstands thread-fork
}

@test "attack: blocking calls under a storm lose no byte and no wake-up" {
	withstands block-storm
}

@test "attack: a guest stopped and continued at random moments loses nothing" {
	withstands stop-storm
}

@test "attack: masks that change under signals from other threads are always right" {
	withstands mask-storm
}

@test "attack: without address space left, threads and mappings fail and the guest goes on" {
	withstands small-space
}
