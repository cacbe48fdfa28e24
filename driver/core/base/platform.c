/* SPDX-License-Identifier: MIT */
/* Files beyond 2 GB on 32-bit systems; POSIX beside C17 (Apple's st_mtimespec is not POSIX), and
 * Linux's sched_getaffinity(). */
#define _FILE_OFFSET_BITS 64
#if defined(__linux__)
#ifndef _GNU_SOURCE /* HDF5's own build settings may define it */
#define _GNU_SOURCE
#endif
#elif !defined(__APPLE__)
#define _XOPEN_SOURCE 700
#endif

#include "core/base/platform.h"

#include "emit.h"

#include <cpl_multiproc.h>

#ifdef __linux__
#include <sched.h>
#endif

/* How long to wait for a locked folder, and for how long between two attempts. */
#define FOLDER_WAIT_MS 5000
#define FOLDER_PAUSE_MS 2

/* Systems refuse or shorten longer reads. */
#define MOST_READ_NBYTES ((size_t)1 << 30)

int emit_usable_cpus(void)
{
    int count = CPLGetNumCPUs();
#ifdef __linux__
    cpu_set_t usable; /* by taskset, batch systems and the like */
    if (sched_getaffinity(0, sizeof usable, &usable) == 0 && CPU_COUNT(&usable) < count)
        count = CPU_COUNT(&usable);
#endif
    return count > 1 ? count : 1;
}

static size_t read_once(void *native, uint64_t offset, size_t nbytes, void *bytes);

size_t emit_native_read(void *native, uint64_t offset, size_t nbytes, void *bytes)
{
    size_t done = 0;
    while (done < nbytes)
    {
        const size_t left = nbytes - done;
        const size_t got =
            read_once(native, offset + done, left < MOST_READ_NBYTES ? left : MOST_READ_NBYTES,
                      (unsigned char *)bytes + done);
        if (got == 0)
            break;
        done += got;
    }
    return done;
}

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

/* Windows counts time in units of 100 ns. */
#define TICKS_PER_SECOND 10000000

void emit_mutex_init(struct emit_mutex *mutex)
{
    mutex->native = NULL;
}

void emit_mutex_close(struct emit_mutex *mutex)
{
    (void)mutex;
}

void emit_mutex_lock(struct emit_mutex *mutex)
{
    AcquireSRWLockExclusive((SRWLOCK *)&mutex->native);
}

void emit_mutex_unlock(struct emit_mutex *mutex)
{
    ReleaseSRWLockExclusive((SRWLOCK *)&mutex->native);
}

void emit_condition_init(struct emit_condition *condition)
{
    condition->native = NULL;
}

static bool wait_for(struct emit_condition *condition, struct emit_mutex *mutex, DWORD milliseconds)
{
    return SleepConditionVariableSRW((CONDITION_VARIABLE *)&condition->native,
                                     (SRWLOCK *)&mutex->native, milliseconds, 0) != 0;
}

void emit_condition_wait(struct emit_condition *condition, struct emit_mutex *mutex)
{
    wait_for(condition, mutex, INFINITE);
}

bool emit_condition_wait_for(struct emit_condition *condition, struct emit_mutex *mutex,
                             unsigned seconds)
{
    return wait_for(condition, mutex, seconds * 1000);
}

void emit_condition_broadcast(struct emit_condition *condition)
{
    WakeAllConditionVariable((CONDITION_VARIABLE *)&condition->native);
}

static BOOL CALLBACK run_once(INIT_ONCE *once, void *function, void **context)
{
    (void)once;
    (void)context;
    (*(void (**)(void))function)();
    return TRUE;
}

void emit_once(struct emit_once *once, void (*function)(void))
{
    InitOnceExecuteOnce((INIT_ONCE *)&once->native, run_once, &function, NULL);
}

static _locale_t c_locale;
static struct emit_once c_locale_once = EMIT_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = _create_locale(LC_ALL, "C");
}

int emit_c_vsnprintf(char *text, size_t size, const char *format, va_list arguments)
{
    emit_once(&c_locale_once, make_c_locale);
    va_list again;
    va_copy(again, arguments);
    const int length = _vscprintf_l(format, c_locale, again);
    va_end(again);
    if (size > 0)
    {
        _vsnprintf_l(text, size, format, c_locale, arguments);
        text[size - 1] = '\0';
    }
    return length;
}

double emit_c_strtod(const char *text, char **end)
{
    emit_once(&c_locale_once, make_c_locale);
    return _strtod_l(text, end, c_locale);
}

double emit_seconds(void)
{
    LARGE_INTEGER count;
    LARGE_INTEGER frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (double)count.QuadPart / (double)frequency.QuadPart;
}

unsigned emit_process(void)
{
    return 0;
}

