/* SPDX-License-Identifier: MIT */
#include "core/io/file_exists.h"
#include "core/io/revision.h"

#include "support.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADDRESS "/vsicurl/https://host/a.nc"

/* ---- Hashes --------------------------------------------------------------------------------- */

static void revisions_differ_by_address_size_and_time(void **state)
{
    const struct emit_revision revision = {.size = 1003, .modified = 1700000011};
    struct emit_revision other = revision;
    const uint64_t hash = emit_revision_hash(ADDRESS, &revision);
    (void)state;
    assert_true(hash >> 63);
    assert_int_equal(emit_revision_hash(ADDRESS, &other), hash);
    assert_int_not_equal(emit_revision_hash("/vsicurl/https://host/b.nc", &other), hash);
    other.size++;
    assert_int_not_equal(emit_revision_hash(ADDRESS, &other), hash);
    other = revision;
    other.modified--;
    assert_int_not_equal(emit_revision_hash(ADDRESS, &other), hash);
}

static void etag_counts_if_the_time_is_unknown(void **state)
{
    struct emit_revision revision = {.size = 1003, .etag = "\"one\""};
    const uint64_t one = emit_revision_hash(ADDRESS, &revision);
    (void)state;
    assert_true(one >> 63);
    strcpy(revision.etag, "\"two\"");
    assert_int_not_equal(emit_revision_hash(ADDRESS, &revision), one);
    revision.modified = 1700000011;
    const uint64_t timed = emit_revision_hash(ADDRESS, &revision);
    revision.etag[0] = '\0';
    assert_int_equal(emit_revision_hash(ADDRESS, &revision), timed);
}

static void revision_without_time_and_etag_has_no_hash(void **state)
{
    const struct emit_revision revision = {.size = 1003};
    (void)state;
    assert_int_equal(emit_revision_hash(ADDRESS, &revision), 0);
}

/* ---- Local files ---------------------------------------------------------------------------- */

static void local_file_has_the_time_of_the_disk_and_is_not_checked(void **state)
{
    const char *path = test_path("revision.bin");
    struct stat on_disk;
    (void)state;
    write_file(path, "revision", 8);
    assert_int_equal(stat(path, &on_disk), 0);
    struct emit_revision revision = emit_revision_find(path, 8);
    assert_int_equal(revision.size, 8);
    assert_int_equal(revision.modified, on_disk.st_mtime);
    assert_string_equal(revision.etag, "");
    write_file(path, "other revision", 14);
    EXPECT_OK(emit_revision_check(path, &revision, &last_error));
}

static void local_files_exist_or_not(void **state)
{
    const char *path = test_path("exists.bin");
    bool exists = false;
    (void)state;
    write_file(path, "x", 1);
    EXPECT_OK(emit_file_exists(path, &exists, &last_error));
    assert_true(exists);
    EXPECT_OK(emit_file_exists("/vsimem/unit_revision/absent.bin", &exists, &last_error));
    assert_false(exists);
    assert_int_equal(unlink(path), 0);
    EXPECT_OK(emit_file_exists(path, &exists, &last_error));
    assert_false(exists);
}

/* ---- A server that is down ------------------------------------------------------------------ */

/* A file on a port of this machine that refuses connections as long as the socket is open. */
static int refuse_connections(char path[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(socket_fd >= 0);
    assert_int_equal(bind(socket_fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(socket_fd, (struct sockaddr *)&address, &length), 0);
    snprintf(path, 64, "/vsicurl/http://127.0.0.1:%d/a.nc", ntohs(address.sin_port));
    return socket_fd;
}

static void unknown_revision_of_a_server_that_is_down_is_an_error(void **state)
{
    char path[64];
    const int socket_fd = refuse_connections(path);
    struct emit_revision revision = emit_revision_find(path, 1003);
    (void)state;
    assert_int_equal(revision.size, 1003);
    assert_int_equal(emit_revision_hash(path, &revision), 0);
    EXPECT_ERROR(EMIT_ERROR_FILE, emit_revision_check(path, &revision, &last_error), path,
                 "cannot determine");
    assert_int_equal(close(socket_fd), 0);
}

/* GDAL remembers the failure: the second question must not get "absent" for an answer. */
static void silence_of_a_server_does_not_mean_that_a_file_is_absent(void **state)
{
    char path[64];
    bool exists = true;
    const int socket_fd = refuse_connections(path);
    (void)state;
    for (int i = 0; i < 2; i++)
    {
        EXPECT_ERROR(EMIT_ERROR_FILE, emit_file_exists(path, &exists, &last_error), path,
                     "cannot determine");
        assert_false(exists);
    }
    assert_int_equal(close(socket_fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(revisions_differ_by_address_size_and_time),
        cmocka_unit_test(etag_counts_if_the_time_is_unknown),
        cmocka_unit_test(revision_without_time_and_etag_has_no_hash),
        cmocka_unit_test(local_file_has_the_time_of_the_disk_and_is_not_checked),
        cmocka_unit_test(local_files_exist_or_not),
        cmocka_unit_test(unknown_revision_of_a_server_that_is_down_is_an_error),
        cmocka_unit_test(silence_of_a_server_does_not_mean_that_a_file_is_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
