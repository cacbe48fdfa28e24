/* SPDX-License-Identifier: MIT */
/* GDAL's VSIStatBufL is glibc's struct stat64. */
#define _LARGEFILE64_SOURCE

#include "core/io/file.h"

#include "core/base/platform.h"
#include "core/base/request_threads.h"
#include "core/io/connections.h"
#include "core/io/disk.h"
#include "core/io/file_exists.h"
#include "core/io/range_request.h"
#include "core/io/remote_file.h"

#include <cpl_vsi.h>
#include <cpl_vsi_error.h>

#include <stdlib.h>
#include <string.h>

/* Most metadata of a granule are in small pieces at its beginning. */
#define HEAD_NBYTES ((uint64_t)1 << 17)

struct emit_file
{
    char *path;
    VSILFILE *handle;           /* NULL: remote */
    struct emit_mutex lock;     /* if "native" is NULL: guards "handle" and "process" */
    unsigned process;           /* that opened "handle" */
    void *native;               /* native handle; NULL: reads use "handle" */
    struct emit_remote *remote; /* NULL: local */
    uint64_t size;
    struct emit_file_stamp stamp; /* at opening */
    struct emit_disk disk;        /* of a native file */
};

/* Whether "handle" is a regular local file, which is then read without GDAL. */
static bool find_native(struct emit_file *file)
{
    void *native = VSIFGetNativeFileDescriptorL(file->handle);
    if (native == NULL || !emit_native_stamp(native, &file->stamp))
        return false;
    file->native = native;
    file->size = file->stamp.nbytes;
    emit_disk_open(&file->disk, native, file->size);
    emit_native_read_ahead(native, 0, HEAD_NBYTES);
    return true;
}

/* Stamp of a file that has no local path; all zero if it does not exist. */
static struct emit_file_stamp stamp_of_path(const char *path)
{
    VSIStatBufL found;
    struct emit_file_stamp stamp = {0};
    if (VSIStatL(path, &found) == 0)
        stamp = (struct emit_file_stamp){(uint64_t)found.st_size, (int64_t)found.st_mtime, 0};
    return stamp;
}

/* Returns VSI's reason for failing to open "path". */
static const char *open_failure(const char *path)
{
    const char *reason = VSIGetLastErrorMsg();
    const size_t length = strlen(path);
    if (strncmp(reason, path, length) == 0 && strncmp(reason + length, ": ", 2) == 0)
        reason += length + 2;
    return reason[0] != '\0' ? reason : "no such file";
}

/* What else than a file is at "path": a folder, or a named pipe, of which opening would wait for a
 * writer; NULL for a file or nothing. */
static const char *other_kind(const char *path)
{
    VSIStatBufL found;
    if (strncmp(path, "/vsi", 4) == 0 ||
        VSIStatExL(path, &found, VSI_STAT_EXISTS_FLAG | VSI_STAT_NATURE_FLAG) != 0)
        return NULL;
    const unsigned kind = found.st_mode & S_IFMT;
    return kind == S_IFIFO ? "pipe" : kind == S_IFDIR ? "folder" : NULL;
}

/* GDAL opens what the index page of a folder lists without a request, and takes the size for 0 if
 * the server then refuses the file. */
static enum emit_status check_empty(const char *path, struct emit_error *error)
{
    bool exists;
    EMIT_TRY(emit_file_exists(path, &exists, error));
    return exists ? EMIT_OK
                  : emit_error_set(error, EMIT_ERROR_FILE,
                                   "cannot open %s: its folder lists it, but the server refuses it "
                                   "(403) or does not have it (404, 410)",
                                   path);
}

