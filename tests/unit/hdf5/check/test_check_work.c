/* SPDX-License-Identifier: MIT */
/* Small files cannot keep the validator busy: the bytes that it reads are counted. */
#include "checksupport.h"

#include <string.h>

#define EMPTY UINT64_MAX

/* Each byte once or twice, and the heads of blocks. */
#define FEW_BYTES ((uint64_t)3 * NBYTES)

/* ---- B-trees of version 2 ------------------------------------------------------------------- */

enum
{
    HEAP = 2000,
    NAMES = 2200,
    HUGE = 2300,
    NODE = 2400,
    NODE_NBYTES = 512,
    RECORD_NBYTES = 11,
    POINTER_NBYTES = 8 + 1, /* to leaves */
    MOST_RECORDS = 20
};

/* A heap without blocks: all messages are huge. The tree of those is empty. */
static void put_heap(void)
{
    set_text(HUGE, "BTHD");
    set_number(HUGE + 5, 1, 1);
    set_number(HUGE + 6, 4, 512);
    set_number(HUGE + 10, 2, 24);
    set_number(HUGE + 16, 8, EMPTY);

    set_text(HEAP, "FRHP");
    set_number(HEAP + 5, 2, 7);
    set_number(HEAP + 10, 4, 4096);
    set_number(HEAP + 22, 8, HUGE);
    set_number(HEAP + 86, 8, 1);
    set_number(HEAP + 110, 2, 4);
    set_number(HEAP + 112, 8, 512);
    set_number(HEAP + 120, 8, 65536);
    set_number(HEAP + 128, 2, 32);
    set_number(HEAP + 130, 2, 1);
    set_number(HEAP + 132, 8, EMPTY);
}

static void put_records(size_t node, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        set_number(node + 6 + RECORD_NBYTES * i + 4, 1, 0x10);
}

/* A root over "leaf_count" leaves; all of its pointers lead to the first where they are shared. */
static void put_tree(unsigned leaf_count, bool shared)
{
    set_text(NAMES, "BTHD");
    set_number(NAMES + 5, 1, 5);
    set_number(NAMES + 6, 4, NODE_NBYTES);
    set_number(NAMES + 10, 2, RECORD_NBYTES);
    set_number(NAMES + 12, 2, 1);
    set_number(NAMES + 16, 8, NODE);
    set_number(NAMES + 24, 2, leaf_count - 1);
    set_text(NODE, "BTIN");
    set_number(NODE + 5, 1, 5);
    put_records(NODE, leaf_count - 1);
    const size_t pointers = NODE + 6 + (leaf_count - 1) * RECORD_NBYTES;
    for (unsigned i = 0; i < leaf_count; i++)
    {
        const size_t leaf = NODE + NODE_NBYTES * (1 + (shared ? 0 : i));
        set_number(pointers + POINTER_NBYTES * i, 8, leaf);
        set_number(pointers + POINTER_NBYTES * i + 8, 1, MOST_RECORDS);
        set_text(leaf, "BTLF");
        set_number(leaf + 5, 1, 5);
        put_records(leaf, MOST_RECORDS);
    }
}

/* A group's header with "count" times the message that refers to heap and tree. */
static void put_infos(size_t at, unsigned count)
{
    size_t message = put_header(at, count * (4 + 18));
    for (unsigned i = 0; i < count; i++)
    {
        const size_t body = put_message(message, 0x02, 18);
        set_number(body + 2, 8, HEAP);
        set_number(body + 10, 8, NAMES);
        message = body + 18;
    }
}

static void a_leaf_has_one_parent(void **state)
{
    (void)state;
    clear_file();
    put_heap();
    put_tree(20, false);
    put_infos(AT, 1);
    assert_true(is_valid(512));
    assert_int_in_range(looked_at, 21 * NODE_NBYTES, FEW_BYTES);
    put_tree(20, true);
    assert_false(is_valid(512));
    assert_int_in_range(looked_at, 0, 3 * NODE_NBYTES);
}

static void a_tree_belongs_to_one_message(void **state)
{
    (void)state;
    clear_file();
    put_heap();
    put_tree(20, false);
    put_infos(AT, 50);
    assert_false(is_valid(512));
    assert_int_in_range(looked_at, 0, FEW_BYTES);

    put_infos(AT, 1);
    put_infos(1500, 1); /* another group of the same links */
    struct emit_check *check = new_check();
    assert_true(accepts(check, AT, 512, true));
    assert_false(accepts(check, 1500, 500, true));
    emit_check_destroy(check);
}

static void a_block_is_validated_once(void **state)
{
    (void)state;
    clear_file();
    put_heap();
    put_tree(20, false);
    put_infos(AT, 1);
    struct emit_check *check = new_check();
    assert_true(accepts(check, AT, 512, true));
    const uint64_t once = looked_at;
    for (int i = 0; i < 1000; i++)
        assert_true(accepts(check, AT, 512, true) && accepts(check, NAMES, 38, false));
    assert_int_equal(looked_at, once);
    emit_check_destroy(check);
}

/* ---- Headers -------------------------------------------------------------------------------- */

/* A header of 300 continuations, "distance" bytes apart, each with 300 more to the same places. */
static void continuations_belong_to_one_header(void **state)
{
    (void)state;
    for (unsigned distance = 0; distance < 2; distance++)
    {
        clear_file();
        size_t message = put_header(AT, 300 * 20);
        for (unsigned i = 0; i < 300; i++)
        {
            const size_t body = put_message(message, 0x10, 16);
            set_number(body, 8, 8192 + distance * i);
            set_number(body + 8, 8, 4 + 4 + 300 * 20);
            message = body + 16;
        }
        set_text(8192, "OCHK");
        memcpy(bytes + BASE + 8196, bytes + BASE + AT + 8, 300 * 20);
        assert_false(is_valid(512));
        assert_int_in_range(looked_at, 0, FEW_BYTES);
    }
}

