/* Records what a process does to the files below one folder, for the power cut tests. Loaded with LD_PRELOAD.
 *
 * WATS_POWER_ROOT  the folder; an absolute path without links
 * WATS_POWER_TRACE the file that the records are appended to
 * WATS_POWER_FAIL  which call fails, and how: "17 eio" (failing.rs); unset for none
 *
 * A record is `struct head`, a name (the path below the folder), and data; disk.rs reads it. A call and its record are
 * one step under a lock, so the order of the records is the order in which things happened. Files are told apart by
 * inode, because a name is used again after an unlink. Only the calls that SQLite and Rust make for the queue are here:
 * the test compares the folder with the replayed trace, and so finds a call that went past.
 *
 * The system calls are made directly, with offsets in one register: for 64 bits only.
 *
 * Syncs are recorded and not made: what a power cut leaves is decided by the replay, and the test is faster so. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct head {
    uint32_t kind, name_len;
    uint64_t ino, at, data_len;
};

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static size_t root_len;
static int trace = -1;

/* The call that fails: its number, counted over all that change something below the folder. */
static long calls, failing;
static char how[16];
/* After a write that was short the disk is full for one more. */
static int short_before;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("WATS_POWER_TRACE");
    root = getenv("WATS_POWER_ROOT");
    if (!root || !path) return;
    root_len = strlen(root);
    trace = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
    if (trace < 0) abort();
    const char *fail = getenv("WATS_POWER_FAIL");
    if (fail && sscanf(fail, "%ld %15s", &failing, how) != 2) abort();
}

/* Counts a call; the error that it ends with, or 0. -1: a write that is to be short. With the lock held. */
static int fault(int is_write) {
    int full = short_before && is_write;
    calls++;
    if (full) short_before = 0;
    if (full) return ENOSPC;
    if (!failing || calls < failing || (calls > failing && strcmp(how, "gone") != 0)) return 0;
    if (strcmp(how, "short") == 0 && is_write) {
        short_before = 1;
        return -1;
    }
    return strcmp(how, "eio") == 0 || strcmp(how, "gone") == 0 ? EIO : ENOSPC;
}

static int failed(int error) {
    errno = error;
    return -1;
}

/* Keeps the order for ever: a process must not end between a call and its record. */
__attribute__((destructor)) static void end(void) {
    if (trace >= 0) pthread_mutex_lock(&order);
}

static void record(char kind, const char *name, uint64_t ino, uint64_t at, const void *data, size_t len) {
    struct head head = {(uint32_t)kind, (uint32_t)strlen(name), ino, at, len};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)name, head.name_len}, {(void *)data, len}};
    /* A trace with a hole would prove nothing. */
    if (writev(trace, parts, 3) != (ssize_t)(sizeof head + head.name_len + len)) abort();
}

/* The part of `path` below the folder, "" for the folder itself, or NULL. */
static const char *below(const char *path) {
    if (trace < 0 || strncmp(path, root, root_len) != 0) return NULL;
    if (path[root_len] == '/') return path + root_len + 1;
    return path[root_len] == 0 ? path + root_len : NULL;
}

/* The same for what is open; `path` holds it. */
static const char *below_fd(int fd, char path[PATH_MAX], struct stat *st) {
    char link[32];
    if (trace < 0) return NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, PATH_MAX - 1);
    if (len <= 0) return NULL;
    path[len] = 0;
    const char *name = below(path);
    return name && fstat(fd, st) == 0 ? name : NULL;
}

static int open_and_record(const char *path, int flags, mode_t mode) {
    char buffer[PATH_MAX];
    struct stat before, st;
    pthread_mutex_lock(&order);
    int known = stat(path, &before) == 0;
    int error = below(path) && (flags & O_CREAT) && !known ? fault(0) : 0;
    if (error) {
        pthread_mutex_unlock(&order);
        return failed(error);
    }
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    const char *name = fd >= 0 && (flags & (O_CREAT | O_TRUNC)) ? below_fd(fd, buffer, &st) : NULL;
    if (name && !known) record('c', name, st.st_ino, 0, NULL, 0);
    if (name && known && (flags & O_TRUNC)) record('t', name, st.st_ino, 0, NULL, 0);
    pthread_mutex_unlock(&order);
    return fd;
}

