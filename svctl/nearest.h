/* "Did you mean ...?"
 *
 * Pure.  Owns the idea of how far two words are apart; which words there are is the caller's
 * affair. */
#ifndef SVCTL_NEAREST_H
#define SVCTL_NEAREST_H

#include <stddef.h>

enum { NEAREST_SIZE = 255 }; /* longer words are near to nothing */

/* Letters to insert, delete, change or swap with their neighbour to make `b` of `a`. */
size_t nearest_distance(const char *a, const char *b);

/* The largest distance at which a suggestion for `word` still helps. */
size_t nearest_limit(const char *word);

/* Candidates one by one: start with {.word = ...}. */
struct nearest {
	const char *word;
	const char *best; /* points to what the caller offered; null: nothing near */
	size_t best_distance;
};

void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
