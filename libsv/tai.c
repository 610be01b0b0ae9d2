/* Packs and spells TAI64N labels; see tai.h. */
#include "libsv/tai.h"

#include "libsv/bytes.h"

#define EPOCH ((uint64_t)0x4000000000000000 + 10)

void sv_tai_pack(unsigned char to[SV_TAI_SIZE], struct timespec stamp)
{
	sv_put_be(to, 8, EPOCH + (uint64_t)stamp.tv_sec);
	sv_put_be(to + 8, 4, (uint64_t)stamp.tv_nsec);
}

struct timespec sv_tai_unpack(const unsigned char from[SV_TAI_SIZE])
{
	return (struct timespec){
		.tv_sec = (time_t)(sv_get_be(from, 8) - EPOCH),
		.tv_nsec = (long)sv_get_be(from + 8, 4),
	};
}

void sv_tai_text(char to[SV_TAI_TEXT], struct timespec stamp)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char packed[SV_TAI_SIZE];

	sv_tai_pack(packed, stamp);
	to[0] = '@';
	for (size_t i = 0; i < SV_TAI_SIZE; i++) {
		to[1 + 2 * i] = hex[packed[i] >> 4];
		to[2 + 2 * i] = hex[packed[i] & 15];
	}
}
