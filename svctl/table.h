/* Cells in aligned columns.
 *
 * Pure.  Decides widths, padding and colour codes; knows nothing about services.  A row's cells
 * stand one after the other in one piece of text, so that ten thousand rows are one allocation. */
#ifndef SVCTL_TABLE_H
#define SVCTL_TABLE_H

#include <stdint.h>

#include "svctl/text.h"

enum { TABLE_COLUMNS = 7 };

enum table_colour {
	TABLE_PLAIN,
	TABLE_GREEN,
	TABLE_YELLOW,
	TABLE_RED,
};

struct table_row {
	uint16_t size[TABLE_COLUMNS]; /* bytes of each cell */
	enum table_colour colour;     /* of column TABLE_COLOURED */
};

enum { TABLE_COLOURED = 1 };

struct table {
	size_t width[TABLE_COLUMNS];
	bool is_right[TABLE_COLUMNS]; /* numbers stand at the right */
};

/* Makes the columns wide enough for a row whose cells are `cells`.  Width is counted in UTF-8
 * characters, each as one column. */
void table_widen(struct table *table, const struct table_row *row, const char *cells);

/* Adds the row as one line with its line end; no spaces hang over at the end. */
void table_line(struct text *text, const struct table *table, const struct table_row *row,
	const char *cells);

#endif
