/* SPDX-License-Identifier: MIT */
#include "core/base/error.h"

#include "support.h"

#include <string.h>

static void a_message_is_formatted_and_the_status_returned(void **state)
{
    struct emit_error error = {"old"};
    (void)state;
    assert_int_equal(
        emit_error_set(&error, EMIT_ERROR_FORMAT, "%s has %d of %zu", "file", -3, SIZE_MAX),
        EMIT_ERROR_FORMAT);
    assert_string_equal(error.message, "file has -3 of 18446744073709551615");
}

static void every_status_is_returned_unchanged(void **state)
{
    (void)state;
    for (int status = EMIT_OK; status < EMIT_STATUS_END; status++)
        assert_int_equal(emit_error_set(NULL, (enum emit_status)status, "%d", status), status);
}

static void without_an_error_struct_the_message_is_dropped(void **state)
{
    (void)state;
    assert_int_equal(emit_error_set(NULL, EMIT_ERROR_FILE, "no error struct"), EMIT_ERROR_FILE);
    assert_int_equal(emit_error_memory(NULL, 7, "nothing"), EMIT_ERROR_MEMORY);
}

static void a_long_message_is_truncated_and_terminated(void **state)
{
    struct
    {
        struct emit_error error;
        char after[16];
    } place;
    char text[6000];
    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    memset(&place, '#', sizeof place);
    emit_error_set(&place.error, EMIT_ERROR_OPTION, "%s", text);
    assert_int_equal(strlen(place.error.message), sizeof place.error.message - 1);
    for (size_t i = 0; i < sizeof place.after; i++)
        assert_int_equal(place.after[i], '#');
}

static void the_out_of_memory_message_has_size_and_purpose(void **state)
{
    (void)state;
    EXPECT_ERROR(EMIT_ERROR_MEMORY, emit_error_memory(&last_error, 1234567, "a chunk"), "1234567",
                 "a chunk", "allocate");
}

static void a_prefix_is_put_before_the_message_as_far_as_there_is_room(void **state)
{
    struct emit_error error = {"it is damaged"};
    char name[5000];
    (void)state;
    assert_int_equal(emit_error_prefix(&error, EMIT_ERROR_FILE, "a.nc"), EMIT_ERROR_FILE);
    assert_string_equal(error.message, "a.nc: it is damaged");
    assert_int_equal(emit_error_prefix(NULL, EMIT_ERROR_OPTION, "a.nc"), EMIT_ERROR_OPTION);
    memset(name, 'n', sizeof name);
    name[4090] = '\0';
    emit_error_prefix(&error, EMIT_ERROR_FILE, name);
    assert_int_equal(strlen(error.message), 4095);
    assert_string_equal(error.message + 4090, ": a.n");
    name[4090] = 'n';
    name[4999] = '\0';
    emit_error_prefix(&error, EMIT_ERROR_FILE, name);
    assert_int_equal(strlen(error.message), 4095);
    assert_int_equal(error.message[4094], 'n');
}

static enum emit_status try_it(enum emit_status status, int *steps)
{
    EMIT_TRY(status);
    (*steps)++;
    return EMIT_OK;
}

static void try_returns_a_failed_status_and_continues_after_ok(void **state)
{
    int steps = 0;
    (void)state;
    assert_int_equal(try_it(EMIT_ERROR_INTERNAL, &steps), EMIT_ERROR_INTERNAL);
    assert_int_equal(try_it(EMIT_NOT_A_GRANULE, &steps), EMIT_NOT_A_GRANULE);
    assert_int_equal(steps, 0);
    assert_int_equal(try_it(EMIT_OK, &steps), EMIT_OK);
    assert_int_equal(steps, 1);
}

static void text_is_appended_as_far_as_there_is_room(void **state)
{
    struct emit_error error = {"one"};
    char text[5000];
    (void)state;
    emit_error_append(&error, ", %d", 2);
    assert_string_equal(error.message, "one, 2");
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    emit_error_append(&error, "%s", text);
    emit_error_append(&error, "%s", text);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
    emit_error_append(NULL, "dropped");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_formatted_and_the_status_returned),
        cmocka_unit_test(every_status_is_returned_unchanged),
        cmocka_unit_test(without_an_error_struct_the_message_is_dropped),
        cmocka_unit_test(a_long_message_is_truncated_and_terminated),
        cmocka_unit_test(the_out_of_memory_message_has_size_and_purpose),
        cmocka_unit_test(a_prefix_is_put_before_the_message_as_far_as_there_is_room),
        cmocka_unit_test(try_returns_a_failed_status_and_continues_after_ok),
        cmocka_unit_test(text_is_appended_as_far_as_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
