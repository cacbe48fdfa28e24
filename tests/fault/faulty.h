/* SPDX-License-Identifier: MIT */
/* A virtual file system for tests, "/vsifault/PATH" over PATH, one of whose reads goes wrong. */
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
    FAULT_SCRAMBLE, /* all bytes are others */
    FAULT_RANGE,    /* see faulty_arm_range() */
    FAULT_END
};

/* Installs the file system, once. */
void faulty_install(void);

/* From now on all reads fail that touch one of "nbytes" bytes at "offset", of whichever file. */
void faulty_arm_range(uint64_t offset, uint64_t nbytes);

/* From now on, read number "read" (from 1 on) suffers "fault"; the others are good. */
void faulty_arm(enum fault fault, unsigned read);

/* How many reads there were since then. */
unsigned faulty_reads(void);

#endif
