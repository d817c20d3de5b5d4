/* Writes a journal of everything a process does to the files of one folder, so that a test can rebuild
 * what would be on the disk if the power failed: loaded with LD_PRELOAD.
 *
 *   POWERLOSS_FOLDER   the folder, absolute
 *   POWERLOSS_JOURNAL  where the journal goes, outside that folder
 *   POWERLOSS_FAIL     if set, the disk is failing: every so many-th sync of a write-ahead log fails with
 *                      EIO, and every so many-th write to one, times 16, with ENOSPC
 *
 * A record is: kind (1 byte), length of the name (4), offset (8), length of the data (8), the name
 * relative to the folder (empty: the folder itself), the data; numbers in the machine's order.
 *
 *   C  created          W  written at offset       T  truncated to offset
 *   S  synced (a file, or the folder)              U  unlinked
 *   F  not synced, though asked to: what was not synced before is lost for good, as on Linux, where the
 *      pages count as clean after the error
 *
 * A record is written after the call it records; one lock holds both together, so what precedes an S in
 * the journal was really written before the sync. Nothing is synced to the real disk: it would only
 * make the test slow, and a SIGKILL does not empty the page cache the journal lies in. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 1024
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *names[FILES]; /* by file descriptor; NULL: not one of ours */
static const char *folder;
static size_t folder_length;
static int journal = -1;
static unsigned long fail, syncs, writes;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);

__attribute__((constructor)) static void start(void) {
    real_open = dlsym(RTLD_NEXT, "open64");
    real_openat = dlsym(RTLD_NEXT, "openat64");
    real_close = dlsym(RTLD_NEXT, "close");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    folder = getenv("POWERLOSS_FOLDER");
    const char *path = getenv("POWERLOSS_JOURNAL");
    if (!folder || !path) return;
    if (getenv("POWERLOSS_FAIL")) fail = strtoul(getenv("POWERLOSS_FAIL"), NULL, 10);
    folder_length = strlen(folder);
    journal = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (journal < 0) { perror("powerloss: journal"); _exit(99); }
}

/* The name relative to the folder, or NULL if it is elsewhere. */
static const char *relative(const char *path) {
    if (journal < 0 || strncmp(path, folder, folder_length)) return NULL;
    if (!path[folder_length]) return "";
    return path[folder_length] == '/' ? path + folder_length + 1 : NULL;
}

static const char *name_of(int fd) {
    return 0 <= fd && fd < FILES ? names[fd] : NULL;
}

static int is_wal(int fd) {
    size_t length = strlen(names[fd]);
    return 4 <= length && !strcmp(names[fd] + length - 4, "-wal");
}

static void record(char kind, const char *name, uint64_t offset, const void *data, uint64_t length) {
    unsigned char head[21] = {(unsigned char)kind};
    uint32_t name_length = (uint32_t)strlen(name);
    memcpy(head + 1, &name_length, 4);
    memcpy(head + 5, &offset, 8);
    memcpy(head + 13, &length, 8);
    struct iovec parts[3] = {{head, sizeof head}, {(void *)name, name_length}, {(void *)data, length}};
    if (writev(journal, parts, 3) != (ssize_t)(sizeof head + name_length + length)) _exit(98);
}

static int opened(int fd, const char *name, int existed) {
    if (fd < 0) return fd;
    if (FILES <= fd) _exit(97);
    free(names[fd]);
    names[fd] = strdup(name);
    if (!existed) record('C', name, 0, "", 0);
    return fd;
}

#define MODE(flags)                                                                                        \
    mode_t mode = 0;                                                                                       \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                 \
        va_list rest;                                                                                      \
        va_start(rest, flags);                                                                             \
        mode = va_arg(rest, mode_t);                                                                       \
        va_end(rest);                                                                                      \
    }

