/* SPDX-License-Identifier: MIT */
/* Virtual file system "/vsifault/PATH" over PATH, in which one chosen read fails. */
#ifndef EMIT_TEST_FAULTY_H
#define EMIT_TEST_FAULTY_H

#include <stdint.h>

#define FAULTY "/vsifault/"

enum fault
{
    FAULT_NONE,
    FAULT_FAIL,     /* nothing is read */
    FAULT_SHORT,    /* half of it */
    FAULT_BIT,      /* one bit in the middle is wrong */
    FAULT_SCRAMBLE, /* all bytes differ */
    FAULT_RANGE,    /* see faulty_arm_range() */
    FAULT_END
};

/* Installs the file system, once. */
void faulty_install(void);

/* From now on all reads fail that overlap the "nbytes" bytes at "offset" of any file. */
void faulty_arm_range(uint64_t offset, uint64_t nbytes);

/* From now on, read number "read" (counted from 1) suffers "fault"; the others succeed. */
void faulty_arm(enum fault fault, unsigned read);

/* Number of reads since then. */
unsigned faulty_reads(void);

#endif
