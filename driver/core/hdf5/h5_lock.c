/* SPDX-License-Identifier: MIT */
/* What every call of the HDF5 library needs: the lock, and where its errors go. */
#include "core/hdf5/h5_internal.h"

#include "core/base/process_lock.h"
#include "core/hdf5/vfd.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Errors --------------------------------------------------------------------------------- */

static herr_t copy_reason(unsigned index, const H5E_error2_t *entry, void *data)
{
    (void)index;
    struct emit_h5_reason *reason = data;
    if (reason->text[0] == '\0' && entry->desc != NULL)
        snprintf(reason->text, sizeof reason->text, "%s", entry->desc);
    reason->is_filter = reason->is_filter || entry->maj_num == H5E_PLINE;
    return 0;
}

struct emit_h5_reason emit_h5_reason(hid_t stack)
{
    struct emit_h5_reason reason = {"", false};
    H5Ewalk2(stack, H5E_WALK_UPWARD, copy_reason, &reason);
    if (reason.text[0] == '\0')
        snprintf(reason.text, sizeof reason.text, "HDF5 gives no reason");
    return reason;
}

void emit_h5_record_error(struct emit_h5 *file, const char *reason)
{
    if (atomic_load(&file->failure.is_set))
        return;
    emit_error_set(&file->failure.error, EMIT_ERROR_FILE,
                   "%s: a part of the metadata cannot be read (%s): the file is truncated or "
                   "damaged",
                   file->path, reason);
    atomic_store(&file->failure.is_set, true);
}

enum emit_status emit_h5_library_error(const struct emit_h5_subject *subject, const char *problem)
{
    const struct emit_h5_reason reason = emit_h5_reason(H5E_DEFAULT);
    const struct emit_h5_failure *failure = &subject->file->failure;
    if (H5Eget_num(H5E_DEFAULT) <= 0 && atomic_load(&failure->is_set)) /* cleared by a later call */
        return emit_error_set(subject->error, EMIT_ERROR_FILE, "%s", failure->error.message);
    return emit_error_set(subject->error, EMIT_ERROR_FILE, "%s: %s: %s (%s)", subject->file->path,
                          subject->name, problem, reason.text);
}

enum emit_status emit_h5_error(const struct emit_h5_subject *subject, enum emit_status status,
                               const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return emit_error_set(
        subject->error, status, "%s: %s: %s%s", subject->file->path, subject->name, text,
        status == EMIT_ERROR_FILE ? ": the file is truncated or damaged, get it again" : "");
}

enum emit_status emit_h5_check_extent(const struct emit_h5_subject *subject, const char *what,
                                      uint64_t offset, uint64_t nbytes)
{
    const uint64_t size = subject->file->nbytes;
    if (offset <= size && nbytes <= size - offset)
        return EMIT_OK;
    return emit_h5_damage_error(
        subject, "%s of %llu bytes at %llu ends after the file's %llu bytes", what,
        (unsigned long long)nbytes, (unsigned long long)offset, (unsigned long long)size);
}

/* ---- The lock ------------------------------------------------------------------------------- */

/* HDF5 may be built without thread-safety, and where it is safe it is one lock as well. */

/* The file for which this thread calls HDF5; NULL unless it holds the lock. */
static _Thread_local struct emit_h5 *caller;

/* HDF5 calls it, instead of printing, when one of its functions fails. Without thread-safety it has
 * one handler for all threads: failures of other users of the library arrive here as well. */
static herr_t record_call(hid_t stack, void *data)
{
    (void)data;
    if (caller != NULL && !emit_vfd_has_missed())
        emit_h5_record_error(caller, emit_h5_reason(stack).text);
    return 0;
}

/* How the holder of the lock has HDF5's errors printed; restored at the end. */
static struct
{
    unsigned is_version2;
    H5E_auto2_t print2;
#ifndef H5_NO_DEPRECATED_SYMBOLS
    H5E_auto1_t print1;
#endif
    void *data;
} printing;

void emit_h5_lock(struct emit_h5 *file)
{
    emit_occupy(EMIT_LOCK_HDF5);
    caller = file;
    printing.is_version2 = 1;
    H5Eauto_is_v2(H5E_DEFAULT, &printing.is_version2);
#ifndef H5_NO_DEPRECATED_SYMBOLS
    if (!printing.is_version2)
        H5Eget_auto1(&printing.print1, &printing.data);
#endif
    if (printing.is_version2)
        H5Eget_auto2(H5E_DEFAULT, &printing.print2, &printing.data);
    H5Eset_auto2(H5E_DEFAULT, record_call, NULL);
}

void emit_h5_unlock(void)
{
    H5Eclear2(H5E_DEFAULT);
#ifndef H5_NO_DEPRECATED_SYMBOLS
    if (!printing.is_version2)
        H5Eset_auto1(printing.print1, printing.data);
#endif
    if (printing.is_version2)
        H5Eset_auto2(H5E_DEFAULT, printing.print2, printing.data);
    caller = NULL;
    emit_vacate(EMIT_LOCK_HDF5);
}

/* A bound for caches that hold less than a call needs. */
#define MAX_ATTEMPTS 64

bool emit_h5_fetch(struct emit_h5 *file, uint64_t offset, size_t nbytes)
{
    if (!emit_file_is_remote(file->file) || emit_file_is_cached(file->file, offset, nbytes))
        return true;
    emit_h5_unlock();
    void *bytes = malloc(nbytes);
    const bool is_read =
        bytes != NULL && emit_file_read(file->file, offset, nbytes, bytes, NULL) == EMIT_OK;
    free(bytes);
    emit_h5_lock(file);
    return is_read;
}

bool emit_h5_attempt(struct emit_h5 *file, struct emit_h5_attempt *attempt)
{
    const struct emit_range missing = attempt->missing;
    emit_vfd_note_missing(NULL);
    if (attempt->count > 0 && missing.nbytes == 0)
        return false;
    attempt->missing = (struct emit_range){0, 0};
    if (missing.nbytes > 0 && !emit_h5_fetch(file, missing.offset, (size_t)missing.nbytes))
        attempt->count = MAX_ATTEMPTS;
    if (attempt->count++ < MAX_ATTEMPTS && emit_file_is_remote(file->file))
        emit_vfd_note_missing(&attempt->missing);
    return true;
}

enum emit_status emit_h5_check_fork(const char *path, struct emit_error *error)
{
    if (!emit_is_abandoned(EMIT_LOCK_HDF5))
        return EMIT_OK;
    return emit_error_set(error, EMIT_ERROR_FILE,
                          "%s: this process was forked while another thread was using the HDF5 "
                          "library, which therefore cannot be used here: start processes by "
                          "\"spawn\" or \"forkserver\"",
                          path);
}

enum emit_status emit_h5_check(const struct emit_h5 *file, struct emit_error *error)
{
    return atomic_load(&file->failure.is_set)
               ? emit_error_set(error, EMIT_ERROR_FILE, "%s", file->failure.error.message)
               : EMIT_OK;
}