static int do_open(const char *path, int flags, mode_t mode) {
    if (!real_open) real_open = dlsym(RTLD_NEXT, "open64");
    const char *name = relative(path);
    if (!name) return real_open(path, flags, mode);
    pthread_mutex_lock(&lock);
    int existed = access(path, F_OK) == 0;
    int fd = opened(real_open(path, flags, mode), name, existed);
    int error = errno;
    if (fd >= 0 && existed && (flags & O_TRUNC)) record('T', name, 0, "", 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

int open(const char *path, int flags, ...) { MODE(flags) return do_open(path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return do_open(path, flags, mode); }

static int do_openat(int at, const char *path, int flags, mode_t mode) {
    if (path[0] == '/') return do_open(path, flags, mode);
    if (!real_openat) real_openat = dlsym(RTLD_NEXT, "openat64");
    return real_openat(at, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) { MODE(flags) return do_openat(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return do_openat(at, path, flags, mode); }

int close(int fd) {
    if (!real_close) real_close = dlsym(RTLD_NEXT, "close");
    if (!name_of(fd)) return real_close(fd);
    pthread_mutex_lock(&lock);
    free(names[fd]);
    names[fd] = NULL;
    int result = real_close(fd);
    pthread_mutex_unlock(&lock);
    return result;
}

ssize_t write(int fd, const void *data, size_t length) {
    if (!real_write) real_write = dlsym(RTLD_NEXT, "write");
    if (!name_of(fd)) return real_write(fd, data, length);
    pthread_mutex_lock(&lock);
    ssize_t written = -1;
    if (fail && is_wal(fd) && ++writes % (fail * 16) == 0) {
        errno = ENOSPC;
    } else {
        off_t offset = lseek(fd, 0, SEEK_CUR);
        written = real_write(fd, data, length);
        if (written > 0) record('W', names[fd], (uint64_t)offset, data, (uint64_t)written);
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return written;
}

static ssize_t do_pwrite(int fd, const void *data, size_t length, off_t offset) {
    if (!real_pwrite) real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    if (!name_of(fd)) return real_pwrite(fd, data, length, offset);
    pthread_mutex_lock(&lock);
    ssize_t written = -1;
    if (fail && is_wal(fd) && ++writes % (fail * 16) == 0) {
        errno = ENOSPC;
    } else {
        written = real_pwrite(fd, data, length, offset);
        if (written > 0) record('W', names[fd], (uint64_t)offset, data, (uint64_t)written);
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return written;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return do_pwrite(fd, data, length, offset); }
ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) { return do_pwrite(fd, data, length, offset); }

static int do_ftruncate(int fd, off_t length) {
    if (!real_ftruncate) real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    if (!name_of(fd)) return real_ftruncate(fd, length);
    pthread_mutex_lock(&lock);
    int result = real_ftruncate(fd, length);
    if (result == 0) record('T', names[fd], (uint64_t)length, "", 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int fd, off_t length) { return do_ftruncate(fd, length); }
int ftruncate64(int fd, off_t length) { return do_ftruncate(fd, length); }

/* Covers what was written before the call. Takes about as long as a good disk, so that appends wait and
 * are committed together. */
static int synced(int fd) {
    pthread_mutex_lock(&lock);
    int failed = fail && is_wal(fd) && ++syncs % fail == 0;
    record(failed ? 'F' : 'S', names[fd], 0, "", 0);
    pthread_mutex_unlock(&lock);
    usleep(300);
    if (failed) errno = EIO;
    return failed ? -1 : 0;
}

int fsync(int fd) {
    if (!real_fsync) real_fsync = dlsym(RTLD_NEXT, "fsync");
    return name_of(fd) ? synced(fd) : real_fsync(fd);
}

int fdatasync(int fd) {
    if (!real_fdatasync) real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    return name_of(fd) ? synced(fd) : real_fdatasync(fd);
}

int unlink(const char *path) {
    if (!real_unlink) real_unlink = dlsym(RTLD_NEXT, "unlink");
    const char *name = relative(path);
    if (!name) return real_unlink(path);
    pthread_mutex_lock(&lock);
    int result = real_unlink(path);
    int error = errno;
    if (result == 0) record('U', name, 0, "", 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}
