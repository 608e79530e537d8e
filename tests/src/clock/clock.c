/* Lets a process live at another pace and at another date, for the tests of long times. Loaded with LD_PRELOAD.
 *
 * TEST_CLOCK  a file of one `struct setting`, written by the test (tests/src/clock.rs) and read at each call
 *
 * What a process asks the time, and how long it waits, goes through here: both clocks of the system, and the waits of the
 * Rust library, of tokio and of crossbeam. A wait is cut into short real ones, so that a new setting is felt at once. Waits
 * of libraries in C that the station does not use are not here. For 64 bits only. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* From `real_at` of the machine's monotonic clock on, ours runs from `at`, `pace` times as fast; the wall clock is ahead of it
 * by `wall`. `turn` is odd while the test writes. Nanoseconds. */
struct setting {
    _Atomic uint64_t turn;
    int64_t real_at, at, pace, wall;
};

/* The longest real wait before the setting is looked at again. */
#define SLICE 20000000L
#define SECOND 1000000000L

static const struct setting *shared;

static long raw(long n, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static long answer(long result) {
    if (result >= 0 || result < -4095) return result;
    errno = (int)-result;
    return -1;
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("TEST_CLOCK");
    if (!path) return;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    void *at = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *shared, PROT_READ, MAP_SHARED, file, 0);
    /* A test that runs at the usual pace without knowing would prove nothing. */
    if (at == MAP_FAILED) abort();
    close(file);
    shared = at;
}

static int64_t nanos(struct timespec time) { return time.tv_sec * SECOND + time.tv_nsec; }

static struct timespec spec(int64_t nanos) {
    return (struct timespec){nanos / SECOND, nanos % SECOND};
}

static int64_t machine(clockid_t clock) {
    struct timespec time;
    raw(SYS_clock_gettime, clock, (long)&time, 0, 0, 0, 0);
    return nanos(time);
}

static struct setting setting(void) {
    for (;;) {
        uint64_t turn = atomic_load(&shared->turn);
        struct setting copy = {0, shared->real_at, shared->at, shared->pace, shared->wall};
        atomic_thread_fence(memory_order_acquire);
        if (!(turn & 1) && turn == atomic_load(&shared->turn)) return copy;
    }
}

static int64_t monotonic(void) {
    struct setting now = setting();
    return now.at + (machine(CLOCK_MONOTONIC) - now.real_at) * now.pace;
}

static int is_wall(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

static int64_t ours(clockid_t clock) { return monotonic() + (is_wall(clock) ? setting().wall : 0); }

static int is_ours(clockid_t clock) {
    return shared && (is_wall(clock) || clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ||
                      clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_BOOTTIME);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (!is_ours(clock)) return (int)answer(raw(SYS_clock_gettime, clock, (long)time, 0, 0, 0, 0));
    *time = spec(ours(clock));
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    if (!shared) return (int)answer(raw(SYS_gettimeofday, (long)time, (long)zone, 0, 0, 0, 0));
    int64_t now = ours(CLOCK_REALTIME);
    *time = (struct timeval){now / SECOND, now % SECOND / 1000};
    return 0;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}

/* The next real wait on the way to `until` of `clock`; zero when it has come. */
static struct timespec slice(clockid_t clock, int64_t until) {
    int64_t left = until - ours(clock), real = left / setting().pace;
    return spec(left <= 0 ? 0 : real > SLICE ? SLICE : real < 1 ? 1 : real);
}

static int is_over(struct timespec slice) { return !slice.tv_sec && !slice.tv_nsec; }

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *want, struct timespec *left) {
    if (!is_ours(clock)) return (int)-raw(SYS_clock_nanosleep, clock, flags, (long)want, (long)left, 0, 0);
    int64_t until = nanos(*want) + (flags & TIMER_ABSTIME ? 0 : ours(clock));
    for (;;) {
        struct timespec next = slice(clock, until);
        if (is_over(next)) return 0;
        long result = raw(SYS_nanosleep, (long)&next, 0, 0, 0, 0, 0);
        if (result == -EINTR) {
            int64_t rest = until - ours(clock);
            if (left && !(flags & TIMER_ABSTIME)) *left = spec(rest < 0 ? 0 : rest);
            return EINTR;
        }
    }
}

int nanosleep(const struct timespec *want, struct timespec *left) {
    if (!shared) return (int)answer(raw(SYS_nanosleep, (long)want, (long)left, 0, 0, 0, 0));
    return (int)answer(-clock_nanosleep(CLOCK_MONOTONIC, 0, want, left));
}

int ppoll(struct pollfd *files, nfds_t count, const struct timespec *want, const sigset_t *mask) {
    if (!shared || !want) return (int)answer(raw(SYS_ppoll, (long)files, (long)count, (long)want, (long)mask, 8, 0));
    int64_t until = ours(CLOCK_MONOTONIC) + nanos(*want);
    for (;;) {
        struct timespec next = slice(CLOCK_MONOTONIC, until), copy = next;
        long ready = raw(SYS_ppoll, (long)files, (long)count, (long)&copy, (long)mask, 8, 0);
        if (ready || is_over(next)) return (int)answer(ready);
    }
}

static const struct timespec *of_millis(int millis, struct timespec *place) {
    if (millis < 0) return NULL;
    *place = spec(millis * 1000000L);
    return place;
}

int poll(struct pollfd *files, nfds_t count, int millis) {
    struct timespec place;
    return ppoll(files, count, of_millis(millis, &place), NULL);
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int millis) {
    if (shared && millis > 0) {
        struct pollfd file = {epoll, POLLIN, 0};
        int ready = poll(&file, 1, millis);
        if (ready < 0) return -1;
        millis = 0;
    }
    return (int)answer(raw(SYS_epoll_wait, epoll, (long)events, most, millis, 0, 0));
}

/* FUTEX_WAIT waits for a time, FUTEX_WAIT_BITSET until a moment. */
static long futex(const long *of) {
    long command = of[1] & FUTEX_CMD_MASK;
    clockid_t clock = of[1] & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    const struct timespec *want = (const struct timespec *)of[3];
    if (!shared || !want || (command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET))
        return raw(SYS_futex, of[0], of[1], of[2], of[3], of[4], of[5]);
    int64_t until = nanos(*want) + (command == FUTEX_WAIT ? ours(clock) : 0);
    long how = FUTEX_WAIT | (of[1] & FUTEX_PRIVATE_FLAG);
    for (;;) {
        struct timespec next = slice(clock, until);
        long result = raw(SYS_futex, of[0], how, of[2], (long)&next, 0, 0);
        if (result != -ETIMEDOUT || is_over(next)) return result;
    }
}

long syscall(long number, ...) {
    long of[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++) of[i] = va_arg(list, long);
    va_end(list);
    return answer(number == SYS_futex ? futex(of) : raw(number, of[0], of[1], of[2], of[3], of[4], of[5]));
}
