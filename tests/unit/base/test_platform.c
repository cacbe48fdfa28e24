/* SPDX-License-Identifier: MIT */
#include "core/base/platform.h"

#include "emit.h"

#include "support.h"

#include <cpl_vsi.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Locks ----------------------------------------------------------------------------------- */

/* Threads take turns: each adds 1 when the count modulo THREADS is its number. */
#define THREADS 5
#define TURNS 203

static struct emit_mutex lock;
static struct emit_condition changed;
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
    emit_mutex_init(&lock);
    emit_condition_init(&changed);
    run_together(THREADS, take_turns, NULL);
    assert_int_equal(turn, THREADS * TURNS);
    emit_mutex_lock(&lock);
    assert_false(emit_condition_wait_for(&changed, &lock, 0));
    emit_mutex_unlock(&lock);
}

static struct emit_once once = EMIT_ONCE_INIT;
static int initialised;

static void initialise(void)
{
    initialised++;
}

static void run_once(void *context, size_t i)
{
    int *seen = context;
    emit_once(&once, initialise);
    seen[i] = initialised;
}

static void initialisation_runs_once_before_any_thread_continues(void **state)
{
    int seen[7] = {0};
    (void)state;
    run_together(COUNT_OF(seen), run_once, seen);
    for (size_t i = 0; i < COUNT_OF(seen); i++)
        assert_int_equal(seen[i], 1);
}

/* ---- fork() ---------------------------------------------------------------------------------- */

/* The first thread holds a lock, the second one waits for a condition, the third one forks. */
struct scene
{
    struct emit_mutex held;
    struct emit_mutex waiting;
    struct emit_condition condition;
    atomic_int ready;
    atomic_bool done;
    unsigned process;
    bool child_is_right;
};

static bool use_all_in_child(void *context)
{
    struct scene *scene = context;
    emit_mutex_lock(&scene->held);
    emit_mutex_unlock(&scene->held);
    emit_condition_init(&scene->condition);
    emit_mutex_lock(&scene->waiting);
    emit_condition_broadcast(&scene->condition);
    emit_condition_wait_for(&scene->condition, &scene->waiting, 0);
    emit_mutex_unlock(&scene->waiting);
    return emit_process() == scene->process + 1;
}

static void play(void *context, size_t i)
{
    struct scene *scene = context;
    struct emit_mutex *mutex = i == 0 ? &scene->held : &scene->waiting;
    if (i == 2)
    {
        while (atomic_load(&scene->ready) < 2)
            sched_yield();
        scene->child_is_right = run_in_child(use_all_in_child, scene);
        atomic_store(&scene->done, true);
        return;
    }
    emit_mutex_lock(mutex);
    atomic_fetch_add(&scene->ready, 1);
    while (!atomic_load(&scene->done))
    {
        if (i == 0)
            sched_yield();
        else
            emit_condition_wait_for(&scene->condition, mutex, 1);
    }
    emit_mutex_unlock(mutex);
}

static void a_child_can_lock_what_other_threads_of_the_parent_held(void **state)
{
    struct scene scene = {.process = emit_process()};
    (void)state;
    emit_mutex_init(&scene.held);
    emit_mutex_init(&scene.waiting);
    emit_condition_init(&scene.condition);
    run_together(3, play, &scene);
    assert_true(scene.child_is_right);
    assert_int_equal(emit_process(), scene.process);
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

/* ---- Folders --------------------------------------------------------------------------------- */

/* A number in a file, which each thread reads, counts up and writes. */
static void count_in_file(void *context, size_t i)
{
    char digits[16] = "";
    (void)i;
    for (int k = 0; k < 11; k++)
    {
        const intptr_t held = emit_folder_lock(test_folder());
        VSILFILE *file = VSIFOpenL(context, "rb");
        VSIFReadL(digits, 1, sizeof digits, file);
        VSIFCloseL(file);
        snprintf(digits, sizeof digits, "%07d", atoi(digits) + 1);
        write_file(context, digits, sizeof digits);
        emit_folder_unlock(held);
    }
}

static void threads_that_lock_a_folder_take_turns(void **state)
{
    char digits[16];
    char path[256];
    (void)state;
    snprintf(path, sizeof path, "%s", test_path("count"));
    write_file(path, "0000000\0\0\0\0\0\0\0\0", 16);
    run_together(THREADS, count_in_file, path);
    VSILFILE *file = VSIFOpenL(path, "rb");
    assert_int_equal(VSIFReadL(digits, 1, sizeof digits, file), sizeof digits);
    VSIFCloseL(file);
    assert_int_equal(atoi(digits), THREADS * 11);
}

static void only_local_folders_are_locked(void **state)
{
    (void)state;
    write_file(test_path("file"), "abc", 3);
    assert_int_equal(emit_folder_lock(test_path("missing")), -1);
    assert_int_equal(emit_folder_lock(test_path("file")), -1);
    assert_int_equal(emit_folder_lock("/vsimem/"), -1);
    emit_folder_unlock(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiting_threads_are_woken_by_a_broadcast),
        cmocka_unit_test(initialisation_runs_once_before_any_thread_continues),
        cmocka_unit_test(a_child_can_lock_what_other_threads_of_the_parent_held),
        cmocka_unit_test(reads_are_positional_and_stop_at_the_end),
        cmocka_unit_test(a_stamp_changes_with_size_and_time),
        cmocka_unit_test(a_device_has_no_stamp),
        cmocka_unit_test(threads_that_lock_a_folder_take_turns),
        cmocka_unit_test(only_local_folders_are_locked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
