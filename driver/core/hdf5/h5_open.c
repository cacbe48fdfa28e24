/* SPDX-License-Identifier: MIT */
/* Opening and closing. The signature is found first, without HDF5, so that a missing file, a web
 * page and another format are distinguished; the metadata of a remote file is fetched; then HDF5
 * opens the file through vfd.c, with links to other files refused. */
#include "core/hdf5/h5_internal.h"
#include "core/hdf5/vfd.h"

#include <cpl_error.h>
#include <stdlib.h>
#include <string.h>

/* Reports a file without HDF5 signature. A web page in place of a file on a server is an error. */
static enum emit_status other_format(struct emit_file *file, struct emit_error *error)
{
    char bytes[64];
    const size_t nbytes =
        emit_file_size(file) < sizeof bytes ? (size_t)emit_file_size(file) : sizeof bytes - 1;
    if (emit_file_is_remote(file))
        EMIT_TRY(emit_file_read(file, 0, nbytes, bytes, error));
    bytes[emit_file_is_remote(file) ? nbytes : 0] = '\0';
    if (bytes[strspn(bytes, " \t\r\n")] == '<')
        return emit_error_set(error, EMIT_ERROR_FILE,
                              "the server sent a web page instead of %s: it may want a login, or "
                              "the token or session has expired",
                              emit_file_path(file));
    return emit_error_set(error, EMIT_NOT_A_GRANULE, "%s is not an HDF5 file",
                          emit_file_path(file));
}

/* HDF5 looks for its signature at 0, 512, 1024, 2048, ...: after a user block of any such size. */
static enum emit_status find_signature(struct emit_file *file, bool *found, uint64_t *superblock,
                                       struct emit_error *error)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    const uint64_t nbytes = emit_file_size(file);
    /* Larger user blocks do not occur, and each size costs a request on a server. */
    const uint64_t last = 16u << 20;
    *found = false;
    for (uint64_t at = 0; !*found && at <= last && at + sizeof signature <= nbytes;
         at = at ? 2 * at : 512)
    {
        unsigned char bytes[sizeof signature];
        EMIT_TRY(emit_file_read(file, at, sizeof bytes, bytes, error));
        *found = memcmp(bytes, signature, sizeof bytes) == 0;
        *superblock = at;
    }
    return EMIT_OK;
}

bool emit_file_is_hdf5(const char *path)
{
    bool found = false;
    uint64_t superblock;
    struct emit_file *file;
    if (emit_file_open(path, &file, NULL) == EMIT_OK)
        find_signature(file, &found, &superblock, NULL);
    emit_file_close(file);
    return found;
}

/* A granule is one file: a link out of it could make us open any file or address on the net. */
static herr_t refuse_external_link(const char *parent_file, const char *parent_group,
                                   const char *child_file, const char *child_object,
                                   unsigned *flags, hid_t access, void *data)
{
    (void)parent_file;
    (void)parent_group;
    (void)child_file;
    (void)child_object;
    (void)access;
    (void)data;
    (void)flags;
    return -1;
}

static enum emit_status read_superblock(struct emit_h5 *file, struct emit_error *error)
{
    const struct emit_h5_subject subject = {file, "/", error};
    hsize_t user_block = 0;
    size_t address_nbytes = 0;
    size_t length_nbytes = 0;
    enum emit_status status = EMIT_OK;
    const hid_t creation = H5Fget_create_plist(file->id);
    if (creation < 0 || H5Pget_userblock(creation, &user_block) < 0 ||
        H5Pget_sizes(creation, &address_nbytes, &length_nbytes) < 0)
        status = emit_h5_library_error(&subject, "cannot read the superblock");
    else if (address_nbytes != 8 || length_nbytes != 8) /* h5_vlen.c needs 8 */
        status = emit_h5_format_error(&subject, "addresses of %zu and lengths of %zu bytes",
                                      address_nbytes, length_nbytes);
    file->base = user_block;
    if (creation >= 0)
        H5Pclose(creation);
    return status;
}

#ifndef EMIT_PRIVATE_HDF5
/* Reports, once, a library that our lock cannot protect: its other users do not take that lock. */
static void report_unsafe_library(void)
{
    static bool is_reported = false;
    hbool_t is_safe = false;
    if (is_reported || (H5is_library_threadsafe(&is_safe) >= 0 && is_safe))
        return;
    is_reported = true;
    CPLDebug("EMIT",
             "the HDF5 library of this process is built without thread-safety: threads that "
             "use it through other drivers and packages while this one opens files may crash "
             "the process (EMIT_PRIVATE_HDF5 builds the plugin with an HDF5 of its own)");
}

/* A package that made its own library visible to all may stand before the one that we link. HDF5
 * itself would end the process. */
