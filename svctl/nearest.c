/* Edit distance in three rows; see nearest.h. */
#include "svctl/nearest.h"

#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t nearest_distance(const char *a, const char *b)
{
	size_t size_a = strlen(a), size_b = strlen(b);
	uint16_t rows[3][NEAREST_SIZE + 1];

	if (size_a > NEAREST_SIZE || size_b > NEAREST_SIZE)
		return SIZE_MAX;
	for (size_t j = 0; j <= size_b; j++)
		rows[0][j] = (uint16_t)j;
	for (size_t i = 1; i <= size_a; i++) {
		const uint16_t *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
		uint16_t *row = rows[i % 3];

		row[0] = (uint16_t)i;
		for (size_t j = 1; j <= size_b; j++) {
			size_t cost = above[j - 1] + (size_t)(a[i - 1] != b[j - 1]);
			cost = least(cost, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				cost = least(cost, two_above[j - 2] + 1U);
			row[j] = (uint16_t)cost;
		}
	}
	return rows[size_a % 3][size_b];
}

size_t nearest_limit(const char *word)
{
	/* One slip in a short word, about one in three letters of a long one, never all of them. */
	size_t size = strlen(word);

	return size < 2 ? 0 : size < 6 ? 1 + (size > 3) : least(size / 3, 4);
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
	size_t distance = nearest_distance(nearest->word, candidate);

	if (distance > nearest_limit(nearest->word))
		return;
	if (nearest->best && distance >= nearest->best_distance)
		return;
	nearest->best = candidate;
	nearest->best_distance = distance;
}
