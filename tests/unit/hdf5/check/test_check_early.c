/* SPDX-License-Identifier: MIT */
/* Structures of HDF5's early format, as h5py writes them: object headers, groups and B-trees of
 * version 1, local heaps; and collections of the global heap. */
#include "checksupport.h"

#include <string.h>

/* ---- Groups --------------------------------------------------------------------------------- */

enum
{
    TREE = 1000,
    HEAP = 2000,
    NAMES = 2100, /* 64 bytes, of which 16 are free */
    LEAF = 3000,
    CHILD = 4000,
    NODE_NBYTES = 24 + 4 * 16 + 8,
    LEAF_NBYTES = 8 + 4 * 40
};

/* A header of version 1 at AT: a message of 16 bytes without meaning, and that of a group. */
static void put_group_header(void)
{
    set_number(AT, 1, 1);
    set_number(AT + 2, 2, 2);
    set_number(AT + 8, 4, 48);
    set_number(AT + 16, 2, 0x16);
    set_number(AT + 18, 2, 16);
    set_number(AT + 40, 2, 0x11);
    set_number(AT + 42, 2, 16);
    set_number(AT + 48, 8, TREE);
    set_number(AT + 56, 8, HEAP);
}

static void put_heap(void)
{
    set_text(HEAP, "HEAP");
    set_number(HEAP + 8, 8, 64);
    set_number(HEAP + 16, 8, 32);
    set_number(HEAP + 24, 8, NAMES);
    set_text(NAMES + 8, "glt_x");
    set_text(NAMES + 16, "soft");
    set_text(NAMES + 24, "target");
    set_number(NAMES + 32, 8, 1); /* the last free block */
    set_number(NAMES + 40, 8, 16);
    memset(bytes + BASE + NAMES + 48, 'x', 16);
}

/* A node of "count" children from "first" on, 500 bytes apart. */
static void put_node(size_t at, unsigned level, unsigned count, size_t first)
{
    set_text(at, "TREE");
    set_number(at + 5, 1, level);
    set_number(at + 6, 2, count);
    for (unsigned i = 0; i < count; i++)
    {
        set_number(at + 24 + 16 * i, 8, 8);
        set_number(at + 32 + 16 * i, 8, first + 500 * i);
    }
    set_number(at + 24 + 16 * count, 8, 16);
}

/* A leaf with a hard and a soft link. */
static void put_leaf(void)
{
    set_text(LEAF, "SNOD");
    set_number(LEAF + 4, 1, 1);
    set_number(LEAF + 6, 2, 2);
    set_number(LEAF + 8, 8, 8);
    set_number(LEAF + 16, 8, 5000);
    set_number(LEAF + 48, 8, 16);
    set_number(LEAF + 64, 4, 2);
    set_number(LEAF + 72, 4, 24);
}

static void make_group(void)
{
    clear_file();
    put_group_header();
    put_heap();
    put_node(TREE, 0, 1, LEAF);
    put_leaf();
}

/* Whether all blocks of the group are accepted, in the order in which the library reads them. */
static bool is_valid_group(void)
{
    struct emit_check *check = new_check();
    const bool valid = accepts(check, AT, 512, true) && accepts(check, TREE, NODE_NBYTES, false) &&
                       accepts(check, HEAP, 32, false) && accepts(check, LEAF, LEAF_NBYTES, false);
    emit_check_destroy(check);
    return valid;
}

