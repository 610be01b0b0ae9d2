/* Numbers of one to eight bytes in records, big-endian.  Pure; inline because they are this small. */
#ifndef SV_BYTES_H
#define SV_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline void sv_put_be(unsigned char *to, size_t size, uint64_t value)
{
	while (size-- > 0) {
		to[size] = (unsigned char)value;
		value >>= 8;
	}
}

static inline uint64_t sv_get_be(const unsigned char *from, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | from[i];
	return value;
}

#endif