static enum emit_status check_library(const char *path, struct emit_error *error)
{
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    if (major != H5_VERS_MAJOR || minor != H5_VERS_MINOR)
        return emit_error_set(
            error, EMIT_ERROR_FILE,
            "cannot open %s: another package of this process replaces HDF5 %d.%d, "
            "which the driver was built for, by HDF5 %u.%u.%u (EMIT_PRIVATE_HDF5 "
            "builds the plugin with an HDF5 of its own)",
            path, H5_VERS_MAJOR, H5_VERS_MINOR, major, minor, release);
    report_unsafe_library();
    return EMIT_OK;
}
#endif

static enum emit_status open_with_library(struct emit_h5 *file, struct emit_error *error)
{
#ifndef EMIT_PRIVATE_HDF5
    EMIT_TRY(check_library(file->path, error));
#endif
    const hid_t access = emit_vfd_access(file->file, file->check);
    file->link_access = H5Pcreate(H5P_LINK_ACCESS);
    if (file->link_access >= 0)
    {
        H5Pset_elink_cb(file->link_access, refuse_external_link, NULL);
        H5Pset_nlinks(file->link_access, 1); /* soft links that lead to others multiply the work */
    }
    file->id = H5Fopen(file->path, H5F_ACC_RDONLY, access);
    enum emit_status status = EMIT_OK;
    if (file->id < 0)
        status =
            emit_error_set(error, EMIT_ERROR_FILE, "cannot open %s: %s (an incomplete download?)",
                           file->path, emit_h5_reason(H5E_DEFAULT).text);
    if (access >= 0)
        H5Pclose(access);
    if (status == EMIT_OK)
        status = read_superblock(file, error);
    return status;
}

static bool read_for_check(void *context, uint64_t offset, size_t nbytes, void *bytes)
{
    struct emit_h5 *file = context;
    struct emit_error failure;
    if (emit_file_read(file->file, offset, nbytes, bytes, &failure) == EMIT_OK)
        return true;
    emit_h5_record_error(file, failure.message);
    emit_vfd_push_reason(failure.message); /* before "damaged metadata", which follows */
    return false;
}

static enum emit_status create_check(struct emit_h5 *file, struct emit_error *error)
{
    const struct emit_check_source source = {read_for_check, file, file->nbytes, NULL};
    file->check = emit_check_create(&source);
    return file->check != NULL
               ? EMIT_OK
               : emit_error_memory(error, sizeof(struct emit_check_source), "a validator");
}

/* Without HDF5, which cannot distinguish a missing file from one of another format. */
static enum emit_status open_bytes(const char *path, const char *const *rarely_used,
                                   struct emit_file **file_ret, struct emit_error *error)
{
    EMIT_TRY(emit_file_open(path, file_ret, error));
    bool found;
    uint64_t superblock;
    EMIT_TRY(find_signature(*file_ret, &found, &superblock, error));
    if (!found)
        return other_format(*file_ret, error);
    if (emit_file_is_remote(*file_ret))
        emit_h5_prefetch_metadata(*file_ret, superblock, rarely_used);
    return EMIT_OK;
}

void emit_h5_prefetch(const char *path, const char *const *rarely_used)
{
    struct emit_file *file = NULL;
    open_bytes(path, rarely_used, &file, NULL);
    emit_file_close(file);
}

static enum emit_status open_file(const char *path, const char *const *rarely_used,
                                  struct emit_h5 *file, struct emit_error *error)
{
    EMIT_TRY(open_bytes(path, rarely_used, &file->file, error));
    file->path = emit_file_path(file->file);
    file->nbytes = emit_file_size(file->file);
    EMIT_TRY(create_check(file, error));
    EMIT_TRY(emit_h5_check_fork(path, error));
    emit_h5_lock(file);
    const enum emit_status status = open_with_library(file, error);
    emit_h5_unlock();
    return status;
}

enum emit_status emit_h5_open(const char *path, const char *const *rarely_used,
                              struct emit_h5 **file_ret, struct emit_error *error)
{
    *file_ret = NULL;
    struct emit_h5 *file = malloc(sizeof *file);
    if (file == NULL)
        return emit_error_memory(error, sizeof *file, "an open file");
    *file = (struct emit_h5){.id = H5I_INVALID_HID, .link_access = H5I_INVALID_HID};
    const enum emit_status status = open_file(path, rarely_used, file, error);
    if (status == EMIT_OK)
    {
        *file_ret = file;
        return EMIT_OK;
    }
    emit_file_purge(file->file);
    emit_h5_close(file);
    return status;
}

static void close_with_library(const struct emit_h5 *file)
{
    emit_h5_lock(NULL);
    if (file->id >= 0)
        H5Fclose(file->id);
    if (file->link_access >= 0)
        H5Pclose(file->link_access);
    emit_h5_unlock();
}

void emit_h5_close(struct emit_h5 *file)
{
    if (file == NULL)
        return;
    if (emit_h5_check_fork("", NULL) == EMIT_OK)
        close_with_library(file);
    emit_check_destroy(file->check);
    emit_file_close(file->file);
    emit_arena_close(&file->arena);
    free(file);
}

struct emit_file *emit_h5_file(const struct emit_h5 *file)
{
    return file->file;
}
