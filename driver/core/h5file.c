/* SPDX-License-Identifier: MIT */
/* Opening and closing, the lock, errors, and which objects there are. */
#include "core/h5internal.h"
#include "core/vfd.h"

#include <cpl_error.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More datasets and groups in one group than any granule has. */
#define MAX_LINKS 1024

/* ---- Errors --------------------------------------------------------------------------------- */

struct reason
{
    char text[256];
};

static herr_t keep_reason(unsigned index, const H5E_error2_t *entry, void *data)
{
    struct reason *reason = data;
    (void)index;
    if (entry->desc != NULL && entry->desc[0] != '\0')
        snprintf(reason->text, sizeof reason->text, "%s", entry->desc);
    return reason->text[0] != '\0';
}

/* The innermost entry of HDF5's error stack: the only one that tells more than "it failed". */
static struct reason reason_of(hid_t stack)
{
    struct reason reason = {""};
    H5Ewalk2(stack, H5E_WALK_UPWARD, keep_reason, &reason);
    if (reason.text[0] == '\0')
        snprintf(reason.text, sizeof reason.text, "HDF5 gives no reason");
    return reason;
}

void emit_h5_note_failure(const struct emit_h5 *file, const char *reason)
{
    if (file->note->message[0] == '\0')
        emit_error_set(file->note, EMIT_ERROR_FILE,
                       "%s: a part of the metadata cannot be read (%s): the file is truncated or "
                       "damaged",
                       file->path, reason);
}

enum emit_status emit_h5_check(struct emit_h5 *file, struct emit_error *error)
{
    enum emit_status status = EMIT_OK;
    struct emit_h5_guard guard;
    emit_h5_enter(&guard, file);
    if (file->failure.message[0] != '\0')
        status = emit_error_set(error, EMIT_ERROR_FILE, "%s", file->failure.message);
    emit_h5_leave(&guard);
    return status;
}

/* ---- The lock ------------------------------------------------------------------------------- */

/* HDF5 may be built without thread-safety, and where it is safe it is one lock as well. */
static pthread_mutex_t h5_mutex = PTHREAD_MUTEX_INITIALIZER;

/* HDF5 calls it, instead of printing, when one of its functions fails. */
static herr_t note_call(hid_t stack, void *data)
{
    const struct emit_h5 *file = data;
    emit_h5_note_failure(file, reason_of(stack).text);
    return 0;
}

void emit_h5_enter(struct emit_h5_guard *guard, struct emit_h5 *file)
{
    pthread_mutex_lock(&h5_mutex);
    *guard = (struct emit_h5_guard){.is_version2 = 1};
    H5Eauto_is_v2(H5E_DEFAULT, &guard->is_version2);
#ifndef H5_NO_DEPRECATED_SYMBOLS
    if (!guard->is_version2)
        H5Eget_auto1(&guard->print1, &guard->print_data);
#endif
    if (guard->is_version2)
        H5Eget_auto2(H5E_DEFAULT, &guard->print2, &guard->print_data);
    H5Eset_auto2(H5E_DEFAULT, file != NULL ? note_call : NULL, file);
}

void emit_h5_leave(const struct emit_h5_guard *guard)
{
    H5Eclear2(H5E_DEFAULT);
#ifndef H5_NO_DEPRECATED_SYMBOLS
    if (!guard->is_version2)
        H5Eset_auto1(guard->print1, guard->print_data);
#endif
    if (guard->is_version2)
        H5Eset_auto2(H5E_DEFAULT, guard->print2, guard->print_data);
    pthread_mutex_unlock(&h5_mutex);
}

enum emit_status emit_h5_library_error(const struct emit_h5 *file, const char *name,
                                       const char *problem, struct emit_error *error)
{
    const struct reason reason = reason_of(H5E_DEFAULT);
    return emit_error_set(error, EMIT_ERROR_FILE, "%s: %s: %s (%s)", file->path, name, problem,
                          reason.text);
}

enum emit_status emit_h5_format_error(const struct emit_h5 *file, const char *name,
                                      struct emit_error *error, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return emit_error_set(error, EMIT_ERROR_FORMAT, "%s: %s: %s", file->path, name, text);
}

/* ---- Opening and closing -------------------------------------------------------------------- */

/* HDF5 looks for its signature at 0, 512, 1024, 2048, ...: behind a user block of any such size. */
/* What is no HDF5 file; a web page in place of a file on a server is a fault, not another format.
 */
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

static enum emit_status check_signature(struct emit_file *file, struct emit_error *error)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    const uint64_t nbytes = emit_file_size(file);
    const uint64_t last =
        1u << 20; /* user blocks are unheard of in granules: a few tries will do */
    for (uint64_t at = 0; at <= last && at + sizeof signature <= nbytes; at = at ? 2 * at : 512)
    {
        unsigned char bytes[sizeof signature];
        EMIT_TRY(emit_file_read(file, at, sizeof bytes, bytes, error));
        if (memcmp(bytes, signature, sizeof bytes) == 0)
            return EMIT_OK;
    }
    return other_format(file, error);
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
    (void)flags;
    (void)access;
    (void)data;
    return -1;
}