void *emit_memory_map(size_t nbytes)
{
    return VirtualAlloc(NULL, nbytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void emit_memory_unmap(void *bytes, size_t nbytes)
{
    (void)nbytes;
    if (bytes != NULL)
        VirtualFree(bytes, 0, MEM_RELEASE);
}

void emit_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    (void)before;
    (void)in_parent;
    (void)in_child;
}

bool emit_native_stamp(void *native, struct emit_file_stamp *stamp)
{
    BY_HANDLE_FILE_INFORMATION found;
    if (GetFileType(native) != FILE_TYPE_DISK || !GetFileInformationByHandle(native, &found))
        return false;
    const uint64_t ticks =
        (uint64_t)found.ftLastWriteTime.dwHighDateTime << 32 | found.ftLastWriteTime.dwLowDateTime;
    stamp->nbytes = (uint64_t)found.nFileSizeHigh << 32 | found.nFileSizeLow;
    stamp->seconds = (int64_t)(ticks / TICKS_PER_SECOND);
    stamp->nanoseconds = (int64_t)(ticks % TICKS_PER_SECOND) * 100;
    return true;
}

char *emit_real_path(const char *path)
{
    char *real =
        GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES ? _fullpath(NULL, path, 0) : NULL;
    for (char *c = real; c != NULL && *c != '\0'; c++)
        *c = *c == '\\' ? '/' : *c;
    return real;
}

intptr_t emit_folder_lock(const char *folder)
{
    (void)folder;
    /* Folders cannot be locked: one lock of this name serves all of them. */
    const HANDLE mutex = CreateMutexA(NULL, FALSE, "Local\\gdal_EMIT_folder");
    const DWORD answer = mutex != NULL ? WaitForSingleObject(mutex, FOLDER_WAIT_MS) : WAIT_FAILED;
    if (answer == WAIT_OBJECT_0 || answer == WAIT_ABANDONED)
        return (intptr_t)mutex;
    if (mutex != NULL)
        CloseHandle(mutex);
    return -1;
}

void emit_folder_unlock(intptr_t lock)
{
    if (lock == -1)
        return;
    ReleaseMutex((HANDLE)lock);
    CloseHandle((HANDLE)lock);
}

static size_t read_once(void *native, uint64_t offset, size_t nbytes, void *bytes)
{
    OVERLAPPED at = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
    DWORD got = 0;
    return ReadFile(native, bytes, (DWORD)nbytes, &got, &at) ? got : 0;
}

#else

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

static unsigned process; /* written in a child while it has one thread */
static pthread_mutex_t renewing = PTHREAD_MUTEX_INITIALIZER;

static void begin_child(void)
{
    process++;
    pthread_mutex_init(&renewing, NULL);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, begin_child);
}

unsigned emit_process(void)
{
    static struct emit_once once = EMIT_ONCE_INIT;
    emit_once(&once, watch_forks);
    return process;
}

double emit_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

#ifdef EMIT_SANITIZE
/* Sanitizers watch the bounds of what calloc() returns. */
void *emit_memory_map(size_t nbytes)
{
    return calloc(nbytes, 1);
}

void emit_memory_unmap(void *bytes, size_t nbytes)
{
    (void)nbytes;
    free(bytes);
}
#else
void *emit_memory_map(size_t nbytes)
{
    void *bytes = mmap(NULL, nbytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return bytes != MAP_FAILED ? bytes : NULL;
}

void emit_memory_unmap(void *bytes, size_t nbytes)
{
    if (bytes != NULL)
        munmap(bytes, nbytes);
}
#endif

void emit_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    emit_process(); /* first, so that "in_child" sees the new number */
    pthread_atfork(before, in_parent, in_child);
}

void emit_mutex_init(struct emit_mutex *mutex)
{
    pthread_mutex_init(&mutex->native, NULL);
    atomic_init(&mutex->process, emit_process());
}

/* Two threads of a child may be the first ones at once. */
static void renew(struct emit_mutex *mutex)
{
    pthread_mutex_lock(&renewing);
    if (atomic_load(&mutex->process) != process)
    {
        pthread_mutex_init(&mutex->native, NULL);
        atomic_store(&mutex->process, process);
    }
    pthread_mutex_unlock(&renewing);
}

void emit_mutex_close(struct emit_mutex *mutex)
{
    pthread_mutex_destroy(&mutex->native);
}

void emit_mutex_lock(struct emit_mutex *mutex)
{
    if (atomic_load(&mutex->process) != process)
        renew(mutex);
    pthread_mutex_lock(&mutex->native);
}

void emit_mutex_unlock(struct emit_mutex *mutex)
{
    pthread_mutex_unlock(&mutex->native);
}

void emit_condition_init(struct emit_condition *condition)
{
    pthread_cond_init(&condition->native, NULL);
}

void emit_condition_wait(struct emit_condition *condition, struct emit_mutex *mutex)
{
    pthread_cond_wait(&condition->native, &mutex->native);
}

bool emit_condition_wait_for(struct emit_condition *condition, struct emit_mutex *mutex,
                             unsigned seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)seconds;
    return pthread_cond_timedwait(&condition->native, &mutex->native, &until) == 0;
}

void emit_condition_broadcast(struct emit_condition *condition)
{
    pthread_cond_broadcast(&condition->native);
}

void emit_once(struct emit_once *once, void (*function)(void))
{
    pthread_once(&once->native, function);
}

