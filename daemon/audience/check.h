#ifndef AUDIENCE_CHECK_H
#define AUDIENCE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The portable Roaring format (RoaringFormatSpec) read with suspicion. CRoaring 0.2.66 checks lengths when it reads such
 * bytes, but believes that keys and values ascend and that counts are true; bytes that lie there would make it read and
 * write outside its memory later.
 */
struct set_facts {
	uint32_t count, first, last; /* `first` and `last` mean nothing when count is 0 */
};

/* True when exactly these bytes are one well-formed set. `facts` may be NULL. */
bool set_check(const void *bytes, size_t size, struct set_facts *facts);

/*
 * The same for CRoaring's frozen format (roaring.h, roaring_bitmap_frozen_serialize), little-endian: payloads of all bitsets, then of all runs, then of all arrays; keys; counts; kinds; a closing word with the number of
 * containers.
 */
bool set_frozen_check(const void *bytes, size_t size, struct set_facts *facts);

#endif