static enum emit_status learn_superblock(struct emit_h5 *file, struct emit_error *error)
{
    hsize_t user_block = 0;
    size_t address_nbytes = 0;
    size_t length_nbytes = 0;
    enum emit_status status = EMIT_OK;
    const hid_t creation = H5Fget_create_plist(file->id);
    if (creation < 0 || H5Pget_userblock(creation, &user_block) < 0 ||
        H5Pget_sizes(creation, &address_nbytes, &length_nbytes) < 0)
        status = emit_h5_library_error(file, "/", "cannot read the superblock", error);
    else if (address_nbytes != 8 || length_nbytes != 8) /* as everywhere; h5sequence needs it */
        status = emit_h5_format_error(file, "/", error, "addresses of %zu and lengths of %zu bytes",
                                      address_nbytes, length_nbytes);
    file->base = user_block;
    if (creation >= 0)
        H5Pclose(creation);
    return status;
}

static enum emit_status open_with_library(struct emit_h5 *file, struct emit_error *error)
{
    const hid_t access = emit_vfd_access();
    file->link_access = H5Pcreate(H5P_LINK_ACCESS);
    if (file->link_access >= 0)
        H5Pset_elink_cb(file->link_access, refuse_external_link, NULL);
    file->id = H5Fopen(file->path, H5F_ACC_RDONLY, access);
    enum emit_status status = EMIT_OK;
    if (file->id < 0)
        status = emit_error_set(error, EMIT_ERROR_FILE, "cannot open %s: %s", file->path,
                                reason_of(H5E_DEFAULT).text);
    if (access >= 0)
        H5Pclose(access);
    if (status == EMIT_OK)
        status = learn_superblock(file, error);
    return status;
}

static enum emit_status open_file(const char *path, struct emit_h5 *file, struct emit_error *error)
{
    /* Without HDF5, which cannot tell a missing file from a foreign one. */
    EMIT_TRY(emit_file_open(path, &file->file, error));
    EMIT_TRY(check_signature(file->file, error));
    file->path = strdup(path);
    if (file->path == NULL)
        return emit_error_memory(error, strlen(path), "a path");
    file->nbytes = emit_file_size(file->file);
    struct emit_h5_guard guard;
    emit_h5_enter(&guard, file);
    const enum emit_status status = open_with_library(file, error);
    emit_h5_leave(&guard);
    return status;
}

enum emit_status emit_h5_open(const char *path, struct emit_h5 **file_ret, struct emit_error *error)
{
    *file_ret = NULL;
    struct emit_h5 *file = malloc(sizeof *file);
    if (file == NULL)
        return emit_error_memory(error, sizeof *file, "an open file");
    *file = (struct emit_h5){.id = H5I_INVALID_HID, .link_access = H5I_INVALID_HID};
    file->note = &file->failure;
    const enum emit_status status = open_file(path, file, error);
    if (status == EMIT_OK)
        *file_ret = file;
    else
        emit_h5_close(file);
    return status;
}

void emit_h5_close(struct emit_h5 *file)
{
    if (file == NULL)
        return;
    struct emit_h5_guard guard;
    emit_h5_enter(&guard, NULL);
    if (file->id >= 0)
        H5Fclose(file->id);
    if (file->link_access >= 0)
        H5Pclose(file->link_access);
    emit_h5_leave(&guard);
    emit_file_close(file->file);
    free(file->path);
    free(file);
}

/* ---- Objects -------------------------------------------------------------------------------- */

enum object
{
    OBJECT_ABSENT,
    OBJECT_GROUP,
    OBJECT_DATASET,
    OBJECT_OTHER,
    OBJECT_DAMAGED /* there is one, but what it is cannot be read */
};

/* What "name" is, given that the groups that lead to it exist. */
static enum object classify(const struct emit_h5 *file, const char *name)
{
    /* H5Oexists_by_name() fails where there is no link at all. */
    htri_t exists = H5Lexists(file->id, name, file->link_access);
    if (exists > 0)
        exists = H5Oexists_by_name(file->id, name, file->link_access);
    if (exists == 0)
        return OBJECT_ABSENT;
    const hid_t id = exists > 0 ? H5Oopen(file->id, name, file->link_access) : H5I_INVALID_HID;
    if (id < 0)
        return OBJECT_DAMAGED;
    const H5I_type_t type = H5Iget_type(id);
    H5Oclose(id);
    return type == H5I_DATASET ? OBJECT_DATASET : type == H5I_GROUP ? OBJECT_GROUP : OBJECT_OTHER;
}

/* What "name" is; HDF5 itself cannot tell an absent group on the way from a damaged one. */
static enum object find_object(const struct emit_h5 *file, const char *name)
{
    char path[EMIT_NAME_SIZE];
    if (name[0] == '\0' || strlen(name) >= sizeof path)
        return OBJECT_ABSENT;
    strcpy(path, name);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
    {
        *slash = '\0';
        const enum object object = classify(file, path);
        if (object == OBJECT_DAMAGED)
            return OBJECT_DAMAGED;
        if (object != OBJECT_GROUP)
            return OBJECT_ABSENT;
        *slash = '/';
    }
    return classify(file, path);
}

