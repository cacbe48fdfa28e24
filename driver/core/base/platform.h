/* SPDX-License-Identifier: MIT */
/* Operating system services that neither C17 nor GDAL's C interface offers: locks, one-time
 * initialisation, fork(), numbers as text, positional reads and file stamps. POSIX and Windows.
 * Threads are GDAL's (CPLCreateJoinableThread). Nothing outside of platform.c calls the operating
 * system. */
#pragma once

#include "emit.h" /* emit_process() */

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32

/* An SRWLOCK, a CONDITION_VARIABLE and an INIT_ONCE: one pointer each, all zero at first. */
struct emit_mutex
{
    void *native;
};
struct emit_condition
{
    void *native;
};
struct emit_once
{
    void *native;
};
/* clang-format off */
#define EMIT_ONCE_INIT {NULL}
/* clang-format on */

#else

#include <pthread.h>

struct emit_mutex
{
    pthread_mutex_t native;
    atomic_uint process; /* see emit_process() */
};
struct emit_condition
{
    pthread_cond_t native;
};
struct emit_once
{
    pthread_once_t native;
};
/* clang-format off */
#define EMIT_ONCE_INIT {PTHREAD_ONCE_INIT}
/* clang-format on */

#endif

/* ---- Locks ----------------------------------------------------------------------------------- */

/* Not recursive. In a child process a mutex is free, even if a thread of the parent held it during
 * the fork(): what it guards may then be half changed, which emit_process() shows. */
void emit_mutex_init(struct emit_mutex *mutex);
void emit_mutex_close(struct emit_mutex *mutex);
void emit_mutex_lock(struct emit_mutex *mutex);
void emit_mutex_unlock(struct emit_mutex *mutex);

/* A child process has to initialise its conditions again, as they count waiting threads. */
void emit_condition_init(struct emit_condition *condition);

/* Release "mutex", which the caller holds, until the condition is broadcast or, for the second one,
 * until "seconds" have passed: false. Both may return early. */
void emit_condition_wait(struct emit_condition *condition, struct emit_mutex *mutex);
bool emit_condition_wait_for(struct emit_condition *condition, struct emit_mutex *mutex,
                             unsigned seconds);
void emit_condition_broadcast(struct emit_condition *condition); /* the caller holds "mutex" */

/* The first call for "once" runs "function"; every call returns after it has run. */
void emit_once(struct emit_once *once, void (*function)(void));

/* Number of processors that this process may use, at least one. */
int emit_usable_cpus(void);

/* Of a clock that only goes forward. */
double emit_seconds(void);

/* ---- Memory ---------------------------------------------------------------------------------- */

/* "nbytes" >= 1 zeroed bytes that take memory only where they are written, and that go back to the
 * system when unmapped, which free() does not ensure. NULL without memory. */
void *emit_memory_map(size_t nbytes);
void emit_memory_unmap(void *bytes, size_t nbytes); /* may be NULL */

/* ---- Processes ------------------------------------------------------------------------------- */

/* Calls "before" before each fork(), and one of the others after it; any may be NULL. The child has
 * one thread, which called fork(). Windows has no fork(). */
void emit_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void));

/* ---- Numbers as text ------------------------------------------------------------------------- */

/* vsnprintf() and strtod() with a decimal point, whatever the process has chosen by setlocale(). */
int emit_c_vsnprintf(char *text, size_t size, const char *format, va_list arguments);
double emit_c_strtod(const char *text, char **end);

/* ---- Local files ----------------------------------------------------------------------------- */

/* Changes whenever a file is written, truncated or extended. */
struct emit_file_stamp
{
    uint64_t nbytes;
    int64_t seconds; /* time of modification, in the system's own epoch */
    int64_t nanoseconds;
};

/* "native" is what VSIFGetNativeFileDescriptorL() returns: a descriptor, on Windows a HANDLE.
 * False if it is not a regular file or has no stamp. Thread-safe. */
bool emit_native_stamp(void *native, struct emit_file_stamp *stamp);

/* Absolute path of the existing file or folder "path", with links, "." and ".." resolved; free()
 * it. NULL if "path" does not exist, or without memory. Thread-safe. */
char *emit_real_path(const char *path);

/* Reads up to "nbytes" bytes at "offset" and returns how many, fewer at the end of the file or
 * after an error. Independent of the file's position; thread-safe. */
size_t emit_native_read(void *native, uint64_t offset, size_t nbytes, void *bytes);

/* Has the system begin to read bytes into its page cache, in one request if the disk takes it, and
 * returns without waiting for them. Does nothing on systems without such a call. Thread-safe. */
void emit_native_read_ahead(void *native, uint64_t offset, uint64_t nbytes);

/* Reads bytes into the system's page cache as a program does that reads a file from beginning to
 * end. Returns when they are there. Does nothing on systems other than Linux. Thread-safe. */
void emit_native_read_through(void *native, uint64_t offset, uint64_t nbytes);

/* Counts what this thread has had disks read, in blocks of 512 bytes; 0 where the system does not
 * count. */
uint64_t emit_native_blocks_read(void);

/* As emit_native_read(), but false where the page cache does not hold all of it. Systems other than
 * Linux do not say: they read. Thread-safe. */
bool emit_native_read_cached(void *native, uint64_t offset, size_t nbytes, void *bytes);
