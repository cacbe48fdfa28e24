/* SPDX-License-Identifier: MIT */
/*
 * Operating system services that neither C17 nor GDAL's C interface offers: locks, one-time
 * initialisation, numbers as text, positional reads and file stamps. POSIX and Windows. Threads are
 * GDAL's (CPLCreateJoinableThread). Nothing outside of platform.c calls the operating system.
 */
#ifndef EMIT_CORE_PLATFORM_H
#define EMIT_CORE_PLATFORM_H

#include <stdarg.h>
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
#define EMIT_MUTEX_INIT {NULL}
#define EMIT_CONDITION_INIT {NULL}
#define EMIT_ONCE_INIT {NULL}
/* clang-format on */

#else

#include <pthread.h>

struct emit_mutex
{
    pthread_mutex_t native;
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
#define EMIT_MUTEX_INIT {PTHREAD_MUTEX_INITIALIZER}
#define EMIT_CONDITION_INIT {PTHREAD_COND_INITIALIZER}
#define EMIT_ONCE_INIT {PTHREAD_ONCE_INIT}
/* clang-format on */

#endif

/* ---- Locks ----------------------------------------------------------------------------------- */

/* Not recursive. Global ones start as EMIT_MUTEX_INIT and are never closed. */
void emit_mutex_init(struct emit_mutex *mutex);
void emit_mutex_close(struct emit_mutex *mutex);
void emit_mutex_lock(struct emit_mutex *mutex);
void emit_mutex_unlock(struct emit_mutex *mutex);

/* Releases "mutex", which the caller holds, until the condition is broadcast. May return early. */
void emit_condition_wait(struct emit_condition *condition, struct emit_mutex *mutex);
void emit_condition_broadcast(struct emit_condition *condition);

/* The first call for "once" runs "function"; all calls return after it has run. */
void emit_once(struct emit_once *once, void (*function)(void));

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

/*
 * "native" is what VSIFGetNativeFileDescriptorL() returns: a descriptor, on Windows a HANDLE.
 * False if it is not a regular file or has no stamp. Thread-safe.
 */
bool emit_native_stamp(void *native, struct emit_file_stamp *stamp);

/* Reads up to "nbytes" bytes at "offset" and returns how many, fewer at the end of the file or
 * after an error. Independent of the file's position; thread-safe. */
size_t emit_native_read(void *native, uint64_t offset, size_t nbytes, void *bytes);

#endif
