/* SPDX-License-Identifier: MIT */
/*
 * Counts how long the threads of a program wait for one another: a library for LD_PRELOAD. The time
 * that pthread_mutex_lock() takes where the mutex is not free, and the time in pthread_cond_wait(),
 * which the driver calls only where another thread has what this one needs. When the program ends,
 * seconds and number of waits are written to the file that EMIT_BENCH_LOCKS names, as a JSON
 * object.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef int (*lock_function)(pthread_mutex_t *);
typedef int (*wait_function)(pthread_cond_t *, pthread_mutex_t *);

static lock_function real_lock;
static wait_function real_wait;
static atomic_llong lock_ns, locks, wait_ns, waits;

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* The default version of the symbol: dlsym() finds the oldest one, which has another condition. */
__attribute__((constructor)) static void begin(void)
{
    *(void **)&real_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
    *(void **)&real_wait = dlvsym(RTLD_NEXT, "pthread_cond_wait", "GLIBC_2.3.2");
    if (real_wait == NULL)
        *(void **)&real_wait = dlsym(RTLD_NEXT, "pthread_cond_wait");
}

__attribute__((visibility("default"))) int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    if (real_lock == NULL)
        begin();
    if (pthread_mutex_trylock(mutex) == 0)
        return 0;
    const long long start = now();
    const int status = real_lock(mutex);
    lock_ns += now() - start;
    locks++;
    return status;
}

__attribute__((visibility("default"))) int pthread_cond_wait(pthread_cond_t *condition,
                                                             pthread_mutex_t *mutex)
{
    const long long start = now();
    const int status = real_wait(condition, mutex);
    wait_ns += now() - start;
    waits++;
    return status;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("EMIT_BENCH_LOCKS");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (file == NULL)
        return;
    fprintf(file, "{\"locks\": %lld, \"lock_s\": %.6f, \"waits\": %lld, \"wait_s\": %.6f}\n",
            (long long)locks, (double)lock_ns / 1e9, (long long)waits, (double)wait_ns / 1e9);
    fclose(file);
}