static void damaged_groups_are_refused(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {AT, 1, 2, "a header of another version"},
        {AT + 8, 4, 3000000000, "a header of 3 GB"},
        {AT + 18, 2, 60000, "a message that ends after its header"},
        {AT + 42, 2, 8, "a group without a heap"},
        {AT + 48, 8, TREE + 8, "a group whose tree is elsewhere"},
        {AT + 56, 8, TREE, "a tree for a heap"},
        {HEAP + 8, 8, NBYTES, "names that end after the file"},
        {HEAP + 8, 8, 40, "a free block that ends after the names"},
        {HEAP + 16, 8, 60, "a free block that begins after the names"},
        {NAMES + 32, 8, 32, "a list of free blocks in a circle: the library never leaves it"},
        {NAMES + 40, 8, UINT64_MAX, "a free block without end"},
        {TREE + 4, 1, 1, "a tree of chunks"},
        {TREE + 6, 2, 5, "more children than the node has room for"},
        {TREE + 24, 8, 48, "a key that is a name without an end"},
        {LEAF + 6, 2, 5, "more links than the leaf has room for"},
        {LEAF + 8, 8, 48, "a name without an end"},
        {LEAF + 8, 8, UINT64_MAX, "a name after all names"},
        {LEAF + 64, 4, 3, "a link of an unknown kind"},
        {LEAF + 72, 4, 48, "the target of a soft link without an end"},
        {LEAF + 72, 4, 64, "the target of a soft link after all names"},
    };
    make_group();
    assert_true(is_valid_group());
    for (size_t i = 0; i < COUNT_OF(damages); i++)
    {
        make_group();
        set_number(damages[i].at, damages[i].count, damages[i].value);
        if (is_valid_group())
            fail_msg("not noticed: %s", damages[i].what);
    }
}

static void trees_that_nothing_refers_to_are_refused(void **state)
{
    (void)state;
    make_group();
    struct emit_check *check = new_check();
    assert_false(accepts(check, TREE, NODE_NBYTES, false));
    assert_false(accepts(check, LEAF, LEAF_NBYTES, false));
    emit_check_destroy(check);
}

