/* SPDX-License-Identifier: MIT */
#include "core/base/error.h"

#include "support.h"

#include <string.h>

static void a_message_is_formatted_and_the_status_comes_back(void **state)
{
    struct emit_error error = {"old"};
    (void)state;
    assert_int_equal(
        emit_error_set(&error, EMIT_ERROR_FORMAT, "%s has %d of %zu", "file", -3, SIZE_MAX),
        EMIT_ERROR_FORMAT);
    assert_string_equal(error.message, "file has -3 of 18446744073709551615");
}

static void every_status_comes_back_as_it_was_given(void **state)
{
    (void)state;
    for (int status = EMIT_OK; status < EMIT_STATUS_END; status++)
        assert_int_equal(emit_error_set(NULL, (enum emit_status)status, "%d", status), status);
}

static void without_a_place_for_it_the_message_is_dropped(void **state)
{
    (void)state;
    assert_int_equal(emit_error_set(NULL, EMIT_ERROR_FILE, "nobody listens"), EMIT_ERROR_FILE);
    assert_int_equal(emit_error_memory(NULL, 7, "nothing"), EMIT_ERROR_MEMORY);
}

static void a_long_message_is_cut_and_still_ends(void **state)
{
    struct
    {
        struct emit_error error;
        char behind[16];
    } place;
    char text[6000];
    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    memset(&place, '#', sizeof place);
    emit_error_set(&place.error, EMIT_ERROR_OPTION, "%s", text);
    assert_int_equal(strlen(place.error.message), sizeof place.error.message - 1);
    for (size_t i = 0; i < sizeof place.behind; i++)
        assert_int_equal(place.behind[i], '#');
}

static void lack_of_memory_tells_how_much_was_wanted_for_what(void **state)
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

static void a_failed_try_leaves_with_its_status_and_a_good_one_goes_on(void **state)
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
        cmocka_unit_test(a_message_is_formatted_and_the_status_comes_back),
        cmocka_unit_test(every_status_comes_back_as_it_was_given),
        cmocka_unit_test(without_a_place_for_it_the_message_is_dropped),
        cmocka_unit_test(a_long_message_is_cut_and_still_ends),
        cmocka_unit_test(lack_of_memory_tells_how_much_was_wanted_for_what),
        cmocka_unit_test(a_prefix_is_put_before_the_message_as_far_as_there_is_room),
        cmocka_unit_test(a_failed_try_leaves_with_its_status_and_a_good_one_goes_on),
        cmocka_unit_test(text_is_appended_as_far_as_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