/* Allocates nothing in glibc and musl; elsewhere 0 without memory, which stands for the process's
 * locale. */
static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* Changes the locale of this thread alone; returns the one to restore. */
static locale_t enter_c_locale(void)
{
    pthread_once(&c_locale_once, make_c_locale);
    return uselocale(c_locale);
}

int emit_c_vsnprintf(char *text, size_t size, const char *format, va_list arguments)
{
    const locale_t before = enter_c_locale();
    const int length = vsnprintf(text, size, format, arguments);
    uselocale(before);
    return length;
}

double emit_c_strtod(const char *text, char **end)
{
    const locale_t before = enter_c_locale();
    const double value = strtod(text, end);
    uselocale(before);
    return value;
}

#ifdef __APPLE__
#define MODIFIED st_mtimespec
#else
#define MODIFIED st_mtim
#endif

bool emit_native_stamp(void *native, struct emit_file_stamp *stamp)
{
    struct stat found;
    if (fstat((int)(intptr_t)native, &found) != 0 || !S_ISREG(found.st_mode))
        return false;
    stamp->nbytes = (uint64_t)found.st_size;
    stamp->seconds = (int64_t)found.MODIFIED.tv_sec;
    stamp->nanoseconds = (int64_t)found.MODIFIED.tv_nsec;
    return true;
}

char *emit_real_path(const char *path)
{
    return realpath(path, NULL);
}

intptr_t emit_folder_lock(const char *folder)
{
    const struct timespec pause = {.tv_nsec = FOLDER_PAUSE_MS * 1000000L};
    const int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int waited = 0; descriptor >= 0 && waited < FOLDER_WAIT_MS; waited += FOLDER_PAUSE_MS)
    {
        if (flock(descriptor, LOCK_EX | LOCK_NB) == 0)
            return descriptor;
        if (errno != EWOULDBLOCK && errno != EINTR)
            break;
        nanosleep(&pause, NULL);
    }
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

void emit_folder_unlock(intptr_t lock)
{
    if (lock != -1)
        close((int)lock);
}

static size_t read_once(void *native, uint64_t offset, size_t nbytes, void *bytes)
{
    ssize_t got;
    do
        got = pread((int)(intptr_t)native, bytes, nbytes, (off_t)offset);
    while (got < 0 && errno == EINTR);
    return got > 0 ? (size_t)got : 0;
}

#endif

#if defined(__linux__) && defined(RWF_NOWAIT)

#include <sys/resource.h>
#include <sys/sendfile.h>

/* Linux reads at most as much for one call as it reads ahead of a program, by default this much,
 * and more only where the disk takes longer requests. */
#define CALL_NBYTES ((uint64_t)1 << 17)

static void advise(void *native, uint64_t offset, uint64_t nbytes)
{
    posix_fadvise((int)(intptr_t)native, (off_t)offset, (off_t)nbytes, POSIX_FADV_WILLNEED);
}

void emit_native_read_ahead(void *native, uint64_t offset, uint64_t nbytes)
{
    advise(native, offset, nbytes); /* one request where the disk takes it */
    for (uint64_t done = CALL_NBYTES; done < nbytes; done += CALL_NBYTES)
        advise(native, offset + done, nbytes - done < CALL_NBYTES ? nbytes - done : CALL_NBYTES);
}

/* Uses a separate descriptor, whose reads Linux sees as one sequence. */
void emit_native_read_through(void *native, uint64_t offset, uint64_t nbytes)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", (int)(intptr_t)native);
    const int from = nbytes > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    const int to = from >= 0 ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    off_t position = (off_t)offset;
    ssize_t got = to >= 0 ? 1 : 0;
    if (from >= 0)
        posix_fadvise(from, 0, 0, POSIX_FADV_SEQUENTIAL);
    for (uint64_t left = nbytes; left > 0 && got > 0; left -= (uint64_t)got)
        got = sendfile(to, from, &position, left < INT32_MAX ? (size_t)left : INT32_MAX);
    if (to >= 0)
        close(to);
    if (from >= 0)
        close(from);
}

uint64_t emit_native_blocks_read(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? (uint64_t)usage.ru_inblock : 0;
}

bool emit_native_read_cached(void *native, uint64_t offset, size_t nbytes, void *bytes)
{
    const struct iovec to = {bytes, nbytes};
    return preadv2((int)(intptr_t)native, &to, 1, (off_t)offset, RWF_NOWAIT) == (ssize_t)nbytes;
}

#else

uint64_t emit_native_blocks_read(void)
{
    return 0;
}

void emit_native_read_through(void *native, uint64_t offset, uint64_t nbytes)
{
    (void)native;
    (void)offset;
    (void)nbytes;
}

void emit_native_read_ahead(void *native, uint64_t offset, uint64_t nbytes)
{
    (void)native;
    (void)offset;
    (void)nbytes;
}

bool emit_native_read_cached(void *native, uint64_t offset, size_t nbytes, void *bytes)
{
    return emit_native_read(native, offset, nbytes, bytes) == nbytes;
}

#endif