/* A root over two nodes, which have the leaves. */
static void nodes_of_a_tree_descend_by_one_level(void **state)
{
    (void)state;
    static const struct
    {
        unsigned root, child;
        size_t child_at;
        bool valid;
    } cases[] = {
        {1, 0, CHILD, true}, {2, 0, CHILD, false}, {1, 1, CHILD, false}, {1, 0, TREE, false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
    {
        make_group();
        put_node(CHILD, cases[i].child, 1, LEAF);
        put_node(TREE, cases[i].root, 2, CHILD);
        set_number(TREE + 32, 8, cases[i].child_at);
        struct emit_check *check = new_check();
        assert_true(accepts(check, AT, 512, true));
        assert_int_equal(accepts(check, TREE, NODE_NBYTES, false) &&
                             accepts(check, CHILD, NODE_NBYTES, false) &&
                             accepts(check, LEAF, LEAF_NBYTES, false),
                         cases[i].valid);
        emit_check_destroy(check);
    }
}

static void long_targets_of_soft_links_are_refused(void **state)
{
    (void)state;
    static const unsigned lengths[] = {255, 256};
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
    {
        make_group();
        set_number(HEAP + 8, 8, 600);
        memset(bytes + BASE + NAMES + 48, 0, 600);
        memset(bytes + BASE + NAMES + 100, '/', lengths[i]);
        set_number(LEAF + 72, 4, 100);
        assert_int_equal(is_valid_group(), lengths[i] == 255);
    }
}

/* ---- Chunks --------------------------------------------------------------------------------- */

enum
{
    DIMENSIONS = 3, /* two of the variable, and a value's bytes */
    KEY_NBYTES = 8 + 8 * DIMENSIONS,
    CHUNKS_NBYTES = 24 + 4 * (KEY_NBYTES + 8) + KEY_NBYTES
};

/* Header of a variable with a layout of the given version, and a node of chunks. */
static void make_chunks(unsigned version)
{
    clear_file();
    const size_t body = put_message(put_header(AT, 40), 0x08, 36);
    set_number(body, 1, version);
    const size_t sizes = version == 3 ? body + 11 : body + 16;
    set_number(version == 3 ? body + 1 : body + 2, 1, 2);
    set_number(version == 3 ? body + 2 : body + 1, 1, DIMENSIONS);
    set_number(sizes - 8, 8, TREE);
    for (unsigned i = 0; i < DIMENSIONS; i++)
        set_number(sizes + 4 * i, 4, 4 + i);
    set_text(TREE, "TREE");
    set_number(TREE + 4, 1, 1);
    set_number(TREE + 6, 2, 4);
}

static bool are_valid_chunks(void)
{
    struct emit_check *check = new_check();
    const bool valid = accepts(check, AT, 512, true) && accepts(check, TREE, CHUNKS_NBYTES, false);
    emit_check_destroy(check);
    return valid;
}

static void damaged_indices_of_chunks_are_refused(void **state)
{
    (void)state;
    static const unsigned versions[] = {1, 2, 3};
    for (size_t i = 0; i < COUNT_OF(versions); i++)
    {
        const size_t sizes = AT + 12 + (versions[i] == 3 ? 11 : 16);
        const struct damage damages[] = {
            {sizes, 4, 0, "empty chunks"},
            {sizes + 8, 4, 0, "values without bytes"},
            {sizes - 8, 8, HEAP, "a tree that is elsewhere"},
            {TREE + 4, 1, 0, "a tree of a group"},
            {TREE + 6, 2, 5, "more chunks than the node has room for"},
        };
        make_chunks(versions[i]);
        assert_true(are_valid_chunks());
        for (size_t k = 0; k < COUNT_OF(damages); k++)
        {
            make_chunks(versions[i]);
            set_number(damages[k].at, damages[k].count, damages[k].value);
            if (are_valid_chunks())
                fail_msg("version %u, not noticed: %s", versions[i], damages[k].what);
        }
    }
}

/* ---- Names of external files ---------------------------------------------------------------- */

static void make_external(void)
{
    make_group();
    memset(bytes + BASE + AT, 0, 200);
    const size_t body = put_message(put_header(AT, 44), 0x07, 40);
    set_number(body, 1, 1);
    set_number(body + 4, 2, 3);
    set_number(body + 6, 2, 1);
    set_number(body + 8, 8, HEAP);
    set_number(body + 16, 8, 8);
}

static void damaged_lists_of_external_files_are_refused(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {12 + 4, 2, 0, "more files than there is room for"},
        {12 + 6, 2, 2, "files after the message's end"},
        {12 + 8, 8, TREE, "a tree for a heap"},
        {12 + 16, 8, 48, "a name without an end"},
    };
    check_damages(make_external, 512, damages, COUNT_OF(damages));
}

/* ---- Collections of the global heap --------------------------------------------------------- */

/* A virtual variable's layout, whose sources lie in a collection of two objects. */
static void make_virtual(void)
{
    clear_file();
    const size_t body = put_message(put_header(AT, 18), 0x08, 14);
    set_number(body, 1, 4);
    set_number(body + 1, 1, 3);
    set_number(body + 2, 8, HEAP);
    set_text(HEAP, "GCOL");
    set_number(HEAP + 4, 1, 1);
    set_number(HEAP + 8, 8, 16 + 24 + 32 + 64);
    set_number(HEAP + 16, 2, 1);
    set_number(HEAP + 24, 8, 5);
    set_number(HEAP + 40, 2, 2);
    set_number(HEAP + 48, 8, 13);
    set_number(HEAP + 80, 8, 56); /* the rest is free */
}

static void damaged_collections_are_refused(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {12 + 2, 8, TREE, "sources where no collection is"},
        {HEAP - AT + 8, 8, NBYTES, "a collection that ends after the file"},
        {HEAP - AT + 24, 8, 300, "an object that ends after its collection"},
        {HEAP - AT + 24, 8, UINT64_MAX - 15, "an object whose size wraps: the library stays there"},
        {HEAP - AT + 80, 8, 0, "free space of no size: the library stays there"},
        {HEAP - AT + 80, 8, 600, "free space that ends after its collection"},
    };
    check_damages(make_virtual, 512, damages, COUNT_OF(damages));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_groups_are_refused),
        cmocka_unit_test(trees_that_nothing_refers_to_are_refused),
        cmocka_unit_test(nodes_of_a_tree_descend_by_one_level),
        cmocka_unit_test(long_targets_of_soft_links_are_refused),
        cmocka_unit_test(damaged_indices_of_chunks_are_refused),
        cmocka_unit_test(damaged_lists_of_external_files_are_refused),
        cmocka_unit_test(damaged_collections_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