static enum emit_status open_handle(struct emit_file *file, struct emit_error *error)
{
    if (!VSIIsLocal(file->path))
        emit_connections_use();
    const char *kind = other_kind(file->path);
    if (kind != NULL)
        return emit_error_set(error, EMIT_ERROR_FILE, "cannot open %s: it is a %s, not a file",
                              file->path, kind);
    VSIErrorReset();
    file->handle = VSIFOpenExL(file->path, "rb", TRUE);
    if (file->handle == NULL)
        return emit_error_set(error, EMIT_ERROR_FILE, "cannot open %s: %s", file->path,
                              open_failure(file->path));
    if (find_native(file))
        return EMIT_OK;
    if (VSIFSeekL(file->handle, 0, SEEK_END) != 0)
        return emit_error_set(error, EMIT_ERROR_FILE, "cannot find the size of %s", file->path);
    file->size = VSIFTellL(file->handle);
    if (VSIIsLocal(file->path))
    {
        file->stamp = stamp_of_path(file->path);
        return EMIT_OK;
    }
    if (file->size == 0)
        EMIT_TRY(check_empty(file->path, error));
    VSILFILE *handle = file->handle;
    file->handle = NULL;
    return emit_remote_open(file->path, handle, file->size, &file->remote, error);
}

enum emit_status emit_file_open(const char *path, struct emit_file **file_ret,
                                struct emit_error *error)
{
    struct emit_file *file = calloc(1, sizeof *file);
    *file_ret = NULL;
    if (file == NULL)
        return emit_error_memory(error, sizeof *file, "an open file");
    emit_mutex_init(&file->lock);
    file->process = emit_process();
    file->path = strdup(path);
    const enum emit_status status = file->path != NULL
                                        ? open_handle(file, error)
                                        : emit_error_memory(error, strlen(path), "a path");
    if (status != EMIT_OK)
        emit_file_close(file);
    else
        *file_ret = file;
    return status;
}

void emit_file_close(struct emit_file *file)
{
    if (file == NULL)
        return;
    emit_remote_close(file->remote);
    if (file->handle != NULL && file->process == emit_process())
        VSIFCloseL(file->handle);
    if (file->native != NULL)
        emit_disk_close(&file->disk);
    emit_mutex_close(&file->lock);
    free(file->path);
    free(file);
}

void emit_file_purge(struct emit_file *file)
{
    if (file != NULL && file->remote != NULL)
        emit_remote_purge(file->remote);
}

const char *emit_file_path(const struct emit_file *file)
{
    return file->path;
}

uint64_t emit_file_size(const struct emit_file *file)
{
    return file->size;
}

/* Whether "handle" was opened by this process. A child shares the parent's file position, and
 * the parent may have been reading during the fork(), so the child neither uses nor closes the
 * handle. */
static bool own_handle(struct emit_file *file)
{
    if (file->process == emit_process())
        return true;
    struct emit_file_stamp now = stamp_of_path(file->path);
    VSILFILE *handle = VSIFOpenL(file->path, "rb");
    if (handle == NULL || memcmp(&now, &file->stamp, sizeof now) != 0)
    {
        if (handle != NULL)
            VSIFCloseL(handle);
        return false;
    }
    file->handle = handle;
    file->process = emit_process();
    return true;
}

static size_t read_handle(struct emit_file *file, uint64_t offset, size_t nbytes, void *bytes)
{
    size_t done = 0;
    emit_mutex_lock(&file->lock);
    if (own_handle(file) && VSIFSeekL(file->handle, offset, SEEK_SET) == 0)
        done = VSIFReadL(bytes, 1, nbytes, file->handle);
    emit_mutex_unlock(&file->lock);
    return done;
}

static bool lies_within(const struct emit_file *file, uint64_t offset, uint64_t nbytes)
{
    return offset <= file->size && nbytes <= file->size - offset;
}

static enum emit_status cannot_read(const struct emit_file *file, uint64_t offset, uint64_t nbytes,
                                    struct emit_error *error)
{
    return emit_error_set(error, EMIT_ERROR_FILE,
                          "cannot read %llu bytes at offset %llu of %s: truncated, changed or "
                          "unreadable",
                          (unsigned long long)nbytes, (unsigned long long)offset, file->path);
}

