/* Whatever lies in a status file: it is refused, or it is one that packs back into the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "libsv/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_status status;
	unsigned char packed[SV_STATUS_SIZE];

	if (sv_status_unpack(&status, data, size) != SV_STATUS_OURS)
		return 0;
	sv_status_pack(packed, &status);
	/* Only the text's padding may differ: what follows its end is not carried over. */
	if (memcmp(packed, data, SV_STATUS_SIZE - SV_STATUS_TEXT - 4) != 0)
		abort();
	if (strlen(status.text) > SV_STATUS_TEXT)
		abort();
	return 0;
}