/* A damaged object counts as a dataset: reading it must fail, not pass over it. */
static bool may_be_dataset(const struct emit_h5 *file, const char *name)
{
    const enum object object = find_object(file, name);
    return object == OBJECT_DATASET || object == OBJECT_DAMAGED;
}

bool emit_h5_has(struct emit_h5 *file, const char *name)
{
    struct emit_h5_guard guard;
    emit_h5_enter(&guard, file);
    const bool found = may_be_dataset(file, name);
    emit_h5_leave(&guard);
    return found;
}

enum emit_status emit_h5_dataset_open(const struct emit_h5 *file, const char *name,
                                      struct emit_h5_dataset *dataset, struct emit_error *error)
{
    const hid_t none = H5I_INVALID_HID;
    *dataset = (struct emit_h5_dataset){none, none, none};
    const enum object object = find_object(file, name);
    if (object != OBJECT_DATASET && object != OBJECT_DAMAGED)
        return emit_h5_format_error(file, name, error, "there is no such variable");
    dataset->id = H5Oopen(file->id, name, file->link_access);
    if (dataset->id < 0)
        return emit_h5_library_error(file, name, "cannot open the variable", error);
    dataset->space = H5Dget_space(dataset->id);
    dataset->type = H5Dget_type(dataset->id);
    if (dataset->space < 0 || dataset->type < 0)
        return emit_h5_library_error(file, name, "cannot read what the variable is", error);
    return EMIT_OK;
}

void emit_h5_dataset_close(struct emit_h5_dataset *dataset)
{
    if (dataset->type >= 0)
        H5Tclose(dataset->type);
    if (dataset->space >= 0)
        H5Sclose(dataset->space);
    if (dataset->id >= 0)
        H5Dclose(dataset->id);
}

enum emit_status emit_h5_dataset_length(const struct emit_h5 *file, const char *name,
                                        const struct emit_h5_dataset *dataset, size_t limit,
                                        size_t *length_ret, struct emit_error *error)
{
    hsize_t length = 0;
    if (H5Sget_simple_extent_ndims(dataset->space) != 1)
        return emit_h5_format_error(file, name, error, "the variable is no list");
    if (H5Sget_simple_extent_dims(dataset->space, &length, NULL) != 1)
        return emit_h5_library_error(file, name, "cannot read the variable's length", error);
    if (length < 1 || length > limit)
        return emit_h5_format_error(file, name, error, "the variable has %llu values, not 1 to %zu",
                                    (unsigned long long)length, limit);
    *length_ret = (size_t)length;
    return EMIT_OK;
}

/* A list in the making. */
struct listing
{
    const struct emit_h5 *file;
    const char *group;
    struct emit_h5_texts *names;
};

/* Adds the name of a link if it leads to a dataset. */
static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    (void)group;
    (void)info;
    const struct listing *listing = data;
    char path[2 * EMIT_NAME_SIZE];
    const char *parent = strcmp(listing->group, "/") == 0 ? "" : listing->group;
    const int length = snprintf(path, sizeof path, "%s/%s", parent, name);
    if (length < EMIT_NAME_SIZE && may_be_dataset(listing->file, path))
        emit_h5_texts_add(listing->names, name, strlen(name));
    return 0;
}

static enum emit_status list_group(const struct emit_h5 *file, const char *group,
                                   struct emit_h5_texts *names, struct emit_error *error)
{
    const enum object object = find_object(file, group);
    if (object != OBJECT_GROUP && object != OBJECT_DAMAGED)
        return EMIT_OK;
    struct listing listing = {file, group, names};
    enum emit_status status = EMIT_OK;
    H5G_info_t info = {.nlinks = 0};
    const hid_t id = H5Oopen(file->id, group, file->link_access);
    if (id < 0 || H5Gget_info(id, &info) < 0)
        status = emit_h5_library_error(file, group, "cannot open the group", error);
    else if (info.nlinks > MAX_LINKS)
        status = emit_h5_format_error(file, group, error, "the group has more than %d entries",
                                      MAX_LINKS);
    /* In any order but the native one a damaged group makes 1.10.8 free what it never had. */
    else if (H5Literate(id, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, visit_link, &listing) < 0)
        status = emit_h5_library_error(file, group, "cannot list the group", error);
    if (id >= 0)
        H5Oclose(id);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum emit_status emit_h5_list(struct emit_h5 *file, const char *group, char ***names_ret,
                              size_t *count_ret, struct emit_error *error)
{
    *names_ret = NULL;
    *count_ret = 0;
    struct emit_h5_texts names = {0};
    struct emit_h5_guard guard;
    emit_h5_enter(&guard, file);
    enum emit_status status = list_group(file, group, &names, error);
    emit_h5_leave(&guard);
    if (status == EMIT_OK)
        status = emit_h5_texts_pack_array(&names, names_ret, count_ret, error);
    if (status == EMIT_OK)
        qsort(*names_ret, *count_ret, sizeof **names_ret, compare_names);
    free(names.bytes.text);
    return status;
}