enum emit_status emit_file_read(struct emit_file *file, uint64_t offset, size_t nbytes, void *bytes,
                                struct emit_error *error)
{
    if (!lies_within(file, offset, nbytes))
        return cannot_read(file, offset, nbytes, error);
    if (file->remote != NULL)
        return emit_remote_read(file->remote, offset, nbytes, bytes, error);
    const size_t done = file->native != NULL ? emit_disk_read(&file->disk, offset, nbytes, bytes)
                                             : read_handle(file, offset, nbytes, bytes);
    return done == nbytes ? EMIT_OK : cannot_read(file, offset, nbytes, error);
}

bool emit_file_is_remote(const struct emit_file *file)
{
    return file->remote != NULL;
}

bool emit_file_is_native(const struct emit_file *file)
{
    return file->native != NULL;
}

bool emit_file_can_fetch(const struct emit_file *file)
{
    return file->remote != NULL || file->native != NULL;
}

void emit_file_fetch(struct emit_file *file, struct emit_ranges *ranges)
{
    size_t count = 0;
    if (!emit_file_can_fetch(file))
        return;
    for (size_t i = 0; i < ranges->count; i++)
    {
        const struct emit_range range = ranges->range[i];
        if (lies_within(file, range.offset, range.nbytes))
            ranges->range[count++] = range;
    }
    ranges->count = count;
    if (file->remote != NULL)
        emit_remote_fetch(file->remote, ranges);
    else
        emit_disk_read_ahead(&file->disk, ranges);
}

bool emit_file_is_cold(const struct emit_file *file)
{
    return file->native != NULL && emit_disk_is_cold(&file->disk);
}

void emit_file_expect_sweep(struct emit_file *file, struct emit_range range)
{
    if (file->native != NULL)
        emit_disk_expect_sweep(&file->disk, range);
}

void emit_file_fetch_beyond(struct emit_file *file)
{
    if (file->native != NULL)
        emit_disk_read_beyond(&file->disk);
}

size_t emit_file_request_threads(const struct emit_file *file)
{
    return emit_request_threads(file->path);
}

bool emit_file_is_cached(struct emit_file *file, uint64_t offset, uint64_t nbytes)
{
    if (file->remote != NULL)
        return emit_remote_is_cached(file->remote, offset, nbytes);
    unsigned char byte;
    return file->native == NULL || emit_native_read_cached(file->native, offset, 1, &byte);
}

static enum emit_status check_unchanged(const struct emit_file *file, struct emit_error *error)
{
    struct emit_file_stamp now;
    if (file->remote != NULL)
        return emit_remote_check(file->remote, error);
    if (file->native == NULL ||
        (emit_native_stamp(file->native, &now) && memcmp(&now, &file->stamp, sizeof now) == 0))
        return EMIT_OK;
    return emit_error_set(error, EMIT_ERROR_FILE, "%s was changed while it was open: reopen it",
                          file->path);
}

/* Whether checking file "i" takes a request of its own. */
static bool needs_request(struct emit_file *const *files, size_t i)
{
    for (size_t earlier = 0; earlier < i; earlier++)
        if (files[earlier] == files[i])
            return false;
    return files[i]->remote != NULL && !emit_remote_is_verified(files[i]->remote);
}

static enum emit_status check_one(const void *context, size_t i, struct emit_error *error)
{
    struct emit_file *const *files = context;
    return check_unchanged(files[i], error);
}

enum emit_status emit_files_check_unchanged(struct emit_file *const *files, size_t count,
                                            struct emit_error *error)
{
    struct emit_file *remote[EMIT_FILES_AT_ONCE];
    size_t remote_count = 0;
    for (size_t i = 0; i < count; i++)
    {
        if (needs_request(files, i))
            remote[remote_count++] = files[i];
        else if (files[i]->remote == NULL)
            EMIT_TRY(check_unchanged(files[i], error));
    }
    return emit_request_threads_run(remote_count, check_one, remote, error);
}