/* ---- B-trees of version 1 ------------------------------------------------------------------- */

enum
{
    LEVELS = 10,
    CHUNKS = 64,
    KEY_NBYTES = 8 + 8 * 3,
    TREE = 1000,
    INDEX_NBYTES = 1200
};

/* A variable whose index of chunks has ten levels; the nodes of each have one child "times". */
static void put_index(unsigned times)
{
    const size_t body = put_message(put_header(AT, 27), 0x08, 23);
    set_number(body, 1, 3);
    set_number(body + 1, 1, 2);
    set_number(body + 2, 1, 3);
    set_number(body + 3, 8, TREE);
    for (unsigned i = 0; i < 3; i++)
        set_number(body + 11 + 4 * i, 4, 4);
    for (unsigned level = 0; level < LEVELS; level++)
    {
        const size_t node = TREE + INDEX_NBYTES * (LEVELS - 1 - level);
        set_text(node, "TREE");
        set_number(node + 4, 1, 1);
        set_number(node + 5, 1, level);
        set_number(node + 6, 2, times);
        for (unsigned i = 0; i < times; i++)
            set_number(node + 24 + KEY_NBYTES + (KEY_NBYTES + 8) * i, 8, node + INDEX_NBYTES);
    }
}

/* Reads all nodes, from the root down, as the library does. */
static unsigned count_accepted_nodes(void)
{
    struct emit_check *check = new_check();
    assert_true(accepts(check, AT, 512, true));
    unsigned count = 0;
    while (count < LEVELS && accepts(check, TREE + INDEX_NBYTES * count, INDEX_NBYTES, false))
        count++;
    emit_check_destroy(check);
    return count;
}

static void nodes_of_an_index_have_one_parent(void **state)
{
    (void)state;
    clear_file();
    put_index(1);
    assert_int_equal(count_accepted_nodes(), LEVELS);
    put_index(2);
    assert_int_equal(count_accepted_nodes(), 0);
}

/* ---- Arrays --------------------------------------------------------------------------------- */

static void make_fixed_array(void)
{
    clear_file();
    set_text(AT, "FAHD");
    set_number(AT + 6, 1, 8);
    set_number(AT + 7, 1, 10);
    set_number(AT + 8, 8, 1000);
}

static void make_extensible_array(void)
{
    clear_file();
    set_text(AT, "EAHD");
    set_number(AT + 6, 1, 8);
    set_number(AT + 7, 1, 32);
    set_number(AT + 8, 1, 4);
    set_number(AT + 9, 1, 16);
    set_number(AT + 10, 1, 4);
    set_number(AT + 11, 1, 10);
    set_number(AT + 44, 8, 1000);
}

/* The library visits each element, whether there is one or not. */
static void arrays_of_impossible_sizes_are_refused(void **state)
{
    (void)state;
    static const struct damage fixed[] = {
        {6, 1, 0, "elements of no size"},
        {7, 1, 0, "pages of no size"},
        {7, 1, 64, "pages of 2^64 elements"},
        {8, 8, 0, "no elements"},
        {8, 8, (uint64_t)1 << 40, "more elements than the file can have chunks"},
    };
    static const struct damage extensible[] = {
        {6, 1, 200, "elements of 200 bytes"},
        {7, 1, 65, "2^65 elements"},
        {7, 1, 3, "fewer elements than the smallest block has"},
        {9, 1, 0, "blocks without elements"},
        {9, 1, 15, "blocks of no power of 2"},
        {10, 1, 0, "super blocks without blocks"},
        {11, 1, 200, "pages of 2^200 elements"},
        {44, 8, (uint64_t)1 << 24, "more elements than the file can have chunks"},
    };
    check_damages(make_fixed_array, 28, fixed, COUNT_OF(fixed));
    check_damages(make_extensible_array, 72, extensible, COUNT_OF(extensible));
}

/* ---- The budget ----------------------------------------------------------------------------- */

/* Two heaps in one place: each byte of the file begins a list of names that ends with the file. */
static void overlapping_blocks_use_up_the_budget(void **state)
{
    (void)state;
    clear_file();
    struct emit_check *check = new_check();
    unsigned count = 0;
    for (size_t at = AT; at + 32 < 12000; at += 32)
    {
        set_text(at, "HEAP");
        set_number(at + 8, 8, 4000);
        set_number(at + 16, 8, 1);
        set_number(at + 24, 8, 12000 + at % 300);
    }
    for (size_t round = 0; round < 100; round++)
        for (size_t at = AT; at + 32 < 12000; at += 32)
            count += accepts(check, at, 32, false);
    assert_int_in_range(looked_at, 1 << 20, (uint64_t)17 << 20);
    assert_int_in_range(count, 1, 5000);
    assert_false(emit_check_spend(check, 1));
    emit_check_renew(check);
    assert_true(accepts(check, AT, 32, false));
    emit_check_destroy(check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leaf_has_one_parent),
        cmocka_unit_test(a_tree_belongs_to_one_message),
        cmocka_unit_test(a_block_is_validated_once),
        cmocka_unit_test(continuations_belong_to_one_header),
        cmocka_unit_test(nodes_of_an_index_have_one_parent),
        cmocka_unit_test(arrays_of_impossible_sizes_are_refused),
        cmocka_unit_test(overlapping_blocks_use_up_the_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
