/* SPDX-License-Identifier: MIT */
#include "core/base/platform.h"

#include "support.h"

#include <cpl_vsi.h>

#include <string.h>

/* ---- Locks ----------------------------------------------------------------------------------- */

/* Threads take turns: each adds 1 when the count modulo THREADS is its number. */
#define THREADS 5
#define TURNS 203

static struct emit_mutex lock = EMIT_MUTEX_INIT;
static struct emit_condition changed = EMIT_CONDITION_INIT;
static size_t turn;

static void take_turns(void *context, size_t i)
{
    (void)context;
    for (int k = 0; k < TURNS; k++)
    {
        emit_mutex_lock(&lock);
        while (turn % THREADS != i)
            emit_condition_wait(&changed, &lock);
        turn++;
        emit_condition_broadcast(&changed);
        emit_mutex_unlock(&lock);
    }
}

static void waiting_threads_are_woken_by_a_broadcast(void **state)
{
    (void)state;
    run_together(THREADS, take_turns, NULL);
    assert_int_equal(turn, THREADS * TURNS);
}

static struct emit_once once = EMIT_ONCE_INIT;
static int initialised;

static void initialise(void)
{
    initialised++;
}

static void call_once(void *context, size_t i)
{
    int *seen = context;
    emit_once(&once, initialise);
    seen[i] = initialised;
}

static void initialisation_runs_once_before_anyone_goes_on(void **state)
{
    int seen[7] = {0};
    (void)state;
    run_together(COUNT_OF(seen), call_once, seen);
    for (size_t i = 0; i < COUNT_OF(seen); i++)
        assert_int_equal(seen[i], 1);
}

/* ---- Files ----------------------------------------------------------------------------------- */

static void reads_are_positional_and_stop_at_the_end(void **state)
{
    unsigned char bytes[1000], got[400];
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    write_file(test_path("bytes"), bytes, sizeof bytes);
    VSILFILE *handle = VSIFOpenL(test_path("bytes"), "rb");
    void *native = VSIFGetNativeFileDescriptorL(handle);
    assert_int_equal(VSIFSeekL(handle, 17, SEEK_SET), 0);

    assert_int_equal(emit_native_read(native, 300, 333, got), 333);
    assert_memory_equal(got, bytes + 300, 333);
    assert_int_equal(emit_native_read(native, 990, 400, got), 10);
    assert_memory_equal(got, bytes + 990, 10);
    assert_int_equal(emit_native_read(native, 5000000000, 400, got), 0);
    assert_int_equal(VSIFTellL(handle), 17);
    VSIFCloseL(handle);
}

static void a_stamp_changes_with_size_and_time(void **state)
{
    struct emit_file_stamp first, second;
    (void)state;
    write_file(test_path("stamped"), "abc", 3);
    VSILFILE *handle = VSIFOpenL(test_path("stamped"), "r+b");
    void *native = VSIFGetNativeFileDescriptorL(handle);
    assert_true(emit_native_stamp(native, &first));
    assert_int_equal(first.nbytes, 3);
    assert_true(emit_native_stamp(native, &second));
    assert_memory_equal(&first, &second, sizeof first);

    assert_int_equal(VSIFTruncateL(handle, 5), 0);
    assert_true(emit_native_stamp(native, &second));
    assert_int_equal(second.nbytes, 5);
    VSIFCloseL(handle);
}

static void a_device_has_no_stamp(void **state)
{
    struct emit_file_stamp stamp;
    (void)state;
    VSILFILE *handle = VSIFOpenL("/dev/null", "rb");
    assert_false(emit_native_stamp(VSIFGetNativeFileDescriptorL(handle), &stamp));
    VSIFCloseL(handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiting_threads_are_woken_by_a_broadcast),
        cmocka_unit_test(initialisation_runs_once_before_anyone_goes_on),
        cmocka_unit_test(reads_are_positional_and_stop_at_the_end),
        cmocka_unit_test(a_stamp_changes_with_size_and_time),
        cmocka_unit_test(a_device_has_no_stamp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