#define OPEN(function)                                    \
    int function(const char *path, int flags, ...) {      \
        mode_t mode = 0;                                  \
        if (flags & O_CREAT) {                            \
            va_list rest;                                 \
            va_start(rest, flags);                        \
            mode = va_arg(rest, mode_t);                  \
            va_end(rest);                                 \
        }                                                 \
        return open_and_record(path, flags, mode);        \
    }
OPEN(open)
OPEN(open64)

static ssize_t write_and_record(int fd, const void *data, size_t len, off_t at, int positioned) {
    char path[PATH_MAX];
    struct stat st;
    const char *name = below_fd(fd, path, &st);
    if (name) pthread_mutex_lock(&order);
    int error = name ? fault(1) : 0;
    if (error > 0) {
        pthread_mutex_unlock(&order);
        return failed(error);
    }
    if (error < 0) len = (len + 1) / 2;
    ssize_t done = positioned ? syscall(SYS_pwrite64, fd, data, len, at) : syscall(SYS_write, fd, data, len);
    if (!positioned && name && done > 0) at = lseek(fd, 0, SEEK_CUR) - done;
    if (name && done > 0) record('w', name, st.st_ino, (uint64_t)at, data, (size_t)done);
    if (name) pthread_mutex_unlock(&order);
    return done;
}

ssize_t write(int fd, const void *data, size_t len) { return write_and_record(fd, data, len, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t len, off_t at) { return write_and_record(fd, data, len, at, 1); }
ssize_t pwrite64(int fd, const void *data, size_t len, off_t at) { return write_and_record(fd, data, len, at, 1); }

int ftruncate(int fd, off_t len) {
    char path[PATH_MAX];
    struct stat st;
    const char *name = below_fd(fd, path, &st);
    if (name) pthread_mutex_lock(&order);
    int error = name ? fault(0) : 0;
    if (error) {
        pthread_mutex_unlock(&order);
        return failed(error);
    }
    int done = (int)syscall(SYS_ftruncate, fd, len);
    if (name && done == 0) record('t', name, st.st_ino, (uint64_t)len, NULL, 0);
    if (name) pthread_mutex_unlock(&order);
    return done;
}
int ftruncate64(int fd, off_t len) { return ftruncate(fd, len); }

static int sync_and_record(int fd, long call) {
    char path[PATH_MAX];
    struct stat st;
    const char *name = below_fd(fd, path, &st);
    if (!name) return (int)syscall(call, fd);
    pthread_mutex_lock(&order);
    int is_folder = S_ISDIR(st.st_mode), error = fault(0);
    record(error ? (is_folder ? 'e' : 'f') : (is_folder ? 'd' : 's'), name, st.st_ino, 0, NULL, 0);
    pthread_mutex_unlock(&order);
    return error ? failed(error) : 0;
}
int fsync(int fd) { return sync_and_record(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_and_record(fd, SYS_fdatasync); }

int unlink(const char *path) {
    const char *name = below(path);
    pthread_mutex_lock(&order);
    int error = name ? fault(0) : 0;
    int done = error ? failed(error) : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (name && done == 0) record('u', name, 0, 0, NULL, 0);
    pthread_mutex_unlock(&order);
    return done;
}

int mkdir(const char *path, mode_t mode) {
    const char *name = below(path);
    pthread_mutex_lock(&order);
    int error = name ? fault(0) : 0;
    int done = error ? failed(error) : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (name && done == 0) record('m', name, 0, 0, NULL, 0);
    pthread_mutex_unlock(&order);
    return done;
}
